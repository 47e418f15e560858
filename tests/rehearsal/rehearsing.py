"""Small rehearsals."""

import logging

from adapters.log import open_log
from ordertrail.rehearsal.rehearse import Rehearsal
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.virtual import EPOCH
from simulators import PROVIDERS

LOGGER = logging.getLogger("tests.rehearsal")


def rehearsal(*faults: str, seed: int = 3, orders: int = 8, days: float = 0.5) -> Rehearsal:
    log = open_log("sqlite:///:memory:", now=EPOCH, new_id="rehearsal")
    scenario = Scenario(seed, orders, days, faults, tuple(PROVIDERS))
    return Rehearsal(scenario, log, say=lambda _: None, logger=LOGGER)
