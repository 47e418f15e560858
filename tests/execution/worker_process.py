"""A worker as a process of its own, which kills itself at a step of an execution.

Arguments: the log's file, the provider's URL, and the moment: `before_begin`, `after_end`; all else is never.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from adapters.endpoint import Endpoint
from ordertrail import executions
from ordertrail.policy import Freshest
from tests.poll.working import Place

P = ParamSpec("P")
T = TypeVar("T")


def killing(step: Callable[P, T], *, before: bool) -> Callable[P, T]:
    def killed(*arguments: P.args, **named: P.kwargs) -> T:
        if not before:
            step(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")

    return killed


def arm(moment: str) -> None:
    when, _, step = moment.partition("_")
    if when in ("before", "after"):
        setattr(executions, step, killing(getattr(executions, step), before=when == "before"))


async def work(place: Place, url: str) -> None:
    target = place.target("xverse")
    target = replace(target, endpoint=Endpoint(url, api_key="a-key"), transport=None)
    place.target = lambda slug: target  # type: ignore[method-assign] # over real HTTP this time
    await place.worker("xverse").run(asyncio.Event())


if __name__ == "__main__":
    arm(sys.argv[3])
    asyncio.run(work(Place(Path(sys.argv[1]), policy=Freshest(pace=0.005)), sys.argv[2]))
