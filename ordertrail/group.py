"""Looks that are judged and committed together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.identity import OrderKey
from domain.rows import Conflict, Entry, Outcome
from ordertrail.observation import Observation, Seen
from ordertrail.orders import Known


class Draft(NamedTuple):
    """What one look adds to the log; `at` is its place in the group, `known` where the order stands then."""

    at: int
    seen: Seen
    entry: Entry | None
    known: Known


class Example(NamedTuple):
    """What one failed answer is kept of; `hour` counts from 1970."""

    provider: str
    kind: str
    hour: int


@dataclass(slots=True, eq=False)
class Group:
    """Where each order stands by now, what each look adds, and what became of it.

    `waiting` are the looks that are not in the log yet, `done` those that are, both by their index.
    """

    observations: Sequence[Observation]
    waiting: dict[int, Observation] = field(init=False)
    done: dict[int, Seen] = field(default_factory=dict)
    keys: frozenset[OrderKey] = field(init=False)
    streams: dict[OrderKey, str] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    examples: dict[Example, Entry] = field(default_factory=dict)
    others_examples: Collection[Example] = ()
    entries: list[Entry] = field(default_factory=list)
    outcomes: Sequence[Outcome] = ()

    def __post_init__(self) -> None:
        self.waiting = dict(enumerate(self.observations))
        self.keys = frozenset(one.key for one in self.observations)

    def judge_anew(self) -> None:
        """Forget what was judged; what is done is done."""
        self.streams, self.known, self.drafts, self.examples = {}, {}, [], {}

    def conclude(self) -> None:
        """Everything is judged: `entries` are what there is to write."""
        self.drafts = _without_superseded(self.drafts)
        entries = [draft.entry for draft in self.drafts if draft.entry is not None]
        self.entries = [*entries, *self.examples.values()]

    def settle(self) -> tuple[list[Draft], list[Draft]]:
        """What is in the log now, and what lost a race and has to be judged again."""
        outcomes = iter(self.outcomes)
        refused = {
            draft.at
            for draft in self.drafts
            if draft.entry is not None and isinstance(next(outcomes), Conflict)
        }
        beaten = {draft.seen.key for draft in self.drafts if draft.at in refused}
        stored: list[Draft] = []
        lost: list[Draft] = []
        for draft in self.drafts:
            if draft.at in refused or (draft.entry is None and draft.seen.key in beaten):
                lost.append(draft)
            else:
                del self.waiting[draft.at]
                self.done[draft.at] = draft.seen
                stored.append(draft)
        return stored, lost


def _without_superseded(drafts: Sequence[Draft]) -> list[Draft]:
    """Watch rows alone are written only if no later entry of the group writes that stream's."""
    written: set[str] = set()
    kept: list[Draft] = []
    for draft in reversed(drafts):
        entry, stream = draft.entry, draft.seen.stream
        if entry is not None and not entry.events and entry.look is None and stream in written:
            draft = draft._replace(entry=None)
        elif entry is not None and entry.watch is not None:
            written.add(stream)
        kept.append(draft)
    return kept[::-1]
