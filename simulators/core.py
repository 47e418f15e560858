"""The simulator around a provider: keys, rate windows, faults and truth. Pure: `request, now → answer`."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple, Protocol

from simulators.details import Shown, details
from simulators.faults import (
    AFTER,
    BEFORE,
    DISTORTIONS,
    OTHERS,
    VIEWS,
    Fault,
    FaultPlan,
    draw_fault,
    fault_rng,
)
from simulators.limits import Limiter, Windows
from simulators.message import Answer, Body, Request, Told
from simulators.order import Facts, Order
from simulators.truth import PREFIX, truth_answer, truth_of


@dataclass(slots=True)
class Call:
    """One request being answered: when, and with which fault, if any, the provider shows its orders.

    `watched`: patterns of the details that what is told is marked with; `instead`: the order that is shown
    whichever was asked for.
    """

    request: Request
    now: float
    watched: Sequence[str] = ()
    rng: Random | None = None
    fault: Fault | None = None
    took_effect: bool = False
    told: Told | None = None
    instead: Order[Any] | None = None

    def show(
        self,
        order: Order[Facts],
        body_at: Callable[[Order[Facts], float], Body],
        state_fields: tuple[str, ...],
    ) -> Body:
        """The body a GET of this order shows now, or what the fault makes of it."""
        if self.rng is None or self.fault is None:
            body = body_at(order, self.now)
            self.told = Told(order.id, self.now, order.state_at(self.now), details(body, self.watched))
            return body
        asked, order = order, self.instead or order
        view, distortion = VIEWS.get(self.fault), DISTORTIONS.get(self.fault)
        at = view(order, self.now, self.rng) if view else self.now
        honest = body_at(order, at)
        body = distortion(honest, state_fields, self.rng) if distortion else honest
        self.told = Told(order.id, at, order.state_at(at), details(body, self.watched))
        self.took_effect = at != self.now or body != honest or asked.id != order.id
        return body


class Appearance(NamedTuple):
    """From `at` on (seconds UTC) a body shows this value under this path; `gone`: the path no more."""

    at: float
    path: str
    value: Shown = None
    gone: bool = False


class Provider(Protocol):
    """What a provider file supplies; its own limits are in `windows`, by rule."""

    name: str
    windows: Windows
    watched: Sequence[str]

    def orders(self) -> Iterable[Order[Any]]: ...
    def order(self, order_id: str) -> Order[Any] | None: ...
    def refusal(self, request: Request, api_keys: Collection[str] | None) -> Answer | None: ...
    def caller(self, request: Request) -> str: ...
    def rules(self, request: Request) -> Sequence[str]: ...
    def too_many(self, wait: float) -> Answer: ...
    def broken(self) -> Answer: ...
    def unknown(self) -> Answer: ...
    def answer(self, call: Call) -> Answer: ...
    def view(self, order: Order[Any], at: float, version: str) -> Body: ...
    def sample(self, number: int) -> Request: ...
    def created_id(self, answer: Answer) -> str: ...


class Simulator:
    """`api_keys` None: any key will do where one is required. `windows` None: no limits."""

    def __init__(
        self,
        source: Provider,
        *,
        seed: int,
        windows: Windows | None,
        faults: FaultPlan,
        api_keys: Collection[str] | None,
    ) -> None:
        self.provider = source.name
        self.watched = source.watched
        self._source = source
        self._seed = seed
        self._limiter = Limiter(windows or {})
        self._faults = faults
        self._api_keys = api_keys
        self._seeded = 0

    def handle(self, request: Request, now: float) -> Answer:
        """`now`: seconds since the epoch, UTC; it must not run backwards."""
        if request.path.startswith(PREFIX):
            return self._truth_answer(request, now)
        refusal = self._source.refusal(request, self._api_keys)
        if refusal is not None:
            return refusal
        wait = self._limiter.wait(self._source.rules(request), self._source.caller(request), now)
        if wait > 0:
            return replace(self._source.too_many(wait), over_limit=True)
        if not self._faults:
            return self._answered(Call(request, now, self._source.watched))
        return self._faulty(request, now)

    def seed_orders(self, count: int, now: float) -> list[str]:
        """Places orders through the provider's own create calls, past keys, limits and faults; their ids."""
        ids = []
        for _ in range(count):
            call = Call(self._source.sample(self._seeded), now)
            ids.append(self._source.created_id(self._source.answer(call)))
            self._seeded += 1
        return ids

    def truth(self, now: float) -> list[Body]:
        """The truth of every order, in the order they were placed; shape: see `simulators.truth`."""
        return [truth_of(order, now) for order in self._source.orders()]

    def appearances(self, order_id: str, now: float, version: str = "") -> list[Appearance]:
        """Every change of what an order shows beside its state, as it came about; `version` of the API."""
        order = self._source.order(order_id)
        if order is None:
            return []
        times = {order.created_at, *(step.entered_at for step in order.steps), *(c.at for c in order.changes)}
        seen: dict[str, Shown] = {}
        found: list[Appearance] = []
        for at in sorted(at for at in times if at <= now):
            shown = details(self._source.view(order, at, version), self._source.watched)
            for path in sorted(seen.keys() | shown.keys()):
                if path not in shown:
                    found.append(Appearance(at, path, gone=True))
                elif path not in seen or seen[path] != shown[path]:
                    found.append(Appearance(at, path, shown[path]))
            seen = shown
        return found

    def truth_of(self, order_id: str, now: float) -> Body | None:
        order = self._source.order(order_id)
        return None if order is None else truth_of(order, now)

    def _truth_answer(self, request: Request, now: float) -> Answer:
        known = self._source.order(request.path.removeprefix(f"{PREFIX}orders/"))
        return truth_answer(self._source.orders() if known is None else [known], request, now)

    def _answered(self, call: Call) -> Answer:
        answer = self._source.answer(call)
        return answer if call.told is None else replace(answer, told=call.told)

    def _faulty(self, request: Request, now: float) -> Answer:
        rng = fault_rng(self._seed, self.provider, request, now)
        fault = draw_fault(self._faults, rng)
        if fault is None:
            return self._answered(Call(request, now, self._source.watched))
        if fault in BEFORE:
            return replace(BEFORE[fault](self._source, rng, now), fault=fault)
        instead = rng.choice(list(self._source.orders())) if fault in OTHERS else None
        call = Call(request, now, self._source.watched, rng, fault, instead=instead)
        honest = self._answered(call)
        answer = AFTER[fault](honest, rng) if fault in AFTER else honest
        if fault is Fault.STALE_WITH_AGE and call.told is not None:
            answer = replace(answer, headers={**answer.headers, "age": str(int(now - call.told.at))})
        return replace(answer, fault=fault) if call.took_effect or answer is not honest else answer
