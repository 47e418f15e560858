from random import Random
from string import ascii_letters

import pytest

from domain.log import LogRefused
from domain.rows import Dwell
from tests.log.entries import opened


def test_what_the_server_can_not_hold_is_refused_at_once(postgres_url: str) -> None:
    """Waiting for the server, as for one that is away, would not help."""
    log = opened(postgres_url)
    longer_than_a_key_may_be = "".join(Random(7).choices(ascii_letters, k=5_000))

    with pytest.raises(LogRefused, match="exceeds"):
        log.add_dwells([Dwell("runa", longer_than_a_key_may_be, 1, 1)])

    log.close()
