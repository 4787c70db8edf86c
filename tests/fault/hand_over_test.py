#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Restart and upgrade without loss: the sockets outlive the process, held by a service manager or
handed over to a successor.

usage: hand_over_test.py TRAPD TRAPCTL TRAPBLAST [unittest arguments]
"""
import os
import signal
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from bench_load import BLAST, ENGINES, HeldSocket, Load  # noqa: E402
from loopback import free_port, wait_for  # noqa: E402
from trapd_fixture import STRONG, Device, SyslogSink, Trapd, User, main  # noqa: E402

RATE = int(os.environ.get("TRAPD_FAULT_RATE", "20000"))
SECONDS = 2  # of load between two restarts, at least
SECONDS_MAX = 120


class HandOver(unittest.TestCase):
    def gateway(self, **settings):
        listen = settings.pop("receive_buffer", "64MiB")
        trapd = Trapd(self, snmp_users=[BLAST, STRONG.setting()], rate={"per_engine": "off"},
                      **settings)
        trapd.configure(
            listen=[{"udp": "127.0.0.1:%d" % trapd.port, "receive_buffer": listen}],
            store={**trapd.settings["store"], "max_size": "1GiB"})
        return trapd

    def take_over(self, trapd):
        """A second process takes the place of the first, which ends by itself."""
        first = trapd.process
        trapd.launch(arguments=["--take-over"])
        try:
            self.assertEqual(first.wait(40), 0, trapd.said())
        finally:
            if first.poll() is None:
                first.kill()
        trapd.await_ready()

    def all_stored(self, trapd, sent):
        """Over all processes: as many as were sent, and nothing else became of any."""
        def counted():
            now = trapd.status()
            ended = sum(received for received, *_ in trapd.last_words())
            return now["in_flight"] == 0 and ended + now["received"] >= sent
        wait_for(counted, "%d received" % sent)
        now = trapd.law()
        sums = trapd.last_words() + [(now["received"], now["stored"],
                                      sum(now["suppressed"].values()),
                                      sum(now["dropped"].values()), now["in_flight"])]
        self.assertEqual([sum(column) for column in zip(*sums)], [sent, sent, 0, 0, 0], sums)
        return sums

    def taken_over_under_load(self, workers):
        trapd = self.gateway(workers=workers).start()
        load = Load(self, trapd.port, rate=RATE, seconds=SECONDS_MAX, sources=ENGINES)
        for part in (1, 2):
            goal = part * RATE * SECONDS
            wait_for(lambda: trapd.ask("store", "status")["newest_sequence"] > goal, "%d stored" % goal)
            self.take_over(trapd)
        self.assertTrue(load.running(), "the load ended before the second process had taken over")
        load.stop()
        sums = self.all_stored(trapd, load.sent())
        self.assertEqual(len([one for one in sums if one[0] > 0]), 3, sums)
        trapd.stop()

    def test_a_successor_under_load_loses_nothing_with_one_worker(self):
        self.taken_over_under_load(1)

    def test_a_successor_under_load_loses_nothing_with_four_workers(self):
        self.taken_over_under_load(4)

    def test_a_restart_with_a_held_socket_under_load_loses_nothing(self):
        trapd = self.gateway()
        held = HeldSocket(self, trapd, 64 << 20)
        held.start(trapd)
        load = Load(self, trapd.port, rate=RATE, seconds=SECONDS_MAX)
        for part in (1, 2):
            goal = part * RATE * SECONDS
            wait_for(lambda: trapd.ask("store", "status")["newest_sequence"] > goal, "%d stored" % goal)
            trapd.stop()
            held.start(trapd)
        self.assertTrue(load.running(), "the load ended before the second restart")
        load.stop()
        self.all_stored(trapd, load.sent())
        trapd.stop()

    def test_what_the_kernel_drops_while_nobody_reads_is_counted_once(self):
        trapd = self.gateway(receive_buffer="128KiB")
        held = HeldSocket(self, trapd, 128 << 10)
        sent = 0
        for _ in range(3):
            held.start(trapd)
            trapd.stop()
            sent += (count := Load(self, trapd.port, count=2000, rate=0).sent())
            self.assertEqual(count, 2000)
        held.start(trapd)
        now = trapd.law()
        sums = trapd.last_words()
        dropped = now["dropped"]["kernel"] + sum(one[3] for one in sums)
        stored = now["stored"] + sum(one[1] for one in sums)
        self.assertGreater(dropped, 1000)
        self.assertGreater(stored, 50)
        self.assertEqual(stored + dropped, sent)
        self.assertEqual(sum(now["kernel_drops_by_listener"].values()), now["dropped"]["kernel"])
        alarms = wait_for(lambda: [a for a in trapd.ask("alarms") if "kernel" in a["text"]],
                          "alarm of the kernel's drops")
        self.assertEqual(len(alarms), 1, alarms)
        trapd.stop()

    def test_informs_are_answered_across_it(self):
        trapd = self.gateway().start()
        answered, stopping = [], threading.Event()

        def send(index):
            device = Device(self, "127.0.0.%d" % (31 + index))
            number = index * 1000
            while not stopping.is_set():
                number += 1
                if device.inform(trapd.port, STRONG, number):
                    answered.append(number)
        threads = [threading.Thread(target=send, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        try:
            for goal in (20, 40, 60):
                wait_for(lambda: len(answered) >= goal, "%d informs answered" % goal)
                self.take_over(trapd)
            wait_for(lambda: len(answered) >= 80, "80 informs answered")
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        stored = trapd.numbers()
        self.assertEqual(len(stored), len(set(stored)))
        self.assertLessEqual(set(answered), set(stored))
        trapd.stop()

    def test_the_agent_answers_across_it_and_a_successor_may_have_none(self):
        trapd = self.gateway()
        port, answers = free_port(), free_port()
        nms = User("nms", "SHA-1", "AES-128")
        agent = {"listen": "127.0.0.1:%d" % port, "allow": ["127.0.0.0/8"],
                 "answer_from": answers}
        trapd.configure(snmp_users=[*trapd.settings["snmp_users"],
                                    dict(nms.setting(), use=["agent"])], agent=agent)
        trapd.start()
        manager = Device(self)

        def boots():
            done = subprocess.run(
                ["snmpget", *nms.arguments(), "-r", "40", "-t", "0.5", "-Oqv",
                 "udp:127.0.0.1:%d" % port, "1.3.6.1.6.3.10.2.1.2.0"],
                capture_output=True, text=True, timeout=60,
                env={**os.environ, "SNMP_PERSISTENT_DIR": manager.directory})
            self.assertEqual(done.returncode, 0, done.stderr)
            return int(done.stdout)
        heard, stopping = [boots()], threading.Event()

        def ask():
            while not stopping.is_set():
                heard.append(boots())
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for goal in (2, 3):
                self.take_over(trapd)
                wait_for(lambda: heard[-1] == goal, "an answer of process %d" % goal)
        finally:
            stopping.set()
            asking.join()
        self.assertEqual(sorted(set(heard)), [1, 2, 3])
        self.assertEqual(heard, sorted(heard))
        trapd.configure(agent=dict(agent, listen="off"))
        self.take_over(trapd)
        self.assertIsNone(trapd.status()["agent"])
        trapd.configure(agent=agent)
        self.take_over(trapd)
        self.assertEqual(boots(), 5)
        trapd.stop()

    def test_destinations_go_on_where_the_first_had_come_to(self):
        sink = SyslogSink(self)
        trapd = self.gateway(destinations=[
            {"name": "sink", "type": "syslog", "to": "tcp://127.0.0.1:%d" % sink.port,
             "format": "json", "select": {"origin": "device"}, "start": "oldest"}]).start()
        device = Device(self)
        for number in range(1, 31):
            device.trap(trapd.port, STRONG, number)
            if number % 10 == 0:
                self.take_over(trapd)
        wait_for(lambda: set(sink.numbers()) == set(range(1, 31)), "30 at the sink")
        self.assertEqual(list(dict.fromkeys(sink.numbers())), list(range(1, 31)))
        trapd.stop()

    def test_a_successor_that_cannot_start_disturbs_nobody(self):
        trapd = self.gateway().start()
        first = trapd.process
        good = dict(trapd.settings)
        try:
            for bad, said in (({"rules": ["missing.yaml"]}, "missing.yaml"),
                              ({"workers": "many"}, "workers")):
                trapd.configure(**{**good, **bad})
                trapd.launch(arguments=["--take-over"])
                self.assertEqual(trapd.process.wait(30), 1, trapd.said())
                self.assertIn(said, trapd.said())
                self.assertIsNone(first.poll())
        finally:
            trapd.process = first
        trapd.configure(**good)
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        self.assertEqual(trapd.numbers(), [1])
        trapd.stop()

    def test_a_predecessor_that_dies_meanwhile_is_succeeded_all_the_same(self):
        trapd = self.gateway().start()
        for tenths in range(0, 10, 2):
            first = trapd.process
            trapd.launch(arguments=["--take-over"])
            try:
                first.wait(tenths / 10)  # from before the two meet to the middle of its stop
            except subprocess.TimeoutExpired:
                pass
            first.kill()
            first.wait(20)
            trapd.await_ready()
            Device(self).trap(trapd.port, STRONG, tenths)
            wait_for(lambda: tenths in trapd.numbers(), "trap %d" % tenths)
        trapd.stop()

    def test_who_asked_and_has_given_up_is_not_obeyed(self):
        trapd = self.gateway().start()
        trapd.process.send_signal(signal.SIGSTOP)
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(trapd.settings["store"]["directory"] + "/trapd.sock")
            asker.sendall(b'{"command":"yield"}\n')
        trapd.process.send_signal(signal.SIGCONT)
        wait_for(lambda: "is gone: nothing changes" in trapd.said(), "line in the log")
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        trapd.stop()

    def test_a_listener_may_come_and_go_with_a_successor(self):
        trapd = self.gateway().start()
        one, other = trapd.port, Trapd(self).port
        for port, gone in ((other, one), (one, other)):
            trapd.configure(listen=[{"udp": "127.0.0.1:%d" % port}])
            self.take_over(trapd)
            Device(self).trap(port, STRONG, port)
            wait_for(lambda: port in trapd.numbers(), "trap on the new port")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind(("127.0.0.1", gone))  # nobody has it any more
        trapd.stop()

    def test_two_on_one_store_are_refused(self):
        trapd = self.gateway().start()
        second = Trapd(self, snmp_users=[STRONG.setting()])
        second.configure(store=trapd.settings["store"])
        said = second.refused_start()
        self.assertIn("in use by another trapd (pid %d)" % trapd.process.pid, said)
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        trapd.stop()

    def test_nobody_to_take_over_from_is_an_ordinary_start(self):
        trapd = self.gateway()
        trapd.launch(arguments=["--take-over"])
        trapd.await_ready()
        self.assertIn("nothing to take over", trapd.said())
        trapd.process.send_signal(signal.SIGTERM)
        self.assertEqual(trapd.process.wait(40), 0)


if __name__ == "__main__":
    main()
