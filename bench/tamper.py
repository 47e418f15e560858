"""One bit flipped in every byte of every column that a verification answers for, each found or not."""

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from adapters.log import open_log
from tests.fixtures.recording import START, Recording
from tests.verifying.conftest import recorded
from tests.verifying.tampering import Intruder, findings, flips


@dataclass
class Outcome:
    """`refused`: the database itself does not let such a value in; `unfound` should be empty."""

    tried: int = 0
    refused: int = 0
    seconds: float = 0.0
    unfound: list[str] = field(default_factory=list)
    columns: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        return self.tried > 0 and not self.unfound

    def line(self) -> dict[str, str | float | int | bool]:
        return {
            "case": f"every byte of {len(self.columns)} columns",
            "ours": self.tried - len(self.unfound),
            "baseline": self.tried,
            "ratio": 1 - len(self.unfound) / max(1, self.tried),
            "goal": 1,
            "unit": "flips found",
            "n": self.tried,
            "refused": self.refused,
            "unfound": "; ".join(self.unfound[:10]),
            "seconds": round(self.seconds, 1),
            "holds": self.holds,
        }


def run() -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{Path(place) / 'log.db'}"
        log = open_log(url, now=START, new_id="tampered")
        recorded(Recording(log))
        intruder, outcome, began = Intruder(url), Outcome(), time.perf_counter()
        for table, rowid, column, cell in list(intruder.cells()):
            for after in flips(cell):
                try:
                    with intruder.altered(table, rowid, column, cell, after):
                        outcome.tried += 1
                        outcome.columns[f"{table}.{column}"] += 1
                        if not findings(log):
                            outcome.unfound.append(f"{table}.{column} of row {rowid}: {after!r}")
                except sqlite3.IntegrityError:
                    outcome.refused += 1
        outcome.seconds = time.perf_counter() - began
        intruder.close()
        log.close()
        yield outcome
