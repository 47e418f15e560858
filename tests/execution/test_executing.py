"""A worker that is asked to execute an order, from the request to what the log says in the end."""

import asyncio

import httpx
import pytest

from adapters.providers import ADAPTERS
from domain.instants import MINUTE
from domain.providers import PROVIDERS
from domain.rows import Claim, Effect, Entry
from ordertrail.executions import Wish, begin, new_request, settle
from tests.execution.asking import KEY, ask, at, told, waiting
from tests.execution.twin import FUNDING, ORDER, Twin, fails, says
from tests.poll.working import Place, now, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_a_request_is_written_down_sent_once_and_answered(place: Place) -> None:
    twin = at(place, Twin(answers=[says(200, {"fundTransactionId": FUNDING})]))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", "Accepted"])
        await asyncio.sleep(0.1)

    execution = place.order(KEY).execution
    assert execution is not None
    assert (execution.stage, execution.funding_transaction, execution.state) == ("accepted", FUNDING, "new")
    assert twin.executed == [("etch", ORDER, {"fundTransactionId": FUNDING})]
    assert set(twin.keys) == {"a-key"}
    assert waiting(place) == []


async def test_it_is_in_the_log_before_it_leaves(place: Place) -> None:
    twin = at(place, Twin(kind="rune_mint"))
    seen: list[str] = []

    async def look(request: httpx.Request) -> httpx.Response:
        seen.extend(told(place))
        return httpx.Response(200)

    twin.answers = [look]
    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", "Accepted"])

    assert seen == ["Requested"]
    assert [kind for kind, _, _ in twin.executed] == ["mint"]


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        (says(400, {"message": "Order is failed"}), "Refused"),
        (says(401, {"message": "Missing API key"}), "Refused"),
        (says(403), "Refused"),
        (says(404), "Refused"),
        (says(422), "Refused"),
        (says(500), "Uncertain"),
        (says(200, {"what": "ever"}), "Uncertain"),
        (fails(httpx.ReadTimeout), "Uncertain"),
        (fails(httpx.ReadError), "Uncertain"),
        (fails(httpx.ConnectError), "Uncertain"),
    ],
)
async def test_any_other_answer_is_refused_or_uncertain_and_never_asked_again(
    place: Place, answer: object, stage: str
) -> None:
    twin = at(place, Twin(answers=[answer]))  # type: ignore[list-item] # an Answer; a table can't say so

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", stage])
        ask(place) if stage == "Uncertain" else None
        await until(lambda: waiting(place) == [])
        looks = twin.looks
        await until(lambda: twin.looks > looks)

    assert told(place) == ["Requested", stage]
    assert len(twin.executed) == 1


async def test_asked_too_often_it_is_sent_again_as_soon_as_it_may(place: Place) -> None:
    at_once, later = says(429), says(429, **{"retry-after": "1"})
    twin = at(place, Twin(answers=[at_once, later, says(200)]))
    loop = asyncio.get_running_loop()

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        asked = loop.time()
        ask(place)
        await until(lambda: told(place) == ["Requested", "Accepted"])

    assert len(twin.executed) == 3
    assert loop.time() - asked > 1.0


async def test_a_worker_that_stops_while_it_may_not_ask_again_says_refused(place: Place) -> None:
    twin = at(place, Twin(answers=[says(429, **{"retry-after": "600"})]))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: len(twin.executed) == 1)

    assert told(place) == ["Requested", "Refused"]
    assert waiting(place) == []


async def test_a_surprise_while_it_is_sent_leaves_it_uncertain(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    async def surprise(_: httpx.Request) -> httpx.Response:
        raise KeyError("nobody thought of that")

    twin = at(place, Twin(answers=[surprise]))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", "Uncertain"])
        looks = twin.looks
        await until(lambda: twin.looks > looks + 3)

    assert len(twin.executed) == 1
    assert waiting(place) == []
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


async def test_an_uncertain_one_is_settled_when_the_order_moves_on(place: Place) -> None:
    twin = at(place, Twin(answers=[fails(httpx.ReadTimeout)]))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", "Uncertain"])
        assert place.order(KEY).attention == ["execution_uncertain"]
        twin.state = "pending"
        await until(lambda: place.order(KEY).state == "pending")

    assert told(place) == ["Requested", "Uncertain", "Settled"]
    assert place.order(KEY).attention == []


async def test_a_person_may_settle_it_and_ask_again(place: Place) -> None:
    twin = at(place, Twin(answers=[fails(httpx.ReadTimeout), says(200)]))

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        await until(lambda: told(place) == ["Requested", "Uncertain"])
        assert settle(place.recorder(), KEY, "u-2")
        ask(place)
        await until(lambda: told(place)[-1] == "Accepted")

    assert told(place) == ["Requested", "Uncertain", "Settled", "Requested", "Accepted"]
    assert len(twin.executed) == 2


async def test_a_request_waits_for_a_worker_and_its_orders_first_look(place: Place) -> None:
    at(place, Twin())
    request = ask(place)

    async with running(place.worker("xverse")):
        await until(lambda: told(place) == ["Requested", "Accepted"])

    assert request.claimed_by is None


async def test_two_requests_at_once_come_to_one_execution(place: Place) -> None:
    twin = at(place, Twin())

    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
        ask(place)
        ask(place)
        await until(lambda: waiting(place) == [])

    assert told(place) == ["Requested", "Accepted"]
    assert len(twin.executed) == 1


async def test_what_this_worker_left_behind_is_uncertain_when_it_begins(place: Place) -> None:
    twin = at(place, Twin())
    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
    request = ask(place)
    attempt = "0198a000-0000-7000-8000-000000000001"
    begin(place.recorder(), request, attempt, KEY, PROVIDERS["xverse"], ADAPTERS["xverse"])
    assert told(place) == ["Requested"]

    async with running(place.worker("xverse")):
        await until(lambda: told(place) == ["Requested", "Uncertain"])

    assert waiting(place) == []
    assert twin.executed == []


async def test_what_another_worker_is_about_is_left_alone(place: Place) -> None:
    twin = at(place, Twin())
    async with running(place.worker("xverse")):
        await until(lambda: place.order(KEY).state is not None)
    request = ask(place)
    place.log.act(Entry(), Effect(claims=Claim(request.id, "another", now())))

    async with running(place.worker("xverse")):
        looks = twin.looks
        await until(lambda: twin.looks > looks + 3)

    assert waiting(place)[0].claimed_by == "another"
    assert twin.executed == []


async def test_an_order_that_is_watched_no_more_is_turned_down(place: Place) -> None:
    twin = at(place, Twin())
    place.recorder().stop(KEY, "asked", by=None)
    place.log.ask(new_request(KEY, Wish(FUNDING), now() - MINUTE))

    async with running(place.worker("xverse")):
        await until(lambda: waiting(place) == [])

    assert told(place) == []
    assert twin.executed == []
