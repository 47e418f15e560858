"""An explained event as people read it, section by section, and as a JSON line."""

import json
from collections.abc import Iterable

from domain.instants import SECOND, instant, text
from domain.readings import Failed, NotFound, Reading, Rejected, Shown, Unrecognised, WrongOrder
from ordertrail.explaining import Explained
from ordertrail.looked import Verdict
from ordertrail.reasons import reasons, title
from ordertrail.render import clean, interval, short_time
from ordertrail.stream import Line

Section = tuple[str, list[str]]
BODY_SHOWN = 1_500
_MILLISECOND = SECOND // 1000


def sections(explained: Explained) -> list[Section]:
    """Titles and their sentences; a section that has nothing to say is left out."""
    heading = f"{explained.key}, version {explained.version}: {title(explained.event)}"
    told: list[Section] = [
        (heading, []),
        ("Why", reasons(explained)),
        ("When", list(_when(explained))),
        ("Before it", list(_before(explained))),
        ("The look", list(_look(explained))),
        ("The evidence", list(_evidence(explained))),
        ("Judged again", list(_again(explained))),
    ]
    return [one for one in told if one[1] or one[0] == heading]


def line(explained: Explained) -> Line:
    """An `explain --json` line."""
    event, before, path = explained.event, explained.before, explained.path
    return {
        "order": str(explained.key),
        "version": explained.version,
        "event": type(event.data).__name__,
        "data": event.data,
        "not_before": event.not_before,
        "not_after": event.not_after,
        "recorded_at": event.recorded_at,
        "provider_time": event.provider_time,
        "rules": event.rules,
        "rules_today": explained.rules_today,
        "together_with": [version for version in explained.group if version != explained.version],
        "correction": explained.correction,
        "before": {
            "version": before.version,
            "state": before.state,
            "phase": before.phase,
            "since": {"not_before": before.not_before, "not_after": before.not_after},
            "attention": before.attention,
        },
        "look": _look_line(explained),
        "evidence": _evidence_line(explained),
        "reading": None if explained.looked is None else reading_line(explained.looked.reading),
        "path": None if path is None else path._asdict(),
        "verdict": explained.verdict,
        "why": explained.why or None,
        "made_today": None if explained.today is None else list(map(title, explained.today)),
        "agrees": explained.agrees,
        "words": [{"title": name, "sentences": told} for name, told in sections(explained)],
    }


def reading_line(reading: Reading) -> Line:
    """What was read from an answer, without the details: those are in events."""
    match reading:
        case Shown():
            claims = {state: text(at) for state, at in reading.claims.items()}
            known = {"at_least": reading.at_least, "details": len(reading.details), "claims": claims}
            return {"kind": "shown", "state": reading.state, **known}
        case Unrecognised(word=word):
            return {"kind": "unrecognised", "word": word}
        case Rejected(why=why, example=example):
            return {"kind": "rejected", "why": why, "example": example}
        case WrongOrder(reported=reported):
            return {"kind": "wrong_order", "reported": reported}
        case NotFound(gone=gone):
            return {"kind": "not_found", "gone": gone}
        case Failed(kind=kind):
            return {"kind": "failed", "failure": kind}


def _when(explained: Explained) -> Iterable[str]:
    event = explained.event
    if event.not_before == event.not_after:
        yield f"{short_time(event.not_after)}, when it was written down: no look has to do with it."
    elif event.not_before is None:
        yield (
            f"By {short_time(event.not_after)}, when the look ended. Since when nobody can say: no look "
            "before it shows when it was not yet so."
        )
    else:
        yield (
            f"After {short_time(event.not_before)} and no later than {short_time(event.not_after)}: the last "
            "look that still showed what was before began at the first of these times, and the first look "
            "that showed this had ended at the second."
        )
    look = explained.look
    if look is not None and event.not_after != text(look.answered_at) and event.not_before is not None:
        moved = abs(instant(event.not_after) - look.answered_at)
        widened = f"{moved / SECOND:g} s" if moved >= _MILLISECOND else "less than a millisecond"
        yield f"The times are widened by {widened}: the looks were timed by different or stepped clocks."
    if event.provider_time is not None:
        yield f"The provider itself says {short_time(event.provider_time)}: a claim, not a bound."
    if event.recorded_at != event.not_after:
        yield f"It was written down at {short_time(event.recorded_at)}."


def _before(explained: Explained) -> Iterable[str]:
    before = explained.before
    if before.version == 0:
        yield "Nothing: the order was not known."
        return
    state = before.state or "no state"
    since = interval(before.not_before, before.not_after)
    changed = f", reached {since}" if since else ""
    yield f"As of version {before.version} the order was in {state}{changed}."
    if before.attention:
        yield f"Open were: {', '.join(before.attention)}."


def _look(explained: Explained) -> Iterable[str]:
    look = explained.look
    if look is None:
        if explained.event.look is not None:
            yield f"Look {explained.event.look} is not kept."
        return
    yield (
        f"The provider was asked at {short_time(text(look.asked_at))} and had answered at "
        f"{short_time(text(look.answered_at))}, with HTTP code {look.http_status}"
        f"{f', as {clean(look.content_type)}' if look.content_type else ''}."
    )
    if look.age is not None:
        yield f"The answer admits to being {look.age} s old."
    if look.truncated:
        yield "Reading stopped at the limit for bodies."
    if explained.looked is not None:
        yield f"Read from it: {_read(explained.looked.reading)}."


def _read(reading: Reading) -> str:
    match reading:
        case Shown():
            least = "at least " if reading.at_least else ""
            return f"the order is {least}in {reading.state}, and {len(reading.details)} other fields"
        case Unrecognised(word=word):
            return f"a state that the rules do not know, {clean(word)!r}"
        case Rejected(why=why, example=example):
            return f"nothing, it is {why} ({clean(example)})"
        case WrongOrder():
            return "it is about another order"
        case NotFound():
            return "the provider has no such order"
        case Failed(kind=kind):
            return f"nothing about the order, the channel failed as {kind}"


def _evidence(explained: Explained) -> Iterable[str]:
    if explained.event.evidence is None:
        return
    yield f"SHA-256 {explained.event.evidence}"
    if explained.body is None:
        return
    shown = clean(explained.body.decode())
    yield shown if len(shown) <= BODY_SHOWN else f"{shown[:BODY_SHOWN]}… ({len(shown)} characters)"
    yield "Secrets, and fields that nobody knows, are left out of it."


def _again(explained: Explained) -> Iterable[str]:
    rules = explained.event.rules
    match explained.verdict:
        case Verdict.SAME:
            yield f"Just now, by the same rules {rules}: the same, byte for byte."
        case Verdict.DIFFERS:
            yield f"Just now, by the same rules {rules}, and it does not agree: {explained.why}."
        case Verdict.OTHER_RULES:
            yield f"It can't be: the rules {rules} made it, and today's are {explained.rules_today}."
            if explained.today is not None:
                made = ", ".join(map(title, explained.today)) or "nothing"
                yield f"Of the same answer at the same place today's rules make: {made}."
        case Verdict.ERASED:
            yield "It can't be: the evidence was erased, and that is on record. Event and digest stay."
        case Verdict.LOST:
            yield f"It can't be, and nobody erased anything: {explained.why}."
        case Verdict.NO_LOOK:
            yield "There is no answer of the provider's to judge: what it says of itself is all there is."
        case Verdict.UNREADABLE:
            yield f"It can't be: {explained.why}."


def _look_line(explained: Explained) -> Line | None:
    look, seen = explained.look, explained.looked
    if look is None:
        return None
    return {
        "look": look.look,
        "asked_at": text(look.asked_at),
        "answered_at": text(look.answered_at),
        "http_status": look.http_status,
        "content_type": look.content_type,
        "age": look.age,
        "api": look.api or None,
        "rules": look.rules,
        "truncated": look.truncated,
        "worker": None if seen is None else seen.basis.worker,
        "judged_after": None if seen is None else seen.basis.version,
    }


def _evidence_line(explained: Explained) -> Line | None:
    if explained.event.evidence is None:
        return None
    return {
        "sha256": explained.event.evidence,
        "kept": explained.looked is not None,
        "size": None if explained.looked is None else len(explained.looked.body),
        "body": None if explained.body is None else _shown(explained.body),
    }


def _shown(body: bytes) -> object:
    """Masked JSON as it is; what can't be taken apart as the sentence that says so."""
    try:
        return json.loads(body, parse_float=str)
    except ValueError:
        return body.decode()
