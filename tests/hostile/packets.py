# SPDX-License-Identifier: Apache-2.0
"""The packets of the scenarios, for tests with the real programs."""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))


def packets(pattern="*.scn"):
    """Each `hex` of the scenarios, as (name, line, octets)."""
    found = []
    for path in sorted(HERE.glob(pattern)):
        inside = False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            inside = line.startswith("hex ") or inside and line.startswith(" ")
            if not inside:
                continue
            if line.startswith("hex "):
                found.append((path.stem, number, bytearray()))
            digits = re.sub(r"^hex |from=\S+", "", line.partition("#")[0])
            found[-1][2].extend(bytes.fromhex(digits))
    assert found, "no packets in " + pattern
    return [(name, number, bytes(octets)) for name, number, octets in found]


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def v2c_trap(trap, *varbinds):
    """An SNMPv2c trap of community public; trap and varbinds encoded."""
    start = (tlv(0x30, bytes.fromhex("06082b06010201010300430164")),
             tlv(0x30, bytes.fromhex("060a2b060106030101040100"), trap))
    pdu = tlv(0xa7, bytes.fromhex("020101020100020100"), tlv(0x30, *start, *varbinds))
    return tlv(0x30, bytes.fromhex("02010104067075626c6963"), pdu)


LINK_DOWN = bytes.fromhex("06092b0601060301010503")
DOOR_OPEN = bytes.fromhex("060a2b06010401868d1f0003")
SAID = bytes.fromhex("060b2b06010401868d1f010100")
