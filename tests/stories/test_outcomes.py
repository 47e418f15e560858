"""Rules rise when what they make of a story changes: their number is all that tells two judgements apart."""

from pathlib import Path

from adapters.log import open_log
from domain.judge import rules
from domain.provider import Provider
from domain.providers import PROVIDERS
from tests.fixtures.recording import START, Recording
from tests.proof.newer import StricterXverse, Version, newer
from tests.stories.outcomes import Outcome, added, known, outcome, today, verdict
from tests.stories.telling import STORIES

REFUNDED = next(path for path in STORIES if path.stem == "failed_and_refunded")


def outcome_by(provider: Provider, path: Path) -> Outcome:
    log = open_log("sqlite:///:memory:", now=START, new_id="log-a")
    recording = Recording(log)
    found = outcome(path, Version(recording, provider).recorder, recording)
    log.close()
    return found


def test_no_storys_outcome_has_changed_without_raised_rules() -> None:
    outcomes = known()

    wrong = [verdict(outcomes, PROVIDERS[path.parent.name], path.stem, now) for path, now in today().items()]

    assert [why for why in wrong if why is not None] == []


def test_another_outcome_by_the_same_rules_says_what_to_raise() -> None:
    stricter = newer(StricterXverse, rules=PROVIDERS["xverse"].rules)

    why = verdict(known(), stricter, REFUNDED.stem, outcome_by(stricter, REFUNDED))

    assert why is not None
    assert "raise `rules` in domain/xverse.py" in why


def test_raised_rules_ask_for_their_outcomes_to_be_noted() -> None:
    stricter = newer(StricterXverse, rules=99)

    why = verdict(known(), stricter, REFUNDED.stem, outcome_by(stricter, REFUNDED))

    assert why is not None
    assert "`python -m tests.stories.outcomes` notes" in why


def test_noting_again_overwrites_nothing_that_the_same_answers_came_to() -> None:
    outcomes = known()
    changed = {path: {**one, "told": "something else"} for path, one in today().items()}

    assert added(known(), changed) == outcomes


def test_other_answers_are_another_story() -> None:
    path = REFUNDED
    edited = {path: {"seen": "other answers", "told": "something else"}}

    outcomes = added(known(), edited)

    assert outcomes["xverse"][rules(PROVIDERS["xverse"])][path.stem] == edited[path]
