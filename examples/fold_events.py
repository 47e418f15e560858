"""Folds Ordertrail's events into where each order stands. Copy it: it needs nothing of Ordertrail.

    python fold_events.py localhost:9092 [PREFIX]

reads the topic `events` from its beginning to its present end and prints a JSON object for each order: the
same as its record in the topic `orders`. It needs aiokafka, and cramjam for zstd.

`fold` is pure. It takes state and phase from the event's envelope, which holds what stands after the event
whatever its type: so a type that this module does not know can't lead it astray. It passes over repeats and
replays by the event's own number, and refuses to go on where one is missing.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiokafka import AIOKafkaConsumer

Event = Mapping[str, Any]
Headers = Mapping[str, str]


class MissingEvent(Exception):
    """Events of an order were never read: start again from the beginning of the topic."""


@dataclass(frozen=True)
class Order:
    """Where an order stands. `open` is what needs a person: why, by the number of the event that said so."""

    version: int = 0
    position: int = 0
    state: str | None = None
    phase: str | None = None
    since: tuple[str | None, str | None] = (None, None)
    tracking: Mapping[str, Any] | None = None
    stopped: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    open: Mapping[int, str] = field(default_factory=dict)
    erased: bool = False


State = dict[str, Order]
ODDITIES = {"status-unrecognised": "unrecognised", "snapshot-rejected": "rejected"}
SETTINGS = ("environment", "ref", "priority", "deadline", "tenant", "kind")


def fold(state: State, headers: Headers, value: bytes) -> bool:
    """Takes one record of `events` into the state; False: it was there already. Raises MissingEvent."""
    key, _, number = headers["ce_id"].rpartition("@")
    before, version = state.get(key, Order()), int(number)
    if version <= before.version:
        return False
    if version > before.version + 1:
        raise MissingEvent(f"{key}: event {version} came after {before.version}")
    event = json.loads(value)
    kind = headers["ce_type"].removeprefix("ordertrail.").rpartition(".v")[0]
    after = CHANGES.get(kind, _nothing)(before, event, version)
    position = int(headers["ce_position"])
    state[key] = replace(
        after, version=version, position=position, state=event["state"], phase=event["phase"]
    )
    return True


def listed(key: str, order: Order) -> bool:
    """Whether the topic `orders` has it: no event about a provider or the log, no erased order."""
    return not key.startswith("_") and not order.erased


def row(key: str, order: Order) -> dict[str, Any]:
    """The order as the topic `orders` has it."""
    tracking = dict(order.tracking) if order.tracking else None
    ref = tracking.pop("ref") if tracking else None
    return {
        "order": key,
        "provider": key.partition("/")[0],
        "ref": ref,
        "state": order.state,
        "phase": order.phase,
        "attention": attention(order),
        "since": dict(zip(("not_before", "not_after"), order.since, strict=True)),
        "version": order.version,
        "tracking": {**tracking, "stopped": order.stopped} if tracking else None,
        "details": dict(order.details),
        "position": order.position,
    }


def attention(order: Order) -> list[str]:
    """Why a person should look, each reason once. To be forgotten after its end is an order's usual lot."""
    ranks = {"contact_lost": 1, "not_found": 2, "forgotten": 3, "overdue": 4, "execution_uncertain": 5}
    opened = sorted(order.open.items(), key=lambda each: (ranks.get(each[1], 0), each[0]))
    return list(dict.fromkeys(why for _, why in opened if why != "forgotten" or order.phase == "forgotten"))


def _tracked(order: Order, event: Event, version: int) -> Order:
    tracking = {name: event["data"][name] for name in SETTINGS}
    return replace(order, tracking=tracking, stopped=None, erased=False)


def _tracking_changed(order: Order, event: Event, version: int) -> Order:
    after = {name: change["after"] for name, change in event["data"]["changes"].items()}
    return replace(order, tracking={**(order.tracking or {}), **after})


def _stopped(order: Order, event: Event, version: int) -> Order:
    return replace(order, stopped=event["data"]["reason"])


def _state_changed(order: Order, event: Event, version: int) -> Order:
    seen_again = _without(order, ("not_found", "forgotten"))
    return replace(seen_again, since=(event["not_before"], event["not_after"]))


def _details_changed(order: Order, event: Event, version: int) -> Order:
    """A side without `after` means that the provider no longer sends the field; null is null."""
    details = dict(order.details)
    for path, change in event["data"]["changes"].items():
        details.pop(path, None)
        if "after" in change:
            details[path] = change["after"]
    return replace(order, details=details)


def _agreed(order: Order, event: Event, version: int) -> Order:
    resolved = event["data"]["resolves"]
    return replace(order, open={at: why for at, why in order.open.items() if at not in resolved})


def _contradicted(order: Order, event: Event, version: int) -> Order:
    return _opened(order, event["data"]["kind"], version)


def _opening(why: str) -> "Change":
    return lambda order, event, version: _opened(order, why, version)


def _once(why: str) -> "Change":
    """Opens what can be open only once."""
    return lambda order, event, version: _opened(_without(order, (why,)), why, version)


def _restored(order: Order, event: Event, version: int) -> Order:
    return _without(order, ("contact_lost",))


def _recovered(order: Order, event: Event, version: int) -> Order:
    return _without(order, ("overdue",))


def _certain(order: Order, event: Event, version: int) -> Order:
    return _without(order, ("execution_uncertain",))


def _adopted(order: Order, event: Event, version: int) -> Order:
    """A person decided that the provider's word counts."""
    decided = _without(order, ("regressed", "unreachable"))
    return replace(decided, since=(event["not_before"], event["not_after"]))


def _corrected(order: Order, event: Event, version: int) -> Order:
    """What is replaced holds no more; `steps`, if there are any, are all the states from the first."""
    data = event["data"]
    left = {at: why for at, why in order.open.items() if at not in data["replaces"]}
    since = order.since if event["state"] is not None else (None, None)
    if data["steps"]:
        last = data["steps"][-1]
        since = (last["not_before"], last["not_after"])
    return replace(order, open=left, since=since)


def _erased(order: Order, event: Event, version: int) -> Order:
    return replace(order, erased=True)


def _opened(order: Order, why: str, version: int) -> Order:
    return replace(order, open={**order.open, version: why})


def _without(order: Order, reasons: Iterable[str]) -> Order:
    return replace(order, open={at: why for at, why in order.open.items() if why not in reasons})


def _nothing(order: Order, event: Event, version: int) -> Order:
    return order


Change = Callable[[Order, Event, int], Order]
CHANGES: Mapping[str, Change] = {
    "order-tracked": _tracked,
    "tracking-changed": _tracking_changed,
    "tracking-stopped": _stopped,
    "state-changed": _state_changed,
    "details-changed": _details_changed,
    "contradicted": _contradicted,
    "agreed": _agreed,
    "contact-lost": _once("contact_lost"),
    "contact-restored": _restored,
    "order-not-found": _once("not_found"),
    "order-forgotten": _once("forgotten"),
    "order-overdue": _once("overdue"),
    "order-recovered": _recovered,
    "execution-requested": _certain,
    "execution-accepted": _certain,
    "execution-refused": _certain,
    "execution-uncertain": _once("execution_uncertain"),
    "execution-settled": _certain,
    "state-adopted": _adopted,
    "corrected": _corrected,
    "evidence-erased": _erased,
    **{kind: _opening(why) for kind, why in ODDITIES.items()},
}


def told(record: Any, log: str | None) -> Headers | None:
    """A record's headers as text; None: it is not of this log (`log` None: of none). Others may write to a
    topic, by mistake or not."""
    try:
        headers = {name: text.decode() for name, text in record.headers}
    except UnicodeDecodeError:
        return None
    source = headers.get("ce_source", "")
    ours = source == log if log else source.startswith("urn:ordertrail:")
    return headers if ours and record.value is not None else None


async def read(bootstrap: str, prefix: str) -> State:
    """Everything up to the end that the topic has now, of the log whose event comes first."""
    state: State = {}
    log: str | None = None
    consumer = AIOKafkaConsumer(
        prefix + "events",
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if headers := told(record, log):
                        log = headers["ce_source"]
                        fold(state, headers, record.value)
    finally:
        await consumer.stop()
    return state


def main() -> None:
    bootstrap, prefix = sys.argv[1], (sys.argv[2:] or ["ordertrail."])[0]
    for key, order in sorted(asyncio.run(read(bootstrap, prefix)).items()):
        if listed(key, order):
            sys.stdout.write(json.dumps(row(key, order)) + "\n")


if __name__ == "__main__":
    main()
