#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long trapd takes from its process's start to /ready, with a large configuration: many users of
named engines, each with two passphrases of its own, many MIB modules, many rules. Cold: an empty
store directory. Warm: a start after a stop. Each also in the phases that trapd logs."""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import start_inputs
from machine import cpu_model
from receivers import cpu_seconds, free_port

PHASES = re.compile(r"started in (\d+) ms: (.*)$", re.M)


class LargeTrapd:
    """trapd with such a configuration; its store directory is empty until the first start."""

    def __init__(self, build, work, users, modules, rules):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="start-", dir=work))
        self.port, self.http = free_port(), free_port()
        made = start_inputs.write_modules(self.work / "mibs", modules)
        start_inputs.write_rules(self.work / "rules", rules, made)
        config = self.work / "trapd.yaml"
        config.write_text(f"""
process: {{user: {os.environ.get('USER') or 'root'}}}
store: {{directory: {self.work}/store, max_size: 1GiB}}
listen: [{{udp: "127.0.0.1:{self.port}", receive_buffer: 1MiB}}]
workers: 1
mibs: {{directories: [{self.work}/mibs]}}
rules: ["{self.work}/rules/*.yaml"]
destinations: []
metrics: {{listen: "127.0.0.1:{self.http}"}}
snmp_users:
""" + start_inputs.users(users))
        config.chmod(0o600)
        self.log = self.work / "log"
        self.argv = [f"{build}/trapd/trapd", "--config", str(config)]

    def start(self, seconds_max=300):
        """{seconds, cpu_s, phases_ms}. Seconds go from the fork to the first 200 of /ready."""
        with open(self.log, "wb") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - begin > seconds_max:
                raise SystemExit("bench: trapd does not start:\n" + self.log.read_text()[-2000:])
            time.sleep(0.002)
        seconds = time.monotonic() - begin
        found = PHASES.search(self.log.read_text())
        phases = re.findall(r"(\w+) (\d+)", found.group(2)) if found else []
        return {"seconds": seconds, "cpu_s": cpu_seconds(self.process.pid),
                "phases_ms": {name: int(ms) for name, ms in phases}}

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=1)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def remove(self):
        if getattr(self, "process", None) and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)


def middle(starts):
    """Of several starts the one in the middle, by its seconds."""
    return sorted(starts, key=lambda start: start["seconds"])[len(starts) // 2]


def measure(build, work, rounds, users=10_000, modules=300, rules=2_000):
    """{users, modules, rules, rounds, cold: {seconds, cpu_s, phases_ms}, warm: the same, all}. Each
    round: a start with an empty store directory, stop, a start with what that one left."""
    starts = {"cold": [], "warm": []}
    trapd = LargeTrapd(build, work, users, modules, rules)
    try:
        for _ in range(rounds):
            shutil.rmtree(trapd.work / "store", ignore_errors=True)
            for kind in starts:
                starts[kind].append(trapd.start())
                trapd.stop()
    finally:
        trapd.remove()
    return {"users": users, "modules": modules, "rules": rules, "rounds": rounds,
            **{kind: middle(of) for kind, of in starts.items()},
            "all_seconds": {kind: [start["seconds"] for start in of] for kind, of in starts.items()}}


def print_table(result):
    print("start to /ready: {users} users of one engine each, {modules} MIB modules, {rules} rules; "
          "the middle of {rounds} rounds".format(**result))
    for kind in ("cold", "warm"):
        start = result[kind]
        phases = ", ".join(f"{name} {ms}" for name, ms in start["phases_ms"].items())
        print(f"  {kind}  {start['seconds']:6.2f} s, {start['cpu_s']:6.2f} s of CPU   (ms: {phases})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--modules", type=int, default=300)
    parser.add_argument("--rules", type=int, default=2_000)
    parser.add_argument("--directory", default="/var/tmp")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="one round, a hundredth of all: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.users, options.modules, options.rules = 1, 100, 20, 40
    with tempfile.TemporaryDirectory(prefix="trapd-bench-", dir=options.directory) as work:
        result = measure(options.build, work, options.rounds, options.users, options.modules, options.rules)
    result["machine"] = cpu_model()
    print_table(result)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
