"""Commands as processes of their own, for what only a process shows: signals, pipes, long running."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import IO

Process = subprocess.Popen[str]


def started(*arguments: str, **settings: str) -> Process:
    """`settings` become ORDERTRAIL_ variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "ordertrail", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **_variables(settings)},
    )


def line_with(stream: IO[str] | None, words: str) -> str:
    """The next line that has these words; AssertionError if the stream ends before."""
    assert stream is not None
    seen = []
    for line in stream:
        if words in line:
            return line
        seen.append(line)
    raise AssertionError(f"no line has {words!r}: {seen}")


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"ORDERTRAIL_{name.upper()}": value for name, value in settings.items()}
