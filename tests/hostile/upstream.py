#!/usr/bin/env python3
"""Khiên before a hostile upstream: every case of PolarDNS's catalogue gets exactly one well-formed reply within three seconds.

PolarDNS (Apache-2.0) is a name server that answers malformed and malicious messages on request. This script installs it and
dnspython into a virtual environment below target/hostile, lets both it and khien listen on loopback, and asks khien each case:

* every example of the catalogue, by its own type and by A;
* every feature with every modifier;
* ranges: each octet in a name, each rcode, flags, counts, lengths, cuts, and each name that its generator makes.

All of it goes by UDP to clients and upstream, then by TCP to both, each once to warm up and once more under other names. Of each reply
is checked, by another implementation than khien's: that it can be read to its last octet, has the query's id, question and QR, that
no other follows, and that the answer section holds nothing off the alias chain of what was asked. Then: khien runs, no query of
it panicked, and it takes no more memory than after the first pass.

Usage: tests/hostile/upstream.py [SEED]; KHIEN_BIN names the program. It ends by itself within minutes; code 0 is fine.
"""

import asyncio
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "target" / "hostile" / "venv"
PACKAGES = ["polardns==1.6.6", "dnspython==2.8.0"]

# What is asked of every case.
PATIENCE = 3.0
# How long a client listens on for a second reply.
AFTERWARDS = 0.3
# How many khien run beside each other, and how many questions each is asked at once. More would only make the upstream late, which
# is an interpreter. By TCP questions share connections, and a lie ends all that are on one: there each has its turn alone.
LANES = {"udp": (1, 40), "tcp": (10, 1)}
# Memory may grow by so much between the passes.
GROWTH = 16 * 1024
# The whole run is given up after so many seconds.
BOUND = 2400

DOMAIN = "yourdomain.com"


def own_python():
    """Starts this script anew in its virtual environment, which is made where it is not."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not python.exists():
        venv.create(VENV, with_pip=True, clear=True)
    wanted = VENV / "packages"
    if not wanted.exists() or wanted.read_text() != "\n".join(PACKAGES):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        wanted.write_text("\n".join(PACKAGES))
    os.execv(python, [python, __file__, *sys.argv[1:]])


own_python()

import dns.flags  # noqa: E402
import dns.message  # noqa: E402
import dns.name  # noqa: E402
import dns.rcode  # noqa: E402
import dns.rdatatype  # noqa: E402
import importlib.resources  # noqa: E402
import tomllib  # noqa: E402


def program():
    """The khien that is tried."""
    named = os.environ.get("KHIEN_BIN")
    for path in [named] if named else [ROOT / "target/release/khien", ROOT / "target/debug/khien"]:
        if pathlib.Path(path).is_file():
            return str(path)
    sys.exit("no khien: build it, or name it by KHIEN_BIN")


def free_port():
    """A port that is free by TCP and UDP now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Polar:
    """The hostile upstream, run from a copy of its package, whose settings stand inside it."""

    def __init__(self, directory):
        self.port = free_port()
        package = directory / "polardns"
        shutil.copytree(str(importlib.resources.files("polardns")), package)
        settings = package / "polardns.toml"
        text = settings.read_text()
        changed = re.sub(r"(?m)^listen_addr = .*$", f"listen_addr = '127.0.0.1:{self.port}'", text)
        # For every name, so that no case is lost because it is about somebody else's.
        changed = re.sub(r"(?m)^authoritative_for_any = .*$", "authoritative_for_any = 1", changed)
        assert changed != text
        settings.write_text(changed)
        self.log = open(directory / "polardns.log", "wb")
        environment = dict(os.environ, PYTHONPATH=str(directory))
        self.process = subprocess.Popen(
            [sys.executable, str(package / "core.py")], cwd=directory, env=environment,
            stdout=self.log, stderr=self.log, start_new_session=True,
        )
        query = dns.message.make_query(f"always.{DOMAIN}", "A").to_wire()
        for _ in range(300):
            with socket.socket(type=socket.SOCK_DGRAM) as client:
                client.settimeout(0.1)
                client.connect(("127.0.0.1", self.port))
                try:
                    client.send(query)
                    if client.recv(512):
                        return
                except OSError:
                    time.sleep(0.1)
        sys.exit(f"PolarDNS did not start: see {directory / 'polardns.log'}")

    def stop(self):
        # It listens in two processes, which are a group of their own.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Khien:
    """The program, with that upstream alone."""

    def __init__(self, directory, lane, transport, upstream):
        self.port, self.pages = free_port(), free_port()
        state = directory / lane
        config = directory / f"{lane}.toml"
        config.write_text(
            f'[listen]\ndns = ["127.0.0.1:{self.port}"]\nhttp = ["127.0.0.1:{self.pages}"]\n'
            f'[state]\ndirectory = "{state}"\n'
            f'[upstream]\nservers = ["{transport}://127.0.0.1:{upstream}"]\n'
            # Small, so that what is kept does not look like what is lost; one client asks for all.
            '[cache]\nsize = "1MiB"\n[clients]\nrate_limit = "0"\n'
            '[[group]]\nid = "all"\nsubnets = ["127.0.0.0/8"]\ntier = "staff"\n'
        )
        self.log = open(directory / f"{lane}.log", "wb")
        self.process = subprocess.Popen([program(), "serve", "-c", str(config)], stdout=self.log, stderr=self.log)
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.pages}/readyz", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"khien did not start: see {directory / lane}.log")

    def memory(self):
        """Its resident memory in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def panics(self):
        """How many queries panicked, as its metrics say."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.pages}/metrics", timeout=10) as page:
            found = re.search(r"(?m)^khien_panics_total(?:\{\})? (\d+)", page.read().decode())
        return int(found[1])

    def stop(self):
        """Stops it as a service manager would, and returns its exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.log.close()
        return code


def catalogue():
    """All modules of the installed PolarDNS."""
    for file in sorted(importlib.resources.files("polardns.modules").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text())["module"]


def examples(module):
    """The questions of a module's examples: name and type each."""
    for example in module.get("example", []):
        for command in re.split(r"[;\n|]", example.get("command", "")):
            words = command.split()
            if words[:1] != ["dig"]:
                continue
            kind, name = "A", None
            words = iter(words[1:])
            for word in words:
                if word == "-x":
                    name, kind = reverse(next(words)), "PTR"
                elif word.startswith(("+", "@", "#")):
                    continue
                elif word.upper() in KINDS:
                    kind = word.upper()
                elif name is None:
                    name = word
            if name:
                yield name, kind


KINDS = {"A", "AAAA", "NS", "CNAME", "DNAME", "MX", "TXT", "SRV", "SVCB", "HTTPS", "PTR", "NAPTR", "SOA", "ANY", "SPF"}


def reverse(address):
    """The reverse name of an address, in range or not."""
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


def ranges():
    """What the catalogue describes by ranges, walked through."""
    for octet in range(256):
        yield f"afuzz1.{octet}"
    for rcode in range(16):
        yield f"always.rc{rcode}"
    for bit in range(16):
        yield f"always.flgs{0x8400 ^ 1 << bit}"
    for field in ["qurr", "anrr", "aurr", "adrr"]:
        for count in [0, 1, 2, 3, 255, 256, 65_535]:
            yield f"always.{field}{count}"
    for octets in range(0, 64, 3):
        yield f"always.cut{octets}"
        yield f"size.300.cut{octets}"
        yield f"always.len{octets}"
        yield f"always.add{octets}"
    for size in [0, 1, 45, 46, 47, 100, 511, 512, 513, 1231, 1232, 1233, 1500, 4096, 16_384, 65_000, 65_535]:
        yield f"size.{size}"
        yield f"size.{size}.rl"
        yield f"always.len{size}"
        yield f"size.{size}.tc"
    for seconds in [0, 1, 2**31 - 1, 2**31, 2**32 - 1]:
        yield f"always.ttl{seconds}"
    for octets in [1, 2, 10, 40]:
        for pause in [0, 20, 200]:
            yield f"always.10.cnk{octets}.slp{pause}"
    for pause in [0, 100, 900, 1900, 2500, 5000]:
        yield f"always.slp{pause}"
    for count in [1, 2, 15, 16, 17, 18, 100, 1000]:
        for feature in ["always", "alias", "cnalias", "dnalias", "chain", "cnchain", "loop", "cnloop", "manytxt", "afuzz2"]:
            yield f"{feature}.{count}"
    for feature in ["alias", "cnalias", "mxalias", "htalias", "svalias", "dnalias"]:
        for variant in range(19):
            yield f"{feature}.5.nfz{variant}"
    for variant in range(7):
        for malformation in range(10):
            for size in [0, 1, 63, 64, 255]:
                yield f"cnalias.nfz{variant}.m{malformation}.{size}.p{(malformation + size) % 13}"
    for kind in [0, 1, 2, 5, 6, 12, 15, 28, 33, 39, 41, 46, 47, 50, 64, 65, 250, 255, 65_535]:
        for length in [0, 1, 4, 16, 255]:
            yield f"rrfz.t{kind}.l{length}.d{length}"
            yield f"rrfz.t{kind}.l{length}.d{length + 1}"


MODIFIERS = [
    "newid", "tc", "noq", "slp300", "ttl1", "len30", "cnk7", "flgs0x8403", "rc2", "rc3", "rc5", "qurr0", "qurr2", "anrr0", "anrr9", "aurr9",
    "adrr9", "cut9", "add9", "add9.0", "rl", "fc", "nc", "noq.nc", "noq.qurr0", "nfz0", "nfz7", "nfz4.s3.m2.9.p4", "tc.cut20", "cut30.rl",
]


def cases():
    """Every question: a name below the domain, or a whole one, and a type."""
    found = collections.OrderedDict()
    features, modifiers = [], set()
    for module in catalogue():
        if module["type"] == "feature":
            features.append(module["name"])
        else:
            modifiers.add(module["name"])
        records = re.split(r"[,\s]+", module.get("records", ""))
        kinds = [kind for kind in records if kind in KINDS] or ["A"]
        for name, kind in examples(module):
            name = name.replace("${RANDOM}", "")
            for kind in dict.fromkeys([kind, *kinds, "A", "AAAA", "HTTPS"]):
                found[name, kind] = None
        if module["type"] == "feature":
            for modifier in MODIFIERS:
                found[f"{module['name']}.5.{modifier}.{DOMAIN}", kinds[0]] = None
            for other in [*kinds, "TXT", "MX", "SVCB", "DNAME", "CNAME", "NS", "SRV", "ANY", "TYPE65280"]:
                found[f"{module['name']}.{DOMAIN}", other] = None
    missing = [name for name in modifiers if not any(re.search(rf"(^|\.){name}\d*", known) for known in MODIFIERS)]
    assert not missing, f"modifiers of the catalogue that no case has: {missing}"
    for name in ranges():
        found[f"{name}.{DOMAIN}", "A"] = None
    return list(found), len(features), len(modifiers)


def fresh(name, number):
    """The name with its feature's word made longer by digits, where that changes nothing: an answer kept must not serve it."""
    first, dot, rest = name.partition(".")
    # A digit at the end is the word's parameter, or tells it from its neighbours.
    if first[-1:].isdigit() or first.startswith(("_", "*")) or rest.endswith(("arpa", "arpa.")):
        return name
    return f"{first}{number}{dot}{rest}"


class Listener(asyncio.DatagramProtocol):
    """What comes back by UDP."""

    def __init__(self):
        self.replies = []
        self.first = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, _):
        self.replies.append(data)
        if not self.first.done():
            self.first.set_result(None)

    def error_received(self, error):
        if not self.first.done():
            self.first.set_exception(error)


async def by_udp(port, packet):
    """All replies, and how long the first took."""
    begun = time.monotonic()
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(Listener, remote_addr=("127.0.0.1", port))
    try:
        transport.sendto(packet)
        await asyncio.wait_for(listener.first, 2 * PATIENCE)
        took = time.monotonic() - begun
        await asyncio.sleep(AFTERWARDS)
        return listener.replies, took
    finally:
        transport.close()


async def by_tcp(port, packet):
    """As `by_udp`; half closed, the connection ends behind the last reply."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(len(packet).to_bytes(2, "big") + packet)
        length = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), 2 * PATIENCE), "big")
        replies = [await reader.readexactly(length)]
        took = time.monotonic() - begun
        writer.write_eof()
        behind = await asyncio.wait_for(reader.read(), 2 * PATIENCE)
        return replies + ([behind] if behind else []), took
    finally:
        writer.close()


def faults_of(query, replies):
    """What is wrong with the replies to a query."""
    if len(replies) != 1:
        return [f"{len(replies)} replies"]
    try:
        reply = dns.message.from_wire(replies[0])
    except Exception as error:  # Whatever the parser stumbles over is a malformed reply.
        return [f"malformed: {type(error).__name__}: {error}"]
    wrong = []
    if not query.is_response(reply):
        wrong.append("not the response to the question")
    if len(replies[0]) > 1232 and not query.by_tcp:
        wrong.append(f"{len(replies[0])} octets by UDP")
    names = {query.question[0].name}
    for _ in reply.answer:
        for rrset in reply.answer:
            on_the_way = rrset.name in names or any(name.is_subdomain(rrset.name) for name in names)
            if rrset.rdtype == dns.rdatatype.CNAME and rrset.name in names:
                names |= {rdata.target for rdata in rrset}
            elif rrset.rdtype == dns.rdatatype.DNAME and on_the_way:
                names |= {
                    name.relativize(rrset.name).derelativize(rdata.target)
                    for name in list(names) for rdata in rrset
                    if name.is_subdomain(rrset.name) and name != rrset.name and len(name.to_wire()) + len(rdata.target.to_wire()) < 256
                }
    for rrset in reply.answer:
        redirects = rrset.rdtype == dns.rdatatype.DNAME and any(name.is_subdomain(rrset.name) for name in names)
        if rrset.name not in names and not redirects:
            wrong.append(f"an answer about {rrset.name}, which leads nowhere")
    return wrong


class Results:
    """What came of all questions."""

    def __init__(self):
        self.asked = 0
        self.replied = 0
        self.slowest = (0.0, "")
        self.rcodes = collections.Counter()
        self.faults = []

    async def ask(self, ask, port, name, kind):
        """Asks one question once."""
        self.asked += 1
        try:
            query = dns.message.make_query(name, kind, use_edns=0, payload=1232)
        except Exception as error:
            self.faults.append(f"{name} {kind}: cannot be asked: {error}")
            return
        query.by_tcp = ask is by_tcp
        try:
            replies, took = await ask(port, query.to_wire())
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            self.faults.append(f"{name} {kind}: no reply: {type(error).__name__}")
            return
        self.replied += 1
        self.slowest = max(self.slowest, (took, f"{name} {kind}"))
        wrong = faults_of(query, replies)
        if took > PATIENCE:
            wrong.append(f"{took:.1f} s")
        if len(replies[0]) > 3:
            self.rcodes[dns.rcode.to_text(replies[0][3] & 0x0F)] += 1
        self.faults += [f"{name} {kind}: {what}" for what in wrong]

    async def all(self, ask, lanes, at_once, questions):
        """Asks all questions, each of one of the lanes, some at once."""
        rest = iter(questions)

        async def one_after_another(port):
            for name, kind in rest:
                await self.ask(ask, port, name, kind)

        await asyncio.gather(*(one_after_another(khien.port) for khien in lanes for _ in range(at_once)))


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    signal.alarm(BOUND)
    questions, features, modifiers = cases()
    random.Random(seed).shuffle(questions)
    print(f"{program()}: {len(questions)} cases from {features} features and {modifiers} modifiers", flush=True)
    head = f"{'upstream, clients':<18} {'pass':>4} {'asked':>6} {'replies':>7} {'faults':>6} {'slowest':>8} {'time':>6} {'RSS':>10}"
    print(head + "  rcodes", flush=True)
    failures = []
    directory = pathlib.Path(tempfile.mkdtemp(prefix="polardns-"))
    polar = Polar(directory)
    try:
        for transport, ask in [("udp", by_udp), ("tcp", by_tcp)]:
            count, at_once = LANES[transport]
            lanes, before = [], []
            try:
                for lane in range(count):
                    lanes.append(Khien(directory, f"{transport}{lane}", transport, polar.port))
                for number in [1, 2]:
                    begun, results = time.monotonic(), Results()
                    named = [(fresh(name, 7000 + number), kind) for name, kind in questions]
                    asyncio.run(results.all(ask, lanes, at_once, named))
                    failures += [f"{transport}: {fault}" for fault in results.faults]
                    ended = [khien.process.returncode for khien in lanes if khien.process.poll() is not None]
                    failures += [f"{transport}: khien ended with code {code}" for code in ended]
                    if ended:
                        break
                    memory = [khien.memory() for khien in lanes]
                    rcodes = ", ".join(f"{rcode} {count}" for rcode, count in results.rcodes.most_common())
                    row = f"{results.asked:>6} {results.replied:>7} {len(results.faults):>6} {results.slowest[0]:>6.2f} s"
                    print(f"{transport:<18} {number:>4} {row} {time.monotonic() - begun:>4.0f} s {max(memory):>6} KiB  {rcodes}")
                    print(f"{'':<18} slowest: {results.slowest[1]}", flush=True)
                    grown = [after - first for first, after in zip(before, memory)]
                    failures += [f"{transport}: memory grew by {size} KiB" for size in grown if size > GROWTH]
                    before = memory
                panics = sum(khien.panics() for khien in lanes if khien.process.poll() is None)
                if panics:
                    failures.append(f"{transport}: {panics} queries panicked")
            finally:
                codes = [khien.stop() for khien in lanes]
                failures += [f"{transport}: khien stopped with code {code}" for code in codes if code != 0]
    finally:
        polar.stop()
    for failure in failures[:60]:
        print(f"FAULT {failure}")
    if failures:
        sys.exit(f"{len(failures)} faults; logs and settings: {directory}")
    shutil.rmtree(directory)
    print("every case got one well-formed reply in time")


if __name__ == "__main__":
    main()
