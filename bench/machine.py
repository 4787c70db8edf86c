# SPDX-License-Identifier: Apache-2.0
"""What a figure is worth nothing without: the machine, the compiler and its flags, the commit."""
import os
import pathlib
import platform
import re
import subprocess


def cpu_model():
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return found.group(1) if found else platform.machine()


def said(*argv, cwd=None):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True, cwd=cwd).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def compiler(build):
    cache = (pathlib.Path(build) / "CMakeCache.txt").read_text()
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.M)
    return said(found.group(1), "--version").split("\n")[0] if found else "unknown"


def flags(build):
    """Those of trapd's main file, without warnings and definitions."""
    rules = (pathlib.Path(build) / "build.ninja").read_text()
    found = re.search(r"^build trapd/CMakeFiles/trapd\.dir/main\.cc\.o:.*?^  FLAGS = (.*?)$", rules, re.M | re.S)
    words = found.group(1).split() if found else []
    return " ".join(word for word in words if not word.startswith(("-W", "-DCPPHTTPLIB")))


def commit(tree):
    name = said("git", "rev-parse", "--short=12", "HEAD", cwd=tree)
    changed = said("git", "status", "--porcelain", "--untracked-files=no", cwd=tree)
    return (name or "unknown") + (" and changes" if changed else "")


def facts(build):
    tree = pathlib.Path(__file__).resolve().parent.parent
    return {"machine": f"{os.cpu_count()} x {cpu_model()}, Linux {platform.release().split('-')[0]}",
            "compiler": compiler(build), "flags": flags(build), "commit": commit(tree)}
