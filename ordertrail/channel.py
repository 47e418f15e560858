"""What may be asked of a provider and when, and what its answers and failures say about that."""

import math
from logging import Logger

from adapters.http import WITHHELD, Came
from domain.readings import Answer, Failed
from ordertrail.target import Counts, Target
from ordertrail.throughput import Throughput

TOO_MANY, SERVER_ERROR, UNAVAILABLE = 429, 500, 503
RATE_LIMITED = "rate_limited"
LONG_PAUSE = 60.0
"""Seconds; a shorter one is not worth a word."""


class Channel:
    """A lane's budget, its circuit and how fast its requests come back, kept in step.

    Times are seconds of a clock that never steps. Every request is `sent`, and then `unsent` or `back`.
    """

    def __init__(self, target: Target, counts: Counts, logger: Logger) -> None:
        self._provider = target.adapter.slug
        self._in_flight = target.in_flight
        self._budget = target.budget
        self._circuit = target.circuit
        self._counts = counts
        self._logger = logger
        self._throughput = Throughput(target.in_flight)
        self._slow = False

    def ready_at(self, now: float) -> float:
        """When the next request may leave."""
        return max(self._budget.ready_at(now), self._circuit.ready_at(now))

    def sent(self, now: float) -> None:
        self._budget.sent(now)
        self._circuit.sent()

    def unsent(self) -> None:
        """The request was held back before a byte of it had left."""
        self._budget.unsent()
        self._circuit.unsent()

    def back(self, came: Came | None, sent: float, now: float) -> None:
        """A request has ended; None: it was given up, and nobody knows whether it arrived."""
        if came is None:
            self._budget.lost(now)
            self._circuit.unsent()
            return
        answer = came.answer
        if answer == Failed(WITHHELD):
            self.unsent()
            return
        if isinstance(answer, Failed) and answer.kind == "timeout":
            self._budget.lost(now)
        else:
            self._budget.ended(now)
        if not self._circuit.open:
            self._throughput.took(now - sent)
        status = answer.status if isinstance(answer, Answer) else None
        if came.retry_after is not None and status in (TOO_MANY, UNAVAILABLE):
            self._hold(now, came.retry_after)
        if status == TOO_MANY:
            self._refused(sent, now)

    def answered(self, sent: float) -> None:
        """What came back is an answer, whatever it says of an order."""
        if self._circuit.succeeded(sent):
            self._logger.info("%s answers again", self._provider)

    def failed(self, failed: Failed, came: Came, sent: float, now: float) -> None:
        """What came back shows that the provider does not answer as it should."""
        self._counts.failures[failed.kind] += 1
        if failed.retry_after is not None:
            self._hold(now, failed.retry_after)
        counted = isinstance(came.answer, Answer) and came.answer.status == TOO_MANY
        if failed.kind == RATE_LIMITED and not counted:
            self._refused(sent, now)
        if self._circuit.failed(now, sent):
            self._logger.warning(
                "%s does not answer as it should (%s), %d times in a row: trying on, at longer intervals",
                self._provider,
                failed.kind,
                self._circuit.failures,
            )

    def is_about_order(self, failed: Failed) -> bool:
        """Whether a failure may be for its order's own reasons: others may be answered still."""
        return failed.kind != RATE_LIMITED and self._circuit.isolated

    def rate(self) -> float:
        """Requests a second that can be counted on: what the budget allows, less where a slow provider lets
        fewer through; infinite: no limit is set. Says so when answers become too slow, or quick again."""
        allowed = self._budget.rate
        if allowed is None:
            return math.inf
        through = self._throughput.rate
        if through >= allowed:
            if self._slow:
                self._logger.info("%s answers quickly enough again for all of its windows", self._provider)
            self._slow = False
        elif not self._slow and self._budget.in_flight >= self._in_flight:
            self._slow = True
            self._logger.warning(
                "%s takes %.1f s for an answer: %d requests at a time get %.1f a second through of the %.1f "
                "that its windows allow. providers.%s.in_flight allows more at a time",
                self._provider,
                self._throughput.seconds,
                self._in_flight,
                through,
                allowed,
                self._provider,
            )
        return min(allowed, through)

    def _hold(self, now: float, pause: float) -> None:
        if pause >= LONG_PAUSE and self._circuit.ready_at(now) <= now:
            self._logger.warning("%s asks for a pause of %.0f s", self._provider, pause)
        self._circuit.hold(now + pause)

    def _refused(self, sent: float, now: float) -> None:
        self._counts.refused += 1
        self._budget.refused(now, sent)
