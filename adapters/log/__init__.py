"""The log in a database: SQLite for one machine, PostgreSQL for many workers; `open_log` chooses by URL."""

from adapters.log.opening import demand_url, masked, open_log

__all__ = ["demand_url", "masked", "open_log"]
