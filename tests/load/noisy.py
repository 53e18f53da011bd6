#!/usr/bin/env python3
"""What one noisy device, and a zone that never answers, cost the others: a measure on loopback, that ends by itself.

Usage: tests/load/noisy.py KHIEN [--seconds 10] [--clients 999] [--flood 20000] [--dead 5000]

Starts the given khien with an upstream of its own that answers every name but those below dead.example, and with a small cache,
so that what grows beside it is seen. It measures three times what `--clients` devices on 127.20.0.0/16 at 2 queries a second each get: alone, beside one device that asks `--flood`
times a second, and beside 20 devices that together ask `--dead` random names below dead.example a second.
Half of what they ask is at hand, and half are names that nobody has asked before, for which the upstream is needed; both have
their own figures.
Exit code 1 where the others are answered less than 99.9 %, the flood makes their p99 more than 3 times what it was, the dead
zone makes it more than 50 ms, memory grows by more than 64 MiB, the noise was less than 95 % of what it was to be, or the log
does not name the one noisy device, or names another. The generator shares the machine's cores with the server, so
the figures are an upper bound. It needs nothing but Python's own library.
"""
import argparse, json, os, random, re, resource, select, socket, struct, subprocess, sys, tempfile, time
from multiprocessing import Process, Queue

CONFIG = """
[listen]
dns = ["127.0.0.1:{port}"]
http = []
[state]
directory = "state"
[upstream]
servers = ["udp://127.0.0.1:{upstream}"]
[cache]
size = "16MiB"
[[group]]
id = "class"
subnets = ["127.20.0.0/16"]
tier = "primary"
"""

# What a log for a terminal is coloured with.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    head = struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 1)
    return head + labels + b"\0\0\1\0\1" + b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


def udp(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    return sock


def upstream(port, until):
    """Answers 192.0.2.7 after the question, and nothing below dead.example."""
    sock = udp("127.0.0.1") if port is None else port
    sock.settimeout(0.2)
    while time.time() < until:
        try:
            packet, client = sock.recvfrom(4096)
        except socket.timeout:
            continue
        if b"\x04dead\x07example\0" in packet.lower():
            continue
        end = packet.index(b"\0", 12) + 5
        flags = struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x07"
        address = answer if packet[end - 4:end - 2] == b"\0\1" else b""
        if not address:
            flags = struct.pack("!HHHHH", 0x8180, 1, 0, 0, 0)
        sock.sendto(packet[:2] + flags + packet[12:end] + address, client)


def flood(server, addresses, rate, seconds, name_of, done):
    """Sends at an even rate, and reads nothing: the kernel drops what does not fit."""
    socks = [udp(address) for address in addresses]
    for sock in socks:
        sock.connect(server)
        sock.setblocking(False)
    begun, sent = time.perf_counter(), 0
    while (now := time.perf_counter()) - begun < seconds:
        due = int((now - begun) * rate)
        # Never more than a hundredth of a second at once, whatever was missed.
        due = min(due, sent + max(1, rate // 100))
        for number in range(sent, due):
            try:
                socks[number % len(socks)].send(name_of(number))
            except OSError:
                pass
        sent = max(sent, due)
        time.sleep(0.0005)
    done.put(sent)


def measure(server, clients, seconds):
    """Asks twice a second as each client, at even distances: the share answered, and the times of what is at hand and what is not."""
    socks, poll, places = [], select.epoll(), {}
    for number in range(clients):
        sock = udp(f"127.20.{1 + number // 250}.{1 + number % 250}")
        sock.connect(server)
        sock.setblocking(False)
        poll.register(sock, select.EPOLLIN)
        places[sock.fileno()] = sock
        socks.append(sock)
    names = [f"lesson-{number}.example" for number in range(200)] + ["w88.com", "facebook.com", "localhost"]
    pending, sent, rate = {}, 0, clients * 2
    times = {"at_hand": [], "asked_for": []}
    salt = random.getrandbits(40)
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds + 2:
        due = min(int((now - begun) * rate), rate * seconds)
        for number in range(sent, due):
            sock = socks[number % clients]
            kind = "at_hand" if random.getrandbits(1) else "asked_for"
            name = random.choice(names) if kind == "at_hand" else f"new-{salt:x}-{number}.n{number % 5000}.example"
            try:
                sock.send(question(name, number))
                pending[(sock.fileno(), number & 0xFFFF)] = (time.perf_counter(), kind)
            except OSError:
                pass
        sent = max(sent, due)
        for place, _ in poll.poll(0.001):
            try:
                reply = places[place].recv(4096)
            except OSError:
                continue
            start = pending.pop((place, struct.unpack("!H", reply[:2])[0]), None)
            if start is not None and reply[3] & 15 in (0, 3) and not reply[2] & 2:
                times[start[1]].append(time.perf_counter() - start[0])
        if sent == rate * seconds and not pending:
            break
    for sock in socks:
        sock.close()
    figures = {"asked": sent, "answered": sum(map(len, times.values())) / max(1, sent)}
    for kind, took in times.items():
        took.sort()
        at = lambda share: round(took[min(len(took) - 1, int(len(took) * share))] * 1000, 3) if took else float("inf")
        figures[kind] = {"p50_ms": at(0.5), "p99_ms": at(0.99)}
    return figures


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("khien")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=999)
    parser.add_argument("--flood", type=int, default=20000)
    parser.add_argument("--dead", type=int, default=5000)
    arguments = parser.parse_args()
    seconds, clients = min(arguments.seconds, 600), min(arguments.clients, 5000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    asked = udp("127.0.0.1")
    answering = Process(target=upstream, args=(asked, time.time() + 4 * seconds + 120), daemon=True)
    answering.start()
    free = udp("127.0.0.1")
    port = free.getsockname()[1]
    free.close()
    server = ("127.0.0.1", port)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "khien.toml")
        with open(path, "w") as config:
            config.write(CONFIG.format(port=port, upstream=asked.getsockname()[1]))
        log = open(os.path.join(folder, "log"), "w+")
        khien = subprocess.Popen([arguments.khien, "-c", path, "serve"], stdout=log, stderr=log)
        try:
            for _ in range(600):
                said = subprocess.run([arguments.khien, "-c", path, "status"], capture_output=True, check=False)
                if said.returncode == 0:
                    break
                time.sleep(0.1)
            measure(server, min(clients, 200), 2)
            results, done = {}, Queue()
            results["idle"] = measure(server, clients, seconds)
            before = resident(khien)
            runs = {
                "flood": (["127.20.0.1"], arguments.flood, lambda number: question("localhost", number)),
                "dead zone": (
                    [f"127.20.0.{last}" for last in range(2, 22)],
                    arguments.dead,
                    lambda number: question(f"r{random.getrandbits(60):x}.dead.example", number),
                ),
            }
            for what, (addresses, rate, name_of) in runs.items():
                noise = Process(target=flood, args=(server, addresses, rate, seconds, name_of, done), daemon=True)
                noise.start()
                time.sleep(0.5)
                results[what] = measure(server, clients, seconds - 1)
                results[what]["noise_per_second"] = done.get(timeout=seconds + 60) // seconds
                results[what]["noise_wanted"] = rate
                noise.join()
            results["memory_growth_mib"] = round((resident(khien) - before) / 2**20, 1)
            time.sleep(11)
            log.flush()
            log.seek(0)
            named = [line for line in log if "asks faster than its rate" in line]
            results["log_lines"] = len(named)
            results["log_lines_of_another"] = sum("client=127.20.0.1 " not in COLOUR.sub("", line) for line in named)
        finally:
            khien.terminate()
            khien.wait(timeout=20)
            answering.terminate()
    print(json.dumps(results, indent=1))
    idle, noisy, dead = results["idle"], results["flood"], results["dead zone"]
    wrong = []
    if min(noisy["answered"], dead["answered"]) < 0.999:
        wrong.append("the others are answered less than 99.9 %")
    for kind in ("at_hand", "asked_for"):
        if noisy[kind]["p99_ms"] > 3 * idle[kind]["p99_ms"]:
            wrong.append(f"beside the flood p99 of {kind} is more than 3 times what it was")
        if dead[kind]["p99_ms"] > 50:
            wrong.append(f"beside the dead zone p99 of {kind} is more than 50 ms")
    if any(run["noise_per_second"] < 0.95 * run["noise_wanted"] for run in (noisy, dead)):
        wrong.append("the noise was less than it was to be: the machine is too busy to measure")
    if results["log_lines"] < 1 or results["log_lines_of_another"] > 0:
        wrong.append("the log does not name the noisy device alone")
    if results["memory_growth_mib"] > 64:
        wrong.append("memory grew by more than 64 MiB")
    print("\n".join(wrong) or "as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
