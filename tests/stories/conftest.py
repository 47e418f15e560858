from tests.fixtures.recording import memory_log, recording

__all__ = ["memory_log", "recording"]
