# SPDX-License-Identifier: Apache-2.0
"""What one write of 64 KiB and its fdatasync take with nothing else going on: the least that anything
durable can take on this disk."""
import os
import time

OCTETS = 65536
PLACES = 64  # of a file whose pages are there already, as those of a store


def seconds(work, count):
    """So many of them, one after the other."""
    path = work / "lone-write"
    block = b"\x5a" * OCTETS
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for place in range(PLACES):
            os.pwrite(descriptor, block, place * OCTETS)
        os.fsync(descriptor)
        times = []
        for i in range(count):
            begin = time.perf_counter()
            os.pwrite(descriptor, block, i % PLACES * OCTETS)
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - begin)
        return times
    finally:
        os.close(descriptor)
        path.unlink()
