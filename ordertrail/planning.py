"""Keeping one provider's schedule right: at once what is quick, the rest in the planner's thread."""

import asyncio
from logging import Logger

from ordertrail.scheduling.governing import Question
from ordertrail.scheduling.schedule import Schedule
from ordertrail.thread import Thread


class Planning:
    def __init__(self, provider: str, schedule: Schedule, logger: Logger) -> None:
        self._provider = provider
        self._schedule = schedule
        self._logger = logger
        self._asking: asyncio.Task[None] | None = None

    def tend(self, rate: float, planner: Thread) -> None:
        """`rate`: requests a second. One question at a time."""
        now = asyncio.get_running_loop().time()
        self._schedule.set_rate(rate)
        self._schedule.steer(now)
        if self._asking is None or self._asking.done():
            question = self._schedule.question(now)
            if question is not None:
                self._asking = asyncio.create_task(self._ask(question, planner))

    async def _ask(self, question: Question, planner: Thread) -> None:
        """What can't be solved is said, and the gaps stay as they were planned last."""
        try:
            solutions = await planner.run(question.answered)
        except Exception as error:
            self._logger.error("looks at %s can't be planned anew", self._provider, exc_info=error)
        else:
            self._schedule.learn(question, solutions)
