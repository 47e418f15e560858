"""One rehearsal: every provider's part played, the records compared with the truth, and all of it summed up.

The parts have nothing in common but the seed, so that they can be played at the same time, each in a process
and a log of its own, or one after another in one log: the events are the same.
"""

import logging
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import SynchronizedArray

from adapters.log import open_log
from domain.log import Log
from ordertrail.rehearsal.outcome import Outcome
from ordertrail.rehearsal.part import Part, Played
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.virtual import EPOCH

LOG_ID = "rehearsal"
MEMORY = "sqlite:///:memory:"
TICK = 0.2
SILENT = logging.Logger("rehearsal", logging.CRITICAL)

Say = Callable[[float], None]
"""Gets the share of the work that is done."""

_shares: "SynchronizedArray[float]"  # set in each process of the pool, where no argument can bring it


def in_one_log(scenario: Scenario, log: Log, *, say: Say, logger: logging.Logger = SILENT) -> Outcome:
    """One part after another; `log` must be empty."""
    return _summed(
        scenario,
        [
            _played(scenario, number, log, _portion(say, number, len(scenario.providers)), logger)
            for number in range(len(scenario.providers))
        ],
    )


def in_memory(scenario: Scenario, *, say: Say, logger: logging.Logger = SILENT) -> Outcome:
    """One part after another, each in a log of its own."""
    count = len(scenario.providers)
    return _summed(
        scenario, [_alone(scenario, number, _portion(say, number, count), logger) for number in range(count)]
    )


def in_processes(scenario: Scenario, processes: int, *, say: Say) -> Outcome:
    """As many parts at a time as there are processes, each in a log of its own in memory."""
    context = multiprocessing.get_context("spawn")
    shares = context.Array("d", len(scenario.providers))
    with ProcessPoolExecutor(processes, context, _begin, (shares,)) as pool:
        waiting = {
            pool.submit(_beside, scenario, number): number for number in range(len(scenario.providers))
        }
        open_ones = set(waiting)
        while open_ones:
            _, open_ones = wait(open_ones, timeout=TICK, return_when=FIRST_COMPLETED)
            say(sum(shares[:]) / len(scenario.providers))
        return _summed(scenario, [future.result() for future in waiting])


def _begin(shares: "SynchronizedArray[float]") -> None:
    global _shares
    _shares = shares


def _beside(scenario: Scenario, number: int) -> Played:
    def say(share: float) -> None:
        _shares[number] = share

    return _alone(scenario, number, say, SILENT)


def _alone(scenario: Scenario, number: int, say: Say, logger: logging.Logger) -> Played:
    log = open_log(MEMORY, now=EPOCH, new_id=LOG_ID)
    try:
        return _played(scenario, number, log, say, logger)
    finally:
        log.close()


def _played(scenario: Scenario, number: int, log: Log, say: Say, logger: logging.Logger) -> Played:
    return Part(scenario, scenario.providers[number], log, say=say, logger=logger).play()


def _portion(say: Say, number: int, count: int) -> Say:
    return lambda share: say((number + share) / count)


def _summed(scenario: Scenario, parts: Sequence[Played]) -> Outcome:
    outcome = Outcome(scenario)
    for part in parts:
        outcome.add(part)
    return outcome
