"""Log against topics, and putting read models on their way to a topic again."""

from collections.abc import Iterable, Iterator

from adapters.kafka.audit import audit_events
from adapters.kafka.audit_model import audit_model
from adapters.kafka.audit_replies import audit_replies
from adapters.kafka.audit_strays import audit_strays
from adapters.kafka.findings import AuditReport
from adapters.kafka.position import AuditedPosition, encoded, noted
from adapters.kafka.readable import find_tellings
from adapters.kafka.seals import audit_seals
from adapters.kafka.topics import PREFIX, Name
from domain.instants import Instant
from domain.log import Log
from domain.providers import PROVIDERS
from domain.rows import Change, Row
from ordertrail.machine import now
from ordertrail.telling import note_published, told_topic, untold
from projections.read_models import PROJECTION, fold

MODELS = (Name.ORDERS, Name.ATTENTION)
PAGE = 2000
FIRST_ROW = 1

ModelRows = Iterator[tuple[str, bytes]]


async def audit(bootstrap: str, log: Log, *, prefix: str = PREFIX, full: bool = False) -> AuditReport:
    """The events since the last clean audit, every seal, every row of the read models, and every reply of the
    last days, against topics; and what nobody of ours writes on `providers` and `positions`.

    `full`: all events, and the rows are folded from the whole log again, not read from where they are stored.
    A clean audit is noted in the log, and where the partitions began: where records were deleted since, the
    next one is of all events again. Where the log does not know since when events can be read, that is found
    on the topic. Raises KafkaError, TimeoutError, LogError.
    """
    note = f"audited {prefix}events"
    since = None if full else _audited(log, note)
    events = await audit_events(bootstrap, log, prefix=prefix, since=since)
    report = events if since is None else events + await audit_seals(bootstrap, log, prefix=prefix)
    for model in MODELS:
        rows = folded_rows(log, model) if full else stored_rows(log, model)
        report += await audit_model(bootstrap, log, model, rows, prefix=prefix)
    report += await audit_replies(bootstrap, log, now=now(), begun=_begun(log, prefix), prefix=prefix)
    report += await audit_strays(bootstrap, PROVIDERS, prefix=prefix)
    if events.published and events.published.log == log.id:
        await _tell_again(bootstrap, log, events.published.position, prefix)
        if events.clean:
            log.take_note(note, encoded(events.published).decode())
    return report


def _audited(log: Log, note: str) -> AuditedPosition | None:
    words = log.note(note)
    return noted(words) if words else None


async def _tell_again(bootstrap: str, log: Log, published: int, prefix: str) -> None:
    topic = told_topic(prefix)
    note_published(log, topic, published)
    if gaps := untold(log, topic):
        log.tell(topic, await find_tellings(bootstrap, log, gaps, prefix=prefix, now=now()))


def forget_audits(log: Log, prefix: str) -> None:
    """The next audit begins at the start: the topic was begun anew."""
    log.take_note(f"audited {prefix}events", "")
    note_beginning(log, prefix)


def note_beginning(log: Log, prefix: str) -> None:
    """From now on replies go to these topics; those before went to others, or to these before they were."""
    log.take_note(f"begun {prefix}replies", str(now()))


def _begun(log: Log, prefix: str) -> Instant:
    return int(log.note(f"begun {prefix}replies") or 0)


def stored_rows(log: Log, model: Name) -> ModelRows:
    after = ""
    while page := log.select(model.value, {}, after=after, limit=PAGE):
        yield from ((row.key, row.value) for row in page if row.value)
        after = page[-1].key


def folded_rows(log: Log, model: Name) -> ModelRows:
    """What the read model should hold, by the log alone, as far as it is folded by now."""
    for change in _folded(log, log.position(PROJECTION)):
        if change.model == model and change.value:
            yield change.key, change.value


def queue_again(log: Log, model: Name) -> int:
    """Put every row of a read model into the outbox once more, as it is stored; how many. Raises LogError."""
    queued, last = 0, ""
    while True:
        page = log.queue_again(PROJECTION, model.value, last, PAGE)
        queued += page.rows
        if page.last is None:
            return queued
        last = page.last


def queue_all(log: Log, prefix: str) -> None:
    """For topics that never held anything: see that the outbox tells every row, though it was trimmed for
    other topics before. Replies that wait there stay, and so does what another publisher that begins at the
    same time has queued. Raises LogError."""
    note_beginning(log, prefix)
    waiting, last = log.outbox(0, 1), log.last_outbox()
    if waiting and waiting[0].id == FIRST_ROW:
        return
    for model in MODELS:
        queue_again(log, model)
    log.begin_outbox(0, drop=last, spare=Name.REPLIES)


def _folded(log: Log, position: int) -> Iterable[Change]:
    return fold(_rows(log, position), {}).changes


def _rows(log: Log, up_to: int) -> Iterator[Row]:
    after = 0
    while after < up_to and (page := log.read(after, PAGE)):
        yield from (row for row in page if row.position <= up_to)
        after = page[-1].position
