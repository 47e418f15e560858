"""Fleets as people describe them in a TOML or JSON file.

    [[fleet]]
    provider = "xverse"
    budget = "100/min"
    arrivals = "10/min"

    [[fleet.kind]]
    name = "mint"
    first = "new"

    [[fleet.kind.state]]
    name = "new"
    leaves = [{ to = "executing", share = 0.9, median = "8min", sigma = 1.2 }]
    deadline = "24h"
    late = "stale"

A state that is not described is over: nobody looks at it. Whatever follows a final state may have any name.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from domain.phases import FINAL
from domain.provider import Provider
from domain.providers import PROVIDERS
from ordertrail.budget import UNITS, Window
from ordertrail.quota.fleets import Exit, Fleet, FleetError, Kind, Stay
from ordertrail.quota.laws import Between, Gamma, Law, LogNormal

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|hour|h|day|d)")
_SLACK = 1e-6


def seconds_of(value: object) -> object:
    """`90`, `"90s"`, `"1.5min"`, `"8h"` or `"7d"`."""
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{value!r} is no duration: write seconds, or such as 90s, 8min, 24h, 7d")
    return float(match[1]) * UNITS[match[2]]


def per_minute(windows: Sequence[Window]) -> float:
    """What the tightest of several rate windows allows in the long run."""
    return min(window.limit / window.seconds * 60 for window in windows)


def _windows(value: object) -> object:
    words = value if isinstance(value, list) else [value]
    return [Window.parse(word) if isinstance(word, str) else word for word in words]


Duration = Annotated[float, BeforeValidator(seconds_of), Field(gt=0, le=366 * 86400, allow_inf_nan=False)]
Rates = Annotated[list[Window], BeforeValidator(_windows), Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Leaving(_Table):
    """`median` and `sigma`: log-normal; `scale`: after `least`, `shape` waits of so long on average;
    `between`: any time of a stretch."""

    to: str
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    median: Duration | None = None
    sigma: Annotated[float, Field(ge=0.01, le=5)] = 1.0
    least: Duration | None = None
    shape: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    scale: Duration | None = None
    between: tuple[Duration, Duration] | None = None

    @model_validator(mode="after")
    def _one_law(self) -> "Leaving":
        if sum(given is not None for given in (self.median, self.scale, self.between)) != 1:
            raise ValueError(f"say how long until {self.to}: by one of median, scale, between")
        if self.between is not None and self.between[0] >= self.between[1]:
            raise ValueError(f"between for {self.to} must go from less to more")
        return self

    def law(self) -> Law:
        if self.median is not None:
            return LogNormal(self.median, self.sigma)
        if self.between is not None:
            return Between(*self.between)
        return Gamma(self.least or 0.0, self.shape, self.scale or 1.0)


class State(_Table):
    name: str
    leaves: list[Leaving] = []
    deadline: Duration | None = None
    late: str | None = None
    watch_for: Duration | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "State":
        if (self.deadline is None) != (self.late is None):
            raise ValueError(f"{self.name}: deadline says when, late says where to: give both or none")
        if sum(leaving.share for leaving in self.leaves) > 1 + _SLACK:
            raise ValueError(f"{self.name}: the shares of what it is left for add to more than 1")
        return self


class KindTable(_Table):
    name: str = "order"
    share: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    first: str
    state: Annotated[list[State], Field(min_length=1)]


class FleetTable(_Table):
    provider: str
    budget: Rates | None = None
    arrivals: Rates
    kind: Annotated[list[KindTable], Field(min_length=1)]


class File(_Table):
    fleet: Annotated[list[FleetTable], Field(min_length=1)]


def read_fleets(path: Path, watch_for: float, budgets: dict[str, float]) -> list[Fleet]:
    """Where the file is silent: `watch_for`, seconds that an order is watched after its end, and `budgets`,
    requests a minute by provider. Raises FleetError for a file that can't be read or makes no sense."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise FleetError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        raw = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        told = File.model_validate(raw)
    except ValidationError as error:
        raise FleetError(f"{path}: {_said(error)}") from None
    except ValueError as error:
        raise FleetError(f"{path} is neither TOML nor JSON: {error}") from None
    try:
        return [_fleet(table, watch_for, budgets) for table in told.fleet]
    except FleetError as error:
        raise FleetError(f"{path}: {error}") from None


def _said(error: ValidationError) -> str:
    def words(place: tuple[str | int, ...], message: str) -> str:
        return f"{'.'.join(map(str, place)) or 'file'}: {message.removeprefix('Value error, ')}"

    return "; ".join(words(one["loc"], one["msg"]) for one in error.errors(include_url=False)[:5])


def _fleet(table: FleetTable, watch_for: float, budgets: dict[str, float]) -> Fleet:
    provider = PROVIDERS.get(table.provider)
    if provider is None:
        raise FleetError(f"unknown provider {table.provider!r}; {_near(table.provider, list(PROVIDERS))}")
    budget = budgets[provider.slug] if table.budget is None else per_minute(table.budget)
    kinds = tuple(_kind(kind, provider, watch_for) for kind in table.kind)
    if len({kind.name for kind in kinds}) < len(kinds):
        raise FleetError(f"{provider.slug}: two kinds have the same name")
    return Fleet(provider.slug, provider.slug, per_minute(table.arrivals), budget, kinds)


def _kind(table: KindTable, provider: Provider, watch_for: float) -> Kind:
    where = f"{provider.slug} {table.name}"
    final = {state for state, phase in provider.phases.items() if phase in FINAL}
    described = {state.name for state in table.state}
    followers = {one.to for state in table.state if state.name in final for one in state.leaves}
    for name in [table.first, *described, *(to for state in table.state for to in _targets(state))]:
        if name not in provider.phases and name not in followers:
            raise FleetError(f"{where}: unknown state {name!r}; {_near(name, list(provider.phases))}")
    if table.first not in described:
        raise FleetError(f"{where}: its first state {table.first} is not described")
    kind = Kind(
        table.name,
        table.share,
        table.first,
        {s.name: _stay(s, s.name in final, watch_for) for s in table.state},
    )
    if lost := sorted(described - set(kind.order)):
        raise FleetError(f"{where}: nothing leads to {', '.join(lost)}")
    return kind


def _stay(state: State, final: bool, watch_for: float) -> Stay:
    if not state.leaves and state.deadline is None:
        return Stay()
    longest = watch_for if final else float("inf")
    return Stay(
        tuple(Exit(leaving.share, leaving.to, leaving.law()) for leaving in state.leaves),
        deadline=state.deadline,
        late=state.late or "",
        watched=final,
        watch_for=longest if state.watch_for is None else state.watch_for,
    )


def _targets(state: State) -> list[str]:
    return [leaving.to for leaving in state.leaves] + ([state.late] if state.late else [])


def _near(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=2)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
