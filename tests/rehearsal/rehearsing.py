"""Small rehearsals."""

import logging
import random

from adapters.log import open_log
from ordertrail.rehearsal.outcome import Outcome
from ordertrail.rehearsal.rehearse import LOG_ID, MEMORY, in_memory, in_one_log
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.virtual import EPOCH
from simulators import PROVIDERS

LOGGER = logging.getLogger("tests.rehearsal")


def rehearsed(
    *faults: str, seed: int | None = None, orders: int = 8, days: float = 0.5, one_log: bool = False
) -> Outcome:
    """By a seed drawn each time, which is in what it tells, unless one is given."""
    drawn = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    scenario = Scenario(drawn, orders, days, faults, tuple(PROVIDERS))
    if not one_log:
        return in_memory(scenario, say=_silent, logger=LOGGER)
    log = open_log(MEMORY, now=EPOCH, new_id=LOG_ID)
    try:
        return in_one_log(scenario, log, say=_silent, logger=LOGGER)
    finally:
        log.close()


def _silent(_: float) -> None:
    """Nobody watches."""
