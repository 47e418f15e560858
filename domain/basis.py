"""What beside the body and the order's earlier events bore on a look's judgement: kept with the look.

With the look's own row and its evidence it is all that is needed to judge the look again and come to the
same bytes.
"""

import msgspec

from domain.instants import Instant
from domain.readings import Answer, Clock, Look
from domain.rows import LookRow
from domain.watch import Patience, Watch


class Basis(msgspec.Struct, frozen=True):
    """`version` is of the order's last event before; `watch` is without coverage; `allowance` in seconds;
    `recorded_at` of what the look told, None if it told nothing."""

    version: int
    watch: Watch
    clock: Clock
    allowance: int
    worker: str
    patience: Patience
    recorded_at: Instant | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Basis)


def encode(basis: Basis) -> bytes:
    return _encoder.encode(basis)


def basis_of(row: LookRow) -> Basis:
    """Raises ValueError for a look that was kept as an example only, or altered."""
    try:
        return _decoder.decode(row.basis)
    except msgspec.MsgspecError as error:
        raise ValueError(f"look {row.look} does not say what it was judged on: {error}") from None


def look_of(row: LookRow, basis: Basis) -> Look:
    return Look(
        id=row.look,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        clock=basis.clock,
        age=row.age,
        allowance=basis.allowance,
        worker=basis.worker,
    )


def answer_of(row: LookRow, body: bytes) -> Answer:
    return Answer(row.http_status or 0, row.content_type, body, row.truncated)
