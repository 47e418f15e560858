"""How an outlook looks to people: a table, bars for a terminal."""

import math
from collections.abc import Iterable, Sequence

from ordertrail.quota.outlook import OURS, Outlook

COLUMNS = ("provider", "changes to", "requests", "mean", "p50", "p99", "round robin", "best cadence")
ALL = "any state"
NAMES = {OURS: "ordertrail", "round_robin": "round robin", "best_cadence": "best cadence"}
_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = ((60.0, 1.0, "s"), (3600.0, 60.0, "min"), (86400.0, 3600.0, "h"), (math.inf, 86400.0, "d"))


def duration(seconds: float) -> str:
    """To three digits: `42 s`, `3.5 min`, `1.2 h`; nothing for nan."""
    if math.isnan(seconds):
        return ""
    unit, word = next((unit, word) for below, unit, word in _STEPS if seconds < below)
    value = seconds / unit
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f}".rstrip() + f" {word}"


def rows(found: Sequence[Outlook]) -> list[list[str]]:
    """By provider and state, one line for each budget; other policies by their mean."""
    places: dict[tuple[str, str | None], int] = {}
    for one in found:
        places.setdefault((one.provider, one.state), len(places))
    others = {(one.provider, one.state, one.budget_per_min, one.policy): one.score.mean for one in found}

    def mean(one: Outlook, policy: str) -> str:
        return duration(others.get((one.provider, one.state, one.budget_per_min, policy), math.nan))

    return [
        [
            one.provider,
            one.state or ALL,
            f"{one.budget_per_min:g}/min",
            *map(duration, (one.score.mean, one.score.p50, one.score.p99)),
            mean(one, "round_robin"),
            mean(one, "best_cadence"),
        ]
        for one in sorted(
            (one for one in found if one.policy == OURS),
            key=lambda one: (places[one.provider, one.state], one.budget_per_min),
        )
    ]


def bars(found: Sequence[Outlook]) -> Iterable[str]:
    """Mean lateness of all changes, as bars of one scale for each provider."""
    whole = [one for one in found if one.state is None]
    for provider in dict.fromkeys(one.provider for one in whole):
        mine = [one for one in whole if one.provider == provider]
        longest = max(one.score.mean for one in mine)
        yield f"{provider}: mean lateness of a change, {mine[0].orders:,.0f} orders open"
        budget = None
        for one in mine:
            head = "" if one.budget_per_min == budget else f"{one.budget_per_min:g}/min"
            budget = one.budget_per_min
            line = _bar(one.score.mean / longest)
            yield f"  {head:>10}  {NAMES[one.policy]:12}  {line} {duration(one.score.mean)}"


def _bar(share: float) -> str:
    eighths = max(1, round(share * _WIDTH * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
