"""Waiting for what other threads and a broker do: a busy machine may take its time."""

import asyncio
from collections.abc import Callable

PATIENT = 90.0


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again; TimeoutError in the end."""
    async with asyncio.timeout(PATIENT):
        while not holds():  # noqa: ASYNC110 what is waited for happens elsewhere
            await asyncio.sleep(0.01)
