from tests.poll.conftest import place, quiet_requests

__all__ = ["place", "quiet_requests"]
