#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a long list of active alarms costs the manager that walks it, and what the walk and a
resynchronisation cost the traps that come in meanwhile."""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

from load import blast
from machine import cpu_model
from receivers import Trapd, free_port, settle

COLUMN = "1.3.6.1.4.1.8072.9999.9999.7331.1.2.3.1.6"  # trapdActiveName
NMS = ["-v3", "-l", "authPriv", "-u", "nms", "-a", "SHA-1", "-A", "nms-auth-pass", "-x", "AES-128",
       "-X", "nms-priv-pass"]


def start(options, work, oss):
    agent = free_port()
    receiver = Trapd(
        options.build, work, destinations=[{
            "name": "oss", "type": "snmp", "to": f"127.0.0.1:{oss}", "version": "v2c",
            "community": "oss", "pdu": "trap", "source_port": "20000-60000", "send": "changes"}],
        users="""  - name: nms
    use: [agent]
    auth: {protocol: SHA-1, passphrase: nms-auth-pass}
    priv: {protocol: AES-128, passphrase: nms-priv-pass}""",
        more=f"""agent: {{listen: "127.0.0.1:{agent}", allow: [127.0.0.0/8]}}
limits: {{engines: {options.alarms + 1000}, alarms: {options.alarms + 1000}}}""")
    return receiver, agent


def walk(agent, work, repetitions):
    """Rows, and seconds."""
    begin = time.monotonic()
    said = subprocess.run(
        ["snmpbulkwalk", *NMS, f"-Cr{repetitions}", "-t5", "-On", "-m", "", f"udp:127.0.0.1:{agent}",
         COLUMN], capture_output=True, check=True,
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(work / "nms"), "SNMPCONFPATH": str(work)})
    return said.stdout.count(b"STRING"), time.monotonic() - begin


def busy():
    """What any process would cost that takes a processor as the walk does: manager and agent take
    turns."""
    subprocess.run(["timeout", "0.5", "yes"], stdout=subprocess.DEVNULL)


class Commits:
    """Of the traps between two looks: how long from the socket to the disk."""

    def __init__(self, receiver):
        self.receiver, self.before = receiver, dict(receiver.latency_buckets())

    def percentile(self, part):
        now = dict(self.receiver.latency_buckets())
        counts = {le: n - self.before.get(le, 0) for le, n in now.items()}
        goal = part * counts[float("inf")]
        return min(le for le, n in counts.items() if n >= goal) * 1000


def under_load(options, receiver, beside=None):
    """Ingest at a paced rate, while beside() runs over and over."""
    over, times = threading.Event(), []

    def repeat():
        while not over.is_set():
            times.append(beside())
    thread = threading.Thread(target=repeat) if beside else None
    before, dropped = receiver.sums(), lambda sums: sums["trapd_dropped_total"]
    commits = Commits(receiver)
    if thread:
        thread.start()
    sent = blast(options.build, receiver.port, rate=options.rate, seconds=options.seconds)["sent"]
    settle(receiver.count)
    p50, p99 = commits.percentile(0.5), commits.percentile(0.99)
    over.set()
    if thread:
        thread.join()
    after = receiver.sums()
    return {"sent": sent, "dropped": dropped(after) - dropped(before), "p50_ms": p50, "p99_ms": p99,
            "times": times}


def measure(options, work):
    oss = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # takes what it has room for
    oss.bind(("127.0.0.1", 0))
    receiver, agent = start(options, work, oss.getsockname()[1])
    try:
        begin = time.monotonic()
        blast(options.build, receiver.port, engines=options.alarms, count=options.alarms,
              rate=options.fill_rate, seconds=3600)
        settle(receiver.count)
        active = int(receiver.sums()["trapd_alarms_active"])
        print(f"active alarms                       {active}, made in {time.monotonic() - begin:.0f} s")
        result = {"active": active, "walks": {}}
        for repetitions in (10, 100, 1000):
            rows, seconds = walk(agent, work, repetitions)
            result["walks"][repetitions] = seconds
            print(f"snmpbulkwalk -Cr{repetitions:<5} one column    {rows} rows in {seconds:.2f} s, "
                  f"{seconds / rows * 1e6:.1f} us a row")
        ctl = [f"{options.build}/trapd/ctl/trapctl", "--socket",
               str(receiver.work / "store" / "trapd.sock"), "resync"]

        def resync():
            # Again and again: the one before may still be running, which is refused.
            subprocess.run([*ctl, "oss"], capture_output=True)
            time.sleep(0.1)
            shown = json.loads(subprocess.run([*ctl[:-1], "--json", "destinations"],
                                              capture_output=True).stdout)
            return shown[0]["resync"]["sent"]
        for name, beside in (("alone", None), ("beside a loop", busy), ("beside a walk", lambda: walk(agent, work, 100)),
                             ("beside a resync", resync)):
            got = result[name] = under_load(options, receiver, beside)
            print(f"{options.rate:.0f} traps/s {name:<16} {got['sent']} sent, {got['dropped']:.0f} "
                  f"dropped; to disk p50 {got['p50_ms']:.2f} ms, p99 {got['p99_ms']:.2f} ms"
                  + (f"; {got['times'][-1]} alarms sent" if "resync" in name else ""))
        return result
    finally:
        receiver.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--alarms", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=20_000)
    parser.add_argument("--fill-rate", type=float, default=20_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--directory", default="/var/tmp")
    parser.add_argument("--json")
    options = parser.parse_args()
    print(cpu_model())
    with tempfile.TemporaryDirectory(dir=options.directory) as work:
        result = measure(options, pathlib.Path(work))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
