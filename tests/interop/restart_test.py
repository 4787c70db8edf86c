#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a stop, in order or by force, must not lose, repeat or forget.

usage: restart_test.py TRAPD TRAPCTL [unittest arguments]
"""
import itertools
import json
import threading
import unittest

from trapd_fixture import (STRONG, Device, LossyPath, Recorder, SyslogSink, Trapd, main,
                           wait_for)


class Senders:
    """Devices that inform and trap without pause, until stopped; keeps what was answered."""

    def __init__(self, test, port):
        self.numbers = itertools.count(1)
        self.answered = set()
        self.stopping = False
        self.threads = [threading.Thread(target=self.send, args=(Device(test), port))
                        for _ in range(6)]
        for thread in self.threads:
            thread.start()
        test.addCleanup(self.stop)

    def send(self, device, port):
        while not self.stopping:
            device.trap(port, STRONG, next(self.numbers))
            number = next(self.numbers)
            if device.inform(port, STRONG, number, timeout=1):
                self.answered.add(number)

    def await_answered(self, more):
        goal = len(self.answered) + more
        wait_for(lambda: len(self.answered) >= goal, "%d answered informs" % goal)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class Restart(unittest.TestCase):
    def setUp(self):
        self.numbers = itertools.count(1)
        self.sink = SyslogSink(self)
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()], destinations=[{
            "name": "sink", "type": "syslog", "to": "tcp://127.0.0.1:%d" % self.sink.port,
            "format": "json", "start": "oldest"}]).start()

    def cursor_is_at_the_end(self):
        return self.trapd.ask("destinations")[0]["backlog"] == 0

    def ends_in_the_middle(self, end):
        senders = Senders(self, self.trapd.port)
        senders.await_answered(15)
        end()
        self.trapd.start()
        senders.await_answered(15)
        senders.stop()
        self.trapd.law()
        stored = set(self.trapd.numbers())
        self.assertEqual(senders.answered - stored, set())
        # What was stored, but not answered before the end, was sent again and known again.
        self.assertEqual(len(stored), len(self.trapd.numbers()))
        wait_for(lambda: stored <= set(self.sink.numbers()),
                 "delivery of %s" % sorted(stored - set(self.sink.numbers())))
        wait_for(self.cursor_is_at_the_end, "cursor at the end")

    def test_killed_in_the_middle_keeps_and_delivers_what_it_has_answered(self):
        self.ends_in_the_middle(self.trapd.kill)

    def test_stopped_in_the_middle_keeps_and_delivers_what_it_has_answered(self):
        self.ends_in_the_middle(self.trapd.stop)

    def test_an_inform_whose_answer_is_lost_is_stored_once_though_trapd_restarts(self):
        for end in (self.trapd.kill, self.trapd.stop):
            with self.subTest(end.__name__):
                path = LossyPath(self, self.trapd.port)
                number = next(self.numbers)
                answered = []
                device = Device(self)
                sender = threading.Thread(target=lambda: answered.append(
                    device.inform(path.port, STRONG, number, retries=20, timeout=1)))
                sender.start()
                wait_for(lambda: path.lost, "answer to lose")
                end()
                self.trapd.start()
                path.losing = False
                sender.join()
                self.assertEqual(answered, [True])
                self.assertGreaterEqual(self.trapd.law()["suppressed"]["retransmission"], 1)
                self.assertEqual(self.trapd.numbers().count(number), 1)

    def test_a_destination_resumes_where_it_was(self):
        device = Device(self)
        for number in range(1, 5):
            self.assertTrue(device.inform(self.trapd.port, STRONG, number))
        wait_for(lambda: self.sink.numbers() == [1, 2, 3, 4], "delivery")
        wait_for(self.cursor_is_at_the_end, "cursor at the end")
        self.sink.close()
        for number in range(5, 9):
            self.assertTrue(device.inform(self.trapd.port, STRONG, number))
        self.trapd.stop()
        self.sink.open()
        self.trapd.start()
        wait_for(lambda: 8 in self.sink.numbers(), "delivery of the rest")
        wait_for(self.cursor_is_at_the_end, "cursor at the end")
        self.trapd.stop()
        self.trapd.start()
        self.assertTrue(device.inform(self.trapd.port, STRONG, 9))
        wait_for(lambda: 9 in self.sink.numbers(), "delivery of the last")
        # The connection that the sink closed is an abnormal end, after which the last bytes go
        # again: those may be there twice, in order. What went after it is there once.
        self.assertEqual(self.sink.numbers()[-5:], [5, 6, 7, 8, 9])

    def test_own_boots_rise_by_one_at_each_start_and_the_engine_id_stays(self):
        first = self.trapd.status()
        for start, end in enumerate([self.trapd.stop, self.trapd.kill, self.trapd.stop], 1):
            end()
            self.trapd.start()
            now = self.trapd.status()
            self.assertEqual(now["boots"], first["boots"] + start)
            self.assertEqual(now["engine_id"], first["engine_id"])

    def test_a_recorded_trap_is_refused_after_a_restart_too(self):
        recorder = Recorder(self)
        engine = "0x80001f8804" + "trapd-replay".encode().hex()

        def recorded(number, boots, time):
            return recorder.trap(Device(self), STRONG, number, engine, boots, time)

        def meets(datagram, outcome):
            """Sends it, and says which count it has raised."""
            before = self.trapd.law()
            recorder.replay(datagram, self.trapd.port)
            after = self.trapd.law(before["received"] + 1)
            raised = [name for name in ("stored",) if after[name] > before[name]]
            for table in ("dropped", "suppressed"):
                raised += [reason for reason, n in after[table].items()
                           if n > before[table].get(reason, 0)]
            self.assertEqual(raised, [outcome], json.dumps(after))

        old, newer, next_boot = recorded(1, 5, 1000), recorded(2, 5, 2000), recorded(3, 6, 10)
        near = recorded(4, 5, 1900)
        meets(newer, "stored")
        for end in (self.trapd.kill, self.trapd.stop):
            end()
            self.trapd.start()
            meets(old, "not_in_time_window")
            meets(newer, "duplicate")
        meets(near, "stored")
        meets(next_boot, "stored")
        for end in (self.trapd.kill, self.trapd.stop):
            end()
            self.trapd.start()
            meets(newer, "not_in_time_window")
            meets(next_boot, "duplicate")
        self.assertEqual(self.trapd.numbers(), [2, 4, 3])


if __name__ == "__main__":
    main()
