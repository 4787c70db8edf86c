#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a destination will never take: kept on disk with its reason, shown, sent again, dropped.

usage: destinations_dead_letters_test.py TRAPD TRAPCTL [unittest arguments]
"""
from destination_fixture import DestinationTest, main, numbers_in, wait_for
from peers import Certificates, SmtpSink, plain_text

CLOSED = ["rcpt=550 5.7.1 we know nobody"]


class DeadLetters(DestinationTest):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates(cls.addClassCleanup)

    def setUp(self):
        self.server = SmtpSink(self, self.certificates, CLOSED)
        self.duty = {
            "name": "duty", "type": "mail", "to": "smtp://127.0.0.1:%d" % self.server.port,
            "tls": {"ca": self.certificates / "ca.pem", "verify": "ip"}, "login": SmtpSink.LOGIN,
            "from": "trapd@example.net", "recipients": ["duty@example.net"],
            "digest": {"window": "1s", "max": 3}, "start": "oldest",
            "select": {"origin": "device"}}
        self.start(self.duty)

    def letters(self):
        return self.destination("duty")["dead_letters"]

    def sequences(self):
        return [letter["sequence"] for letter in self.letters()]

    def set_aside(self, count):
        self.device.send(count)
        wait_for(lambda: len(self.letters()) >= count, "dead letters")
        return self.sequences()

    def numbers(self):
        return [n for mail in self.server.mails() for n in numbers_in(plain_text(mail))]

    def end(self, how):
        how()
        self.trapd.start()

    def test_they_are_shown_with_their_reason_and_outlive_the_process(self):
        sequences = self.set_aside(7)
        for how in (self.trapd.stop, self.trapd.kill):
            self.end(how)
            self.assertEqual(self.sequences(), sequences)
            self.assertEqual(self.destination("duty")["dead"], 7)
            for letter in self.letters():
                self.assertIn("550 5.7.1 we know nobody", letter["reason"])
                self.assertRegex(letter["since"], r"^20\d\d-.*Z$")
                self.assertFalse(letter["retrying"])
        said = self.trapd.ctl("destinations").stdout
        self.assertIn("duty: 7 dead letters, 7 ever, 0 of them gave way to newer ones", said)
        self.assertRegex(said, r"(?m)^ *%d +20\S+ +false +duty@example.net: 550" % sequences[0])
        self.others_are_well_after_crash()

    def others_are_well_after_crash(self):
        self.assertEqual(sorted(set(self.well.numbers())), self.device.sent)

    def test_a_retry_delivers_those_that_are_named_and_then_the_others(self):
        sequences = self.set_aside(5)
        self.server.restart()
        said = self.trapd.ctl("destinations", "retry", "duty", str(sequences[1]),
                              str(sequences[3]))
        self.assertEqual((said.returncode, said.stdout), (0, "2 are being sent again\n"))
        wait_for(lambda: len(self.letters()) == 3, "delivery")
        self.assertEqual(self.numbers(), [2, 4])
        self.assertEqual(self.trapd.ask("destinations", "retry", "duty"),
                         {"retrying": 3, "gone": []})
        wait_for(lambda: not self.letters(), "delivery")
        self.assertEqual(sorted(self.numbers()), self.device.sent)
        self.assertEqual(self.destination("duty")["dead"], 5)
        self.end(self.trapd.stop)
        self.assertEqual(self.letters(), [])

    def test_a_retry_that_is_refused_once_more_stays_on_the_list(self):
        self.set_aside(2)
        before = self.letters()
        self.trapd.ask("destinations", "retry", "duty")
        wait_for(lambda: not any(letter["retrying"] for letter in self.letters()) and
                 self.letters() != before, "refusal")
        self.assertEqual(len(self.letters()), 2)
        self.assertEqual(self.destination("duty")["dead"], 2)
        self.assertEqual(self.metric("dead_letters", "duty"), 2)
        self.assertEqual(self.metric("dead_total", "duty"), 2)

    def test_a_retry_outlives_a_crash_and_holds_up_nothing(self):
        self.set_aside(3)
        self.server.stop()
        self.trapd.ask("destinations", "retry", "duty")
        self.trapd.ask("send")  # the next commit has the marks
        wait_for(lambda: any("trapdTest" in r["alarm"] for r in
                             self.trapd.ask("history")["records"]), "commit")
        self.end(self.trapd.kill)
        self.assertEqual([letter["retrying"] for letter in self.letters()], [True] * 3)
        self.server.start()
        self.device.send(1)
        wait_for(lambda: not self.letters(), "delivery", 90)
        wait_for(lambda: 4 in self.numbers(), "delivery of the new one")
        self.assertEqual(sorted(set(self.numbers())), self.device.sent)

    def test_what_is_dropped_is_gone_and_what_there_is_not_is_said(self):
        sequences = self.set_aside(3)
        said = self.trapd.ctl("destinations", "drop", "duty", str(sequences[0]), "99999")
        self.assertEqual(said.returncode, 1)
        self.assertIn("no dead letter of sequence 99999", said.stderr)
        self.assertEqual(self.trapd.ask("destinations", "drop", "duty", str(sequences[0])),
                         {"dropped": 1})
        self.end(self.trapd.stop)
        self.assertEqual(self.sequences(), sequences[1:])
        self.assertIn("no destination is called nobody",
                      self.trapd.ctl("destinations", "retry", "nobody").stderr)

    def test_they_go_with_the_destination_to_its_new_name(self):
        sequences = self.set_aside(2)
        self.trapd.configure(destinations=[self.trapd.settings["destinations"][0],
                                           {**self.duty, "name": "night", "was": "duty"}])
        self.assertEqual(self.trapd.ctl("reload").returncode, 0)
        self.assertEqual([letter["sequence"] for letter in
                          self.destination("night")["dead_letters"]], sequences)


if __name__ == "__main__":
    main()
