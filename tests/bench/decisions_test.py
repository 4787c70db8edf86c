#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the measurements in bench/ conclude from their figures.

usage: decisions_test.py BENCH_DIRECTORY [unittest arguments]
"""
import sys
import types
import unittest
from unittest import mock

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, sys.argv.pop(1))
import compare  # noqa: E402
import goal_table  # noqa: E402
import growth  # noqa: E402
import latency  # noqa: E402
import load  # noqa: E402
import rate  # noqa: E402


class Worse(unittest.TestCase):
    def test_ranges_that_overlap_are_not_worse(self):
        self.assertFalse(compare.worse([2.0, 2.2, 2.1], [2.15, 2.9, 3.0]))

    def test_equal_ends_are_not_worse(self):
        self.assertFalse(compare.worse([2.0, 2.2], [2.2, 2.4]))

    def test_the_best_new_run_above_the_worst_old_one_is_worse(self):
        self.assertTrue(compare.worse([2.0, 2.2, 2.1], [2.21, 2.3, 2.25]))

    def test_better_is_not_worse(self):
        self.assertFalse(compare.worse([2.0, 2.2], [1.0, 1.1]))

    def test_instructions_may_be_a_fiftieth_more_and_no_more(self):
        old = {"ingest": 1000.0, "book": 500.0}
        self.assertEqual(compare.more_instructions(old, {"ingest": 1020.0, "book": 500.0}), [])
        self.assertEqual(compare.more_instructions(old, {"ingest": 1021.0, "book": 499.0}), ["ingest"])

    def test_what_the_old_build_cannot_count_is_not_compared(self):
        self.assertEqual(compare.more_instructions({}, {"ingest": 1.0}), [])


class Goals(unittest.TestCase):
    def row(self, ratio, wanted):
        return goal_table.Row(1, "what", "1 us", "2 us", ratio, wanted)

    def test_at_most(self):
        self.assertTrue(self.row(1.6, "<= 1.6").met)
        self.assertFalse(self.row(1.61, "<= 1.6").met)

    def test_at_least(self):
        self.assertTrue(self.row(30, ">= 30").met)
        self.assertFalse(self.row(29.9, ">= 30").met)

    def test_what_was_not_measured_is_neither(self):
        self.assertIsNone(self.row(None, ">= 30").met)

    def test_a_ratio_is_of_each_round(self):
        # The machine was twice as slow in the second round, for both: that is no change.
        self.assertEqual(goal_table.ratio([2, 4, 2], [1, 2, 1]), 2)


class Growth(unittest.TestCase):
    def test_us_per_varbind_of_each_step(self):
        steps = growth.per_varbind({"3": [1.0], "20": [2.7], "86": [9.3]})
        self.assertEqual([[round(us, 6) for us in step] for step in steps], [[0.1], [0.1]])


class Latency(unittest.TestCase):
    BUCKETS = [(1e-3, 0), (2e-3, 0), (4e-3, 0), (None, 0)]

    def after(self, *counts):
        return [(bound, count) for (bound, _), count in zip(self.BUCKETS, counts)]

    def test_within_a_bucket_by_its_part(self):
        self.assertAlmostEqual(latency.of_buckets(self.BUCKETS, self.after(0, 100, 0, 0), 0.5), 1.5e-3)

    def test_only_what_came_between_the_two_looks_counts(self):
        self.assertAlmostEqual(latency.of_buckets(self.after(900, 0, 0, 0), self.after(900, 0, 10, 0), 0.5), 3e-3)

    def test_beyond_the_last_bound_it_is_at_least_that(self):
        self.assertEqual(latency.of_buckets(self.BUCKETS, self.after(0, 0, 1, 99), 0.5), 4e-3)

    def test_of_samples(self):
        self.assertEqual(latency.of_samples(list(range(1000)), 0.99), 990)
        self.assertEqual(latency.of_samples([3, 1, 2], 0.999), 3)


class Rate(unittest.TestCase):
    """Searches with a receiver that takes 400,000/s, in a short run 450,000/s, from a sender that
    makes `fastest` at most."""

    def result(self, fastest, suppressed=0):
        def attempt(build, work, kind, wanted, seconds):
            reached = min(wanted, fastest)
            sent = int(reached * seconds)
            lost = sent // 100 if reached > (450_000 if seconds < 10 else 400_000) else 0
            return load.Run(sent, sent, sent - lost - suppressed, suppressed, lost, 1.0, reached, 1.5)
        options = types.SimpleNamespace(build="build", seconds=4, confirm_seconds=60, quick=False)
        with mock.patch.object(rate, "attempt", attempt):
            return rate.hold(options, "work", "authPriv")

    def test_what_does_not_hold_for_a_minute_is_lowered_until_it_does(self):
        found = self.result(fastest=700_000)
        self.assertGreater(found["found"], 440_000)
        self.assertGreater(found["per_second"], 380_000)
        self.assertLessEqual(found["per_second"], 400_000)
        self.assertFalse(found["sender_bound"])

    def test_a_sender_at_its_end_is_named(self):
        found = self.result(fastest=300_000)
        self.assertEqual(found["per_second"], 300_000)
        self.assertTrue(found["sender_bound"])

    def test_a_run_with_something_suppressed_is_not_free_of_loss(self):
        self.assertEqual(self.result(fastest=700_000, suppressed=1)["per_second"], 0)


if __name__ == "__main__":
    unittest.main()
