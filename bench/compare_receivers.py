#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of bench/run: CPU per trap, loss-free rate and latency of trapd, next to snmptrapd and
to a program that only receives, verifies and decrypts. Rounds are interleaved, medians are shown:
on a shared machine only ratios of one run mean anything."""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

USER, AUTH, PRIV = "bench", "bench-auth-pass", "bench-priv-pass"
ENGINES = 16
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    """User and system time of a process, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


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

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Trapd:
    name = "trapd"

    def __init__(self, build, work, destinations=(), max_size="4GiB", before=(),
                 receive_buffer="64MiB", users="", more=""):
        self.port, self.http = free_port(), free_port()
        self.argv = [*before, f"{build}/trapd/trapd", "--config"]
        self.work = work / f"trapd-{self.port}"
        self.work.mkdir()
        config = self.work / "trapd.yaml"
        rules = pathlib.Path(__file__).resolve().parent.parent / "conf/rules/*.yaml"
        config.write_text(f"""
process: {{user: {os.environ.get('USER') or 'root'}}}
store: {{directory: {self.work}/store, max_size: {max_size}}}
listen: [{{udp: "127.0.0.1:{self.port}", receive_buffer: {receive_buffer}}}]
workers: 1
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
        self.argv.append(str(config))
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
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=5) as r:
            return r.read().decode()

    def sums(self):
        """Every counter and gauge: name -> sum over its labels."""
        found = {}
        for name, value in re.findall(r"^(\w+)(?:\{.*\})? (\S+)$", self.metrics(), re.M):
            found[name] = found.get(name, 0) + float(value)
        return found

    def count(self):
        return int(self.sums()["trapd_stored_total"])

    def latency_buckets(self):
        found = re.findall(r'^trapd_latency_seconds_bucket\{[^}]*stage="commit"[^}]*le="([^"]+)"\} (\S+)',
                           self.metrics(), re.M)
        return [(float(le), float(n)) for le, n in found]

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.work, ignore_errors=True)


class Snmptrapd:
    name = "snmptrapd"

    def __init__(self, build, work):
        self.port = free_port()
        self.work = work / f"snmptrapd-{self.port}"
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

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.work, ignore_errors=True)


def blast(build, port, **options):
    options = {"engines": ENGINES, **options}
    argv = [f"{build}/bench/trapblast", "--json", "--to", f"127.0.0.1:{port}"]
    for key, value in options.items():
        argv += [f"--{key}", str(value)]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def limit_cpu(build, count):
    port = free_port()
    limit = subprocess.Popen([f"{build}/bench/limit", str(port), str(ENGINES)], stdout=subprocess.PIPE, text=True)
    limit.stdout.readline()
    blast(build, port, count=count)
    return json.loads(limit.stdout.readline())["cpu_us_per_trap"]


def receiver_cpu(kind, build, work, **load):
    """us of CPU per trap that was taken, and what was lost."""
    receiver = kind(build, work)
    try:
        blast(build, receiver.port, count=200)  # keys, caches
        before_count = settle(receiver.count)
        before_cpu = cpu_seconds(receiver.pid)
        sent = blast(build, receiver.port, **load)
        taken = settle(receiver.count) - before_count
        cpu = cpu_seconds(receiver.pid) - before_cpu
        return cpu * 1e6 / max(taken, 1), sent["sent"] - taken, sent["cpu_us_per_trap"]
    finally:
        receiver.stop()


def loss_free_rate(kind, build, work, seconds, low, high):
    """Highest rate of a bisection at which nothing was lost."""
    best = 0
    for _ in range(6):
        rate = (low + high) // 2
        receiver = kind(build, work)
        try:
            before = settle(receiver.count)
            sent = blast(build, receiver.port, rate=rate, seconds=seconds)
            lost = sent["sent"] - (settle(receiver.count) - before)
        finally:
            receiver.stop()
        reached = sent["rate"]
        if lost == 0:
            best, low = max(best, int(reached)), rate
            if reached < 0.9 * rate:  # the sender is at its end
                return best, True
        else:
            high = rate
    return best, False


def quantile(before, after, q):
    deltas = [(le, n - b) for (le, n), (_, b) in zip(after, before)]
    total = deltas[-1][1]
    for le, cumulative in deltas:
        if cumulative >= q * total:
            return le
    return float("inf")


def latency(build, work, rate, seconds):
    receiver = Trapd(build, work)
    try:
        blast(build, receiver.port, count=100)
        settle(receiver.count)
        before = receiver.latency_buckets()
        blast(build, receiver.port, rate=rate, seconds=seconds)
        settle(receiver.count)
        after = receiver.latency_buckets()
        return {q: quantile(before, after, q) for q in (0.5, 0.99)}
    finally:
        receiver.stop()


def fsync_ms(work):
    """One lone 64 KiB write + fdatasync."""
    path = work / "sync"
    times = []
    with open(path, "wb", buffering=0) as f:
        for _ in range(50):
            begin = time.perf_counter()
            f.write(b"x" * 65536)
            os.fdatasync(f.fileno())
            times.append((time.perf_counter() - begin) * 1e3)
    path.unlink()
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="one round of half a second: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
    work = pathlib.Path(tempfile.mkdtemp(prefix="trapd-bench-"))
    try:
        result = measure(options, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print_table(result)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


def measure(options, work):
    traps = int(options.seconds * 200_000)
    rounds = {"limit": [], "trapd": [], "snmptrapd": [], "sender": []}
    for _ in range(options.rounds):
        rounds["limit"].append(limit_cpu(options.build, traps))
        cpu, _, sender = receiver_cpu(Trapd, options.build, work, count=traps)
        rounds["trapd"].append(cpu)
        rounds["sender"].append(sender)
        rounds["snmptrapd"].append(
            receiver_cpu(Snmptrapd, options.build, work, rate=5000, seconds=options.seconds)[0])
    best, sender_bound = loss_free_rate(Trapd, options.build, work, options.seconds, 20_000, 800_000)
    theirs, _ = loss_free_rate(Snmptrapd, options.build, work, options.seconds, 1_000, 60_000)
    slow = latency(options.build, work, 1_000, options.seconds)
    fast = latency(options.build, work, 100_000, options.seconds)
    return {
        "machine": f"{os.cpu_count()} x {cpu_model()}, Linux {platform.release().split('-')[0]}",
        "rounds": options.rounds,
        "cpu_us_per_trap": {k: statistics.median(v) for k, v in rounds.items()},
        "all_rounds": rounds,
        "loss_free_per_second": {"trapd": best, "snmptrapd": theirs, "sender_bound": sender_bound},
        "commit_latency_s": {"1000/s": slow, "100000/s": fast},
        "fdatasync_64KiB_ms": fsync_ms(work),
    }


def cpu_model():
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return found.group(1) if found else platform.machine()


def print_table(result):
    cpu, rate = result["cpu_us_per_trap"], result["loss_free_per_second"]
    print(f"\n{result['machine']}; median of {result['rounds']} interleaved rounds; authPriv SHA/AES-128 linkDown\n")
    print(f"{'':34}{'trapd':>12}{'limit':>12}{'snmptrapd':>12}   ratio")
    print(f"{'CPU us per trap, whole process':34}{cpu['trapd']:12.2f}{cpu['limit']:12.2f}{cpu['snmptrapd']:12.2f}"
          f"   {cpu['trapd'] / cpu['limit']:.2f}x the limit, {cpu['snmptrapd'] / cpu['trapd']:.0f}x less than snmptrapd")
    bound = " (sender at its end)" if rate["sender_bound"] else ""
    times = rate["trapd"] / rate["snmptrapd"] if rate["snmptrapd"] else float("inf")
    print(f"{'loss-free traps/s, sender beside':34}{rate['trapd']:12d}{'':12}{rate['snmptrapd']:12d}   {times:.0f}x{bound}")
    for load, at in result["commit_latency_s"].items():
        print(f"{'datagram to commit at ' + load:34}{'p50 <= %.2f ms, p99 <= %.2f ms' % (at[0.5] * 1e3, at[0.99] * 1e3)}")
    print(f"{'one 64 KiB write + fdatasync':34}{result['fdatasync_64KiB_ms']:12.2f} ms")
    print(f"{'the sender itself':34}{cpu['sender']:12.2f} us per trap")


if __name__ == "__main__":
    main()
