"""The log in an SQL database."""

from adapters.log.database import Database
from adapters.log.noting import LogNoting
from adapters.log.projecting import LogProjecting
from adapters.log.rebuilding import LogRebuilding
from adapters.log.writing import LogWriting


class SqlLog(LogWriting, LogProjecting, LogRebuilding, LogNoting):
    """`id` was given when the log was made and is in every record it publishes."""

    def __init__(self, database: Database, log_id: str) -> None:
        super().__init__(database)
        self.id = log_id

    def close(self) -> None:
        self._database.close()
