#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Has trapd become dearer? CPU per trap of two builds in turn, on one generator, and instructions per
trap of the packet path where both builds have it.

  bench/compare.py OLD_BUILD NEW_BUILD
  bench/compare.py --build-commit COMMIT [NEW_BUILD]

Fails only when the best run of the new one is worse than the worst of the old one: noise alone does
not do that."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import cost
import machine

TREE = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ["trapd", "trapd-mibc", "trapctl"]
INSTRUCTIONS_MORE = 1.02  # they are counted, not measured: what is more than this is no accident


def worse(old, new):
    """Of figures where less is better: the best new one is above the worst old one."""
    return min(new) > max(old)


def more_instructions(old, new):
    """Halves of the packet path that need more of them than is let pass."""
    return [half for half in new if half in old and new[half] > INSTRUCTIONS_MORE * old[half]]


def line(name, values):
    return (f"{name:6} median {statistics.median(values):6.3f} us, {min(values):.3f} to {max(values):.3f}")


@contextlib.contextmanager
def built(commit):
    """A build of that commit in a directory of its own, gone afterwards."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="trapd-compare-", dir="/var/tmp"))
    tree = directory / "tree"
    environment = dict(os.environ, CCACHE_BASEDIR=str(tree), CCACHE_NOHASHDIR="1")
    try:
        subprocess.run(["git", "-C", TREE, "worktree", "add", "-q", "--detach", tree, commit], check=True)
        subprocess.run(["cmake", "--preset", "release", "-DTRAPD_BENCH=ON"], cwd=tree, env=environment,
                       check=True, stdout=subprocess.DEVNULL)
        known = subprocess.run(["ninja", "-C", tree / "build", "-t", "targets", "all"], capture_output=True,
                               text=True, check=True).stdout
        further = ["packet_path"] if "\npacket_path: phony" in known else []
        subprocess.run(["ninja", "-C", tree / "build", *TARGETS, *further], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        yield tree / "build"
    finally:
        subprocess.run(["git", "-C", TREE, "worktree", "remove", "--force", tree], check=False)
        shutil.rmtree(directory, ignore_errors=True)


def cpu(builds, rounds, count):
    """us per trap: {"old": [...], "new": [...]}; who begins a round changes."""
    found = {name: [] for name in builds}
    work = pathlib.Path(tempfile.mkdtemp(prefix="trapd-bench-", dir="/var/tmp"))
    try:
        for number in range(rounds):
            for name in list(builds)[::1 if number % 2 == 0 else -1]:
                found[name].append(cost.trapd(builds[name], work, count, sender=builds["new"]).cpu_us)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return found


def instructions(build):
    """{half of the path: instructions per trap}; empty where they cannot be counted."""
    if not (pathlib.Path(build) / "bench/packet_path").exists() or not shutil.which("valgrind"):
        return {}
    said = subprocess.run([sys.executable, TREE / "bench/instructions", "--build", str(build)],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(said)["instructions_per_trap"]


def compare(old, new, options):
    builds = {"old": old, "new": new}
    measured = cpu(builds, options.rounds, options.count)
    counted = {name: instructions(build) for name, build in builds.items()}
    print(machine.facts(new)["machine"])
    for name, values in measured.items():
        print(line(name, values))
    for half in counted["new"]:
        if half in counted["old"]:
            print(f"instructions per trap, {half:7} old {counted['old'][half]:8.1f}, new {counted['new'][half]:8.1f}")
    reasons = [f"more instructions: {half}" for half in more_instructions(counted["old"], counted["new"])]
    if worse(measured["old"], measured["new"]):
        reasons.append("the best new run is dearer than the worst old one")
    print("worse: " + "; ".join(reasons) if reasons else "not worse")
    if options.json:
        options.json.write_text(json.dumps({"cpu_us": measured, "instructions": counted, "worse": reasons},
                                           indent=1) + "\n")
    return 1 if reasons else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs="*", metavar="BUILD", help="old and new; new alone with --build-commit")
    parser.add_argument("--build-commit", metavar="COMMIT", help="builds it as the old one")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=400_000, help="of traps, for each run")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    if options.build_commit:
        if len(options.builds) > 1:
            parser.error("with --build-commit only the new build is named")
        with built(options.build_commit) as old:
            return compare(old, (options.builds or ["build"])[0], options)
    if len(options.builds) != 2:
        parser.error("two builds are wanted, the old one first")
    return compare(*options.builds, options)


if __name__ == "__main__":
    sys.exit(main())
