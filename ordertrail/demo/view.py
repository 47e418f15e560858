"""What a demo shows: a live picture on a terminal, a line an event in a pipe."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from domain.encoding import UnknownEvent, decode
from domain.events import StateChanged
from domain.identity import reserved
from domain.phases import FINAL, Phase
from domain.rows import Row
from ordertrail.render import STYLES, clean, interval

RECENT = 12
OPEN = "new"


class Said(NamedTuple):
    """One event, as a JSON object and for people."""

    line: dict[str, object]
    text: Text


@dataclass
class Picture:
    """What is known from the log, counted; `looks` by provider are of this run, `published` is a position."""

    orders: dict[str, Phase | None] = field(default_factory=dict)
    events: int = 0
    looks: dict[str, int] = field(default_factory=dict)
    published: int = 0
    kafka: str = ""
    recent: deque["Said"] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def final(self) -> int:
        return sum(phase in FINAL for phase in self.orders.values())

    def take(self, rows: Iterable[Row]) -> list["Said"]:
        """Count events; returns them as they can be shown."""
        said = []
        for row in rows:
            self.events += 1
            try:
                event = decode(row.topic, row.state)
            except UnknownEvent:
                continue
            if not reserved(row.order):
                self.orders[row.order] = event.phase
            name = type(event.data).__name__
            target = f" → {event.data.target}" if isinstance(event.data, StateChanged) else ""
            line = {
                "order": row.order,
                "version": row.version,
                "position": row.position,
                "event": name,
                "state": event.state,
                "phase": event.phase,
                "not_before": event.not_before,
                "not_after": event.not_after,
            }
            said.append(Said(line, _text(row.order, name + target, line)))
        self.recent.extend(said)
        return said

    def phases(self, provider: str) -> Mapping[str, int]:
        mine = [phase for order, phase in self.orders.items() if order.startswith(f"{provider}/")]
        return Counter(OPEN if phase is None else phase.value for phase in mine)


class View(Protocol):
    def show(self, picture: Picture, news: Sequence[Said]) -> None: ...
    def say(self, words: str) -> None: ...


class LiveView:
    """The whole picture, drawn anew."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live

    def show(self, picture: Picture, news: Sequence[Said]) -> None:
        self._live.update(_drawn(picture), refresh=True)

    def say(self, words: str) -> None:
        self._console.print(clean(words), highlight=False, markup=False)


class PlainView:
    """A line an event."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, picture: Picture, news: Sequence[Said]) -> None:
        for said in news:
            self._console.print(said.text, soft_wrap=True)

    def say(self, words: str) -> None:
        self._console.print(clean(words), highlight=False, markup=False, soft_wrap=True)


class JsonView:
    """An event as a JSON line; words go to stderr."""

    def __init__(self, console: Console, write: Callable[[object], None]) -> None:
        self._console = console
        self._write = write

    def show(self, picture: Picture, news: Sequence[Said]) -> None:
        for said in news:
            self._write(said.line)

    def say(self, words: str) -> None:
        self._console.print(clean(words), highlight=False, markup=False, soft_wrap=True)


def _text(order: str, what: str, line: Mapping[str, object]) -> Text:
    when = interval(line["not_before"], line["not_after"])
    style = STYLES.get(str(line["phase"]), "")
    return Text.assemble((f"{clean(order)}  ", "bold"), (clean(what), style), (f"  {when}", "bright_black"))


def _drawn(picture: Picture) -> Group:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("provider")
    table.add_column("looks", justify="right")
    table.add_column("orders by phase")
    for provider, looks in picture.looks.items():
        counts = picture.phases(provider)
        words = Text("  ").join(
            Text(f"{count} {name}", STYLES.get(name, "")) for name, count in counts.items()
        )
        table.add_row(provider, str(looks), words)
    total = Text(
        f"\n{len(picture.orders)} orders, {picture.final} of them final · {picture.events} events · "
        f"published up to position {picture.published} {picture.kafka}\n",
        "bold",
    )
    return Group(table, total, *(said.text for said in picture.recent))
