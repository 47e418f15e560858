"""Orders that are executed, and all that can come of it."""

from adapters.providers import ADAPTERS
from domain.execution import Accepted, Outcome, Refused, Uncertain
from domain.xverse import XVERSE
from ordertrail.executions import Wish, begin, end, new_request, settle
from ordertrail.following import EXECUTE
from tests.fixtures.recording import Recording, key

FUNDING = "cd" * 32
ETCH = "xverse/5f0c6b9e-0000-4000-8000-00000000000{number}"
ATTEMPT = "0198a000-0000-7000-8000-00000000000{number}"


def executed(recording: Recording) -> None:
    """Accepted, refused, uncertain and moved on, uncertain and settled."""
    refused: Outcome = Refused("Order is failed", 400)
    outcomes: list[Outcome] = [Accepted(FUNDING), refused, Uncertain("timeout"), Uncertain("cut")]
    for number, outcome in enumerate(outcomes, 3):
        _execute(recording, ETCH.format(number=number), ATTEMPT.format(number=number), outcome)
    recording.state(3, "pending", order=ETCH.format(number=5), orderType="rune_etch")
    settle(recording.recorder, key(ETCH.format(number=6)), "actor-1")


def _execute(recording: Recording, order: str, attempt: str, outcome: Outcome) -> None:
    recording.state(1, "new", order=order, orderType="rune_etch")
    recording.log.ask(new_request(key(order), Wish(FUNDING, "actor-1"), recording.at))
    [request] = recording.log.requests([EXECUTE], 10)
    why = begin(recording.recorder, request, attempt, key(order), XVERSE, ADAPTERS["xverse"])
    assert why is None
    end(recording.recorder, request, attempt, key(order), XVERSE, outcome)
