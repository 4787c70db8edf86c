#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""KEY-14: no passphrase, key or community is in what trapd writes or says.

usage: secrets_test.py TRAPD TRAPCTL [unittest arguments]
"""
import hashlib
import socket
import sys
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from trapd_fixture import Device, Trapd, User, main

AUTH, PRIV = "correct-horse-battery", "staple-of-many-words"
COMMUNITY = "not-for-everybody"
ENGINE = bytes.fromhex("80001f8805aabbccddee")
MEBIBYTE = 1 << 20


def password_to_key(passphrase):
    text = passphrase.encode()
    return hashlib.sha256((text * (MEBIBYTE // len(text) + 1))[:MEBIBYTE]).digest()


def localised(key):
    return hashlib.sha256(key + ENGINE + key).digest()


def secrets():
    """As text and as octets; of keys the first half is enough to be found."""
    keys = [password_to_key(word) for word in (AUTH, PRIV)]
    keys += [localised(key) for key in keys]
    return ([word.encode() for word in (AUTH, PRIV, COMMUNITY)] + [key[:16] for key in keys] +
            [key[:16].hex().encode() for key in keys])


class Sender(User):
    def setting(self):
        return {"name": self.name, "auth": {"protocol": "SHA-256", "passphrase": AUTH},
                "priv": {"protocol": "AES-128", "passphrase": PRIV}}

    def arguments(self):
        return ["-v3", "-u", self.name, "-l", "authPriv", "-a", "SHA-256", "-A", AUTH,
                "-x", "AES", "-X", PRIV]


class Wrong(Sender):
    def arguments(self):
        return [word.replace(AUTH, "another-passphrase") for word in super().arguments()]


class Secrets(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, engine={"id": "0x" + ENGINE.hex()},
                           snmp_users=[Sender("ops", "SHA-256", "AES-128").setting()],
                           security={"communities": [{"name": COMMUNITY, "label": "old"}]}).start()

    def provoke(self):
        """Everything that makes trapd speak about users and communities."""
        device, port = Device(self), self.trapd.port
        self.assertTrue(device.inform(port, Sender("ops"), 1))
        self.assertFalse(device.inform(port, Wrong("ops"), 2, retries=0, timeout=1))
        self.assertFalse(device.inform(port, Sender("stranger"), 3, retries=0, timeout=1))
        for community in (COMMUNITY, COMMUNITY[:-1]):
            device.trap(port, ["-v2c", "-c", community], 4)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"\x30\x03\x02\x01\x09", ("127.0.0.1", port))
        self.trapd.law(9)  # three discoveries among them

    def outputs(self):
        trapd = self.trapd
        said = {}
        for words in (["status"], ["devices"], ["alarms"], ["history"], ["destinations"],
                      ["rules"]):
            for form in ([], ["--json"]):
                done = trapd.ctl(*form, *words)
                said[" ".join(form + words)] = (done.stdout + done.stderr).encode()
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % trapd.http_port) as page:
            said["metrics"] = page.read()
        trapd.configure(security={"communities": [{"name": COMMUNITY, "from": "nowhere"}]})
        done = trapd.ctl("reload")
        self.assertNotEqual(done.returncode, 0)
        said["a reload that is refused"] = (done.stdout + done.stderr).encode()
        trapd.stop()
        said["the log"] = Path(trapd.log).read_bytes()
        for file in sorted(Path(trapd.settings["store"]["directory"]).rglob("*")):
            if file.is_file():
                said[file.name] = file.read_bytes()
        return said

    def test_none_is_in_any_output_or_file(self):
        self.provoke()
        said = self.outputs()
        self.assertIn("data.mdb", said)
        self.assertIn(b"ops", said["the log"])
        for place, octets in said.items():
            for secret in secrets():
                self.assertNotIn(secret, octets, place)


if __name__ == "__main__":
    main()
