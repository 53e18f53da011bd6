#!/usr/bin/env python3
"""From a clerk's decision to a blocked name at running schools: a measure on loopback that ends by itself.

Usage: tests/load/office.py KHIEN [--names 5000000] [--schools 50] [--refresh 10] [--list FILE] [--keep DIR]

Makes an office with a list of so many names (or the names of FILE, a name a line), publishes it, and starts schools that follow it
from one static web server, which answers conditional requests and counts. All schools but the first begin with the first one's state,
as schools that have run for a while. Then, three times: `khien office add NAME` and `khien office publish --urgent`, and every school is
asked for the name until it is blocked. Says how long each part took, what a round and a day cost the server, and what a difference of
1,000 names costs a school. Exit code 1 where a school needs more than its own pause between two rounds and 2 seconds.
It needs nothing but Python's own library.
"""
import argparse, hashlib, http.server, os, pathlib, re, shutil, socket, struct, subprocess, sys, tempfile, threading, time

CONFIG = """
[listen]
dns = ["127.0.0.1:{port}"]
http = []
[state]
directory = "state"
[upstream]
servers = ["udp://127.0.0.1:{upstream}"]
[clients]
rate_limit = "0"
allowed = ["127.0.0.0/8"]
[office]
url = "http://127.0.0.1:{web}/"
root = "office-root.json"
ring = {ring}
refresh = "{refresh}s"
accept = ["http", "port", "private-address"]
[journal]
keep = "1h"
"""


class Web(http.server.BaseHTTPRequestHandler):
    """A static folder with entity tags; one connection a request, as schools ask."""

    folder, tags, counts, guard = None, {}, {}, threading.Lock()

    def do_GET(self):
        path = pathlib.Path(self.folder, self.path.lstrip("/"))
        try:
            stat = path.stat()
            key = (str(path), stat.st_mtime_ns, stat.st_size)
            if key not in self.tags:
                self.tags[key] = '"%s"' % hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        except OSError:
            self.answer(404, b"", "")
            return
        tag = self.tags[key]
        if self.headers.get("If-None-Match") == tag:
            self.answer(304, b"", tag)
        else:
            self.answer(200, path.read_bytes(), tag)

    def answer(self, code, body, tag):
        self.send_response(code)
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # Heads, theirs and ours, are counted with what an ordinary server would send besides.
        size = len(body) + len(str(self.headers)) + 60 + 200
        kind = "timestamp 304" if code == 304 else self.path.rsplit(".", 1)[-1] + " " + str(code)
        with self.guard:
            requests, octets = self.counts.get(kind, (0, 0))
            self.counts[kind] = (requests + 1, octets + size)

    def log_message(self, *_):
        pass


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def upstream(sock):
    while True:
        packet, client = sock.recvfrom(4096)
        end = packet.index(b"\0", 12) + 5
        is_address = packet[end - 4:end - 2] == b"\0\1"
        head = packet[:2] + struct.pack("!HHHHH", 0x8180, 1, int(is_address), 0, 0) + packet[12:end]
        sock.sendto(head + (b"\xc0\x0c\0\1\0\1\0\0\0\x01\0\4\xc0\0\2\x07" if is_address else b""), client)


def answered(port, name, number):
    """Whether the name is blocked there: an answer other than the upstream's address. None where nobody answers."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0.5)
    try:
        sock.sendto(question(name, number), ("127.0.0.1", port))
        reply = sock.recv(4096)
        return None if reply[3] & 15 == 2 else not reply.endswith(b"\xc0\0\2\x07")
    except OSError:
        return None
    finally:
        sock.close()


class Schools:
    def __init__(self, khien, folder, web, up, refresh):
        self.khien, self.folder, self.web, self.up, self.refresh = khien, folder, web, up, refresh
        self.running = []

    def start(self, root, ring=1, state=None):
        place = self.folder / f"school-{len(self.running)}"
        place.mkdir()
        if state:
            # Images and texts never change once they have their names; what does is renamed into place.
            subprocess.run(["cp", "-al", str(state), str(place / "state")], check=True)
            for name in ["journal.db", "journal.db-wal", "journal.db-shm", "control.sock"]:
                (place / "state" / name).unlink(missing_ok=True)
            for path in (place / "state").rglob("*lock*"):
                path.unlink()
        shutil.copy(root, place / "office-root.json")
        # Below the ports that the schools' own questions go out from, which are any that others may have too.
        port = (600 if os.geteuid() == 0 else 20000) + len(self.running)
        (place / "khien.toml").write_text(
            CONFIG.format(port=port, upstream=self.up, web=self.web, refresh=self.refresh, ring=ring))
        log = open(place / "log", "wb")
        child = subprocess.Popen([self.khien, "-c", "khien.toml", "serve"], cwd=place, stdout=log, stderr=log)
        self.running.append((child, port, place))
        return port, place

    def until(self, port, name, wanted, seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if answered(port, name, 7) is wanted:
                return time.perf_counter()
            time.sleep(0.02)
        sys.exit(f"{name} did not become {'blocked' if wanted else 'open'} in {seconds} s: {self.folder}")

    def stop(self):
        for child, _, _ in self.running:
            child.terminate()
        for child, _, _ in self.running:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("khien")
    parser.add_argument("--names", type=int, default=5_000_000)
    parser.add_argument("--schools", type=int, default=50)
    parser.add_argument("--refresh", type=int, default=10)
    parser.add_argument("--list")
    parser.add_argument("--keep")
    options = parser.parse_args()
    khien = os.path.abspath(options.khien)
    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="office-"))
    folder.mkdir(exist_ok=True)
    office, www = folder / "office", folder / "www"
    office.mkdir()
    www.mkdir()
    environment = {**os.environ, "KHIEN_BY": "Lan", "KHIEN_LANGUAGE": "en"}

    def types(*words):
        before = time.perf_counter()
        done = subprocess.run([khien, "office", *words], cwd=office, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{words}: {done.stdout}{done.stderr}")
        return time.perf_counter() - before

    Web.folder = www
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    threading.Thread(target=upstream, args=(sock,), daemon=True).start()
    types("init", "--folder", ".", "--name", "Measured", "--url", f"http://lists.measured.example/", "--people", "a,b,c")
    lists = office / "roles" / "ministry" / "lists"
    with open(lists / "malware.txt", "w") as to:
        if options.list:
            count = 0
            with open(options.list) as lines:
                for line in lines:
                    to.write(line)
                    count += 1
            for number in range(count, options.names):
                to.write(f"n{number * 2654435761 % 2**32:08x}.more{number % 977}.example\n")
        else:
            for number in range(options.names):
                to.write(f"n{number * 2654435761 % 2**32:08x}.site{number % 99991}.example\n")
    # A real list has what the gate refuses: it goes into leave-out, as the gate says.
    refused = subprocess.run([khien, "office", "check"], cwd=office, env=environment, capture_output=True, text=True)
    leave = re.findall(r"write (=\S+) into", refused.stdout + refused.stderr)
    (office / "roles" / "ministry" / "leave-out.txt").write_text("".join(f"{name} # refused\n" for name in leave))
    print(f"left out, because the gate refused it: {len(leave)}", flush=True)
    first = types("publish", "--to", str(www))
    octets = sum(path.stat().st_size for path in www.rglob("*") if path.is_file())
    print(f"first publication of {options.names} names: {first:.1f} s, {octets / 1e6:.1f} MB to hand out", flush=True)
    schools = Schools(khien, folder, server.server_address[1], sock.getsockname()[1], options.refresh)
    root = www / "1.root.json"
    try:
        port, place = schools.start(root)
        before = time.perf_counter()
        took = schools.until(port, "ready.example", False, 600) - before
        print(f"a new school: {took:.1f} s from its start to filtering", flush=True)
        time.sleep(3)
        for number in range(options.schools - 1):
            before = time.perf_counter()
            port, _ = schools.start(root, state=place / "state")
            took = schools.until(port, "ready.example", False, 120) - before
            if number == 0:
                print(f"a school that has it: {took:.2f} s from its start to filtering, copying its files among them", flush=True)
        for _, port, _ in schools.running:
            schools.until(port, "ready.example", False, 600)
        time.sleep(options.refresh + 2)
        Web.counts.clear()
        time.sleep(3 * options.refresh)
        requests, octets = map(sum, zip(*Web.counts.values()))
        a_round = octets / requests
        print(f"{options.schools} schools without news, {3 * options.refresh} s: {requests} requests, {a_round:.0f} octets each: {Web.counts}")
        day = 1000 * 86400 / 60
        print(f"1,000 schools that ask each minute: {day:.0f} requests a day ({day / 86400:.1f} a second), {day * a_round / 1e6:.0f} MB a day",
              flush=True)
        worst = 0
        for number in range(3):
            name = f"urgent{number}.example"
            Web.counts.clear()
            began = time.perf_counter()
            add = types("add", name, "--category", "phishing", "--reason", "measured")
            publish = types("publish", "--urgent", "--to", str(www))
            there = time.perf_counter()
            done = {}

            def wait(port):
                done[port] = schools.until(port, name, True, 60)

            threads = [threading.Thread(target=wait, args=(port,)) for _, port, _ in schools.running]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            last, mean = max(done.values()), sum(done.values()) / len(done)
            worst = max(worst, last - began)
            octets = sum(octets for _, octets in Web.counts.values()) / len(schools.running)
            print(f"urgent {number + 1}: add {add:.2f} s, publish {publish:.2f} s, then the last school {last - there:.2f} s, the mean "
                  f"{mean - there:.2f} s; in all {last - began:.2f} s; {octets:.0f} octets a school", flush=True)
        with open(lists / "malware.txt", "a") as to:
            for number in range(1000):
                to.write(f"daily{number}.news{number % 31}.example\n")
        Web.counts.clear()
        publish = types("publish", "--to", str(www))
        began = time.perf_counter()
        last = max(schools.until(port, "daily999.news7.example", True, 900) for _, port, _ in schools.running[:1])
        patches = [path.stat().st_size for path in www.rglob("*.patch")]
        print(f"1,000 names more: publish {publish:.1f} s; a difference of {max(patches)} octets; {last - began:.1f} s until the first school "
              f"has them (others compile beside it)", flush=True)
        return 0 if worst <= options.refresh + 2 else 1
    finally:
        schools.stop()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
