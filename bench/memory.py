#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Private memory of trapd (RssAnon: what is not a file's page): after its start, after traps of
many engines, with many active alarms. Each in a process of its own; the shipped rules are loaded,
the limits stand as they come."""
import argparse
import json
import pathlib
import re
import tempfile
import time

from load import blast
from machine import cpu_model
from receivers import Trapd, settle

RATE = 20_000  # of the traps that fill it: none may be lost


def private_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s*(\d+) kB", status, re.M).group(1)) / 1024



def rest(receiver):
    """MiB a second after its work is done: its own housekeeping has passed, and counts."""
    settle(receiver.count)
    time.sleep(1.5)  # what is measured is a state at rest, there is no event to wait for
    return private_mib(receiver.pid)


def as_events(receiver):
    """Starts it again with a rule that makes every notification an event: nothing is an alarm."""
    receiver.process.stop()
    rules = receiver.work / "events.yaml"
    rules.write_text("rules:\n  - {name: all, first: true, sender: {source: 127.0.0.0/8}, severity: minor, type: other}\n")
    config = pathlib.Path(receiver.argv[-1])
    config.write_text(re.sub(r'^rules: \[', f'rules: ["{rules}", ', config.read_text(), flags=re.M))
    receiver.start()


def filled(build, work, events, engines, alarms=1):
    """At rest before and after a verified linkDown of each interface (`alarms`) of each engine."""
    receiver = Trapd(build, work)
    try:
        if events:
            as_events(receiver)
        idle = rest(receiver)
        blast(build, receiver.port, engines=engines, alarms=alarms, count=engines * alarms, rate=RATE,
              seconds=3600)
        result = {"idle_mib": idle, "after_mib": rest(receiver)}
        sums = receiver.sums()
        result["stored"] = int(sums["trapd_stored_total"])
        result["alarms_active"] = int(sums.get("trapd_alarms_active", 0))
        return result
    finally:
        receiver.stop()


def measure(build, work, engines=100_000, alarms=100_000):
    """{idle_mib, engines, engines_mib, alarms, alarms_mib, runs}: at rest after a start; how much more
    it is after one trap of each of so many engines; with so many active alarms of 100 engines."""
    of_engine = max(alarms // 100, 1)
    runs = {"engines": filled(build, work, True, engines),
            "alarms": filled(build, work, False, alarms // of_engine, of_engine)}
    return {"idle_mib": runs["alarms"]["idle_mib"], "engines": engines,
            "alarms": runs["alarms"]["alarms_active"],
            **{f"{name}_mib": run["after_mib"] - run["idle_mib"] for name, run in runs.items()},
            "runs": runs}


def print_table(result):
    print("private memory (RssAnon), MiB")
    for name, key in (("idle, with the shipped rules", "idle_mib"),
                      (f"{result['engines']} engines, more than idle", "engines_mib"),
                      (f"{result['alarms']} active alarms, more than idle", "alarms_mib")):
        print(f"  {name:<52}{result[key]:8.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--engines", type=int, default=100_000)
    parser.add_argument("--directory", default="/var/tmp")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="few engines: does it run?")
    options = parser.parse_args()
    engines = 1000 if options.quick else options.engines
    with tempfile.TemporaryDirectory(prefix="trapd-bench-", dir=options.directory) as work:
        result = measure(options.build, pathlib.Path(work), engines, engines)
    result["machine"] = cpu_model()
    print_table(result)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
