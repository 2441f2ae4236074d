"""The topics of the hub as an AsyncAPI 3.0 document, told as those who use them see it: departments send, and
on Kafka anyone who may read receives. Channels, messages and schemas come from the same definitions as contracts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from hub.contracts.elements import Json
from hub.contracts.facts import HubFacts
from schemas.definition import Definition, EventRule
from schemas.event import CONTENT_TYPE, CORRECTIONS, MANDATORY, OPTIONAL

ASYNCAPI = "3.0.0"
AVRO_FORMAT = "application/vnd.apache.avro;version=1.9.0"
BINDING = "0.5.0"
# name in the CloudEvents header -> what it says
_HEADERS: dict[str, Json] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"description": "A new id for each event, UUIDv7; a retry sends the same"},
    "ce_source": {"description": "urn:<place>:<organisation code>:<system>"},
    "ce_subject": {"description": "The record's key; equal to the key of the Kafka record"},
    "ce_time": {"format": "date-time", "description": "When it happened, UTC"},
    "content-type": {"const": CONTENT_TYPE},
    "ce_dataschema": {"description": "Address of the schema, ending in its GUID"},
    "ce_sequence": {"pattern": "^[0-9]+$", "description": "Gapless number per source and topic"},
    "ce_validfrom": {"format": "date-time", "description": "From when on it holds, where that is not ce_time"},
    "ce_validto": {"format": "date-time", "description": "Until when it holds"},
    "ce_correction": {"enum": list(CORRECTIONS), "description": "changed where nothing is said"},
    "ce_corrects": {"description": "The id of the event that this one corrects or retracts"},
    "ce_legalbasis": {"description": "Number, date and issuer of the act"},
    "ce_signature": {"description": "Ed25519 over the event, by the key in ce_keyid"},
}
_SECURITY = {
    "sasl": ("kafka", True),
    "sasl-tls": ("kafka-secure", True),
    "tls": ("kafka-secure", False),
}


def asyncapi_document(facts: HubFacts) -> Json:
    """The document as plain values."""
    definitions = sorted(facts.state.definitions.values(), key=lambda one: one.registry)
    return {
        "asyncapi": ASYNCAPI,
        "id": f"urn:{facts.place}:hub",
        "info": _info(facts),
        "defaultContentType": CONTENT_TYPE,
        "servers": dict(_servers(facts)),
        "channels": {name: one for definition in definitions for name, one in _channels(definition, facts)},
        "operations": {name: one for definition in definitions for name, one in _operations(definition, facts)},
        "components": _components(definitions, facts),
    }


def _info(facts: HubFacts) -> Json:
    return {
        "title": facts.title.en,
        "version": "1.0.0",
        "description": f"{facts.title.vi}. Events of departments, Avro with CloudEvents headers; one topic for each "
        "registry and writer. Operations are told from the side of those who use the hub.",
        "externalDocs": {"url": f"{facts.base_url}/api/v1", "description": "The registries, as JSON"},
    }


def _servers(facts: HubFacts) -> Iterator[tuple[str, Json]]:
    described = "Takes events by POST, one topic an address"
    yield (
        "intake",
        {
            "host": facts.host,
            "protocol": facts.scheme,
            "description": described,
            "security": [_security("token")],
        },
    )
    protocol, login = _SECURITY.get(facts.log_security, ("kafka", False))
    registry = {"schemaRegistryUrl": facts.schema_registry_url, "schemaRegistryVendor": "confluent"}
    for index, host in enumerate(facts.log_servers, 1):
        server = {"host": host, "protocol": protocol, "bindings": {"kafka": {**registry, "bindingVersion": BINDING}}}
        yield f"kafka-{index}", server | ({"security": [_security("scram")]} if login else {})


def _security(name: str) -> Json:
    return {"$ref": f"#/components/securitySchemes/{name}"}


def _channels(definition: Definition, facts: HubFacts) -> Iterator[tuple[str, Json]]:
    """Each topic at the HTTP intake, and in Kafka where the log is Kafka."""
    messages = {
        rule: {"$ref": f"#/components/messages/{_message_name(definition, rule)}"} for rule in definition.events
    }
    for topic, writer in zip(definition.topics, definition.writers, strict=True):
        described = f"Sự kiện / Events: {definition.title.vi} / {definition.title.en}; {facts.department_name(writer)}"
        channel = {"title": topic, "description": described, "messages": messages}
        intake = {"address": f"/topics/{topic}", "servers": [{"$ref": "#/servers/intake"}]}
        yield f"intake.{topic}", channel | intake | {"bindings": {"http": {}}}
        if facts.log_servers:
            servers = [{"$ref": f"#/servers/kafka-{index}"} for index, _ in enumerate(facts.log_servers, 1)]
            kafka = {"topic": topic, "partitions": definition.partitions, "bindingVersion": BINDING}
            yield topic, channel | {"address": topic, "servers": servers, "bindings": {"kafka": kafka}}


def _operations(definition: Definition, facts: HubFacts) -> Iterator[tuple[str, Json]]:
    for topic in definition.topics:
        post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
        yield f"post.{topic}", _operation(definition, f"intake.{topic}", "send") | {"bindings": post}
        if facts.log_servers:
            yield f"send.{topic}", _operation(definition, topic, "send")
            yield f"receive.{topic}", _operation(definition, topic, "receive")


def _operation(definition: Definition, channel: str, action: str) -> Json:
    told = {"send": "A department tells", "receive": "A reader follows"}[action]
    return {
        "action": action,
        "summary": f"{told} what happened: {definition.title.en}",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{rule}"} for rule in definition.events],
    }


def _components(definitions: Sequence[Definition], facts: HubFacts) -> Json:
    return {
        "messages": {
            _message_name(definition, name): _message(definition, rule, facts)
            for definition in definitions
            for name, rule in definition.events.items()
        },
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "The token of a department"},
            "scram": {"type": "scramSha512", "description": "The Kafka user of a department"},
        },
    }


def _message_name(definition: Definition, event: str) -> str:
    return f"{definition.registry}.{event}"


def _message(definition: Definition, rule: EventRule, facts: HubFacts) -> Json:
    """One event: the Avro schema of its value, its headers, and how the value carries the id of the schema."""
    schema = definition.schemas[rule.schema]
    avro = json.loads(schema.text)
    found = facts.find_version(schema)
    told = {"name": rule.type, "title": rule.type, "summary": str(avro.get("doc") or rule.type)}
    return told | {
        "contentType": CONTENT_TYPE,
        "headers": event_headers(rule.type),
        "payload": {"schemaFormat": AVRO_FORMAT, "schema": avro},
        "tags": [{"name": definition.registry}, {"name": rule.operation}],
        "externalDocs": {"url": facts.schema_url(schema), "description": "The schema in the schema registry"},
        "bindings": {"kafka": _kafka_message(rule)},
        "x-subject": schema.full_name,
        "x-schema-guid": schema.guid,
        **({"x-schema-id": found.id, "x-schema-version": found.version} if found else {}),
    }


def _kafka_message(rule: EventRule) -> Json:
    fields = "~".join(rule.key or ((rule.survivor,) if rule.survivor else ()))
    return {
        "key": {"type": "string", "description": f"The record's key: {fields}" if fields else "The record's key"},
        "schemaIdLocation": "payload",
        "schemaIdPayloadEncoding": "confluent",
        "schemaLookupStrategy": "RecordNameStrategy",
        "bindingVersion": BINDING,
    }


def event_headers(event: str) -> Json:
    """The CloudEvents headers of an event as JSON Schema."""
    known = {name: {"type": "string", **_HEADERS.get(name, {})} for name in (*MANDATORY, *OPTIONAL)}
    known["ce_type"]["const"] = event
    return {"type": "object", "required": list(MANDATORY), "properties": known}
