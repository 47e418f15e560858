"""One AsyncAPI 3 document of all topics: https://www.asyncapi.com/docs/reference/specification/v3.0.0

Its schemas are those of `schemas` and `headers` without the keywords that only JSON Schema documents have, so
that tools that know draft 7 alone can read them.
"""

from adapters.kafka.topics import PREFIX, TOPIC, TOPICS, Name, Topic
from domain.events import KINDS
from ordertrail.description.forms import ORDER_PATTERN, PROVIDER_PATTERN, SUBJECT_PATTERN, Schema
from ordertrail.description.headers import EVENTS, has_tombstones, headers
from ordertrail.description.schemas import COMMANDS, ROWS, definitions
from ordertrail.replies import UNKEYED

SPECIFICATION = "3.0.0"
VERSION = "1.0.0"
BINDING = "0.5.0"
SCHEMA_AT = "#/components/schemas/"
JSON = "application/json"
DESCRIPTION = (
    "A flight recorder for orders placed at providers that only answer polls. What was learned is in "
    "`events`; where each order stands is in `orders`, what needs a person in `attention`. The prefix "
    f"`{PREFIX}` is a setting. How to consume: docs/consume.md."
)
KEYS: dict[str, Schema] = {
    "order": {"type": "string", "pattern": SUBJECT_PATTERN},
    "provider": {"type": "string", "pattern": PROVIDER_PATTERN},
    "publisher": {"type": "string"},
}
REPLY_KEY: Schema = {"type": "string", "pattern": f"{ORDER_PATTERN}|^{UNKEYED}$"}


def document() -> Schema:
    """The whole document; raises Undescribed."""
    roots, parts = definitions(SCHEMA_AT + "{name}")
    return {
        "asyncapi": SPECIFICATION,
        "info": {"title": "Ordertrail", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": JSON,
        "servers": {"kafka": _server()},
        "channels": {topic.name.value: _channel(topic) for topic in TOPICS},
        "operations": {
            **{f"publish-{name}": _operation(name) for name in (Name.EVENTS, *ROWS)},
            "obey-commands": _obeying(),
        },
        "components": {
            "schemas": {**roots, **parts, **{name: _plain(told) for name, told in headers().items()}},
            "messages": _messages(),
        },
    }


def _server() -> Schema:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "Read with isolation.level=read_committed.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "HOST:PORT of a broker."}},
    }


def _channel(topic: Topic) -> Schema:
    binding = {"partitions": topic.partitions, "topicConfiguration": _configuration(topic)}
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic.name)}
    return {
        "address": PREFIX + topic.name,
        "description": f"Holds {topic.holds}. Key: {topic.key}.",
        **({"messages": messages} if messages else {}),
        "bindings": {"kafka": {**binding, "bindingVersion": BINDING}},
    }


def _configuration(topic: Topic) -> dict[str, object]:
    """Settings in the types that the Kafka binding wants."""
    told: dict[str, object] = {
        name: int(value) if value.lstrip("-").isdigit() else value for name, value in topic.settings.items()
    }
    return {**told, "cleanup.policy": topic.settings["cleanup.policy"].split(",")}


def _operation(name: Name) -> Schema:
    channel = f"#/channels/{name}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "summary": f"Ordertrail publishes {TOPIC[name].holds}.",
        "messages": [{"$ref": f"{channel}/messages/{message}"} for message in _message_names(name)],
    }


def _obeying() -> Schema:
    channel, replies = f"#/channels/{Name.COMMANDS}", f"#/channels/{Name.REPLIES}"
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "summary": "Ordertrail does what commands ask, each id once, and answers each id once.",
        "messages": [{"$ref": f"{channel}/messages/{message}"} for message in COMMANDS],
        "reply": {
            "channel": {"$ref": replies},
            "messages": [{"$ref": f"{replies}/messages/{PREFIX}{Name.REPLIES}"}],
        },
    }


def _message_names(name: Name) -> list[str]:
    if name == Name.EVENTS:
        return list(KINDS)
    if name == Name.COMMANDS:
        return list(COMMANDS)
    if name not in ROWS:
        return []
    return [PREFIX + name, *([f"{PREFIX}{name}.tombstone"] if has_tombstones(name) else [])]


def _messages() -> Schema:
    events = {topic: _event(topic, kind.__name__) for topic, kind in KINDS.items()}
    rows = {PREFIX + name: _row(name) for name in ROWS}
    ends = {f"{PREFIX}{name}.tombstone": _tombstone(name) for name in ROWS if has_tombstones(name)}
    commands = {name: _command(name) for name in COMMANDS}
    return {**events, **rows, **ends, **commands}


def _event(topic: str, title: str) -> Schema:
    typed = {"properties": {"ce_type": {"const": topic}}}
    return {
        "name": topic,
        "title": title,
        "contentType": JSON,
        "headers": {"type": "object", "allOf": [{"$ref": SCHEMA_AT + EVENTS}, typed]},
        "payload": {"$ref": SCHEMA_AT + topic},
        "bindings": _keyed(Name.EVENTS),
    }


def _row(name: Name) -> Schema:
    full_name = PREFIX + name
    typed = {"required": ["content-type"]}
    return {
        "name": full_name,
        "title": ROWS[name].__name__,
        "contentType": JSON,
        "headers": {"type": "object", "allOf": [{"$ref": f"{SCHEMA_AT}{full_name}.headers"}, typed]},
        "payload": {"$ref": SCHEMA_AT + full_name},
        "bindings": _keyed(name),
    }


def _command(name: str) -> Schema:
    return {
        "name": name,
        "title": COMMANDS[name].__name__,
        "contentType": JSON,
        "payload": {"$ref": SCHEMA_AT + name},
        "bindings": _keyed(Name.COMMANDS),
    }


def _tombstone(name: Name) -> Schema:
    full_name = PREFIX + name
    return {
        "name": f"{full_name}.tombstone",
        "title": f"End of {ROWS[name].__name__}",
        "summary": "A record without a value: the key has no row any more.",
        "headers": {"type": "object", "allOf": [{"$ref": f"{SCHEMA_AT}{full_name}.headers"}]},
        "payload": {"type": "null"},
        "bindings": _keyed(name),
    }


def _keyed(name: Name) -> Schema:
    key = REPLY_KEY if name == Name.REPLIES else KEYS[TOPIC[name].key]
    return {"kafka": {"key": key, "bindingVersion": BINDING}}


def _plain(told: Schema) -> Schema:
    return {key: value for key, value in told.items() if key not in ("$schema", "$id")}
