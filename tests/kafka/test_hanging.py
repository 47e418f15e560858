"""Which way a hanging transaction is ended; 100 events and 10 outbox rows are told to be published."""

from collections.abc import Sequence

import pytest

from adapters.kafka.hanging import Ending, Mark, ending


def event(position: int) -> Mark:
    return Mark(position, None)


def outbox(id: int) -> Mark:
    return Mark(50, id)


@pytest.mark.parametrize(
    ("visible", "hanging", "how"),
    [
        pytest.param([], [event(101), event(102)], Ending.ABORT, id="nothing of it can be seen"),
        pytest.param(
            [event(101)], [event(102)], Ending.COMMIT, id="an event beyond the position can be seen"
        ),
        pytest.param(
            [], [event(99), event(100)], Ending.COMMIT, id="its position can be seen, its events not"
        ),
        pytest.param([event(100)], [], Ending.ABORT, id="only a heartbeat hangs"),
        pytest.param([outbox(11)], [event(101)], Ending.COMMIT, id="a read model's row of it can be seen"),
        pytest.param([], [outbox(10)], Ending.COMMIT, id="its position can be seen, its rows not"),
        pytest.param([outbox(10)], [outbox(11)], Ending.ABORT, id="rows alone and none can be seen"),
    ],
)
def test_a_hanging_transaction_is_committed_only_if_a_part_of_it_counts_already(
    visible: Sequence[Mark], hanging: Sequence[Mark], how: Ending
) -> None:
    assert ending(100, 10, visible, hanging) is how
