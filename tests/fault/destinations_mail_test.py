#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mail servers that are away, put off, greylist, hang up, and refuse: recipients, sizes, one record.

usage: destinations_mail_test.py TRAPD TRAPCTL [unittest arguments]
"""
import signal

from destination_fixture import DestinationTest, main, numbers_in, wait_for
from peers import Certificates, SmtpSink, plain_text

COUNT = 40
POISON = 17
RULES = {
    "away": [],
    "greylisting": ["rcpt#2=450 4.7.1 greylisted, come back later"],
    "putting-off": ["end#2=451 4.3.0 try again"],
    "hanging-up": ["mail#2=421 4.3.2 service not available"],
    "cutting": ["data#2=close"],
    "half-known": ["rcpt:gone@example.net=550 5.1.1 no such user"],
    "small": ["end#1=552 5.3.4 message too big"],
    "picky": ["content:number %d;=554 5.6.0 not this one" % POISON],
    "closed": ["rcpt=550 5.7.1 we know nobody"],
}
GOOD = [name for name in RULES if name not in ("picky", "closed", "half-known")]


class Mail(DestinationTest):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates(cls.addClassCleanup)

    def mail(self, name, peer):
        recipients = ["duty@example.net"] + (["gone@example.net"] if name == "half-known" else [])
        return {"name": name, "type": "mail", "to": "smtp://127.0.0.1:%d" % peer.port,
                "tls": {"ca": self.certificates / "ca.pem", "verify": "ip"},
                "login": SmtpSink.LOGIN, "from": "trapd@example.net", "recipients": recipients,
                "digest": {"window": "1s", "max": COUNT}, "start": "oldest",
                "select": {"origin": "device"}}

    def start_with(self, *names):
        self.peers = {name: SmtpSink(self, self.certificates, RULES[name]) for name in names}
        self.start(*(self.mail(name, peer) for name, peer in self.peers.items()))

    def numbers(self, name):
        return [n for mail in self.peers[name].mails() for n in numbers_in(plain_text(mail))]

    def dead(self, name):
        return self.destination(name)["dead_letters"]

    def test_each_server_has_everything_it_takes_once_and_the_rest_is_set_aside(self):
        self.start_with(*RULES)
        self.peers["away"].stop()
        self.device.send(COUNT)
        self.others_are_well()
        for name in GOOD:
            if name == "away":
                continue
            with self.subTest(name):
                wait_for(lambda: len(self.numbers(name)) >= COUNT, "mail at " + name)
                self.assertEqual(self.numbers(name), self.device.sent)
                self.caught_up(name)
                self.assertEqual(self.dead(name), [])
                self.assertGreaterEqual(self.destination(name)["failed"], name != "small")
        with self.subTest("half-known"):
            wait_for(lambda: len(self.numbers("half-known")) >= COUNT, "mail")
            self.assertEqual(self.numbers("half-known"), self.device.sent)
            self.assertEqual(self.dead("half-known"), [])
            self.assertIn("gone@example.net: 550", self.destination("half-known")["detail"])
        with self.subTest("picky"):
            self.caught_up("picky")
            self.assertEqual(self.numbers("picky"), [n for n in self.device.sent if n != POISON])
            letter, = self.dead("picky")
            self.assertIn("554 5.6.0 not this one", letter["reason"])
        with self.subTest("closed"):
            self.caught_up("closed")
            self.assertEqual(self.numbers("closed"), [])
            self.assertEqual(len(self.dead("closed")), COUNT)
            self.assertIn("refuses mail", self.destination("closed")["detail"])
        with self.subTest("away"):
            self.is_down("away", "closed")
            self.peers["away"].start()
            wait_for(lambda: len(self.numbers("away")) >= COUNT, "mail", 70)
            self.assertEqual(self.numbers("away"), self.device.sent)
            self.is_up("away")
        self.others_are_well()

    def test_a_server_that_stalls_holds_up_nobody_and_is_tried_again_after_a_restart(self):
        self.start_with("picky")
        peer = self.peers["picky"]
        peer.pause()
        self.device.send(COUNT)
        self.others_are_well()
        self.trapd.stop()  # though that one says nothing
        peer.resume()
        self.trapd.start()
        self.caught_up("picky")
        self.assertEqual(self.numbers("picky"), [n for n in self.device.sent if n != POISON])

    def test_the_process_ends_between_250_and_the_cursor_and_the_mail_comes_twice_at_most(self):
        self.start_with("away")
        self.device.send(COUNT)
        wait_for(lambda: self.numbers("away"), "mail")
        self.trapd.process.send_signal(signal.SIGKILL)
        self.trapd.process.wait(20)
        self.trapd.start()
        self.device.send(1)
        wait_for(lambda: self.device.sent[-1] in self.numbers("away"), "the rest")
        self.assertEqual(sorted(set(self.numbers("away"))), self.device.sent)
        self.assertLessEqual(len(self.numbers("away")), 2 * COUNT + 1)


if __name__ == "__main__":
    main()
