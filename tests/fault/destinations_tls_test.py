#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Syslog over TLS to peers that are not who they should be, or do not speak TLS: they get nothing,
and everything once they are.

usage: destinations_tls_test.py TRAPD TRAPCTL [unittest arguments]
"""
import re
import threading

from destination_fixture import DestinationTest, Peer, main, wait_for
from peers import Certificates, Rsyslogd

COUNT = 50
NAME = "logs.example.net"


class Tls(DestinationTest):
    def setUp(self):
        self.good = Certificates(self.addCleanup)
        other = Certificates(self.addCleanup)
        self.bad = {"unknown-ca": (other / "server.pem", other / "server.key")}
        self.good.issue("wrong-name", "DNS:else.example.net")
        self.issue_expired()
        for name in ("wrong-name", "expired"):
            self.bad[name] = (self.good / (name + ".pem"), self.good / (name + ".key"))

    def issue_expired(self):
        """`openssl x509` cannot; `openssl ca` can say from when to when."""
        certificates = self.good
        certificates.issue("expired", "DNS:" + NAME)
        open(certificates / "index", "w").close()
        with open(certificates / "ca.cnf", "w") as file:
            file.write("[ca]\ndefault_ca=own\n[own]\ndatabase=%s\nnew_certs_dir=%s\nserial=%s\n"
                       "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n" %
                       (certificates / "index", certificates.directory, certificates / "serial"))
        certificates.run("ca", "-batch", "-config", certificates / "ca.cnf", "-create_serial",
                         "-cert", certificates / "ca.pem", "-keyfile", certificates / "ca.key",
                         "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
                         "-extfile", certificates / "expired.ext", "-notext",
                         "-in", certificates / "expired.csr", "-out", certificates / "expired.pem")

    def rsyslogd(self, pair):
        """Its certificate and key are those of the pair."""
        test = self

        class Shown:
            def __truediv__(self, name):
                return {"server.pem": pair[0], "server.key": pair[1]}.get(name, test.good / name)
        return Rsyslogd(self, "tcp", Shown())

    def tls(self, name, port):
        return {**self.syslog(name, port), "to": "tls://127.0.0.1:%d" % port,
                "tls": {"ca": self.good / "ca.pem", "server_name": NAME}}

    def test_none_gets_anything_before_it_is_who_it_should_be(self):
        peers = {name: self.rsyslogd(pair) for name, pair in self.bad.items()}
        plain = Rsyslogd(self, "tcp")
        mute = Peer(self, lambda connection: threading.Event().wait()).open()
        self.start(self.tls("plain", plain.port), self.tls("mute", mute.port),
                   *(self.tls(name, peer.port) for name, peer in peers.items()))
        self.device.send(COUNT)
        self.others_are_well()
        self.is_down("plain", "mute", *peers)
        for name, words in (("unknown-ca", "self-signed|self signed|issuer"),
                            ("wrong-name", "mismatch"), ("expired", "expired"),
                            ("mute", "handshake")):
            wait_for(lambda: re.search(words, self.destination(name)["detail"]),
                     "%s in %s" % (words, self.destination(name)["detail"]))
        for name, peer in [*peers.items(), ("plain", plain)]:
            self.assertEqual(peer.numbers(), [], name)
            wait_for(lambda: self.destination(name)["failed"] >= 1, "failed attempt of " + name)
        good = (self.good / "server.pem", self.good / "server.key")
        for name, peer in peers.items():
            peer.stop()
            text = peer.text("rsyslog.conf")
            for bad, right in zip(self.bad[name], good):
                text = text.replace(bad, right)
            peer.write("rsyslog.conf", text)
            peer.start()
        for name, peer in peers.items():
            with self.subTest(name):
                wait_for(lambda: len(peer.numbers()) >= COUNT, "all at " + name, 70)
                self.assertEqual(peer.numbers(), self.device.sent)
                self.caught_up(name)
        self.is_up(*peers)
        self.others_are_well()


if __name__ == "__main__":
    main()
