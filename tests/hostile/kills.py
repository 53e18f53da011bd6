#!/usr/bin/env python3
"""Khiên killed while it fetches a list: at each system call that touches a file, and at random moments.

`khien lists fetch` runs under strace, which kills it at the first, second, … call of one kind, until a run ends by itself; then it is
killed at random moments without strace. After each run is checked: the last good copy is the one before or the new one, whole; what
an index compiled from it blocks is the old names or the new ones; and the next fetch heals. Then a running server is killed at random
moments while it fetches, compiles and puts another list in force; the next one's first answer already blocks, and no answer is unfiltered.

Usage: tests/hostile/kills.py [RANDOM_KILLS]; KHIEN_BIN names the program. It takes minutes; code 0 is fine.
"""

import collections
import http.server
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import disk

# Calls are counted for each thread, so one that comes early in its thread hides behind others: those on files of the list are
# counted apart as well.
FILES = ["toys.lock", "toys.candidate", "toys.trial", "toys.copy", "toys.record", ""]
OF_FILES = ["openat", "write", "fsync", "rename", "flock", "unlink", "newfstatat,statx", "getdents64", "close", "mmap"]
CALLS = ["openat", "write", "fsync", "rename", "unlink", "mkdir", "flock", "ftruncate", "clone3", "execve", "recvfrom", "sendto", "connect"]
NAMES = 3000
MOST = 200

root = pathlib.Path(__file__).resolve().parents[2]
khien = os.environ.get("KHIEN_BIN", str(root / "target" / "release" / "khien"))


def text(generation):
    names = (f"host{number}.generation{generation}.example\n" for number in range(NAMES))
    return ("spiele.example\n" + "".join(names)).encode()


class Page(http.server.BaseHTTPRequestHandler):
    body = text(0)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(Page.body)))
        self.end_headers()
        try:
            self.wfile.write(Page.body)
        except OSError:
            pass  # It was killed while it read.

    def log_message(self, *_):
        pass


def copy(state):
    """The last good copy, unpacked; a damaged one ends the run."""
    packed = state / "fetched" / "toys.copy"
    done = subprocess.run(["zstd", "-dcq", packed], stdout=subprocess.PIPE, check=True)
    return done.stdout


def of_server(fetch, config, kills, anew):
    """Kills a server while another list comes in force; what each says first, and all the while."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    threading.Thread(target=disk.upstream, args=(names,), daemon=True).start()
    port = disk.free_port(socket.SOCK_DGRAM)
    text = config.read_text().replace('dns = ["127.0.0.1:0"]', f'dns = ["127.0.0.1:{port}"]')
    upstream = f'[upstream]\nservers = ["udp://127.0.0.1:{names.getsockname()[1]}"]\n[clients]\nrate_limit = "0"\n'
    group = '[[group]]\nid = "lab"\nsubnets = ["127.0.0.0/8"]\ntier = "primary"\n'
    config.write_text(upstream + group + text)
    answers = collections.Counter()

    def ask():
        """The answer for a name that is on every list; none while nobody listens."""
        try:
            return disk.ask(port, "spiele.example")
        except OSError:
            return None

    def start():
        server = subprocess.Popen(fetch[:3] + ["serve"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = time.monotonic()
        while (answer := ask()) is None:
            if time.monotonic() - begun > 30:
                raise SystemExit("a server did not come back")
            time.sleep(0.01)
        return server, answer

    subprocess.run([*fetch[:3], "lists", "compile"], check=True, stdout=subprocess.DEVNULL)
    for _ in range(kills):
        server, first = start()
        answers[first] += 1
        anew()
        # The server sees what the command brought, compiles it and puts it in force.
        child = subprocess.Popen(fetch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + random.uniform(0, 4)
        while time.monotonic() < end:
            answers[ask()] += 1
            time.sleep(0.02)
        server.kill()
        server.wait()
        child.wait()
    server, first = start()
    answers[first] += 1
    server.terminate()
    server.wait()
    print(f"server: {kills} kills, answers {dict(answers)}")
    if set(answers) != {(0, "0.0.0.0")}:
        raise SystemExit("an answer was not blocked")


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for program in ("strace", "zstd", khien):
        if not shutil.which(program):
            print(f"skipped: {program} is not there")
            return 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    work = pathlib.Path(tempfile.mkdtemp(prefix="khien-kills-"))
    state, config = work / "state", work / "khien.toml"
    config.write_text(
        f'[listen]\ndns = ["127.0.0.1:0"]\nhttp = []\n[state]\ndirectory = "{state}"\n'
        f'[[list]]\nid = "toys"\ncategory = "games"\nsource = "http://127.0.0.1:{server.server_port}/toys.txt"\n'
        'accept = ["http", "private-address", "port"]\n'
    )
    fetch = [khien, "-c", str(config), "lists", "fetch"]
    subprocess.run(fetch, check=True, stdout=subprocess.DEVNULL)
    last, generation, counts = Page.body, 0, collections.Counter()

    def after(what):
        nonlocal last
        there = copy(state)
        if there == Page.body:
            counts["new"] += 1
        elif there == last:
            counts["old"] += 1
        else:
            raise SystemExit(f"{what}: neither the old list nor the new")
        last = there

    def anew():
        nonlocal generation
        generation += 1
        Page.body = text(generation)

    def each(call, *paths):
        for number in range(1, MOST + 1):
            anew()
            where = [word for path in paths for word in ("-P", str(path))]
            traced = ["strace", "-f", "-qq", "-o", "/dev/null", *where, "-e", f"inject={call}:signal=KILL:when={number}", *fetch]
            done = subprocess.run(traced, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            after(f"{call} {number} {paths}")
            if done.returncode == 0:
                return number - 1
            counts["killed"] += 1
        return MOST

    for call in CALLS:
        print(f"{call}: killed at {each(call)} places", flush=True)
    for file in FILES:
        path = state / "fetched" / file if file else state / "fetched"
        places = {call: each(call, path) for call in OF_FILES}
        print(f"{file or 'the directory'}: {places}", flush=True)
    whole = time.monotonic()
    anew()
    subprocess.run(fetch, check=True, stdout=subprocess.DEVNULL)
    last, whole = Page.body, time.monotonic() - whole
    for _ in range(kills):
        anew()
        child = subprocess.Popen(fetch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, 1.1 * whole))
        child.kill()
        child.wait()
        after("a random moment")
    print(f"random: {kills} kills")

    anew()
    subprocess.run(fetch, check=True, stdout=subprocess.DEVNULL)
    if copy(state) != Page.body:
        raise SystemExit("it did not heal")
    left = sorted(file.name for file in (state / "fetched").iterdir())
    if left != ["toys.copy", "toys.lock", "toys.record"]:
        raise SystemExit(f"left behind: {left}")
    report = subprocess.run([khien, "-c", str(config), "lists", "compile"], stdout=subprocess.PIPE, check=True, text=True)
    if f"toys: {NAMES + 1} entries" not in report.stdout:
        raise SystemExit(f"what is left does not compile: {report.stdout}")
    of_server(fetch, config, kills, anew)
    shutil.rmtree(work)
    print(f"fine: {dict(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
