import asyncio

import httpx
import pytest

from adapters.clock import SystemClock
from adapters.http import WITHHELD, Withheld, ask, client, ssl_context
from adapters.membership import ALL, NONE
from domain.readings import Failed
from ordertrail.budget import NEVER, Budget, Window
from ordertrail.gate import Gate
from ordertrail.ownership import Division

WINDOWS = [Window(300, 60.0)]


class Fate:
    holds = True


def gate(budget: Budget, fate: Fate) -> Gate:
    return Gate("runa", budget, Division({"runa": budget.windows}), lambda: fate.holds)


def test_a_gate_is_closed_until_something_is_shared_out() -> None:
    budget = Budget(WINDOWS)
    closed = gate(budget, Fate())

    with pytest.raises(Withheld):
        closed.check()
    assert budget.ready_at(0.0) == NEVER
    assert not closed.owns("O-1")


def test_nothing_passes_once_ownership_is_uncertain() -> None:
    fate = Fate()
    opened = gate(Budget(WINDOWS), fate)
    opened.share(NONE, ALL, -NEVER)
    opened.check()

    fate.holds = False

    with pytest.raises(Withheld):
        opened.check()


def test_what_was_kept_is_used_on_and_what_is_new_waits_for_what_another_may_have_sent() -> None:
    kept, lost = Budget(WINDOWS), Budget(WINDOWS)
    half = frozenset(range(24))
    gate(kept, Fate()).share(NONE, half, -NEVER)
    gate(lost, Fate()).share(NONE, half, -NEVER)

    gate_of_kept, gate_of_lost = gate(kept, Fate()), gate(lost, Fate())
    gate_of_kept.share(NONE, half, -NEVER)
    gate_of_kept.share(half, ALL - half, 0.0)
    gate_of_lost.share(NONE, ALL, 0.0)

    assert kept.ready_at(0.0) == 0.0
    assert lost.ready_at(0.0) > 5.0


@pytest.mark.anyio
async def test_a_request_is_held_back_when_all_is_ready_for_it() -> None:
    """Also one that has waited for its connection meanwhile: no byte of it leaves."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(1))
        writer.close()

    def refuse() -> None:
        raise Withheld

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with client(context=ssl_context(), before_write=refuse) as http:
        result = await ask(http, httpx.Request("GET", f"http://127.0.0.1:{port}/"), clock=SystemClock())
    server.close()
    await server.wait_closed()

    assert result.answer == Failed(WITHHELD)
    assert came in ([], [b""])
