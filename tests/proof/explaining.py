"""Events of a recording explained."""

from domain.identity import OrderKey
from ordertrail.explaining import Explained, Explanations
from ordertrail.explanation import sections
from tests.fixtures.recording import ORDER, Recording, key
from tests.proof.newer import Version


def explained(
    recording: Recording, number: int, *, order: str | OrderKey = ORDER, version: Version | None = None
) -> Explained:
    """By today's rules, or those of another version of ours."""
    judging = (version or Version(recording)).readjudication
    explanations = Explanations(judging.log, judging.vault, judging.providers, judging.readers)
    return explanations.explain(key(order) if isinstance(order, str) else order, number)


def words(one: Explained) -> dict[str, str]:
    """Each section's sentences as one text, by title."""
    return {title: " ".join(sentence.strip() for sentence in told) for title, told in sections(one)}
