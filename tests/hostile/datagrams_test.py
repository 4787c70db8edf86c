#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Classes 11 and 14 on real sockets: datagrams of 0, 1 and 65,507 octets; requests at the control socket
and over HTTP that come in pieces, two at once, too long, or as something else; informs whose sender is
gone. (SNMP over TCP, in pieces, cannot come: trapd receives over UDP alone.)

usage: datagrams_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import socket
import unittest

from packets import LINK_DOWN, packets, tlv, v2c_trap

from trapd_fixture import Trapd, main

MALFORMED = bytes.fromhex("3000")


class Datagrams(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, security={"communities": [{"name": "public"}]},
                           rate={"refused_per_source": "off"}).start()
        self.sender = self.socket()

    def socket(self):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(20)
        made.bind(("127.0.0.1", 0))
        return made

    def send(self, octets):
        self.sender.sendto(octets, ("127.0.0.1", self.trapd.port))

    def control(self):
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(30)
        connection.connect(os.path.join(self.trapd.settings["store"]["directory"], "trapd.sock"))
        return connection

    def test_datagrams_of_any_size_are_counted_once(self):
        for count, octets in enumerate((b"", b"\x30", bytes(65507), b"\x30" * 65507), 1):
            self.send(octets)
            self.assertEqual(self.trapd.law(count)["dropped"]["malformed"], count)
        # The longest there is, sound: one text of 65,000 octets and what there is room for.
        name = bytes.fromhex("060a2b060102010202010207")
        room = 65507 - len(v2c_trap(LINK_DOWN, tlv(0x30, name, tlv(0x04, bytes(60000))))) + 60000
        whole = v2c_trap(LINK_DOWN, tlv(0x30, name, tlv(0x04, b"a" * room)))
        self.assertEqual(len(whole), 65507)
        self.send(whole)
        self.assertEqual(self.trapd.law(5)["stored"], 1)
        self.assertEqual(len(self.trapd.history()[0]["varbinds"][-1]["value"]), room)
        self.trapd.stop()

    def test_the_control_socket_takes_pieces_two_at_once_and_no_rubbish(self):
        request = b'{"command": "status"}\n'
        slow = self.control()
        for octet in request:
            slow.sendall(bytes([octet]))
        self.assertIn("received", json.loads(slow.makefile().readline())["result"])
        both = self.control()
        both.sendall(request + request)
        lines = both.makefile()
        for _ in range(2):
            self.assertIn("received", json.loads(lines.readline())["result"])
        for rubbish in (b"\x00\xff\xfe\n", b"{\n", b"[]\n", b'{"command": 7}\n', b"\n", b'"\\ud800"\n',
                        b"[" * 100000 + b"\n", *(o + b"\n" for _, _, o in packets("ber_*.scn"))):
            connection = self.control()
            connection.sendall(rubbish)
            connection.shutdown(socket.SHUT_WR)
            connection.makefile(errors="replace").read()  # whatever it is, it ends
        endless = self.control()
        with self.assertRaises(OSError):
            for _ in range(64):
                endless.sendall(b"a" * 65536)  # 4 MiB of one line; 1 MiB is what is taken
            endless.makefile().read()
            raise ConnectionResetError  # closed in order is closed
        self.assertEqual(self.trapd.status()["received"], 0)
        self.trapd.stop()

    def test_http_takes_pieces_and_no_rubbish(self):
        def ask(pieces):
            with socket.create_connection(("127.0.0.1", self.trapd.http_port), 30) as connection:
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                    connection.shutdown(socket.SHUT_WR)
                    return connection.makefile("rb").read()
                except OSError:
                    return b""
        whole = b"GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        self.assertIn(b" 200 ", ask([bytes([octet]) for octet in whole]))
        again = whole.replace(b"close", b"keep-alive")
        self.assertGreaterEqual(ask([again + whole]).count(b" 200 "), 1)
        for rubbish in (b"\x00" * 100, b"\x30\x84\xff\xff\xff\xff", b"GET " + b"/" * 100000 + b"\r\n\r\n",
                        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                        b"POST /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                        b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\na",
                        b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n"):
            self.assertNotIn(b"root:", ask([rubbish]))
        self.assertIn(b" 200 ", ask([whole]))
        self.send(MALFORMED)
        self.assertEqual(self.trapd.law(1)["dropped"]["malformed"], 1)
        self.trapd.stop()

    def inform(self, number):
        octets = bytearray(v2c_trap(LINK_DOWN))
        octets[octets.index(0xa7)] = 0xa6
        at = octets.index(bytes.fromhex("020101020100020100"))
        octets[at + 2] = number
        return bytes(octets)

    def test_an_answer_comes_from_where_was_asked_and_a_sender_that_is_gone_matters_to_nobody(self):
        first = self.inform(1)
        for _ in range(2):
            self.send(first)
            answer, source = self.sender.recvfrom(65536)
            self.assertEqual(source, ("127.0.0.1", self.trapd.port))
            self.assertLessEqual(len(answer), len(first))
        said = self.trapd.law(2)
        self.assertEqual((said["stored"], said["suppressed"]["retransmission"]), (1, 1))
        # Each answer to these meets a closed port: what the kernel then tells the socket is no error.
        for number in range(2, 20):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
                gone.sendto(self.inform(number), ("127.0.0.1", self.trapd.port))
        self.assertEqual(self.trapd.law(20)["stored"], 19)
        self.send(self.inform(20))
        self.assertTrue(self.sender.recv(65536))
        self.trapd.stop()


if __name__ == "__main__":
    main()
