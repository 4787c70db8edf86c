#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/run prints: each of the goals for speed, measured next to its baseline in this run. Rounds
are interleaved, medians are shown: on a shared machine only ratios of one run mean anything."""
import argparse
import datetime
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import goal_table
import machine
from goal_parts import PARTS


def names(text):
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    return chosen


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", type=names, default=list(PARTS), metavar="NAME,…", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of load, for each run of a round")
    parser.add_argument("--confirm-seconds", type=float, default=60, help="for which a loss-free rate is held")
    parser.add_argument("--directory", default="/var/tmp", help="where the stores are made, and deleted")
    parser.add_argument("--json", type=pathlib.Path, help="every figure of every round")
    parser.add_argument("--plots", type=pathlib.Path, help="a directory, for SVG and PNG")
    parser.add_argument("--quick", action="store_true", help="once, and tiny: does it run? The figures say nothing")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.confirm_seconds = 1, 0.2, 1
    return options


def measure(options, work):
    found, rows = {}, []
    for name in options.only:
        begin = time.monotonic()
        found[name] = PARTS[name].measure(options, work)
        rows += PARTS[name].rows(found[name])
        print(f"bench: {name} took {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return found, rows


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the programs under test are stopped
    facts = {**machine.facts(options.build), "rounds": options.rounds,
             "date": datetime.date.today().isoformat(), "quick": options.quick}
    work = pathlib.Path(tempfile.mkdtemp(prefix="trapd-bench-", dir=options.directory))
    try:
        found, rows = measure(options, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n" + goal_table.text(facts, rows))
    result = {**facts, "goals": [row.as_dict() for row in rows], "measured": found}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.plots:
        import plots  # needs matplotlib, which nothing else does
        plots.draw(result, options.plots)


if __name__ == "__main__":
    main()
