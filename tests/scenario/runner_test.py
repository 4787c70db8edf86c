#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scenarios that must fail do fail, with the right exit code and words.

  runner_test.py RUNNER SOURCE_DIR MIB_INDEX FOLDER    runs each FOLDER/*.scn

The head of each says what is to come: `# exit CODE`, and `# says TEXT` once for each part that
must stand in what the runner prints.
"""
import re
import subprocess
import sys
from pathlib import Path


def faults(command: list[str], scenario: Path) -> list[str]:
    text = scenario.read_text()
    wanted_code = int(re.search(r"^# exit (\d)$", text, re.MULTILINE).group(1))
    wanted_words = re.findall(r"^# says (.*)$", text, re.MULTILINE)
    file = str(scenario.relative_to(scenario.parent.parent))
    done = subprocess.run(command + [file], cwd=scenario.parent.parent, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    found = []
    if done.returncode != wanted_code:
        found.append(f"exit {done.returncode}, not {wanted_code}")
    found += [f"does not say: {words}" for words in wanted_words if words not in done.stdout]
    if not wanted_words:
        found.append("has no `# says` line")
    return [f"{file}: {fault}\n{done.stdout}" for fault in found]


def main() -> int:
    runner, source, index, folder = sys.argv[1:5]
    scenarios = sorted(Path(folder).resolve().glob("*.scn"))
    found = [fault for scenario in scenarios for fault in faults([runner, source, index], scenario)]
    print("\n".join(found) or f"{len(scenarios)} scenarios failed as they must")
    return 1 if found or not scenarios else 0


if __name__ == "__main__":
    sys.exit(main())
