"""Orders and looks for benchmarks: XMR.TO orders walking UNPAID → PAID_UNCONFIRMED → PAID → BTC_SENT."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from random import Random

from adapters.providers import ADAPTERS
from adapters.vault import KEY_BYTES, Vault
from domain.identity import OrderKey, uuid7
from domain.instants import HOUR, SECOND
from domain.log import Log
from domain.order import Tracking
from domain.providers import PROVIDERS
from domain.readings import Answer, Look, Read
from ordertrail.observation import Observation
from ordertrail.record import Recorder

BEGIN = 1_767_225_600 * SECOND
WALK = ("UNPAID", "PAID_UNCONFIRMED", "PAID", "BTC_SENT")
EVERY = 9_973
"""Microseconds from one look to the next."""
ENVIRONMENTS = dict.fromkeys(PROVIDERS, "bench")


def recorder(
    log: Log, rng: Random, *, vault: Vault | None = None, readers: Mapping[str, Read] | None = None
) -> Recorder:
    return Recorder(
        log=log,
        vault=vault or Vault(log, bytes(KEY_BYTES)),
        providers=PROVIDERS,
        readers=readers or {slug: adapter.read for slug, adapter in ADAPTERS.items()},
        environments=ENVIRONMENTS,
        now=lambda: BEGIN,
        rng=rng,
        cached=1_000_000,
    )


def keys(count: int) -> list[OrderKey]:
    return [OrderKey("xmrto", f"xmrto-{number:06d}") for number in range(count)]


def tracked(recording: Recorder, orders: list[OrderKey]) -> dict[OrderKey, str]:
    """The orders' streams, once all are tracked."""
    wanted = Tracking(environment="bench")
    return {one.key: one.stream for one in recording.track([(key, wanted) for key in orders])}


def body(order_id: str, state: str) -> bytes:
    return json.dumps(
        {
            "state": state,
            "uuid": order_id,
            "btc_amount": 0.1,
            "btc_dest_address": "1FhnVJi2V1k4MqXm2nHoEbY5LV7FPai7bb",
            "btc_num_confirmations_before_purge": 144,
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-01T00:15:00Z",
            "seconds_till_timeout": 300,
            "xmr_amount_total": 25.233409,
            "xmr_price_btc": 0.003963,
            "xmr_receiving_address": "44TVPcCSHebEQp4LnapPkhb2pondb2Ed7GJJLc6TkKwtSyumUnQ6QzkCCkojZycH2MRfLc",
        }
    ).encode()


def looks(orders: list[OrderKey], streams: dict[OrderKey, str], rng: Random) -> Iterator[list[Observation]]:
    """One list a step of the walk: every order, each with a changed answer, one after another."""
    for step, state in enumerate(WALK):
        begin = BEGIN + (step + 1) * HOUR
        yield [
            Observation(
                key=key,
                stream=streams[key],
                look=Look(uuid7(at, rng), at, at + SECOND // 10),
                came_back=Answer(200, "application/json", body(key.order_id, state)),
                api="v2",
            )
            for at, key in zip(count(begin, EVERY), orders)
        ]


def filled(log: Log, orders: int) -> None:
    """Orders that have walked all their states."""
    rng = Random(1)
    recording, chosen = recorder(log, rng), keys(orders)
    for step in looks(chosen, tracked(recording, chosen), rng):
        for start in range(0, len(step), 1000):
            recording.observe(step[start : start + 1000])
