#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/durability prints: informs, a backlog with its destination down, overload. The receiver
is the real trapd, with everything on and limits as they come."""
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
import threading
import time

from load import blast
from machine import cpu_model
from receivers import Process, Trapd, free_port, settle, wait_until

HERE = pathlib.Path(__file__).resolve().parent
RESERVED_FOR_BOOTS_S = 1.1  # trapblast's boots are the second it starts in, and must rise


def private_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s*(\d+) kB", status, re.M).group(1)) / 1024


# --- informs ---

def informs(options, work):
    receiver = Trapd(options.build, work)
    try:
        seconds = 0.5 if options.quick else options.seconds
        said = subprocess.run(
            [f"{options.build}/bench/informblast", "--to", f"127.0.0.1:{receiver.port}", "--rate",
             str(options.rate), "--seconds", str(seconds), "--senders", str(options.senders)],
            capture_output=True, text=True, check=True)
        result = json.loads(said.stdout)
        settle(receiver.count)
        result["stored"] = receiver.count()
        result["senders"] = options.senders
        return result
    finally:
        receiver.stop()


def print_informs(result):
    print(f"informs, authPriv SHA/AES-128, {result['senders']} senders, {result['rate']:.0f}/s, "
          "from sending to Response")
    line("p50, p99, p99.9, max", "%.2f, %.2f, %.2f, %.2f ms" % tuple(
        result[k] for k in ("p50_ms", "p99_ms", "p999_ms", "max_ms")),
         "p99 < 5 ms", result["p99_ms"] < 5)
    line("sent, unanswered, stored",
         "{sent}, {unanswered}, {stored}".format(**result), "0 unanswered", result["unanswered"] == 0)


# --- backlog ---

class Sampled:
    """Private memory of a process while it takes records: [(stored, MiB)]."""

    def __init__(self, receiver):
        self.receiver, self.points, self.over = receiver, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over:
            self.points.append((self.receiver.count(), private_mib(self.receiver.pid)))
            time.sleep(0.25)

    def end(self):
        self.over = True
        self.thread.join()

    def at(self, part):
        goal = part * self.points[-1][0]
        return next(mib for stored, mib in self.points if stored >= goal)


def fill(options, receiver, records):
    """As fast as one generator can, until so many are stored. Returns records stored per second."""
    begin, before = time.monotonic(), receiver.count()
    while (left := records - (receiver.count() - before)) > 0:
        blast(options.build, receiver.port, count=max(min(left, 2_000_000), 1000), engines=options.engines)
        settled = settle(receiver.count)
        begin += 0.5  # settle() looks on for so long
        if settled == before:
            raise SystemExit("bench: trapd stores nothing")
        begin += pause()
    return records / (time.monotonic() - begin)


def pause():
    time.sleep(RESERVED_FOR_BOOTS_S)
    return RESERVED_FOR_BOOTS_S


def destination(port):
    return {"name": "siem", "type": "syslog", "to": f"tcp://127.0.0.1:{port}", "start": "oldest"}


def reception(options, work, records):
    """Stored per second without and with a destination that is down: equal work, in turn."""
    rates = {"alone": [], "with the destination down": []}
    for _ in range(rounds_of(options)):
        for name, destinations in zip(rates, ([], [destination(free_port())])):
            receiver = Trapd(options.build, work, destinations, "16GiB")
            try:
                rates[name].append(fill(options, receiver, records))
            finally:
                receiver.stop()
    return {"rounds": rates, **{name: statistics.median(of) for name, of in rates.items()}}


def backlog(options, work):
    records = 20_000 if options.quick else options.records
    rates = reception(options, work, min(records, 2_000_000))
    port = free_port()
    receiver = Trapd(options.build, work, [destination(port)], "16GiB")
    sink = None
    try:
        sampled = Sampled(receiver)
        try:
            fill(options, receiver, records)
        finally:
            sampled.end()
        held = receiver.sums()
        result = {
            "records": int(held["trapd_destination_backlog"]), "engines": options.engines,
            "store_mib": held["trapd_store_bytes"] / 2**20,
            "private_mib": {"10 %": sampled.at(0.1), "50 %": sampled.at(0.5), "100 %": sampled.at(1),
                            "most": max(mib for _, mib in sampled.points)},
            "stored_per_second": rates,
        }
        receiver.process.stop()
        after_stop = receiver.start()
        os.kill(receiver.pid, signal.SIGKILL)
        receiver.process.process.wait()
        result["ready_s"] = {"after a stop": after_stop, "after kill -9": receiver.start()}
        sink = Process([sys.executable, str(HERE / "discard"), str(port)])
        result["drain"] = drain(receiver, options)
        return result
    finally:
        if sink:
            sink.stop()
        receiver.stop()


def drain(receiver, options):
    """From the first record that the sink has taken to the last."""
    left = lambda: receiver.sums()["trapd_destination_backlog"]
    first = left()
    wait_until(lambda: left() < first, 90, "the destination to come up")
    begin, records = time.monotonic(), left()
    most = private_mib(receiver.pid)
    while (now := left()) > 100:
        most = max(most, private_mib(receiver.pid))
        if time.monotonic() - begin > 900:
            raise SystemExit(f"bench: {now} records are still there after 900 s")
        time.sleep(0.02 if options.quick else 0.2)
    seconds = time.monotonic() - begin
    return {"records": records, "seconds": seconds, "per_second": records / seconds,
            "private_mib_most": most}


def print_backlog(result):
    memory, rate, ready = result["private_mib"], result["stored_per_second"], result["ready_s"]
    print(f"backlog of {result['records']} records ({result['store_mib']:.0f} MiB), {result['engines']} "
          "engines, one TCP syslog destination down")
    line("private MiB at 10, 50, 100 %, most", "%.0f, %.0f, %.0f, %.0f" % tuple(memory.values()),
         "< 150, flat", memory["most"] < 150 and memory["100 %"] < 1.15 * memory["10 %"])
    alone, down = rate["alone"], rate["with the destination down"]
    line("stored/s: alone, with it down", "%.0f, %.0f" % (alone, down), "full rate", down > 0.95 * alone)
    line("ready after a stop, after kill -9", "%.2f, %.2f s" % tuple(ready.values()), "< 2 s",
         max(ready.values()) < 2)
    drained = result["drain"]
    line("drained to a sink that discards", "%.0f/s" % drained["per_second"], ">= 100,000/s",
         drained["per_second"] >= 100_000)


# --- overload ---

def offer(options, work, rate, seconds):
    """Two generators on processor 0; trapd on processor 1, which it shares with busy loops: without
    them the generators, which sign, would be at their end before trapd is."""
    receiver = Trapd(options.build, work, before=["taskset", "-c", "1"], receive_buffer="4MiB")
    busy = [Process(["taskset", "-c", "1", sys.executable, "-c", "while True: pass"])
            for _ in range(options.busy)]
    try:
        begin = time.monotonic()
        generators = [subprocess.Popen(
            ["taskset", "-c", "0", f"{options.build}/bench/trapblast", "--json", "--to",
             f"127.0.0.1:{receiver.port}", "--engines", "8", "--first-engine", str(8 * i), "--rate",
             str(rate / 2), "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True)
            for i in range(2)]
        # What is taken while the load lasts; the queue that is left behind it does not count.
        time.sleep(max(begin + 0.25 * seconds - time.monotonic(), 0))
        early, early_at = receiver.count(), time.monotonic()
        time.sleep(max(begin + 0.95 * seconds - time.monotonic(), 0))
        late, late_at = receiver.count(), time.monotonic()
        said = [json.loads(g.communicate()[0]) for g in generators]
        settle(receiver.count)
        wait_until(lambda: receiver.sums()["trapd_in_flight"] == 0, 10, "nothing in flight")
        sums = receiver.sums()
        kernel = sum(float(v) for v in re.findall(
            r'^trapd_dropped_total\{reason="kernel[^"]*"\} (\S+)$', receiver.metrics(), re.M))
        sent = sum(s["accepted"] for s in said)
        return {
            "asked": rate, "offered": sum(s["rate"] for s in said), "sent": sent,
            "accepted": (late - early) / (late_at - early_at),
            "received": int(sums["trapd_received_total"]), "stored": int(sums["trapd_stored_total"]),
            "suppressed": int(sums["trapd_suppressed_total"]),
            "dropped": int(sums["trapd_dropped_total"]), "kernel_drops": int(kernel),
        }
    finally:
        for process in busy:
            process.stop()
        receiver.stop()


def rounds_of(options):
    return 1 if options.quick else options.rounds


def exact(row):
    return row["sent"] == row["received"] == row["stored"] + row["suppressed"] + row["dropped"]


def overload(options, work):
    """Rates that rise until the generators are at their end give the best; then that rate and
    multiples of it, in turn."""
    seconds = 1 if options.quick else options.seconds
    rates = [50_000] if options.quick else [50_000, 100_000, 150_000, 200_000, 300_000]
    search = [offer(options, work, rate, seconds) for rate in rates]
    capacity = max(row["accepted"] for row in search)
    steps = {1.0: [], 1.5: [], 2.0: []}
    for _ in range(rounds_of(options)):
        for times, rows in steps.items():
            rows.append(offer(options, work, times * capacity, seconds))
    of = lambda rows, key: statistics.median(row[key] for row in rows)
    best = max(of(rows, "accepted") for rows in steps.values())
    return {"busy": options.busy, "rounds": rounds_of(options), "search": search, "capacity": capacity,
            "best": best, "all_rows": {str(times): rows for times, rows in steps.items()},
            "steps": [{"times": times, "offered": of(rows, "offered"), "accepted": of(rows, "accepted"),
                       "worst": min(row["accepted"] for row in rows),
                       "kept": of(rows, "accepted") / best,
                       "kernel_drops": of(rows, "kernel_drops")} for times, rows in steps.items()],
            "exact": all(exact(row) for rows in [search, *steps.values()] for row in rows)}


def print_overload(result):
    print(f"overload: trapd and {result['busy']} busy loops on processor 1, two signing generators on "
          f"processor 0; capacity {result['capacity']:.0f}/s; medians of {result['rounds']} rounds in turn")
    for step in result["steps"]:
        figure = f"{step['accepted']:.0f}/s, {step['kept']:.0%} of the best, worst {step['worst']:.0f}/s"
        what = f"accepted of {step['offered']:.0f}/s ({step['offered'] / result['capacity']:.2f} x capacity)"
        if step["offered"] < 0.9 * step["times"] * result["capacity"]:
            print(f"  {what:50}{figure}: NOT MEASURED, the generators were at their end")
        else:
            line(what, figure, ">= 90 %", step["kept"] >= 0.9)
    line("sent = received = stored + suppressed + dropped", "yes" if result["exact"] else "no", "exact",
         result["exact"])


# --- all ---

def line(what, figure, goal, reached):
    print(f"  {what:50}{figure:34}goal {goal}: {'reached' if reached else 'MISSED'}")


MEASUREMENTS = {"informs": (informs, print_informs), "backlog": (backlog, print_backlog),
                "overload": (overload, print_overload)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=", ".join(MEASUREMENTS) + "; without it all")
    parser.add_argument("--build", default="build")
    parser.add_argument("--directory", default="/var/tmp", help="where the stores are made, and deleted")
    parser.add_argument("--seconds", type=float, default=10, help="of informs, and of each load")
    parser.add_argument("--rate", type=int, default=5000, help="informs per second")
    parser.add_argument("--senders", type=int, default=16, help="of informs")
    parser.add_argument("--records", type=int, default=10_000_000, help="in the backlog")
    parser.add_argument("--engines", type=int, default=1000, help="that fill the backlog")
    parser.add_argument("--rounds", type=int, default=3, help="of what is compared")
    parser.add_argument("--busy", type=int, default=1, help="loops on trapd's processor in overload")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="a few seconds in all: does it run?")
    options = parser.parse_args()
    if unknown := set(options.what) - set(MEASUREMENTS):
        parser.error(f"no such measurement: {', '.join(unknown)}")
    machine = f"{os.cpu_count()} x {cpu_model()}, Linux {platform.release().split('-')[0]}"
    print(machine, flush=True)
    result = {"machine": machine}
    for name in options.what or MEASUREMENTS:
        measure, show = MEASUREMENTS[name]
        work = pathlib.Path(tempfile.mkdtemp(prefix="trapd-bench-", dir=options.directory))
        try:
            result[name] = measure(options, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        print()
        show(result[name])
        sys.stdout.flush()
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
