from tests.fixtures.broker import kafka, prefix

__all__ = ["kafka", "prefix"]
