from tests.cli.conftest import logging_as_before, ordertrail, place
from tests.fixtures.postgres import postgres_url
from tests.fixtures.recording import any_recording, memory_log, recording

__all__ = [
    "any_recording",
    "logging_as_before",
    "memory_log",
    "ordertrail",
    "place",
    "postgres_url",
    "recording",
]
