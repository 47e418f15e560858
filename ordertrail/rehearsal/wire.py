"""The providers as transports in the same process, and the tape of every look with its truth."""

import json
from asyncio import CancelledError, sleep
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

import httpx

from domain.identity import OrderKey
from ordertrail.rehearsal.process import Process
from ordertrail.rehearsal.virtual import EPOCH, VirtualTime
from simulators import Answer, Request, Simulator
from simulators.details import Shown
from simulators.message import Told
from simulators.transport import received

_MILLISECOND = 0.001


class Came(StrEnum):
    """How a look ended, as the wire has it."""

    BODY = "body"
    TIMEOUT = "timeout"
    CUT = "cut"
    CONNECT = "connect"
    NEVER = "never"


@dataclass(slots=True)
class Taken:
    """One look: times in microseconds, steady since the start, and by the process's own clock then.

    `fault` is the simulator's mark. `lost`: the process died before any of it was stored.
    """

    key: OrderKey
    process: Process
    started: int
    asked: int
    clock: str
    ended: int = 0
    came: Came = Came.NEVER
    status: int = 0
    age: int | None = None
    fault: str | None = None
    told: Told | None = None
    over_limit: bool = False
    lost: bool = False

    @property
    def answered(self) -> int:
        """By the process's clock, as it went when asking."""
        return self.asked + self.ended - self.started

    @property
    def error(self) -> int:
        """How far that clock was ahead of the truth."""
        return self.asked - self.started - EPOCH


@dataclass
class Tape:
    """All looks in the order of asking. Most show what the one before them showed: that is kept once."""

    looks: list[Taken] = field(default_factory=list)
    _shown: dict[tuple[object, ...], Mapping[str, Shown]] = field(default_factory=dict)

    def once(self, told: Told | None) -> Told | None:
        if told is None:
            return None
        shown = self._shown.setdefault(tuple(told.details.items()), told.details)
        return replace(told, details=shown)


Down = Callable[[str, float], bool]
"""(provider, seconds since the start) → whether nothing answers there."""


class Wire(httpx.AsyncBaseTransport):
    """One process's way to one provider. Delays of some milliseconds lie before and after the provider."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        process: Process,
        time: VirtualTime,
        tape: Tape,
        rng: Random,
        down: Down,
    ) -> None:
        self._simulator = simulator
        self._process = process
        self._time = time
        self._tape = tape
        self._rng = rng
        self._down = down

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = await received(request)
        moment = self._process.clock.moment()
        key = OrderKey(self._simulator.provider, order_of(asked))
        taken = Taken(key, self._process, moment.steady, moment.wall, self._process.clock.name)
        self._tape.looks.append(taken)
        try:
            return await self._answered(request, asked, taken)
        except CancelledError:
            self._end(taken, Came.TIMEOUT)
            raise

    async def _answered(self, request: httpx.Request, asked: Request, taken: Taken) -> httpx.Response:
        await sleep(self._rng.randint(2, 250) * _MILLISECOND)
        if self._down(self._simulator.provider, self._time.seconds):
            self._end(taken, Came.CONNECT)
            raise httpx.ConnectError("nobody is there", request=request)
        answer = self._simulator.handle(asked, self._time.utc)
        taken.status, taken.fault, taken.over_limit = answer.status, answer.fault, answer.over_limit
        taken.told = self._tape.once(answer.told)
        taken.age = int(answer.headers["age"]) if "age" in answer.headers else None
        await sleep(self._rng.randint(1, 50) * _MILLISECOND)
        await self._delay(request, answer, taken)
        return self._response(answer, taken)

    async def _delay(self, request: httpx.Request, answer: Answer, taken: Taken) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and answer.delay_seconds > patience:
            await sleep(patience)
            self._end(taken, Came.TIMEOUT)
            raise httpx.ReadTimeout("the answer came too late", request=request)
        if answer.delay_seconds:
            await sleep(answer.delay_seconds)

    def _response(self, answer: Answer, taken: Taken) -> httpx.Response:
        if answer.cut_after is None and not answer.pauses:
            self._end(taken, Came.BODY)
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        return httpx.Response(answer.status, headers=headers, stream=_Body(self, answer, taken))

    def _end(self, taken: Taken, came: Came) -> None:
        taken.ended, taken.came = self._time.micros, came


class _Body(httpx.AsyncByteStream):
    """A body in pieces, with pauses between them; it may end too soon."""

    def __init__(self, wire: Wire, answer: Answer, taken: Taken) -> None:
        self._wire = wire
        self._answer = answer
        self._taken = taken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer = self._answer
        body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
        try:
            for pause, piece in zip((*answer.pauses, 0.0), _pieces(body, len(answer.pauses)), strict=True):
                yield piece
                await sleep(pause)
        except CancelledError:
            self._wire._end(self._taken, Came.TIMEOUT)
            raise
        self._wire._end(self._taken, Came.BODY if answer.cut_after is None else Came.CUT)
        if answer.cut_after is not None:
            raise httpx.ReadError("the connection was closed in mid-body")


def _pieces(body: bytes, cuts: int) -> Sequence[bytes]:
    size = len(body) // (cuts + 1)
    return [body[at * size : (at + 1) * size if at < cuts else None] for at in range(cuts + 1)]


def order_of(request: Request) -> str:
    """Which order a request asks about."""
    if request.body:
        return str(json.loads(request.body)["uuid"])
    return request.query.get("id") or request.path.rpartition("/")[2]
