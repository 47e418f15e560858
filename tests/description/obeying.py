"""Commands from the topic, done and refused."""

from typing import Any

from tests.commands.sending import command, commander, record
from tests.fixtures.recording import Recording

TRACKED = "xmrto/xmrto-VkT2yM"


def obeyed(recording: Recording) -> None:
    """Done, refused, and answered though they were none."""
    boss = commander(recording)
    values: list[dict[str, Any] | bytes] = [
        command("track", "k-1", TRACKED, ref="invoice-8"),
        command("stop", "k-2", TRACKED, reason="done"),
        command("refresh", "k-3", TRACKED),
        command("stop", "k-4", "runa/O-nobody-knows", reason="done"),
        {"id": "k-5", "command": "explode"},
        b"no json",
    ]
    for offset, value in enumerate(values):
        boss.handle(record(value, offset))
