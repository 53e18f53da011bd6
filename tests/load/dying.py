#!/usr/bin/env python3
"""What it costs clients that one of two upstreams dies: a measure on loopback, in eight ways, that ends by itself.

Usage: tests/load/dying.py KHIEN [--rate 200] [--strategies fastest,parallel,in-order]

Starts the given khien with two upstreams of its own, of which the first answers after 1 ms and the second after 3. When both
have been in use for two seconds the first one dies, in each of eight ways, and for five seconds `--rate` names a second are
asked that nobody has asked before. Exit code 1 where less than 99.9 % of these are answered, or their p99 is more than 500 ms.
Generator, upstreams and server share the machine's cores. It needs nothing but Python's own library.
"""
import argparse, heapq, json, os, select, socket, struct, subprocess, sys, tempfile, time
from multiprocessing import Process, Value

CONFIG = """
[listen]
dns = ["127.0.0.1:{port}"]
http = []
[state]
directory = "state"
[upstream]
servers = ["udp://127.0.0.1:{first}", "udp://127.0.0.1:{second}"]
strategy = "{strategy}"
[clients]
rate_limit = "0"
allowed = ["127.0.0.0/8"]
"""

DEATHS = ["silence", "a closed port", "SERVFAIL", "REFUSED", "garbage", "answers after 3 s", "wrong ids", "truncated, no TCP"]


def udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 1) + labels + b"\0\0\1\0\1" + b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


def upstream(sock, delay, death):
    """Answers 192.0.2.7 after `delay` seconds while `death` is below 0, and from then on as that death does."""
    late, order = [], 0
    while True:
        wait = max(0, late[0][0] - time.perf_counter()) if late else 0.2
        if select.select([sock], [], [], wait)[0]:
            packet, client = sock.recvfrom(4096)
            end = packet.index(b"\0", 12) + 5
            is_address = packet[end - 4:end - 2] == b"\0\1"
            head = lambda flags, answers: packet[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0) + packet[12:end]
            address = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x07" if is_address else b""
            right, after = head(0x8180, int(is_address)) + address, delay
            match death.value:
                case 0:
                    right = None
                case 1:
                    sock.close()
                    return
                case 2:
                    right = head(0x8182, 0)
                case 3:
                    right = head(0x8185, 0)
                case 4:
                    right = b"\x5a" * 100
                case 5:
                    after = 3
                case 6:
                    right = bytes([right[0] ^ 0x55]) + right[1:]
                case 7:
                    right = head(0x8380, 0)
            if right is not None:
                order += 1
                heapq.heappush(late, (time.perf_counter() + after, order, right, client))
        while late and late[0][0] <= time.perf_counter():
            _, _, reply, client = heapq.heappop(late)
            sock.sendto(reply, client)


def ask(server, rate, seconds, prefix):
    """Asks new names at an even rate: the share answered, and the times in milliseconds, in order."""
    socks, poll, pending, times, sent = [], select.epoll(), {}, [], 0
    for _ in range(20):
        sock = udp()
        sock.connect(server)
        sock.setblocking(False)
        poll.register(sock, select.EPOLLIN)
        socks.append(sock)
    places = {sock.fileno(): sock for sock in socks}
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds + 4:
        for number in range(sent, min(int((now - begun) * rate), rate * seconds)):
            sock = socks[number % len(socks)]
            sock.send(question(f"{prefix}{number}.n{number}.example", number))
            pending[(sock.fileno(), number & 0xFFFF)] = time.perf_counter()
            sent += 1
        for place, _ in poll.poll(0.0005):
            reply = places[place].recv(4096)
            start = pending.pop((place, struct.unpack("!H", reply[:2])[0]), None)
            if start is not None and reply[3] & 15 == 0 and reply[6:8] == b"\0\1":
                times.append((time.perf_counter() - start) * 1000)
        if sent == rate * seconds and not pending:
            break
    for sock in socks:
        sock.close()
    times.sort()
    return round(len(times) / max(1, sent), 5), times


def measure(khien, strategy, death, rate):
    way, never, played, ports = Value("i", -1), Value("i", -1), [], []
    for delay, death_of in ((0.001, way), (0.003, never)):
        sock = udp()
        ports.append(sock.getsockname()[1])
        played.append(Process(target=upstream, args=(sock, delay, death_of), daemon=True))
        played[-1].start()
        # Its port is closed when its process closes it, and nobody else has it open.
        sock.close()
    first, second = ports
    free = udp()
    port = free.getsockname()[1]
    free.close()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "khien.toml")
        with open(path, "w") as config:
            config.write(CONFIG.format(port=port, first=first, second=second, strategy=strategy))
        server = subprocess.Popen([khien, "-c", path, "serve"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                if subprocess.run([khien, "-c", path, "status"], capture_output=True, check=False).returncode == 0:
                    break
                time.sleep(0.1)
            before, _ = ask(("127.0.0.1", port), rate, 2, "before")
            way.value = death
            answered, times = ask(("127.0.0.1", port), rate, 5, "after")
        finally:
            server.terminate()
            server.wait(timeout=20)
            for process in played:
                process.terminate()
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))], 1) if times else float("inf")
    return {"before": before, "answered": answered, "p50_ms": at(0.5), "p99_ms": at(0.99), "most_ms": at(1.0)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("khien")
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--strategies", default="fastest,parallel,in-order")
    arguments = parser.parse_args()
    wrong, results = [], {}
    for strategy in arguments.strategies.split(","):
        for death, what in enumerate(DEATHS):
            figures = measure(arguments.khien, strategy, death, min(arguments.rate, 5000))
            results[f"{strategy}: {what}"] = figures
            print(f"{strategy}: {what}: {json.dumps(figures)}", flush=True)
            if figures["answered"] < 0.999 or figures["p99_ms"] > 500:
                wrong.append(f"{strategy}: {what}")
    print("\n".join(f"worse than asked for: {case}" for case in wrong) or "as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
