"""Publishing to the end while something is killed again and again at moments that chance picks."""

import asyncio
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from random import Random

WAIT_SECONDS = 120
BACK_OFF_SECONDS = 0.3


class Ordeal:
    """`strike` gets the publisher's process; it comes some milliseconds after a commit has begun."""

    def __init__(self, bootstrap: str, prefix: str, *, last: int, limit: int, rng: Random) -> None:
        self._arguments = [bootstrap, prefix, str(last), str(limit)]
        self._rng = rng
        self.starts: list[str] = []

    async def endure(self, strikes: int, strike: Callable[[Process], None]) -> None:
        """Starts publishers one after the other until one has published everything."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                left = strikes > 0
                struck, code = await self._one_life(strike if left else None)
                strikes -= struck
                if code == 0:
                    return
                await asyncio.sleep(BACK_OFF_SECONDS)

    async def _one_life(self, strike: Callable[[Process], None] | None) -> tuple[bool, int]:
        command = [sys.executable, "-m", "tests.kafka.publisher_process", *self._arguments]
        silent = subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=silent)
        commits = self._rng.randint(1, 4)
        struck = False
        assert process.stdout
        async for line in process.stdout:
            if line.startswith(b"started"):
                self.starts.append(line.decode().split()[1])
            commits -= line.startswith(b"committing")
            if strike and not struck and commits <= 0:
                await asyncio.sleep(self._rng.uniform(0, 0.006))
                struck = True
                strike(process)
        return struck, await process.wait()
