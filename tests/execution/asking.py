"""Asking for an execution as the command line does, and what the log tells of it."""

from domain.encoding import decode
from domain.identity import OrderKey
from domain.rows import Request
from ordertrail.executions import Wish, new_request
from ordertrail.following import EXECUTE
from tests.execution.twin import FUNDING, ORDER, Twin
from tests.poll.working import Place, now

KEY = OrderKey("xverse", ORDER)


def at(place: Place, twin: Twin) -> Twin:
    """The order is watched there."""
    place.transports["xverse"] = twin  # type: ignore[assignment] # both are transports
    place.track([KEY])
    return twin


def ask(place: Place, key: OrderKey = KEY) -> Request:
    place.log.ask(new_request(key, Wish(FUNDING, "u-1"), now()))
    return place.log.requests([EXECUTE], 10)[-1]


def told(place: Place, key: OrderKey = KEY) -> list[str]:
    """The kinds of events about executing the order, in their order, without the word in front."""
    rows = place.log.stream(str(place.log.registered(*key)))
    kinds = [type(decode(row.topic, row.state).data).__name__ for row in rows]
    return [kind.removeprefix("Execution") for kind in kinds if kind.startswith("Execution")]


def waiting(place: Place) -> list[Request]:
    return place.log.requests([EXECUTE], 10)
