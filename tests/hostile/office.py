#!/usr/bin/env python3
"""A school whose server is killed, whose disk is full, or whose state cannot be written, while it takes the office's publications.

A server that follows a signed repository over HTTP runs under strace, which strikes at the first, second, … system call of one kind on
the files of its state directory: it kills the server, or has the call fail as on a full disk (ENOSPC) or a read-only one (EROFS), until
a round passes in which no such call is left to strike. Then it is killed at random moments without strace. All the while, and by the
first answer of each restart, a name that every publication locks has to be blocked; after each restart, with the office's server shut,
the lists in force are those of one publication, whole: the one before or the new one; and in the end the newest comes in force.

Usage: tests/hostile/office.py [RANDOM_KILLS]; KHIEN_BIN names the program. It takes some hundred minutes; code 0 is fine.
"""

import collections
import http.server
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import disk

KILLS = ["openat", "write", "fsync", "rename", "mkdir", "unlink", "ftruncate", "mmap", "getdents64"]
FULL = ["openat", "write", "fsync", "ftruncate"]
READ_ONLY = ["openat", "rename", "mkdir", "unlink"]
# Where files lie that a round reads and writes; the last is everywhere, counted for each thread.
PLACES = ["office", "images", ""]
MOST = 60
ALWAYS = "immer.example"

root = pathlib.Path(__file__).resolve().parents[2]
khien = os.environ.get("KHIEN_BIN", str(root / "target" / "release" / "khien"))


class Web(http.server.SimpleHTTPRequestHandler):
    is_open = True

    def do_GET(self):
        if Web.is_open:
            super().do_GET()
        else:
            self.send_error(503)

    def log_message(self, *_):
        pass


class School:
    def __init__(self, work, web, upstream):
        self.work, self.state, self.port = work, work / "state", disk.free_port(socket.SOCK_DGRAM)
        (work / "khien.toml").write_text(
            f'[listen]\ndns = ["127.0.0.1:{self.port}"]\nhttp = []\n[state]\ndirectory = "{self.state}"\n'
            f'[upstream]\nservers = ["udp://127.0.0.1:{upstream}"]\n[clients]\nrate_limit = "0"\nallowed = ["127.0.0.0/8"]\n'
            f'[office]\nurl = "http://127.0.0.1:{web}/"\nroot = "{work / "www" / "1.root.json"}"\nring = 1\nrefresh = "10s"\n'
            'accept = ["http", "port", "private-address"]\n'
        )
        self.command = [khien, "-c", str(work / "khien.toml"), "serve"]
        self.answers = collections.Counter()

    def blocked(self, name):
        """Whether a name is blocked; none while nobody listens or it is not ready."""
        try:
            rcode, address = disk.ask(self.port, name)
        except OSError:
            return None
        return None if rcode == 2 else address != "192.0.2.7"

    def always(self):
        blocked = self.blocked(ALWAYS)
        self.answers[blocked] += 1
        if blocked is False:
            raise SystemExit(f"unfiltered: {self.work}")
        return blocked

    def start(self, *before):
        log = open(self.work / "log", "ab")
        return subprocess.Popen([*before, *self.command], stdout=log, stderr=log, start_new_session=True)

    def until(self, server, what, seconds=30):
        """Waits until `what` holds; whether it did before the server ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.always()
            if what():
                return True
            if server.poll() is not None:
                return False
            time.sleep(0.01)
        raise SystemExit(f"it takes too long: {self.work}")

    def stop(self, server, how=signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            pass
        server.wait()


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for program in ("strace", khien):
        if not shutil.which(program):
            print(f"skipped: {program} is not there")
            return 0
    work = pathlib.Path(tempfile.mkdtemp(prefix="khien-office-"))
    desk, www = work / "office", work / "www"
    desk.mkdir()
    www.mkdir()
    web = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *arguments: Web(*arguments, directory=str(www)))
    # A school that was killed hangs up.
    web.handle_error = lambda *_: None
    threading.Thread(target=web.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    threading.Thread(target=disk.upstream, args=(names,), daemon=True).start()

    def types(*words):
        subprocess.run([khien, "office", *words], cwd=desk, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "KHIEN_BY": "Lan"})

    serial = 0

    def publish():
        """A publication that locks the same name as all, and one of its own."""
        nonlocal serial
        serial += 1
        more = "".join(f"host{number}.generation{serial}.example\n" for number in range(300))
        lists = desk / "roles" / "ministry" / "lists" / "gambling.txt"
        lists.write_text(f"{ALWAYS}\nonly{serial}.example\n{more}")
        decision = '[[lock]]\nname = "{}"\ncategory = "phishing"\nreason = "r"\nby = "Lan"\nmade = 2026-01-01\n'
        (desk / "roles" / "ministry" / "decisions.toml").write_text(decision.format(f"lock{serial}.example"))
        types("publish", "--urgent=all", "--to", str(www))

    types("init", "--folder", ".", "--name", "Office", "--url", "https://lists.office.example/", "--people", "a,b,c")
    publish()
    school = School(work, web.server_port, names.getsockname()[1])
    counts = collections.Counter()

    def is_new():
        return school.blocked(f"only{serial}.example") is True and school.blocked(f"lock{serial}.example") is True

    def restart(what):
        """What a restart without a link has in force: the publication before or the new one, whole."""
        Web.is_open = False
        going = threading.Event()

        def pupil():
            while not going.is_set():
                school.always()

        asking = threading.Thread(target=pupil)
        asking.start()
        server = school.start()
        # A child that was being started may hold the state's lock for a moment longer than the killed server lived; service managers
        # start again, and so does this.
        if not school.until(server, lambda: school.blocked("ready.example") is not None):
            server = school.start()
            if not school.until(server, lambda: school.blocked("ready.example") is not None):
                raise SystemExit(f"{what}: it does not start: {work}")

        def in_force(kind):
            return [number for number in range(1, serial + 1) if school.blocked(f"{kind}{number}.example")]

        # What was verified and waits to be compiled may come in force while it is looked at: then it is looked at again.
        known, locks = in_force("only"), in_force("lock")
        if len(known) != 1 or len(locks) != 1:
            print(f"{what}: looked at again: lists of {known}, decisions of {locks}", flush=True)
            time.sleep(2)
            known, locks = in_force("only"), in_force("lock")
        if len(known) != 1 or len(locks) != 1:
            raise SystemExit(f"{what}: lists of {known}, decisions of {locks}, newest {serial}: {work}")
        counts["new" if known[0] == serial else "old"] += 1
        going.set()
        asking.join()
        school.stop(server)
        if school.answers[False]:
            raise SystemExit(f"{what}: unfiltered: {work}")
        Web.is_open = True

    def struck(call, effect, place):
        """Strikes at each place in turn; how many there were."""
        path = school.state / place if place else school.state
        for number in range(1, MOST + 1):
            publish()
            trace = work / "trace"
            # By their paths strace knows files that are there already; without, what is struck may be on any file, the new ones too.
            paths = [word for file in [path, *path.rglob("*")] for word in ("-P", str(file))][:400] if place else []
            inject = ["strace", "-f", "-qq", "-o", str(trace), *paths, "-e", f"trace={call}", "-e", f"inject={call}:{effect}:when={number}"]
            server = school.start(*inject)
            # A disk that is full may well keep a publication out; it is told, and what was in force stays.
            end = time.monotonic() + 12
            while time.monotonic() < end and server.poll() is None and not is_new():
                school.always()
                time.sleep(0.02)
            school.stop(server)
            was_struck = trace.exists() and ("(INJECTED)" in trace.read_text(errors="replace") or "killed by" in trace.read_text(errors="replace"))
            restart(f"{call} {effect} {number} {place}")
            if not was_struck:
                return number - 1
            counts[effect] += 1
        return MOST

    server = school.start()
    school.until(server, is_new)
    school.stop(server)
    for place in PLACES:
        for calls, effect in [(KILLS, "signal=KILL"), (FULL, "error=ENOSPC"), (READ_ONLY, "error=EROFS")]:
            print(f"{place or 'everywhere'}, {effect}:", {call: struck(call, effect, place) for call in calls}, flush=True)
    whole = time.monotonic()
    publish()
    server = school.start()
    school.until(server, is_new)
    whole = time.monotonic() - whole
    school.stop(server)
    for _ in range(kills):
        publish()
        server = school.start()
        end = time.monotonic() + random.uniform(0, 1.2 * whole)
        while time.monotonic() < end:
            school.always()
            time.sleep(0.005)
        school.stop(server)
        restart("a random moment")
    print(f"random: {kills} kills")
    server = school.start()
    school.until(server, is_new)
    school.stop(server, signal.SIGTERM)
    print(f"fine: {dict(counts)}, answers {dict(school.answers)}")
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
