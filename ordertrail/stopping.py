"""Being told to stop: SIGTERM and SIGINT as an event that everything on the loop can await."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAME_SECONDS = 1.0


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Within a running loop of the main thread. A second signal ends the process the usual way, unless it
    follows within a second: whoever stops a group of processes may tell one of them twice."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def give_in() -> None:
        for each in SIGNALS:
            loop.remove_signal_handler(each)

    def asked() -> None:
        if not stop.is_set():
            stop.set()
            loop.call_later(SAME_SECONDS, give_in)

    for each in SIGNALS:
        loop.add_signal_handler(each, asked)
    try:
        yield stop
    finally:
        for each in SIGNALS:
            loop.remove_signal_handler(each)
