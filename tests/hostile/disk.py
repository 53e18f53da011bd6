#!/usr/bin/env python3
"""Khiên whose disk is full, then read-only, while its list is fetched: it filters all the time, says so, and heals within a minute.

The state directory is a small tmpfs in a mount namespace of this script's own, so it has to run as root; elsewhere it skips. A thread asks
a blocked name, an open one and help all the while, and every answer is checked.

Usage: tests/hostile/disk.py; KHIEN_BIN names the program. It takes three minutes; code 0 is fine.
"""

import http.server
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

NAMES = 3000

root = pathlib.Path(__file__).resolve().parents[2]
khien = os.environ.get("KHIEN_BIN", str(root / "target" / "release" / "khien"))


def text(generation):
    return ("spiele.example\n" + "".join(f"host{n}.generation{generation}.example\n" for n in range(NAMES))).encode()


class Page(http.server.BaseHTTPRequestHandler):
    body = text(0)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(Page.body)))
        self.end_headers()
        self.wfile.write(Page.body)

    def log_message(self, *_):
        pass


def question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", random.getrandbits(16), 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def upstream(sock):
    """Every name has the address 192.0.2.7."""
    while True:
        asked, client = sock.recvfrom(4096)
        end = asked.index(b"\0", 12) + 5
        head = asked[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 30, 4) + bytes([192, 0, 2, 7])
        sock.sendto(head + asked[12:end] + answer, client)


def ask(port, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sent = question(name)
        # Connected, so that it is told at once where nobody listens.
        sock.connect(("127.0.0.1", port))
        sock.send(sent)
        reply = sock.recv(4096)
        assert reply[:2] == sent[:2]
        rcode, count = reply[3] & 15, struct.unpack(">H", reply[6:8])[0]
        place = reply.find(b"\xc0\x0c\0\1\0\1") if count else -1
        return rcode, socket.inet_ntoa(reply[place + 12 : place + 16]) if place >= 0 else None


class Pupil(threading.Thread):
    """Asks without a pause, and remembers whatever is not as it should be."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.wrong, self.asked, self.stop = port, [], 0, False

    def run(self):
        while not self.stop:
            fresh = f"n{random.getrandbits(40)}.example"
            for name, expected in [("www.spiele.example", "0.0.0.0"), (fresh, "192.0.2.7"), ("vn-cop.vn", "192.0.2.7")]:
                try:
                    rcode, address = ask(self.port, name)
                except OSError as error:
                    rcode, address = repr(error), None
                self.asked += 1
                if (rcode, address) != (0, expected):
                    self.wrong.append((name, rcode, address))
            time.sleep(0.01)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def until(what, condition, seconds):
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if condition():
            print(f"{what}: after {time.monotonic() - begun:.1f} s", flush=True)
            return
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within {seconds} s")


def inside():
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    threading.Thread(target=upstream, args=(names,), daemon=True).start()
    work = pathlib.Path(tempfile.mkdtemp(prefix="khien-disk-"))
    state, config = work / "state", work / "khien.toml"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", state], check=True)
    dns, web = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    config.write_text(
        f'[listen]\ndns = ["127.0.0.1:{dns}"]\nhttp = ["127.0.0.1:{web}"]\n[state]\ndirectory = "{state}"\n'
        f'[upstream]\nservers = ["udp://127.0.0.1:{names.getsockname()[1]}"]\n[clients]\nrate_limit = "0"\n'
        '[[group]]\nid = "lab"\nsubnets = ["127.0.0.0/8"]\ntier = "primary"\n'
        f'[[list]]\nid = "toys"\ncategory = "games"\nmatch = "subtree"\nrefresh = "1m"\n'
        f'source = "http://127.0.0.1:{pages.server_port}/toys.txt"\naccept = ["http", "private-address", "port"]\n'
    )

    def metric(line):
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/metrics", timeout=5) as page:
            return line in page.read().decode()

    def is_ready():
        try:
            return metric("\nkhien_ready 1\n")
        except OSError:
            return False

    def has(generation):
        return ask(dns, f"host7.generation{generation}.example") == (0, "0.0.0.0")

    log = open(work / "log", "wb")
    start = lambda: subprocess.Popen([khien, "-c", str(config), "serve"], stdout=log, stderr=log)
    server = start()
    until("ready", is_ready, 60)
    pupil = Pupil(dns)
    pupil.start()

    filler = state / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    print(f"the disk is full: {os.statvfs(state).f_bavail} blocks left", flush=True)
    Page.body = text(1)
    local = 'khien_list_failures_total{list="toys",reason="local"}'
    until("a full disk is told", lambda: metric(local), 90)
    assert not has(1)
    filler.unlink()
    until("healed of the full disk", lambda: has(1), 75)

    # What the server holds open keeps the file system itself from changing; whatever it opens from now on it finds read-only.
    subprocess.run(["mount", "--bind", state, state], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", state], check=True)
    Page.body = text(2)
    time.sleep(70)
    assert not has(2)
    pupil.stop = True
    pupil.join()
    server.send_signal(signal.SIGKILL)
    server.wait()
    server = start()
    until("ready on a read-only disk", is_ready, 60)
    again = Pupil(dns)
    again.start()
    assert has(1), "what was fetched last filters"
    time.sleep(5)
    subprocess.run(["mount", "-o", "remount,bind,rw", state], check=True)
    until("healed of the read-only disk", lambda: has(2), 75)
    again.stop = True
    again.join()
    server.terminate()
    assert server.wait(timeout=10) == 0
    for asking in (pupil, again):
        print(f"{asking.asked} questions, {len(asking.wrong)} wrong {asking.wrong[:5]}")
    if pupil.wrong or again.wrong:
        print((work / "log").read_text()[-3000:])
        return 1
    for _ in ("the bind mount", "the disk"):
        subprocess.run(["umount", "-l", state], check=True)
    shutil.rmtree(work)
    print("fine")
    return 0


def main():
    if sys.argv[1:] == ["inside"]:
        return inside()
    probe = subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False)
    if probe.returncode != 0 or not shutil.which(khien):
        print("skipped: no mount namespace can be made here, or the program is not there")
        return 0
    return subprocess.run(["unshare", "-m", sys.executable, __file__, "inside"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
