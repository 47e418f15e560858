"""What the types of the models don't say: the form of their values, and words for people.

A key is a property's name, or MODEL.property where it goes for one model alone, or PROPERTY[] for an array's
members. What stands there is JSON Schema, put beside what the type says; `description` is for people.
"""

from typing import Any

from domain.identity import ORDER_ID
from domain.phases import Phase
from domain.readings import Why

Schema = dict[str, Any]  # JSON Schema: its shape is the metaschema's business

TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
SHA256_PATTERN = "^[0-9a-f]{64}$"
DECIMAL_PATTERN = r"^(0|[1-9]\d*)$"
RULES_PATTERN = r"^\d+\.\d+$"
PROVIDER_PATTERN = "^[a-z][a-z0-9]*$"
ORDER_PATTERN = f"^[a-z][a-z0-9]*/{ORDER_ID.pattern}$"
SUBJECT_PATTERN = f"^([a-z][a-z0-9]*/{ORDER_ID.pattern}|_provider-[a-z][a-z0-9]*)$"

TIME: Schema = {"format": "date-time", "pattern": TIME_PATTERN}
COUNT: Schema = {"minimum": 0}
ORDINAL: Schema = {"minimum": 1}

FORMS: dict[str, Schema] = {
    "previous": {"pattern": SHA256_PATTERN, "description": "Digest of the event before in the stream."},
    "state": {"description": "The provider's own word, verbatim."},
    "phase": {"enum": [phase.value for phase in Phase], "description": "What all providers' states share."},
    "not_before": {**TIME, "description": "The truth lies after this; null: nobody looked before."},
    "not_after": {**TIME, "description": "The truth lies no later than this."},
    "recorded_at": {**TIME, "description": "When it was written into the log."},
    "provider_time": {**TIME, "description": "The provider's claim for this very step."},
    "look": {"format": "uuid", "description": "The poll that showed it; null: it came from no poll."},
    "evidence": {"pattern": SHA256_PATTERN, "description": "SHA-256 of the answer that showed it."},
    "rules": {"pattern": RULES_PATTERN, "description": "Version of the rules that judged the answer."},
    "looks": {**COUNT, "description": "Looks since the event before, at least."},
    "OrderNotFound.looks": {**ORDINAL, "description": "Looks in a row that did not find the order."},
    "OrderForgotten.looks": {**ORDINAL, "description": "Looks in a row that no longer found the order."},
    "worker": {"description": "Which worker wrote it."},
    "data": {"description": "What this kind of event says."},
    "priority": {"minimum": 0, "maximum": 9},
    "deadline": TIME,
    "environment": {"description": "The provider's host that was asked."},
    "by": {"description": "An opaque actor id, never a name."},
    "inferred": {"description": "Nobody saw this step: it must have happened."},
    "SnapshotRejected.why": {"enum": [why.value for why in Why]},
    "Contradicted.kind": {"enum": ["regressed", "unreachable", "wrong_order"]},
    "resolves[]": ORDINAL,
    "failures": ORDINAL,
    "lost_for": {**COUNT, "description": "Whole seconds."},
    "order": {"pattern": ORDER_PATTERN, "description": "provider/order_id."},
    "AttentionRow.order": {
        "pattern": SUBJECT_PATTERN,
        "description": "provider/order_id, or _provider-NAME where it is the provider that can't be reached.",
    },
    "provider": {"pattern": PROVIDER_PATTERN},
    "version": {**ORDINAL, "description": "Number of the event in its order's history, from 1."},
    "position": {**ORDINAL, "description": "Log position of the last event that this row knows."},
    "attention": {"description": "Why a person should look; empty: nobody need."},
    "details": {"description": "The provider's other fields by path; null only where they were left out."},
    "details_omitted": {"description": "True where the details would have made the record too large."},
    "stopped": {"description": "Why the order is watched no more; null: it is watched."},
    "Position.position": {**COUNT, "description": "Log position last published."},
    "outbox": {**COUNT, "description": "Number of the last published change of a read model."},
    "log": {"description": "The log's id: `ce_source` ends with it."},
    "ends[]": {"minimum": -1},
    "at": {**TIME, "description": "When it was written: not older than the heartbeat if a publisher lives."},
}

MEANINGS: dict[str, str] = {
    "ordertrail.order-tracked.v1": "We were asked to watch the order.",
    "ordertrail.tracking-changed.v1": "We were asked to watch the order on other terms.",
    "ordertrail.tracking-stopped.v1": "The order is watched no more.",
    "ordertrail.state-changed.v1": "The order went from one state of its lifecycle to another.",
    "ordertrail.details-changed.v1": "Other fields of the provider's answer changed.",
    "ordertrail.status-unrecognised.v1": "The provider used a word for the state that nobody knows.",
    "ordertrail.snapshot-rejected.v1": "The provider's answer could not be trusted, and changed nothing.",
    "ordertrail.contradicted.v1": "The provider reported what the lifecycle forbids; it was not applied.",
    "ordertrail.agreed.v1": "The provider agrees with the lifecycle again.",
    "ordertrail.contact-lost.v1": "The provider can't be reached; this says nothing about the order.",
    "ordertrail.contact-restored.v1": "The provider answers again.",
    "ordertrail.order-not-found.v1": "The provider has never known the order.",
    "ordertrail.order-forgotten.v1": "The provider knows the order no more.",
    "ordertrail.evidence-shown.v1": "Somebody saw an answer with its secrets.",
}
"""One sentence for each type of event."""
