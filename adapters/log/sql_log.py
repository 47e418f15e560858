"""The log in an SQL database."""

from adapters.log.acting import LogActing
from adapters.log.database import Database
from adapters.log.noting import LogNoting
from adapters.log.projecting import LogProjecting
from adapters.log.proving import LogProving
from adapters.log.rebuilding import LogRebuilding
from adapters.log.reporting import LogReporting
from adapters.log.telling import LogTelling


class SqlLog(LogActing, LogProjecting, LogRebuilding, LogTelling, LogReporting, LogProving, LogNoting):
    """`id` was given when the log was made and is in every record it publishes."""

    def __init__(self, database: Database, log_id: str) -> None:
        super().__init__(database)
        self.id = log_id

    def close(self) -> None:
        self._database.close()
