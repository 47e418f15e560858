import pytest

pytest_plugins = ["tests.fixtures.broker", "tests.fixtures.postgres"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
