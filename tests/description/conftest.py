from tests.description.published import published

__all__ = ["published"]
