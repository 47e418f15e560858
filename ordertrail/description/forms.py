"""What the types of the models don't say: the form of their values, and words for people.

A key is a property's name, or MODEL.property where it goes for one model alone, or PROPERTY[] for an array's
members. What stands there is JSON Schema, put beside what the type says; `description` is for people.
"""

from typing import Any

from domain.identity import ORDER_ID
from domain.phases import Phase
from domain.readings import Why
from domain.words import LONGEST
from ordertrail.commands import ID, VERSION

Schema = dict[str, Any]  # JSON Schema: its shape is the metaschema's business

TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
SHA256_PATTERN = "^[0-9a-f]{64}$"
DECIMAL_PATTERN = r"^(0|[1-9]\d*)$"
RULES_PATTERN = r"^\d+\.\d+$"
PROVIDER_PATTERN = "^[a-z][a-z0-9]*$"
ORDER_PATTERN = f"^[a-z][a-z0-9]*/{ORDER_ID.pattern}$"
CONTACT_PATTERN = f"^([a-z][a-z0-9]*/{ORDER_ID.pattern}|_provider-[a-z][a-z0-9]*)$"
SUBJECT_PATTERN = f"^([a-z][a-z0-9]*/{ORDER_ID.pattern}|_provider-[a-z][a-z0-9]*|_log)$"

TIME: Schema = {"format": "date-time", "pattern": TIME_PATTERN}
COUNT: Schema = {"minimum": 0}
ORDINAL: Schema = {"minimum": 1}

COMMANDS = ("Track", "Stop", "Refresh", "Execute", "Adopt")
WORDS: Schema = {"minLength": 1, "maxLength": LONGEST}
COMMAND_ID: Schema = {
    "pattern": f"^{ID.pattern}$",
    "description": "Chosen by the sender, never used again but to send the same command again.",
}

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
    "bound": {**COUNT, "description": "Seconds that the state should not outlast."},
    "basis": {"enum": ["prior", "learned", "deadline"], "description": "Where the bound comes from."},
    "promised": {**ORDINAL, "description": "Seconds between two looks at an order, at most."},
    "effective": {**ORDINAL, "description": "What it is instead, in seconds."},
    "funding_transaction": {"pattern": SHA256_PATTERN, "description": "Id of the transaction that pays."},
    "request": {"format": "uuid", "description": "Names this attempt; later events speak of it."},
    "echoed": {"description": "The transaction's id as the provider repeated it."},
    "http_status": {"minimum": 100, "maximum": 599},
    "how": {"enum": ["moved_on", "by_person"]},
    "replaces[]": ORDINAL,
    "from_rules": {"pattern": RULES_PATTERN, "description": "The newest rules among what is replaced."},
    "to_rules": {"pattern": RULES_PATTERN, "description": "The rules that judged anew."},
    "count": COUNT,
    "from": {**ORDINAL, "description": "First position sealed."},
    "to": {**ORDINAL, "description": "Last position sealed."},
    "root": {"pattern": SHA256_PATTERN, "description": "Merkle root over the events' digests."},
    "rows": {**COUNT, "description": "Register and look rows stored since the seal before."},
    "rows_root": {"pattern": SHA256_PATTERN, "description": "Merkle root over those rows' digests."},
    "receipt": {**COUNT, "description": "Number of the last commit whose rows are among them."},
    "LogSealed.previous": {"pattern": SHA256_PATTERN, "description": "Root of the seal before."},
    "lost_for": {**COUNT, "description": "Whole seconds."},
    "order": {"pattern": ORDER_PATTERN, "description": "provider/order_id."},
    "AttentionRow.order": {
        "pattern": CONTACT_PATTERN,
        "description": "provider/order_id, or _provider-NAME where it is the provider that can't be reached.",
    },
    "provider": {"pattern": PROVIDER_PATTERN},
    "version": {**ORDINAL, "description": "Number of the event in its order's history, from 1."},
    "position": {**ORDINAL, "description": "Log position of the last event that this row knows."},
    "attention": {"description": "Why a person should look; empty: nobody need."},
    "details": {"description": "The provider's other fields by path; null only where they were left out."},
    "details_omitted": {"description": "True where the details would have made the record too large."},
    "stopped": {"description": "Why the order is watched no more; null: it is watched."},
    "ReplyRow.id": {"description": "Of the command, or TOPIC/PARTITION/OFFSET of what was none."},
    "ReplyRow.command": {"description": "What was asked for; null: nobody knows."},
    "ReplyRow.order": {"pattern": ORDER_PATTERN, "description": "provider/order_id; null: nobody knows."},
    "ReplyRow.reason": {"description": "Why it was refused; null: it was done."},
    "ReplyRow.version": {**ORDINAL, "description": "The order's version afterwards; null: it has none."},
    "ReplyRow.at": {**TIME, "description": "When it was answered."},
    **{f"{kind}.id": COMMAND_ID for kind in COMMANDS},
    **{f"{kind}.version": {"enum": [VERSION], "description": "Of this form."} for kind in COMMANDS},
    "TrackArgs.ref": WORDS,
    "TrackArgs.tenant": WORDS,
    "TrackArgs.deadline": {"format": "date-time", "description": "RFC 3339 with an offset."},
    "StopArgs.reason": WORDS,
    "AdoptArgs.reason": WORDS,
    "ExecuteArgs.funding_transaction": {"pattern": "^[0-9a-fA-F]{64}$"},
    "sent_at": {"description": "RFC 3339, for people: it does not change what is done."},
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
    "ordertrail.order-overdue.v1": "The order has been in its state for longer than it should.",
    "ordertrail.order-recovered.v1": "The overdue order left its state after all.",
    "ordertrail.bound-stretched.v1": "Orders are looked at less often than promised: the budget is small.",
    "ordertrail.bound-restored.v1": "Orders are looked at as often as promised again.",
    "ordertrail.execution-requested.v1": "We are about to tell the provider that the order is funded.",
    "ordertrail.execution-accepted.v1": "The provider took the request to execute the order.",
    "ordertrail.execution-refused.v1": "The provider refused to execute the order, and said why.",
    "ordertrail.execution-uncertain.v1": "Nobody knows whether the request to execute arrived.",
    "ordertrail.execution-settled.v1": "What became of an uncertain request is known, or was decided.",
    "ordertrail.state-adopted.v1": "A person decided that the provider's word counts, and why.",
    "ordertrail.corrected.v1": "Newer rules judged kept answers anew: what is replaced holds no more.",
    "ordertrail.evidence-erased.v1": "The order's kept answers were destroyed; digests and events stay.",
    "ordertrail.log-sealed.v1": "The log was whole up to here: its events' digests, in one.",
    "ordertrail.evidence-shown.v1": "Somebody saw an answer with its secrets.",
}
"""One sentence for each type of event."""
