# SPDX-License-Identifier: Apache-2.0
"""The one table of bench/run: a row for each figure that has a goal."""
import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    goal: int
    what: str
    figure: str    # with its unit
    baseline: str  # of the same run, with what it is; or the goal itself where there is none
    ratio: float   # None: not measured
    wanted: str    # "<= 1.6", ">= 30"

    @property
    def met(self):
        if self.ratio is None:
            return None
        sign, bound = self.wanted.split()
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)

    def as_dict(self):
        return {**dataclasses.asdict(self), "met": self.met}


def ratio(ours, theirs):
    """The median of the ratios of each round: what drifts from round to round is in both."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def middle(values, digits=2):
    return f"{statistics.median(values):,.{digits}f}"


HEAD = ("goal", "what", "figure", "baseline", "ratio", "wanted", "")
WORDS = {True: "met", False: "NOT MET", None: "not measured"}


def cells(row):
    shown = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (str(row.goal), row.what, row.figure, row.baseline, shown, row.wanted, WORDS[row.met])


def text(facts, rows):
    lines = [HEAD] + [cells(row) for row in sorted(rows, key=lambda row: row.goal)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    right = (0, 4)  # columns of numbers
    shown = ["  ".join(cell.rjust(w) if i in right else cell.ljust(w)
                       for i, (cell, w) in enumerate(zip(line, widths))).rstrip() for line in lines]
    head = [facts["machine"], f"{facts['compiler']}: {facts['flags']}",
            f"commit {facts['commit']}, {facts['rounds']} interleaved rounds, medians; the counts of every run add up"]
    if facts["quick"]:
        head.append("QUICK: it runs; none of these figures says anything")
    return "\n".join(head + [""] + shown[:1] + ["-" * len(shown[0])] + shown[1:])
