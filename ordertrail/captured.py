"""Captured polls: one JSON object a line becomes a look. A line is checked wholly before it counts."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Annotated, BinaryIO, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from domain.body import DOUBLED, Malformed, parse
from domain.identity import order_key, uuid7
from domain.instants import MINUTE, Instant, instant, plausible
from domain.readings import Answer, Failed, Look
from ordertrail.observation import Observation

LINE_BYTES = 64 * 1024 * 1024
CLOCK_TOLERANCE = 5 * MINUTE
CHUNK_BYTES = 64 * 1024
_REASON_LENGTH = 300


class Refused(ValueError):
    """A line that can't be taken; the message says why, without quoting the body."""


class NumberedLine(NamedTuple):
    """`content` is None for a line that is longer than a line may be."""

    number: int
    content: bytes | None


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError("a time is text such as 2026-01-31T12:00:00Z")
    at = instant(value[:64])
    if not plausible(at):
        raise ValueError("a time before 1970")
    return at


Time = Annotated[Instant, BeforeValidator(_instant)]


class CapturedPoll(BaseModel):
    """One line: a body, as text or as base64, or else an error such as `timeout`, `connect`, `http_502`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    provider: str
    order_id: str
    asked_at: Time
    answered_at: Time
    http_status: Annotated[int, Field(ge=100, le=599)] | None = None
    content_type: Annotated[str, Field(max_length=255, pattern=r"^[\x20-\x7e]*$")] | None = None
    body: str | None = None
    body_base64: str | None = None
    error: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns lines into observations. `normalise` maps each known provider to its spelling of an order id."""

    normalise: dict[str, Callable[[str], str]]
    rng: Random
    body_limit: int
    worker: str
    now: Callable[[], Instant]

    def observation(self, line: bytes) -> Observation:
        """Raises Refused."""
        poll = _poll(line)
        try:
            key = order_key(poll.provider[:40], poll.order_id, self.normalise)
        except ValueError as error:
            raise Refused(str(error)) from None
        if poll.answered_at < poll.asked_at:
            raise Refused("answered_at is before asked_at")
        if poll.answered_at > self.now() + CLOCK_TOLERANCE:
            raise Refused("answered_at is in the future: whoever captured it has a wrong clock")
        look = Look(uuid7(poll.asked_at, self.rng), poll.asked_at, poll.answered_at, worker=self.worker)
        return Observation(key, look, self._came_back(poll), began=poll.asked_at)

    def _came_back(self, poll: CapturedPoll) -> Answer | Failed:
        given = [name for name in ("body", "body_base64", "error") if getattr(poll, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise Refused(f"one of body, body_base64 and error is needed: there is {found}")
        if poll.error is not None:
            return Failed(poll.error)
        if poll.http_status is None:
            raise Refused("http_status is missing beside a body")
        body = (poll.body or "").encode() if poll.body_base64 is None else _decoded(poll.body_base64)
        truncated = len(body) > self.body_limit
        return Answer(poll.http_status, poll.content_type, body[: self.body_limit], truncated)


def numbered(file: BinaryIO, longest: int = LINE_BYTES) -> Iterator[NumberedLine]:
    """The file's lines, without the blank ones; never more than one of them in memory."""
    number = 0
    while content := file.readline(longest):
        number += 1
        if len(content) == longest and not content.endswith(b"\n") and _rest(file):
            yield NumberedLine(number, None)
        elif content.strip():
            yield NumberedLine(number, content)


def _rest(file: BinaryIO) -> int:
    """The bytes that were left of a line, now passed over."""
    passed = 0
    while chunk := file.readline(CHUNK_BYTES):
        passed += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return passed


def _poll(line: bytes) -> CapturedPoll:
    try:
        fields = parse(line)
    except Malformed as error:
        raise Refused(str(error)) from None
    if not isinstance(fields, dict):
        raise Refused("no JSON object")
    for name, value in fields.items():
        if value is DOUBLED:
            raise Refused(f"the key {name[:40]!r} stands twice")
    try:
        return CapturedPoll.model_validate(fields)
    except ValidationError as error:
        raise Refused(_reasons(error)) from None


def _reasons(error: ValidationError) -> str:
    """What is wrong with which key; never a value but a time."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    reasons = [f"{str(one['loc'][0])[:40]}: {one['msg'].removeprefix('Value error, ')}" for one in found]
    return "; ".join(reasons)[:_REASON_LENGTH]


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Refused("body_base64 is no base64") from None
