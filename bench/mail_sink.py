#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server (RFC 5321) on a port of this machine that takes every mail and throws it away. At
SIGTERM it prints one JSON object."""
import json
import signal
import socketserver
import sys

TAKEN = {"mails": 0, "octets": 0}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail_sink\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"354 go on\r\n" if word == b"DATA" else b"250 yes\r\n")
            if word == b"DATA":
                self.take_message()

    def take_message(self):
        for line in self.rfile:
            TAKEN["octets"] += len(line)
            if line == b".\r\n":
                break
        TAKEN["mails"] += 1
        self.wfile.write(b"250 taken\r\n")


def stop(*_):
    print(json.dumps(TAKEN), flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Session) as server:
    server.serve_forever()
