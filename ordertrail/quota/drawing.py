"""An outlook as a drawing: mean lateness by budget, one line for each policy, one frame for each provider.

matplotlib takes a second to load: nothing imports this module but for a drawing.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ordertrail.quota.outlook import OURS, Outlook
from ordertrail.quota.picture import NAMES, duration

COLOURS = {OURS: "#1b6ca8", "round_robin": "#9a9a9a", "best_cadence": "#d98e2b"}

ROUND = {
    count * seconds: f"{count} {unit}"
    for unit, seconds, counts in (
        ("s", 1.0, (1, 2, 5, 10, 20, 30)),
        ("min", 60.0, (1, 2, 5, 10, 20, 30)),
        ("h", 3600.0, (1, 2, 5, 12)),
        ("d", 86_400.0, (1, 2, 5, 10, 20, 50)),
    )
    for count in counts
}
"""Latenesses that an axis names, in seconds."""


def draw(found: Sequence[Outlook], file: Path) -> None:
    """Writes an SVG, the same bytes for the same outlook. OSError if it can't be written."""
    whole = [one for one in found if one.state is None]
    providers = list(dict.fromkeys(one.provider for one in whole))
    figure = Figure(figsize=(4.6 * len(providers), 3.8), layout="constrained")
    for number, provider in enumerate(providers):
        axes = figure.add_subplot(1, len(providers), number + 1)
        _frame(axes, [one for one in whole if one.provider == provider])
    with mpl.rc_context({"svg.hashsalt": "ordertrail", "svg.fonttype": "none"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _frame(axes: Axes, mine: Sequence[Outlook]) -> None:
    for policy, name in NAMES.items():
        line = [one for one in mine if one.policy == policy]
        budgets = [one.budget_per_min for one in line]
        means = [one.score.mean for one in line]
        axes.plot(budgets, means, marker="o", label=name, color=COLOURS[policy])
        if policy == OURS:
            for point in zip(budgets, means, strict=True):
                words = duration(point[1])
                axes.annotate(words, point, (0, -14), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(f"{mine[0].provider}, {mine[0].orders:,.0f} orders open", fontsize=10)
    axes.set_xlabel("requests a minute")
    axes.set_ylabel("mean lateness of a change")
    axes.set_xticks([one.budget_per_min for one in mine if one.policy == OURS])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_locator(FixedLocator(list(ROUND)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: ROUND.get(value, "")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.15, y=0.25)
    axes.grid(True, which="major", alpha=0.25)
    axes.legend(fontsize=8, frameon=False)
