# SPDX-License-Identifier: Apache-2.0
"""Load by trapblast, and a socket that outlives trapd. Takes the path of trapblast, the third
argument of the test, out of the command line."""
import json
import socket
import subprocess
import sys

TRAPBLAST = sys.argv.pop(3)
ENGINES = 16
BLAST = {"name": "bench", "use": ["receive"],
         "auth": {"protocol": "SHA-1", "passphrase": "bench-auth-pass"},
         "priv": {"protocol": "AES-128", "passphrase": "bench-priv-pass"}}


class Load:
    """trapblast at its work."""

    def __init__(self, test, port, **options):
        words = [TRAPBLAST, "--json", "--to", "127.0.0.1:%d" % port, "--engines", str(ENGINES)]
        for name, value in options.items():
            words += ["--" + name, str(value)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.end)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        """Before its time; it still tells what it sent."""
        self.process.terminate()

    def sent(self, seconds_max=60):
        return json.loads(self.process.communicate(timeout=seconds_max)[0])["sent"]

    def end(self):
        if self.running():
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class HeldSocket:
    """What a service manager does: binds the socket, and starts trapd with it."""

    def __init__(self, test, trapd, octets):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        test.addCleanup(self.socket.close)
        so_rcvbufforce = 33
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, so_rcvbufforce, octets)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
        self.socket.bind(("127.0.0.1", trapd.port))

    def start(self, trapd):
        number = self.socket.fileno()
        passing = 'exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' % number
        trapd.launch("bash", "-c", passing, "bash", pass_fds=[number])
        trapd.await_ready()
