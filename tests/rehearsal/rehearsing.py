"""Small rehearsals."""

import logging
import random

from ordertrail.rehearsal.outcome import Outcome
from ordertrail.rehearsal.rehearse import in_memory
from ordertrail.rehearsal.scenario import Scenario
from simulators import PROVIDERS

LOGGER = logging.getLogger("tests.rehearsal")


def rehearsed(*faults: str, seed: int | None = None, orders: int = 8, days: float = 0.5) -> Outcome:
    """By a seed drawn each time, which is in what it tells, unless one is given."""
    drawn = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    scenario = Scenario(drawn, orders, days, faults, tuple(PROVIDERS))
    return in_memory(scenario, say=lambda _: None, logger=LOGGER)
