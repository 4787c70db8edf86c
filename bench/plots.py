# SPDX-License-Identifier: Apache-2.0
"""The pictures of a run of bench/run, from what it measured or from the JSON that it has kept:

  python3 bench/plots.py RESULT.json DIRECTORY"""
import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "trapd", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                            "axes.axisbelow": True, "grid.alpha": 0.3, "figure.dpi": 110})
from matplotlib import pyplot  # noqa: E402

OURS, LIMIT, THEIRS, GOAL = "#1f6fb2", "#7f7f7f", "#c8553d", "#2a2a2a"
median = statistics.median


def caption(figure, result):
    figure.text(0.01, 0.01, f"{result['machine']}; {result['compiler']}\ncommit {result['commit']}; {result['date']}; "
                f"interleaved rounds: {result['rounds']}, medians", fontsize=6, color="#555555")


def save(figure, result, directory, name):
    caption(figure, result)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(directory / f"{name}.svg", metadata={"Date": None})
    figure.savefig(directory / f"{name}.png")
    pyplot.close(figure)


def write_above(axes, bars, texts):
    for bar, text in zip(bars, texts):
        axes.annotate(text, (bar.get_x() + bar.get_width() / 2, bar.get_height()), xytext=(0, 2),
                      textcoords="offset points", ha="center", fontsize=8)


def cost(result):
    found = result["measured"]["cost"]
    names = ["limit", "trapd", "snmptrapd"]
    values = [median(found[name]) for name in names]
    figure, axes = pyplot.subplots(figsize=(5.6, 3.8))
    bars = axes.bar(["the limit:\nreceive, verify, decrypt", "trapd:\nto durable commit", "snmptrapd:\na log line"],
                    values, color=[LIMIT, OURS, THEIRS], width=0.6)
    ends = [(value - min(found[n]), max(found[n]) - value) for n, value in zip(names, values)]
    axes.errorbar(range(3), values, yerr=list(zip(*ends)), fmt="none", ecolor="black", capsize=3, linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylim(0.5, max(values) * 3)
    write_above(axes, bars, [f"{value:.2f} µs ({value / values[0]:.1f}×)" for value in values])
    axes.set_ylabel("CPU of the whole process per trap, µs (log)")
    axes.set_title("CPU per authPriv SHA-1/AES-128 trap, one worker")
    return figure


def latency(result):
    found = result["measured"]["latency"]
    names = list(next(iter(found.values()))["trapd"][0])[:3]
    figure, panes = pyplot.subplots(1, len(found), figsize=(7, 3.4), sharey=True)
    for axes, (rate, kinds) in zip(panes, found.items()):
        for shift, (kind, colour, label) in enumerate((("write", LIMIT, "one lone 64 KiB write + fdatasync"),
                                                       ("trapd", OURS, "trapd, datagram to commit"))):
            values = [median(one[name] for one in kinds[kind]) * 1e3 for name in names]
            bars = axes.bar([i + 0.4 * shift for i in range(len(names))], values, 0.38, color=colour, label=label)
            write_above(axes, bars, [f"{value:.2g}" for value in values])
        axes.set_xticks([i + 0.2 for i in range(len(names))], names)
        axes.set_yscale("log")
        axes.set_title(f"at {int(rate):,} traps/s")
    panes[0].set_ylabel("ms (log)")
    panes[0].legend(fontsize=7, loc="upper left")
    panes[0].set_ylim(top=panes[0].get_ylim()[1] * 3)
    figure.suptitle("From the kernel's stamp of the datagram to its commit on disk", fontsize=10)
    return figure


GROWTH = {"engines": ("engines", 1.5), "rules": ("rules", 1.5), "alarms": ("active alarms", 1.3),
          "varbinds": ("varbinds per trap", None)}


def growth(result):
    found = result["measured"]["growth"]
    figure, panes = pyplot.subplots(1, len(GROWTH), figsize=(9, 3), sharey=False)
    for axes, (kind, (label, bound)) in zip(panes, GROWTH.items()):
        sizes = [int(n) for n in found[kind]]
        values = [median(of) for of in found[kind].values()]
        axes.plot(sizes, values, "o-", color=OURS)
        if bound:
            axes.set_xscale("log")
            axes.axhline(values[0] * bound, color=GOAL, linestyle="--", linewidth=0.8)
            axes.annotate(f"{bound} times", (sizes[0], values[0] * bound), xytext=(0, 2), textcoords="offset points",
                          fontsize=7)
        axes.set_ylim(0, max(max(values), values[0] * (bound or 1)) * 1.2)
        axes.set_xlabel(label)
    panes[0].set_ylabel("CPU per trap, µs")
    figure.suptitle("CPU per trap when there is more of everything (dashed: the goal)", fontsize=10)
    return figure


def rates(result):
    """Whatever has a goal in records per second."""
    shown = [(row["what"].split(", sender")[0], row["ratio"], row["figure"]) for row in result["goals"]
             if row["goal"] in (2, 4, 5) and "/s (goal)" in row["baseline"]]
    figure, axes = pyplot.subplots(figsize=(7.5, 0.42 * len(shown) + 1.5))
    bars = axes.barh([what for what, _, _ in shown], [ratio for _, ratio, _ in shown], color=OURS, height=0.6)
    for bar, (_, _, text) in zip(bars, shown):
        axes.annotate(text.split(" ")[0], (bar.get_width(), bar.get_y() + bar.get_height() / 2), xytext=(3, 0),
                      textcoords="offset points", va="center", fontsize=8)
    axes.axvline(1, color=GOAL, linestyle="--", linewidth=0.8)
    axes.set_xlim(0, max([1.0] + [ratio for _, ratio, _ in shown]) * 1.25)
    axes.invert_yaxis()
    axes.set_xlabel("part of the goal (dashed: the goal)")
    figure.suptitle("Traps per second: received without a loss, delivered, answered", fontsize=10)
    return figure


PLOTS = {"cost": (cost, "cost"), "latency": (latency, "latency"), "growth": (growth, "growth"), "rates": (rates, None)}


def draw(result, directory):
    directory.mkdir(parents=True, exist_ok=True)
    for name, (make, part) in PLOTS.items():
        wanted = part in result["measured"] if part else {"rate", "delivery"} & set(result["measured"])
        if wanted:
            save(make(result), result, directory, name)


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]))
