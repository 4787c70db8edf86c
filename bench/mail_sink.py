#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server (RFC 5321) on a port of this machine that takes every mail and throws it away. At
SIGTERM it prints one JSON object."""
import json
import signal
import socketserver
import sys

TAKEN = {"mails": 0, "octets": 0}


class Session(socketserver.BaseRequestHandler):
    """A client waits for each answer (no PIPELINING is offered), so what comes ends with a line."""

    def handle(self):
        self.request.sendall(b"220 mail_sink\r\n")
        line = b""
        while got := self.request.recv(4096):
            line += got
            if not line.endswith(b"\n"):
                continue
            word, line = line[:4].upper(), b""
            if word == b"QUIT":
                self.request.sendall(b"221 bye\r\n")
                return
            self.request.sendall(b"354 go on\r\n" if word == b"DATA" else b"250 yes\r\n")
            if word == b"DATA":
                self.take_message()

    def take_message(self):
        """To the line with the dot alone; only its end is looked at."""
        room, end = bytearray(1 << 20), b""
        while not end.endswith(b"\r\n.\r\n"):
            count = self.request.recv_into(room)
            if count == 0:
                return
            TAKEN["octets"] += count
            end = (end + room[max(count - 5, 0):count])[-5:]
        TAKEN["mails"] += 1
        self.request.sendall(b"250 taken\r\n")


def stop(*_):
    print(json.dumps(TAKEN), flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Session) as server:
    server.serve_forever()
