# SPDX-License-Identifier: Apache-2.0
"""Free ports, directories of one's own, and waiting for a condition."""
import shutil
import socket
import tempfile
import time


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_port_of_both_families():
    """A UDP port that is free on every address, IPv4 and IPv6."""
    while True:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four:
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(("::", 0))
            try:
                four.bind(("0.0.0.0", six.getsockname()[1]))
            except OSError:
                continue
            return six.getsockname()[1]


def wait_for(condition, what, seconds=60, pause=0.02):
    """The first true value of the condition."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError("no " + what + " within %d s" % seconds)


def own_directory(add_cleanup, prefix):
    """For one test, or for a class of them: it goes at the end."""
    directory = tempfile.mkdtemp(prefix=prefix)
    add_cleanup(shutil.rmtree, directory)
    return directory
