"""The log in a database: SQLite for one machine, PostgreSQL for many workers; `open_log` chooses by URL."""

from adapters.log.opening import masked, open_log

__all__ = ["masked", "open_log"]
