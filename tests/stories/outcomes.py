"""What every story came to by which rules: `outcomes.json`, provider → rules → story → two digests.

    python -m tests.stories.outcomes

adds what is missing: a new story, or all of a provider's stories under rules that were raised. It overwrites
nothing that the same bodies came to by the same rules, so what older rules made of a story stays known.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec

from adapters.log import open_log
from domain.events import Data, Event
from domain.identity import uuid7
from domain.instants import SECOND
from domain.judge import rules
from domain.provider import Provider
from domain.providers import PROVIDERS
from domain.readings import Look
from ordertrail.observation import Observation
from ordertrail.record import Recorder
from tests.fixtures.recording import START, Recording, minute
from tests.stories.telling import STORIES, answer, order_of, steps

FILE = Path(__file__).parent / "outcomes.json"

Outcome = dict[str, str]
Outcomes = dict[str, dict[str, dict[str, Outcome]]]


def known() -> Outcomes:
    outcomes: Outcomes = json.loads(FILE.read_text())
    return outcomes


def outcome(path: Path, recorder: Recorder, recording: Recording) -> Outcome:
    """`seen`: the digest of the story's answers, `told`: of what was made of them, a look a minute."""
    rng, told = Random(3), list[object]()
    for number, step in enumerate(steps(path), 1):
        asked = minute(number)
        recording.at = asked + 2 * SECOND
        look = Look(uuid7(asked, rng), asked, asked + SECOND)
        [seen] = recorder.observe([Observation(order_of(path), look, answer(step))])
        told.append([_told(event) for event in seen.events])
    answers = [(one.status, one.content_type, one.body.hex()) for one in map(answer, steps(path))]
    return {"seen": _digest(answers), "told": _digest(told)}


def verdict(outcomes: Outcomes, provider: Provider, story: str, now: Outcome) -> str | None:
    """What is wrong with a story's outcome, and what to do; None if it is as known."""
    judged_by = rules(provider)
    before = outcomes.get(provider.slug, {}).get(judged_by, {}).get(story)
    if before is None or before["seen"] != now["seen"]:
        return (
            f"{provider.slug}/{story} is new, or {judged_by} are new rules: "
            "`python -m tests.stories.outcomes` notes what it comes to"
        )
    if before["told"] != now["told"]:
        return (
            f"{provider.slug}/{story} comes to something else by the same rules {judged_by}: raise `rules` "
            f"in domain/{provider.slug}.py, or CORE_RULES in domain/judge.py if shared judging has changed, "
            "then "
            "run `python -m tests.stories.outcomes`"
        )
    return None


def added(outcomes: Outcomes, now: Mapping[Path, Outcome]) -> Outcomes:
    """With what is missing, in order; what the same answers came to by the same rules stays."""
    for path, one in now.items():
        provider = PROVIDERS[path.parent.name]
        stories = outcomes.setdefault(provider.slug, {}).setdefault(rules(provider), {})
        if path.stem not in stories or stories[path.stem]["seen"] != one["seen"]:
            stories[path.stem] = one
    return outcomes


def today(paths: Sequence[Path] = STORIES) -> dict[Path, Outcome]:
    log = open_log("sqlite:///:memory:", now=START, new_id="log-a")
    recording = Recording(log)
    found = {path: outcome(path, recording.recorder, recording) for path in paths}
    log.close()
    return found


def main() -> None:
    outcomes = known() if FILE.exists() else {}
    FILE.write_text(json.dumps(added(outcomes, today()), indent=1, sort_keys=True) + "\n")


def _told(event: Event[Data]) -> object:
    """All that rules decide of an event."""
    return {
        "event": type(event.data).__name__,
        "data": msgspec.to_builtins(event.data),
        "stands": (event.state, event.phase),
        "times": (event.not_before, event.not_after, event.provider_time),
    }


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


if __name__ == "__main__":
    main()
