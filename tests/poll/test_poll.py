"""A worker from end to end: a real log in a file, the providers in the same process, a thousandfold pace."""

import asyncio
import json
import logging
import time
from itertools import pairwise
from random import Random

import httpx
import msgspec
import pytest

from domain.identity import OrderKey, uuid7
from domain.instants import SECOND, text
from domain.log import Log, LogRefused, LogUnreachable
from domain.phases import Phase
from domain.readings import Answer, Look
from domain.rows import NewRequest
from domain.watch import Watch
from ordertrail.budget import Window
from ordertrail.observation import Observation
from ordertrail.policy import Freshest
from ordertrail.record import Recorder
from simulators.faults import Fault
from tests.poll.working import Place, now, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


def state(place: Place, key: OrderKey) -> str | None:
    return place.order(key).state


async def test_orders_are_followed_to_where_they_really_stand(place: Place) -> None:
    keys = [key for slug in place.simulators for key in short_lived(place, slug, 3)]

    async with running(place.worker()) as worker:
        await until(lambda: all(state(place, key) for key in keys))
        await until(lambda: any(place.order(key).phase is Phase.FULFILLED for key in keys))

    assert sum(worker.orders.values()) == 12
    assert all(counts.looks for counts in worker.counts.values())
    assert not any(counts.failures for counts in worker.counts.values())


async def test_unchanged_answers_are_coverage_and_no_events(place: Place) -> None:
    keys = frozen(place)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].unchanged > 20)

    counts, tail = worker.counts["xverse"], place.log.tail()
    watches = [saved(place, key) for key in keys]
    assert counts.events == tail - len(keys)
    assert sum(span.looks for watch in watches for span in watch.spans) == counts.looks


async def test_an_order_tracked_while_it_runs_is_looked_at(place: Place) -> None:
    async with running(place.worker("runa")) as worker:
        await until(lambda: "runa" in worker.orders)
        [key] = place.seed_orders("runa", 1)
        place.track([key])
        await until(lambda: state(place, key) is not None)


async def test_a_stopped_order_is_left_alone(place: Place) -> None:
    keys = frozen(place)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].unchanged > 3)
        for key in keys:
            place.recorder(place.log).stop(key, "asked", by="tester")
        await until(lambda: worker.orders["xverse"] == 0)
        await asyncio.sleep(0.05)
        looks = worker.counts["xverse"].looks
        await asyncio.sleep(0.2)

    assert worker.counts["xverse"].looks == looks


async def test_a_request_to_refresh_comes_before_all_else(place: Place) -> None:
    place.policy = Freshest(pace=10.0)
    keys = frozen(place)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].looks == len(keys))
        place.log.ask(NewRequest("refresh", str(keys[0]), time.time_ns() // 1000))
        await until(lambda: worker.counts["xverse"].looks == len(keys) + 1)


async def test_a_restarted_worker_goes_on_where_it_was(place: Place) -> None:
    place.policy = Freshest(pace=10.0)
    keys = frozen(place)
    async with running(place.worker("xverse")) as first:
        await until(lambda: first.counts["xverse"].looks == len(keys))
    tail = place.log.tail()

    async with running(place.worker("xverse")) as second:
        await until(lambda: second.orders["xverse"] == len(keys))
        await asyncio.sleep(0.1)

    assert second.counts["xverse"].looks == 0
    assert place.log.tail() == tail


async def test_an_unreachable_provider_is_said_once_and_asked_until_it_is_back(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="tests.poll")
    keys = frozen(place)
    place.transports["xverse"].down = True

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].failures["connect"] > 6)
        place.transports["xverse"].down = False
        await until(lambda: all(state(place, key) for key in keys))

    said = [record.message for record in caplog.records if "xverse " in record.message]
    assert [message.partition(" (")[0] for message in said] == [
        "xverse does not answer as it should",
        "xverse answers again",
    ]
    assert not any(record.exc_info for record in caplog.records)


async def test_a_log_that_is_away_at_the_start_is_waited_for(place: Place) -> None:
    keys, away = frozen(place), [True, True]

    def opened() -> Log:
        if away:
            away.pop()
            raise LogUnreachable("the disk is away")
        return place.open()

    async with running(place.worker("xverse", log=opened)):
        await until(lambda: all(state(place, key) for key in keys))


async def test_an_unfit_log_ends_the_worker(place: Place) -> None:
    def refused() -> Recorder:
        raise LogRefused("of another version")

    frozen(place)

    with pytest.raises(LogRefused):
        await asyncio.wait_for(place.worker("xverse", recorder=refused).run(asyncio.Event()), 5)


async def test_a_worker_keeps_to_its_budget(place: Place) -> None:
    place.windows = (Window(6, 1.0),)
    frozen(place, 12)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].looks >= 9)

    asked = place.transports["xverse"].asked
    assert all(later - at > 1.0 for at, later in zip(asked, asked[6:], strict=False))
    assert all(later >= at for at, later in pairwise(asked))


async def test_what_another_worker_has_seen_is_not_seen_anew(place: Place) -> None:
    keys = place.seed_orders("xmrto", 4)
    place.track(keys)

    async with running(place.worker("xmrto")), running(place.worker("xmrto")):
        await until(lambda: all(place.order(key).phase is not None for key in keys))
        await asyncio.sleep(0.5)

    for key in keys:
        assert not place.order(key).oddities
        rows = place.log.stream(str(place.log.registered(*key)))
        assert [row.version for row in rows] == list(range(1, len(rows) + 1))


async def test_watching_ends_long_after_the_order_is_over(place: Place) -> None:
    place.policy = Freshest(pace=0.001, watch_for=0)
    keys = short_lived(place, "runa", 2)

    async with running(place.worker("runa")) as worker:
        await until(lambda: all(place.order(key).stopped == "watch_ended" for key in keys))
        await until(lambda: worker.orders["runa"] == 0)


async def test_a_pause_that_one_order_asks_for_does_not_hold_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = frozen(place, 60)
    transport = place.transports["xverse"]
    answer = transport.handle_async_request

    async def later(request: httpx.Request) -> httpx.Response:
        response = await answer(request)
        headers = {**response.headers, "retry-after": "3600"}
        return httpx.Response(response.status_code, headers=headers, content=await response.aread())

    monkeypatch.setattr(transport, "handle_async_request", later)

    async with running(place.worker("xverse")):
        await until(lambda: all(place.order(key).state for key in keys))


async def test_an_order_that_is_tracked_again_is_watched_for_as_long_again(place: Place) -> None:
    place.policy = Freshest(pace=0.001, watch_for=SECOND)
    [key] = short_lived(place, "runa", 1)
    async with running(place.worker("runa")):
        await until(lambda: place.order(key).stopped == "watch_ended")
    tracked_at = time.monotonic()
    place.track([key])

    async with running(place.worker("runa")) as worker:
        await until(lambda: place.order(key).stopped == "watch_ended")

    assert worker.counts["runa"].looks >= 1
    assert time.monotonic() - tracked_at >= 1


async def test_an_order_that_was_stopped_while_a_look_was_out_stays_stopped(place: Place) -> None:
    [key] = frozen(place, 1)
    async with running(place.worker("xverse")):
        await until(lambda: place.order(key).state is not None)
    recorder = place.recorder(place.log)
    recorder.stop(key, "paid otherwise", by=None)
    at, body = now(), json.dumps({"id": key.order_id, "state": "complete"}).encode()
    look = Look(uuid7(at, Random(1)), at, at + 1)
    [seen] = recorder.observe([Observation(key, look, Answer(200, "application/json", body))])
    assert (place.order(key).state, len(seen.events) > 0) == ("complete", True)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.orders["xverse"] == 0)


async def test_an_order_that_is_not_done_by_its_deadline_is_overdue(place: Place) -> None:
    [key] = frozen(place, 1)
    place.track([key], deadline=text(time.time_ns() // 1000 + 300_000))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(key).overdue is not None)

    overdue = place.order(key).overdue
    assert overdue is not None
    assert overdue.basis == "deadline"


async def test_an_order_with_a_deadline_is_looked_at_when_it_has_passed(place: Place) -> None:
    place.policy = Freshest(pace=100.0)
    [key] = frozen(place, 1)
    soon = time.time_ns() // 1000 + 8_000_000
    place.track([key], deadline=text(soon))

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].looks == 2)

    assert (saved(place, key).last or 0) >= soon


async def test_stopping_records_the_answers_on_their_way(place: Place) -> None:
    keys = frozen(place, 8)
    stop, worker = asyncio.Event(), place.worker("xverse")
    running_worker = asyncio.create_task(worker.run(stop))
    await until(lambda: len(place.transports["xverse"].asked) > 0)

    stop.set()
    await running_worker

    seen = sum(state(place, key) is not None for key in keys)
    assert seen == min(len(place.transports["xverse"].asked), len(keys))


async def test_a_provider_that_asks_for_a_pause_gets_it(place: Place) -> None:
    keys, transport = frozen(place), place.transports["xverse"]
    transport.refusing = {"retry-after": "1"}

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].refused > 0)
        transport.refusing = None
        await asyncio.sleep(0.05)
        before = len(transport.asked)
        await until(lambda: all(state(place, key) for key in keys))

    assert transport.asked[before] - transport.asked[before - 1] > 0.9
    assert worker.counts["xverse"].failures["rate_limited"] == worker.counts["xverse"].refused


async def test_faults_of_all_kinds_stop_no_order(place: Place) -> None:
    faults = {
        Fault.SERVER_ERROR: 0.1,
        Fault.SERVER_ERROR_HTML: 0.1,
        Fault.CUT_OFF: 0.1,
        Fault.MALFORMED: 0.1,
        Fault.UNKNOWN_WORD: 0.1,
    }
    faulty = Place(place.file, faults=faults)
    keys = [key for slug in faulty.simulators for key in faulty.seed_orders(slug, 3)]
    faulty.track(keys)

    async with running(faulty.worker()) as worker:
        await until(lambda: sum(sum(counts.failures.values()) for counts in worker.counts.values()) > 30)
        await until(lambda: all(state(place, key) for key in keys))

    kinds = {kind for counts in worker.counts.values() for kind in counts.failures}
    assert "cut" in kinds
    assert "internal" not in kinds
    faulty.log.close()


def frozen(place: Place, count: int = 4) -> list[OrderKey]:
    """Xverse orders in which nothing happens for years."""
    return lived(place, "xverse", count, 1e6)


def short_lived(place: Place, slug: str, count: int) -> list[OrderKey]:
    """Orders that are over within a second or two, the slowest too."""
    return lived(place, slug, count, 1e-5)


def lived(place: Place, slug: str, count: int, time_scale: float) -> list[OrderKey]:
    other = Place(place.file, time_scale=time_scale)
    place.transports[slug] = other.transports[slug]
    keys = other.seed_orders(slug, count)
    other.log.close()
    place.track(keys)
    return keys


def saved(place: Place, key: OrderKey) -> Watch:
    row = place.log.watch(str(place.log.registered(*key)))
    assert row is not None
    return msgspec.json.decode(row.watch, type=Watch)
