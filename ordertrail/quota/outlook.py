"""What lateness a budget buys a fleet: a small likeness of it is played through, under a budget as small.

A fleet ten times smaller under a tenth of the budget is as late. Every policy and every budget faces the same
changes, so that what differs is theirs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ordertrail.quota.baselines import best_cadence, round_robin
from ordertrail.quota.bound import Class
from ordertrail.quota.fleets import Fleet, FleetError
from ordertrail.quota.ours import told
from ordertrail.quota.paths import Paths, draw_paths, residence
from ordertrail.quota.score import Score, score
from ordertrail.quota.world import Policy, Trial, play

SHARES = (0.5, 1.0, 2.0)
OURS = "ordertrail"
_ORDERS = 600.0
CHANGES = 2500.0
"""How many changes are played, more or less: more of them are surer."""
_ROUNDS = 16.0
_WARM_ROUNDS = 3.0
_LOOKS = 150_000.0
_TRIAL = 6 * 3600.0
_LONGEST_ROUND = 30 * 86400.0


@dataclass(frozen=True)
class Outlook:
    """`state` None: all changes of the provider; else those into that state. Seconds; requests a minute."""

    provider: str
    state: str | None
    budget_per_min: float
    policy: str
    orders: float
    score: Score
    utilisation: float

    def line(self, seed: int) -> dict[str, object]:
        """As `quota --json` prints it."""
        return {
            "provider": self.provider,
            "state": self.state,
            "budget_per_min": _short(self.budget_per_min),
            "policy": self.policy,
            "orders": round(self.orders),
            "changes": self.score.changes,
            "mean_s": _short(self.score.mean),
            "p50_s": _short(self.score.p50),
            "p99_s": _short(self.score.p99),
            "utilisation": round(self.utilisation, 4),
            "seed": seed,
        }


def outlook(
    fleet: Fleet,
    seed: int,
    say: Callable[[float], None],
    changes: float = CHANGES,
    bound: float | None = None,
) -> Iterator[Outlook]:
    """For half, once and twice the fleet's budget. `say` hears what share is done; `bound`: seconds between
    two looks of our schedule at an order, as for a worker. Raises FleetError for a budget with which there is
    nothing to be decided."""
    part, until, orders = _measure(fleet, seed, changes)
    small = fleet.part(part)
    paths = draw_paths(small, until, seed)
    makers = _makers(paths, bound)
    for number, share in enumerate(SHARES):
        budget = small.budget * share
        warm = min(until / 4, _WARM_ROUNDS * orders * part / budget * 60)
        for place, (name, make) in enumerate(makers.items()):
            played = play(paths, make(budget), Trial(budget, warm))
            say((number * len(makers) + place + 1) / (len(SHARES) * len(makers)))
            for state, codes in {None: None, **_states(small)}.items():
                found = score(played, warm, into=codes)
                if state is None or found.changes:
                    yield Outlook(
                        fleet.provider, state, fleet.budget * share, name, orders, found, played.utilisation
                    )


def _makers(paths: Paths, bound: float | None) -> Mapping[str, Callable[[float], Policy]]:
    return {
        OURS: lambda budget: told(paths, budget, blurs=_blurs(paths, budget), bound=bound),
        "round_robin": lambda budget: round_robin(paths, budget),
        "best_cadence": lambda budget: best_cadence(paths, budget),
    }


def _measure(fleet: Fleet, seed: int, wanted: float) -> tuple[float, float, float]:
    """How small a part of the fleet is played for how many seconds, and how many orders are open in all."""
    part = min(1.0, _ORDERS / max(1.0, _orders_at_first(fleet)))
    paths = draw_paths(fleet.part(part), _TRIAL, seed)
    held, left = residence(paths)
    orders, changes = float(held.sum()) / part, float(left.sum()) / part
    _refuse(fleet, orders)
    part = min(1.0, _ORDERS / orders)
    rounds = _ROUNDS * orders / (fleet.budget / 2) * 60
    enough = min(wanted / max(changes * part, 1e-9), _LOOKS / (fleet.budget * part) * 60)
    return part, max(rounds, enough), orders


def _orders_at_first(fleet: Fleet) -> float:
    """More than are open at a time: every arrival within the longest life."""
    longest = max(sum(min(kind.lasts(state), 90 * 86400.0) for state in kind.stays) for kind in fleet.kinds)
    return fleet.per_minute / 60 * longest


def _refuse(fleet: Fleet, orders: float) -> None:
    a_round = orders / fleet.budget * 60
    told = f"{fleet.provider}: {fleet.budget:g} requests a minute for {orders:,.0f} open orders"
    if orders < 1:
        raise FleetError(
            f"{fleet.provider}: hardly an order is ever open, so that there is nothing to decide"
        )
    if a_round < 2:
        raise FleetError(f"{told} look at each every {a_round:.2g} s: no schedule is needed")
    if a_round > _LONGEST_ROUND:
        raise FleetError(f"{told} look at each every {a_round / 86400:,.0f} days: that is no watching")


def _blurs(paths: Paths, budget: float) -> dict[Class, float]:
    """How well ages are known: about as well as the best cadence lets know them."""
    gaps = best_cadence(paths, budget).gaps
    codes = {(kind.name, state): code for code, (kind, state) in enumerate(paths.fleet.classes)}
    return {
        (kind.name, to): gaps[codes[kind.name, state]]
        for kind, state in paths.fleet.classes
        for to in kind.stay(state).targets
    }


def _states(fleet: Fleet) -> dict[str | None, list[int]]:
    """Classes by state, of all kinds together."""
    found: dict[str | None, list[int]] = {}
    for code, (_, state) in enumerate(fleet.classes):
        found.setdefault(state, []).append(code)
    return found


def _short(value: float) -> float | None:
    """To four digits, None where there is none."""
    return float(f"{value:.4g}") if value == value else None
