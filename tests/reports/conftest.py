from tests.fixtures.postgres import postgres_url
from tests.fixtures.recording import any_recording, memory_log, recording

__all__ = ["any_recording", "memory_log", "postgres_url", "recording"]
