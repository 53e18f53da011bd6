#!/usr/bin/env python3
"""What a reload costs those who ask meanwhile: a measure on loopback that ends by itself.

Usage: tests/load/reload.py KHIEN [--names 5000000] [--pairs 5] [--rate 2000] [--seconds 10]

Starts the given khien, on one core, with a list of made names, and asks it from another core at an even rate: a stretch without a
reload, then one in which a name is added to the list and `khien reload` is called, and so on in turn. Told of each stretch are the
share answered, p99.9 and the longest answer; of each reload how long it took from the list's change until the new name was blocked;
and the most memory that the server and its compiling child had resident together. Exit code 1 where a query was lost, a new name
took longer than 3 s, or p99.9 or the longest answer are more than 20 ms worse than in the stretch before. It needs nothing but
Python's own library, and for five million names some 500 MB in the directory for temporary files.
"""
import argparse, json, os, select, socket, struct, subprocess, sys, tempfile, threading, time

CONFIG = """
[listen]
dns = ["127.0.0.1:{port}"]
http = []
[state]
directory = "state"
[upstream]
servers = ["udp://127.0.0.1:9"]
[clients]
rate_limit = "0"
[log]
level = "warn"
[[group]]
id = "lop1"
subnets = ["127.0.0.0/8"]
tier = "primary"
[[list]]
id = "made"
category = "adult"
source = "list.txt"
format = "domains"
"""

SYLLABLES = [c + v for c in "bcdfghjklmnpqrstvwxz" for v in "aeiou"]
TOPS = ["com"] * 9 + ["net", "org", "info", "xyz", "top", "ru", "de", "co.uk", "com.br", "online", "site"]


def made(number):
    """The same name for the same number, and another for each below a hundred million."""
    mixed = number * 61803399 % 10**8
    label = "".join(SYLLABLES[mixed // 100**place % 100] for place in range(4))
    return f"{label}.{TOPS[(number * 2654435761 >> 7) % len(TOPS)]}"


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def is_blocked(reply):
    return reply[3] & 15 == 0 and reply[6:8] == b"\0\1" and reply[-4:] == b"\0\0\0\0"


def ask(server, rate, seconds, names, awaited=None):
    """Asks names that are blocked at an even rate: the share that was, the times in milliseconds in order, and when `awaited` was
    first blocked."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(server)
    sock.setblocking(False)
    total, sent, pending, times, there = rate * seconds, 0, {}, [], None
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds + 2:
        for number in range(sent, min(int((now - begun) * rate), total)):
            # Every twentieth question is for the name that is waited for.
            looking = awaited and there is None and number % 20 == 0
            sock.send(question(awaited if looking else made(number * 7919 % names), number))
            pending[number & 0xFFFF] = (time.perf_counter(), looking)
            sent += 1
        if select.select([sock], [], [], 0.0003)[0]:
            try:
                while True:
                    reply = sock.recv(4096)
                    start, looking = pending.pop(struct.unpack("!H", reply[:2])[0], (None, False))
                    if looking:
                        there = there or (time.time() if is_blocked(reply) else None)
                    elif start is not None and is_blocked(reply):
                        times.append((time.perf_counter() - start) * 1000)
            except BlockingIOError:
                pass
        if sent == total and not pending:
            break
    sock.close()
    looked = sum(1 for _, looking in pending.values() if looking)
    times.sort()
    return {"lost": len(pending) - looked, "answered": len(times)}, times, there


def resident(pid):
    """Octets that a process and its children have resident."""
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rsplit(") ", 1)[1].split()
            children.setdefault(int(fields[1]), []).append((int(entry), int(fields[21]) * 4096))
            if int(entry) == pid:
                own = int(fields[21]) * 4096
        except (OSError, IndexError):
            continue
    return own + sum(octets for _, octets in children.get(pid, []))


class Memory(threading.Thread):
    """The most that was resident while it ran."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.going = pid, 0, True
        self.start()

    def run(self):
        while self.going:
            self.most = max(self.most, resident(self.pid))
            time.sleep(0.05)

    def end(self):
        self.going = False
        self.join()
        return self.most


def told(answered, times, most):
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))], 2) if times else float("inf")
    return {**answered, "p99.9_ms": at(0.999), "longest_ms": at(1.0), "resident_MB": round(most / 1e6, 1)}


def measure(khien, names, pairs, rate, seconds):
    free = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        path, text = os.path.join(folder, "khien.toml"), os.path.join(folder, "list.txt")
        with open(path, "w") as config:
            config.write(CONFIG.format(port=port))
        with open(text, "w") as out:
            out.writelines(made(number) + "\n" for number in range(names))
        begun = time.time()
        on_one_core = lambda: os.sched_setaffinity(0, {0})
        run = lambda *what: subprocess.run([khien, "-c", path, *what], capture_output=True, check=True, preexec_fn=on_one_core)
        run("lists", "compile")
        print(f"{names} names compiled in {time.time() - begun:.2f} s", flush=True)
        os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
        server = subprocess.Popen([khien, "-c", path, "serve"], stdout=subprocess.DEVNULL, preexec_fn=on_one_core)
        try:
            for _ in range(600):
                if subprocess.run([khien, "-c", path, "status"], capture_output=True, check=False).returncode == 0:
                    break
                time.sleep(0.1)
            address = ("127.0.0.1", port)
            ask(address, rate, 2, names)
            for pair in range(pairs):
                memory = Memory(server.pid)
                before = told(*ask(address, rate, seconds, names)[:2], memory.end())
                new, changed = f"new{pair}.example", []

                def reload():
                    time.sleep(1)
                    with open(text + ".new", "w") as out, open(text) as known:
                        while block := known.read(1 << 20):
                            out.write(block)
                        out.write(new + "\n")
                    os.rename(text + ".new", text)
                    changed.append(time.time())
                    run("reload")

                reloading, memory = threading.Thread(target=reload), Memory(server.pid)
                reloading.start()
                answered, times, there = ask(address, rate, seconds, names, new)
                reloading.join()
                after = told(answered, times, memory.end())
                took = round(there - changed[0], 2) if there else float("inf")
                print(f"{pair}: without {json.dumps(before)}\n   with    {json.dumps(after)}, in force after {took} s", flush=True)
                worse = [key for key in ("p99.9_ms", "longest_ms") if after[key] > before[key] + 20]
                if before["lost"] or after["lost"] or took > 3 or worse:
                    wrong.append(pair)
        finally:
            server.terminate()
            server.wait(timeout=20)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("khien", type=os.path.abspath)
    parser.add_argument("--names", type=int, default=5_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    wrong = measure(arguments.khien, arguments.names, arguments.pairs, min(arguments.rate, 5000), min(arguments.seconds, 60))
    print(f"worse than asked for: {wrong}" if wrong else "as it should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
