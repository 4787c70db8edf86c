#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Advisories about agents, at trapd's own: NAME.agent has the ScopedPDUs of requests as `hex`, which are
encrypted and signed here, and behind each the error that must be answered (or the exception).

usage: agent_test.py TRAPD TRAPCTL [unittest arguments]
"""
import hashlib
import hmac
import socket
import subprocess
import unittest

from packets import HERE, packets, tlv

from loopback import free_port
from trapd_fixture import Trapd, main

ERRORS = {0: "noError", 1: "tooBig", 5: "genErr", 6: "noAccess", 7: "wrongType", 8: "wrongLength",
          10: "wrongValue", 11: "noCreation", 17: "notWritable", 18: "inconsistentName"}
EXCEPTIONS = {0x80: "noSuchObject", 0x81: "noSuchInstance", 0x82: "endOfMibView"}


def elements(octets):
    """The (tag, content) of what is encoded there."""
    found = []
    while octets:
        size, start = octets[1], 2
        if size & 0x80:
            start += size & 0x7f
            size = int.from_bytes(octets[2:start], "big")
        found.append((octets[0], octets[start:start + size]))
        octets = octets[start + size:]
    return found


ENGINE = bytes.fromhex("80001f8805aabbccdd")
KU = hashlib.sha1((b"maplesyrup" * 104858)[:1 << 20]).digest()  # RFC 3414 A.2.2
KEY = hashlib.sha1(KU + ENGINE + KU).digest()


def aes(direction, boots, time, salt, octets):
    """RFC 3826 3.1.2, by openssl's own program."""
    iv = boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt
    return subprocess.run(["openssl", "enc", direction, "-aes-128-cfb", "-K", KEY[:16].hex(), "-iv",
                           iv.hex()], input=octets, capture_output=True, check=True).stdout


def request(number, scoped):
    """An authPriv message of user ops, boots 1, time 0."""
    salt = number.to_bytes(8, "big")

    def message(digest):
        usm = tlv(0x30, tlv(4, ENGINE), bytes.fromhex("020101020100"), tlv(4, b"ops"),
                  tlv(4, digest), tlv(4, salt))
        header = tlv(0x30, tlv(2, bytes([number])), bytes.fromhex("020300ffe3040107020103"))
        return tlv(0x30, bytes.fromhex("020103"), header, tlv(4, usm),
                   tlv(4, aes("-e", 1, 0, salt, scoped)))
    return message(hmac.digest(KEY, message(bytes(12)), "sha1")[:12])


def outcome(answer):
    """What an encrypted Response says."""
    message = elements(elements(answer)[0][1])
    usm = elements(elements(message[2][1])[0][1])
    boots, time = (int.from_bytes(usm[i][1], "big") for i in (1, 2))
    scoped = aes("-d", boots, time, usm[5][1], message[3][1])
    pdu = elements(elements(scoped)[0][1])[2]
    assert pdu[0] == 0xa2, "no Response: %02x" % pdu[0]
    _, status, _, varbinds = elements(pdu[1])
    value = elements(elements(varbinds[1])[0][1])[1]
    error = ERRORS[int.from_bytes(status[1], "big")]
    return EXCEPTIONS.get(value[0], error) if error == "noError" else error


class Agent(unittest.TestCase):
    def test_requests_that_brought_down_others_get_an_error(self):
        port = free_port()
        trapd = Trapd(self, engine={"id": "0x80001f8805aabbccdd"}, snmp_users=[{"name": "ops", "use": ["agent"],
                                   "auth": {"protocol": "SHA-1", "passphrase": "maplesyrup"},
                                   "priv": {"protocol": "AES-128", "passphrase": "maplesyrup"}}],
                      agent={"listen": "127.0.0.1:%d" % port, "allow": ["127.0.0.0/8"]}).start()
        expected = [line.split()[1] for path in sorted(HERE.glob("*.agent"))
                    for line in path.read_text().splitlines() if line.startswith("expect ")]
        sent = packets("*.agent")
        self.assertEqual(len(sent), len(expected))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as manager:
            manager.settimeout(20)
            for number, ((name, line, octets), error) in enumerate(zip(sent, expected), 1):
                with self.subTest(advisory=name, line=line):
                    manager.sendto(request(number, octets), ("127.0.0.1", port))
                    self.assertEqual(outcome(manager.recv(65536)), error)
        trapd.stop()


if __name__ == "__main__":
    main()
