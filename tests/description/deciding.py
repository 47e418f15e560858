"""What is decided after the fact: a state that a person adopts, and what newer rules correct."""

from domain.xverse import XVERSE
from ordertrail.adopting import adopt_state
from tests.fixtures.recording import Recording, key
from tests.proof.newer import Version, newer

CONTRADICTED = "xverse/5f0c6b9e-0000-4000-8000-0000000000d1"
MISREAD = "xverse/5f0c6b9e-0000-4000-8000-0000000000d2"


def decided(recording: Recording) -> None:
    recording.state(1, "complete", order=CONTRADICTED)
    recording.state(2, "failed", order=CONTRADICTED)
    adopt_state(
        recording.recorder, key(CONTRADICTED), "failed", "said so by mail", by="actor-1", provider=XVERSE
    )
    recording.state(1, "pending", order=MISREAD)
    recording.state(2, "queued", order=MISREAD, reason="waiting")
    Version(recording, newer()).apply(MISREAD)
