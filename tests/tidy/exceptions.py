# SPDX-License-Identifier: Apache-2.0
"""What the rules of tidy.py let pass: rule -> path -> why."""

EXCEPTIONS: dict[str, dict[str, str]] = {
    "output": {
        "trapd/base/check.cc": "the last words of a process that found a bug in itself",
    },
    "size": {
        "conf/rules/pairs.yaml": "written by make_pairs.py",
        "conf/rules/pairs-huawei.yaml": "written by make_pairs.py",
    },
}
