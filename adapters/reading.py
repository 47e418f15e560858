"""How an answer is read, whoever gave it: the body before the HTTP code, nothing guessed, nothing raised.

Each provider says in a `Reader` where its words are; the order of the questions is the same for all:

    is it a refusal in the provider's own words?        NotFound, Failed
    did the channel fail?                               Failed
    can the body be trusted?                            Rejected
    is it about the order that was asked for?           WrongOrder
    where does it say that the order stands?            Shown, Unrecognised, NotFound, Rejected
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.claims import claimed
from domain.body import DOUBLED, Digits, Json, Malformed, parse
from domain.fields import TooLong, WrongType
from domain.instants import Instant
from domain.provider import Provider
from domain.readings import Answer, Failed, NotFound, Reading, Rejected, Shown, Unrecognised, Why, WrongOrder

Body = dict[str, Json]
MAX_WORD = 200
_TOO_MANY = 429
_CHANNEL = {401: "unauthorised", 403: "forbidden", _TOO_MANY: "rate_limited"}
_REDIRECTS = (301, 302, 303, 307, 308)


class Standing(NamedTuple):
    """The provider's word, None if it gives none; `at_least` if it was derived from flags."""

    word: str | None
    at_least: bool = False


def nothing(_: Body) -> Mapping[str, Json]:
    return {}


def no_kind(_: Body) -> str | None:
    return None


@dataclass(frozen=True)
class Reader:
    """Where one provider's words are.

    `refusal` knows the provider's own errors, given the HTTP code and any JSON; `identities` are the ids
    that a body names, each of which may be the order's; `claims` maps states to the raw times it gives for
    reaching them; `pause`: seconds to wait after too many requests, where the provider says so. `identities`
    and `standing` may raise WrongType and Malformed.
    """

    provider: Provider
    refusal: Callable[[int, Json], Reading | None]
    identities: Callable[[Body], Sequence[str]]
    standing: Callable[[Body], Standing]
    gone: frozenset[str] = frozenset()
    claims: Callable[[Body], Mapping[str, Json]] = nothing
    kind: Callable[[Body], str | None] = no_kind
    pause: float | None = None

    def __call__(self, order_id: str, answer: Answer) -> Reading:
        body = _parsed(answer)
        if not isinstance(body, Rejected):
            refused = self.refusal(answer.status, body)
            if refused is not None:
                return refused
        if not 200 <= answer.status < 300:
            return channel(answer.status, self.pause)
        if isinstance(body, Rejected):
            return body
        return self._read(order_id, body) if isinstance(body, dict) else Rejected(Why.WRONG_TYPE, "the body")

    def _read(self, order_id: str, body: Body) -> Reading:
        meaning = self.provider.fields.meaning(body)
        try:
            return self._standing(order_id, body, meaning)
        except WrongType as error:
            return Rejected(Why.WRONG_TYPE, error.path, meaning)
        except TooLong as error:
            return Rejected(Why.TOO_LARGE, error.path, meaning)
        except Malformed as error:
            return Rejected(Why.MALFORMED, str(error), meaning)

    def _standing(self, order_id: str, body: Body, meaning: bytes) -> Reading:
        ids = self.identities(body)
        if ids and order_id not in ids and all(self._differ(one, order_id) for one in ids):
            return WrongOrder(self._any_word(body), meaning)
        word, at_least = self.standing(body)
        if word is None:
            return Rejected(Why.NO_STATE, "no state is given", meaning)
        if word in self.gone:
            return NotFound(gone=True)
        if word not in self.provider.phases:
            return Unrecognised(word[:MAX_WORD], meaning)
        claims = dict(_instants(self.claims(body)))
        unlisted: dict[str, str] = {}
        details = self.provider.fields.details(body, unlisted)
        kind = self.kind(body)
        return Shown(word, details, meaning, at_least=at_least, claims=claims, kind=kind, unlisted=unlisted)

    def _differ(self, named: str, order_id: str) -> bool:
        return self.provider.normalise(named) != self.provider.normalise(order_id)

    def _any_word(self, body: Body) -> str | None:
        try:
            word = self.standing(body).word
        except (WrongType, Malformed):
            return None
        return None if word is None else word[:MAX_WORD]


def _parsed(answer: Answer) -> Json | Rejected:
    if answer.truncated:
        return Rejected(Why.TOO_LARGE, "the body")
    try:
        return parse(answer.body)
    except Malformed as error:
        return Rejected(Why.MALFORMED, str(error))


def channel(status: int, pause: float | None = None) -> Failed:
    """A failure that says nothing about the order; `pause`: seconds to wait if it was too many requests."""
    if status == _TOO_MANY:
        return Failed(_CHANNEL[status], retry_after=pause)
    if status in _REDIRECTS:
        return Failed("redirected")
    return Failed(_CHANNEL.get(status, f"http_{status}"))


def named(*ids: str | None) -> Sequence[str]:
    """The ids that a body does name."""
    return [one for one in ids if one is not None]


def text(body: Body, *names: str, where: str = "") -> str | None:
    """The first of these fields that holds a text; null and empty count as absent.

    `where` is the path of the body. Raises WrongType and Malformed.
    """
    for name in names:
        value = body.get(name)
        if value is DOUBLED:
            raise Malformed(f"the key {where}{name} stands twice")
        if value is None or value == "":
            continue
        if not isinstance(value, str) or isinstance(value, Digits):
            raise WrongType(f"{where}{name}", "no text")
        return value
    return None


def _instants(claims: Mapping[str, Json]) -> Iterable[tuple[str, Instant]]:
    for state, raw in claims.items():
        at = claimed(raw)
        if at is not None:
            yield state, at
