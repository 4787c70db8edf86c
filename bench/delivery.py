#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Delivered, not only stored: how fast each kind of destination works off what has waited, what it
costs beside reception, and the highest rate at which it keeps up with what comes in. The peers are
this folder's sinks, and Net-SNMP's snmptrapd for informs."""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from load import blast
from machine import cpu_model
from receivers import AUTH, PRIV, Process, Trapd, cpu_seconds, free_port, settle, wait_until

HERE = pathlib.Path(__file__).resolve().parent
ENGINES = 256
BOOTS_S = 1.1  # trapblast's boots are the second it starts in, and must rise
NORTHBOUND = f"""
  - name: northbound
    auth: {{protocol: SHA-1, passphrase: {AUTH}}}
    priv: {{protocol: AES-128, passphrase: {PRIV}}}
"""


# --- peers: each has a port, a pid, and stop(), which tells what it has taken ---

def port_is_bound(port):
    return any(f":{port:04X} " in pathlib.Path(f"/proc/net/{kind}").read_text() for kind in ("udp", "tcp"))


class Sink:
    def __init__(self, *argv):
        self.port = free_port()
        self.process = subprocess.Popen([str(a).replace("PORT", str(self.port)) for a in argv],
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        wait_until(lambda: port_is_bound(self.port), 10, argv[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=20)[0]
        return json.loads(said) if said else {}


class Snmptrapd:
    """Net-SNMP's receiver of informs: it answers, and writes no line."""

    def __init__(self, work):
        self.port = free_port()
        self.work = work / f"snmptrapd-{self.port}"
        self.work.mkdir()
        (self.work / "snmptrapd.conf").write_text(
            f"createUser northbound SHA {AUTH} AES {PRIV}\nauthUser log northbound priv\n")
        environment = dict(os.environ, SNMP_PERSISTENT_DIR=str(self.work / "state"), MIBS="")
        self.process = Process(["snmptrapd", "-f", "-Lf", "/dev/null", "-On", "-n", "-C", "-c",
                                str(self.work / "snmptrapd.conf"), f"udp:127.0.0.1:{self.port}"], env=environment)
        self.pid = self.process.pid
        wait_until(lambda: port_is_bound(self.port), 10, "snmptrapd")

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.work, ignore_errors=True)
        return {}


# --- kinds of destination: the peer, and the settings ---

def syslog(port):
    return {"type": "syslog", "to": f"tcp://127.0.0.1:{port}"}


def snmp(port, pdu="trap", **more):
    return {"type": "snmp", "to": f"127.0.0.1:{port}", "version": "v3", "user": "northbound", "pdu": pdu, **more}


def mail(port, **more):
    return {**more, "type": "mail", "to": f"smtp://127.0.0.1:{port}", "starttls": "off", "from": "trapd@example.net",
            "recipients": ["duty@example.net"], "digest": {"window": "1s", "max": 10000}}


class Kind:
    def __init__(self, name, peer, settings):
        self.name, self.peer, self.settings = name, peer, settings


def kinds(build, work):
    bench = f"{build}/bench"
    counting = lambda: Sink(f"{bench}/notification_sink", "PORT", "--count")
    answering = lambda: Sink(f"{bench}/notification_sink", "PORT")
    mailing = lambda: Sink(sys.executable, HERE / "mail_sink.py", "PORT")
    return {kind.name: kind for kind in (
        Kind("syslog", lambda: Sink(f"{bench}/syslog_sink", "PORT"), syslog),
        Kind("snmp alarm", counting, lambda port: snmp(port, format="alarm")),
        Kind("snmp original", counting, lambda port: snmp(port, format="original")),
        Kind("mail", mailing, mail),
        # As mail is used: repeats of an alarm that stands are no news.
        Kind("mail of changes", mailing, lambda port: mail(port, send="changes")),
        Kind("informs", answering, lambda port: snmp(port, "inform", format="alarm", window=256)),
        Kind("informs to snmptrapd", lambda: Snmptrapd(work),
             lambda port: snmp(port, "inform", format="alarm", window=64)),
    )}


class Gateway(Trapd):
    """trapd whose destinations can be exchanged between two runs of it: the store stays."""

    def __init__(self, build, work, destinations=()):
        super().__init__(build, work, destinations, users=NORTHBOUND)

    def set_destinations(self, destinations):
        config = self.work / "trapd.yaml"
        config.write_text(re.sub(r"(?m)^destinations: .*$", lambda _: "destinations: " + json.dumps(destinations),
                                 config.read_text()))

    def delivered(self):
        """Per destination: delivered, and not yet delivered."""
        metrics = self.metrics()
        rows = lambda what: {name: float(value) for name, value in re.findall(
            rf'^trapd_destination_{what}\{{destination="([^"]+)"\}} (\S+)$', metrics, re.M)}
        sent, backlog = rows("sent_total"), rows("backlog")
        return {name: (sent[name], backlog[name]) for name in sent}

    def run_from(self, build):
        """From now on it is this build's."""
        self.argv[self.argv.index("--config") - 1] = f"{build}/trapd/trapd"


def named(kind, name, peer):
    return {"name": name, "start": "oldest", **kind.settings(peer.port)}


# --- how fast a backlog is worked off, with nothing else running ---

def drain(gateway, kind, name):
    """The gateway is stopped and has a backlog; it is stopped again afterwards."""
    peer = kind.peer()
    points = []
    try:
        gateway.set_destinations([named(kind, name, peer)])
        gateway.start()
        while not points or points[-1][2] > 0:
            sent, backlog = gateway.delivered()[name]
            points.append((time.monotonic(), sent, backlog, cpu_seconds(gateway.pid), cpu_seconds(peer.pid)))
            if points[-1][0] - points[0][0] > 120:
                raise SystemExit(f"bench: {kind.name}: {backlog:.0f} are left after 120 s")
            time.sleep(0.02)
        gateway.process.stop()
    finally:
        taken = peer.stop()
    first = next(p for p in points if p[1] > 0)
    last = next(p for p in points if p[1] == points[-1][1])
    if last[1] - first[1] < 0.2 * last[1]:  # over before it could be watched
        first = points[0]
    count = max(last[1] - first[1], 1)
    return {"records": last[1], "per_second": count / max(last[0] - first[0], 1e-9),
            "cpu_us": (last[3] - first[3]) * 1e6 / count, "peer_cpu_us": (last[4] - first[4]) * 1e6 / count,
            "peer": taken}


def filled(build, work, records, **more):
    """A gateway with so many records and no destination, stopped."""
    gateway = Gateway(build, work)
    left = records
    while left > 0:
        before = gateway.count()
        blast(build, gateway.port, count=max(min(left, 500_000), 1000), engines=ENGINES, **more)
        left -= settle(gateway.count) - before
        time.sleep(BOOTS_S)
    gateway.process.stop()
    return gateway


def drains(build, work, names, records, rounds, builds=None, **more):
    """{kind: {build: [round, …]}}: the builds take turns, on one store."""
    builds = builds or [build]
    all_kinds = kinds(build, work)
    found = {name: {b: [] for b in builds} for name in names}
    gateway = filled(build, work, records, **more)
    try:
        for round_number in range(rounds):
            for name in names:
                for b in builds:
                    gateway.run_from(b)
                    label = f"d{round_number}-{builds.index(b)}-{name.replace(' ', '-')}"
                    found[name][b].append(drain(gateway, all_kinds[name], label))
    finally:
        gateway.stop()
    return found


# --- beside reception ---

def load(build, work, chosen, rate, seconds):
    """One run at this rate: what was stored, delivered and left behind, and processor time."""
    peers = [kind.peer() for kind in chosen]
    gateway = Gateway(build, work, [named(k, k.name.replace(" ", "-"), p) for k, p in zip(chosen, peers)])
    try:
        blast(build, gateway.port, count=2000, engines=ENGINES)
        settle(gateway.count)
        wait_until(lambda: all(left == 0 for _, left in gateway.delivered().values()), 30, "the first deliveries")
        time.sleep(BOOTS_S)
        settle(lambda: int(cpu_seconds(gateway.pid) * 100))  # what a start does behind /ready
        before, cpu = gateway.count(), cpu_seconds(gateway.pid)
        begin = time.monotonic()
        sent = blast(build, gateway.port, rate=rate, seconds=seconds, engines=ENGINES)
        backlogs = {name: left for name, (_, left) in gateway.delivered().items()}
        stored = settle(gateway.count) - before
        wait_until(lambda: all(left == 0 for _, left in gateway.delivered().values()), 60, "the last deliveries")
        end = time.monotonic()
        return {"asked": rate, "sent_per_second": sent["rate"], "sent": sent["sent"], "stored": stored,
                "backlog": max(backlogs.values(), default=0), "backlogs": backlogs, "seconds": end - begin,
                "cpu_us": (cpu_seconds(gateway.pid) - cpu) * 1e6 / max(stored, 1),
                "peer_cpu_s": sum(cpu_seconds(p.pid) for p in peers),
                "sender_cpu_us": sent["cpu_us_per_trap"]}
    finally:
        gateway.stop()
        for peer in peers:
            peer.stop()


def kept_up(run):
    """Nothing was lost, and no more was left behind than a quarter of a second brings."""
    return run["stored"] >= run["sent"] and run["backlog"] <= 0.25 * run["sent_per_second"]


def highest_rate(build, work, chosen, seconds, low, high, steps):
    best, runs = 0, []
    for _ in range(steps):
        rate = (low + high) // 2
        run = load(build, work, chosen, rate, seconds)
        runs.append(run)
        if kept_up(run):
            best, low = max(best, int(run["sent_per_second"])), rate
            if run["sent_per_second"] < 0.9 * rate:  # the sender is at its end
                break
        else:
            high = rate
    return {"per_second": best, "runs": runs}


COMBINATIONS = {"syslog": (["syslog"], 20_000, 500_000), "snmp": (["snmp alarm"], 20_000, 400_000),
                "snmp original": (["snmp original"], 20_000, 400_000),
                "all": (["syslog", "snmp alarm", "mail of changes"], 10_000, 300_000),
                "all, each mailed": (["syslog", "snmp alarm", "mail"], 10_000, 240_000)}
NONE_REPEATS = {"alarms": 2000}  # of each engine: no message is the same as one before it


def costs(build, work, rate, seconds, rounds, combinations=COMBINATIONS):
    """us of trapd's processor time per trap, without a destination and with each, in turn."""
    all_kinds = kinds(build, work)
    rows = {"none": [], **{name: [] for name in combinations}}
    for _ in range(rounds):
        for name, values in rows.items():
            chosen = [all_kinds[k] for k in COMBINATIONS[name][0]] if name != "none" else []
            values.append(load(build, work, chosen, rate, seconds)["cpu_us"])
    return rows


def measure(build, work, seconds=4.0, rounds=5):
    """All figures as one dict; see bench/README.md."""
    work = pathlib.Path(work)
    quick = seconds < 1
    records = 20_000 if quick else int(seconds * 250_000)
    all_kinds = kinds(build, work)
    fast = ["syslog", "snmp alarm", "snmp original", "mail", "informs"]
    drained = drains(build, work, fast, records, rounds)
    slow = drains(build, work, ["informs to snmptrapd"], min(records, int(seconds * 10_000)), rounds)
    unlike = drains(build, work, ["syslog"], records, rounds, **NONE_REPEATS)
    slow["syslog, none repeats"] = unlike["syslog"]
    of = lambda rows, key: statistics.median(row[key] for row in rows)
    cost = costs(build, work, 10_000, seconds, rounds, ()) if quick else costs(build, work, 60_000, seconds, rounds)
    rates = {name: highest_rate(build, work, [all_kinds[k] for k in names], seconds, low, high,
                                1 if quick else 5)
             for name, (names, low, high) in COMBINATIONS.items()}
    return {
        "drain": {name: {key: of(rows[build], key) for key in ("per_second", "cpu_us", "peer_cpu_us")}
                  for name, rows in {**drained, **slow}.items()},
        "cost_us": {name: statistics.median(values) for name, values in cost.items()},
        "highest_rate": {name: row["per_second"] for name, row in rates.items()},
        "all_rounds": {"drain": {n: r[build] for n, r in {**drained, **slow}.items()}, "cost_us": cost, "rates": rates},
    }


GOALS = {"syslog": 250_000, "snmp": 200_000, "all": 120_000}
DRAIN_GOALS = {"informs": 50_000}


def print_table(result):
    print(f"{'worked off, nothing beside':28}{'records/s':>12}{'trapd us':>10}{'peer us':>10}")
    for name, row in result["drain"].items():
        goal = f"   goal {DRAIN_GOALS[name]}" if name in DRAIN_GOALS else ""
        print(f"{name:28}{row['per_second']:12.0f}{row['cpu_us']:10.2f}{row['peer_cpu_us']:10.2f}{goal}")
    print(f"\n{'while traps come in':28}{'delivered/s':>12}{'trapd us':>10}{'without':>10}")
    for name, rate in result["highest_rate"].items():
        goal = f"   goal {GOALS[name]}" if name in GOALS else ""
        cost = result["cost_us"]
        print(f"{name:28}{rate:12d}{cost.get(name, 0):10.2f}{cost['none']:10.2f}{goal}")


def compare(options, work):
    """Two builds in turn, drains only."""
    found = drains(options.build, work, options.kinds or ["syslog", "snmp alarm", "informs"],
                   int(options.seconds * 250_000), options.rounds, [options.build, options.against])
    for name, by_build in found.items():
        for build, rows in by_build.items():
            middle = lambda key: statistics.median(row[key] for row in rows)
            print(f"{name:24}{build:44}{middle('per_second'):10.0f}/s{middle('cpu_us'):8.2f} us"
                  f"{middle('peer_cpu_us'):8.2f} us peer")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--against", help="another build directory: only drains, of the two in turn")
    parser.add_argument("--kinds", nargs="*", help="of what --against drains")
    parser.add_argument("--directory", default="/var/tmp", help="where the stores are made, and deleted")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="one round of half a second: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
    work = pathlib.Path(tempfile.mkdtemp(prefix="trapd-bench-", dir=options.directory))
    print(f"{os.cpu_count()} x {cpu_model()}, Linux {platform.release().split('-')[0]}", flush=True)
    try:
        if options.against:
            return compare(options, work)
        result = measure(options.build, work, options.seconds, options.rounds)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print_table(result)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
