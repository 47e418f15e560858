"""Keeping a publishing process at work: started, listened to, started again when it failed, stopped."""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass

import msgspec

from adapters.waiting import Pauses, is_set_within
from domain.identity import uuid7
from ordertrail.machine import now, random_source
from ordertrail.publishing import Kind, Report, Task

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STOP_SECONDS = 8.0
LAST_WORDS = (Kind.AWAY, Kind.REFUSED, Kind.STOPPED)
_report = msgspec.json.Decoder(Report)


class PublishingRefused(Exception):
    """Log and topics don't belong together; the message says what a person has to do."""


@dataclass(slots=True)
class Told:
    """What has been published since the start; `position` of the log."""

    position: int = 0
    events: int = 0
    rows: int = 0


class Supervisor:
    """Says once that publishing waits, and once that it goes on."""

    def __init__(self, task: Task, logger: logging.Logger) -> None:
        self.told = Told()
        self._task = msgspec.structs.replace(task, holder=task.holder or uuid7(now(), random_source()))
        self._logger = logger
        self._waiting = False
        self._pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises PublishingRefused."""
        while not stop.is_set():
            await self._session(stop)
            if not stop.is_set():
                await is_set_within(self._pauses.take(), stop)

    async def _session(self, stop: asyncio.Event) -> None:
        """One process, from its start to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ordertrail.publish",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # what matters is reported; clients complain at length of every reconnect
            start_new_session=True,  # Ctrl-C is for us, who stop it in order
        )
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(self._task) + b"\n")
        listening = asyncio.create_task(self._listen(process))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([listening, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await _ended(process)
        await listening

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        reported = False
        async for line in process.stdout:
            report = _report.decode(line)
            reported = reported or report.kind in LAST_WORDS
            self._take(report)
        if not reported and process.stdin is not None and not process.stdin.is_closing():
            self._wait_for("the publishing process ended without a word")

    def _take(self, report: Report) -> None:
        if report.kind is Kind.REFUSED:
            raise PublishingRefused(report.says)
        if report.kind is Kind.AWAY:
            self._wait_for(report.says)
            return
        self._pauses.reset()
        if report.kind is Kind.STANDBY:
            self._logger.info("standing by: %s publishes to %s already", report.says, self._task.kafka)
            return
        if report.kind is Kind.ANEW:
            self._logger.warning("%s", report.says)
            return
        if report.kind is Kind.STOPPED:
            return
        if self._waiting:
            self._waiting = False
            self._logger.info("publishing goes on")
        if report.kind is Kind.STARTED:
            self._logger.debug("publishing to %s %s", self._task.kafka, report.says)
            return
        self.told.position = report.position
        self.told.events += report.events
        self.told.rows += report.rows
        self._logger.debug("published %d events up to position %d", report.events, report.position)

    def _wait_for(self, why: str) -> None:
        level = logging.DEBUG if self._waiting else logging.WARNING
        self._waiting = True
        self._logger.log(
            level, "publishing to %s waits and tries again; nothing is lost: %s", self._task.kafka, why
        )


async def _ended(process: Process) -> None:
    """The end of its stdin asks it to stop; after a while it is not asked any more."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
