# SPDX-License-Identifier: Apache-2.0
"""The programs under test, started and stopped: trapd, Net-SNMP's snmptrapd, and the limit program.
trapd is measured with everything on, and no trapd is stopped before its counts add up."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

USER, AUTH, PRIV = "bench", "bench-auth-pass", "bench-priv-pass"
COMMUNITY = "bench-community"
ENGINES = 16
SHIPPED_RULES = pathlib.Path(__file__).resolve().parent.parent / "conf/rules/*.yaml"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process, all its threads, those that have ended too."""
    of_the_process = (~pid << 3) | 2  # clock_getcpuclockid(3): nanoseconds, where /proc has ticks
    return time.clock_gettime(of_the_process)


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit(f"bench: waited {seconds} s for {what}")


def settle(count):
    """Until a count stands still for half a second; returns it."""
    last, since = count(), time.monotonic()
    while time.monotonic() - since < 0.5:
        time.sleep(0.05)
        now = count()
        if now != last:
            last, since = now, time.monotonic()
    return last


class Process:
    def __init__(self, argv, **kw):
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kw)
        self.pid = self.process.pid

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Trapd:
    name = "trapd"

    def __init__(self, build, work, destinations=(), max_size="4GiB", before=(), receive_buffer="64MiB",
                 users="", more="", workers=1, rules=SHIPPED_RULES):
        """before: words in front of the command; users and more: further YAML, of snmp_users and of
        the whole."""
        self.port, self.http = free_port(), free_port()
        self.build = build
        self.work = pathlib.Path(work) / f"trapd-{self.port}"
        self.work.mkdir()
        config = self.work / "trapd.yaml"
        config.write_text(f"""
process: {{user: {os.environ.get('USER') or 'root'}}}
store: {{directory: {self.work}/store, max_size: {max_size}}}
listen: [{{udp: "127.0.0.1:{self.port}", receive_buffer: {receive_buffer}}}]
workers: {workers}
rate: {{per_engine: off}}
snmp_users:
  - name: {USER}
    auth: {{protocol: SHA-1, passphrase: {AUTH}}}
    priv: {{protocol: AES-128, passphrase: {PRIV}}}
{users}
{more}
mibs: {{directories: []}}
rules: ["{rules}"]
destinations: {json.dumps(list(destinations))}
metrics: {{listen: "127.0.0.1:{self.http}"}}
""")
        os.chmod(config, 0o600)
        self.argv = [*before, f"{build}/trapd/trapd", "--config", str(config)]
        self.start()

    def start(self):
        """Returns after how many seconds it was ready."""
        begin = time.monotonic()
        self.process = Process(self.argv)
        self.pid = self.process.pid
        wait_until(self.ready, 60, "trapd")
        return time.monotonic() - begin

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/ready", timeout=1) as r:
                return r.status == 200
        except OSError:
            return False

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=60) as r:
            return r.read().decode()

    def sums(self):
        """Every counter and gauge: name -> sum over its labels."""
        found = {}
        for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", self.metrics(), re.M):
            found[name] = found.get(name, 0) + float(value)
        return found

    def counts(self):
        """What the conservation law is about; kernel_drops are a part of dropped."""
        sums = self.sums()
        return {name: int(sums.get(f"trapd_{name}_total", 0))
                for name in ("received", "stored", "suppressed", "dropped", "kernel_drops")}

    def count(self):
        return self.counts()["stored"]

    def ask(self, *command):
        """What `trapctl --json COMMAND` says."""
        said = subprocess.run([f"{self.build}/trapd/ctl/trapctl", "--socket", str(self.work / "store/trapd.sock"),
                               "--json", *command], capture_output=True, text=True, check=True)
        return json.loads(said.stdout)

    def status(self):
        return self.ask("status")

    def latency_buckets(self):
        """Of Prometheus: [(upper bound in seconds, how many up to it)], an octave each."""
        found = re.findall(r'^trapd_latency_seconds_bucket\{[^}]*stage="commit"[^}]*le="([^"]+)"\} (\S+)',
                           self.metrics(), re.M)
        return [(float(le), float(n)) for le, n in found]

    def check_counts(self):
        """At rest: received = stored + suppressed + dropped."""
        def add_up():
            now = self.counts()
            return now["received"] == now["stored"] + now["suppressed"] + now["dropped"]
        wait_until(add_up, 30, "received = stored + suppressed + dropped")

    def stop(self):
        try:
            if self.process.running() and self.ready():
                self.check_counts()
        finally:
            self.process.stop()
            shutil.rmtree(self.work, ignore_errors=True)


class Snmptrapd:
    """One log line per trap, without MIBs."""
    name = "snmptrapd"

    def __init__(self, build, work):
        self.port = free_port()
        self.work = pathlib.Path(work) / f"snmptrapd-{self.port}"
        self.work.mkdir()
        lines = [f"authUser log {USER} priv"]
        for engine in range(ENGINES):
            engine_id = (bytes.fromhex("80001f8805") + b"blast" + engine.to_bytes(4, "big")).hex()
            lines.append(f"createUser -e 0x{engine_id} {USER} SHA {AUTH} AES {PRIV}")
        (self.work / "snmptrapd.conf").write_text("\n".join(lines) + "\n")
        self.log = self.work / "log"
        environment = dict(os.environ, SNMP_PERSISTENT_DIR=str(self.work / "state"), MIBS="")
        self.process = Process(["snmptrapd", "-f", "-Lf", str(self.log), "-On", "-n", "-C", "-c",
                                str(self.work / "snmptrapd.conf"), "-F", "%v\n",
                                f"udp:127.0.0.1:{self.port}"], env=environment)
        self.pid = self.process.pid
        wait_until(lambda: self.log.exists() and "NET-SNMP" in self.log.read_text(errors="replace"), 60,
                   "snmptrapd")

    def count(self):
        return int(subprocess.run(["grep", "-c", "-a", "1.3.6.1.6.3.1.1.5.3", str(self.log)],
                                  capture_output=True, text=True).stdout or 0)

    def counts(self):
        return {"stored": self.count()}

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.work, ignore_errors=True)


class Limit:
    """Receives, verifies, decrypts, and nothing else; says so itself when nothing came for a second."""

    def __init__(self, build, engines=ENGINES):
        self.port = free_port()
        self.process = subprocess.Popen([f"{build}/bench/limit", str(self.port), str(engines)],
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def result(self):
        """received, bad, cpu_us_per_trap."""
        said = json.loads(self.process.communicate(timeout=120)[0])
        if said["bad"]:
            raise SystemExit(f"bench: the limit program found {said['bad']} bad traps")
        return said
