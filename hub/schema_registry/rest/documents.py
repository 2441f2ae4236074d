"""The JSON of versions, contents, settings; members that are empty are left out."""

from __future__ import annotations

from typing import Any

import orjson

from hub.control.claims import context_of
from hub.schema_registry.config import Config
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.rest.exchange import Answer, BadRequest, Exchange
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import qualify
from hub.schema_registry.tagging import list_tags, tags_of_request
from schemas.stored_text import Content, Reference

SCHEMA_TYPE = "AVRO"


def answered(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(orjson.dumps(value), status)


def content_document(content: Content) -> dict[str, Any]:
    """Schema, references, metadata and rules."""
    found: dict[str, Any] = {"schema": content.text}
    if content.references:
        found["references"] = [
            {"name": one.name, "subject": one.subject, "version": one.version} for one in content.references
        ]
    if content.metadata:
        found["metadata"] = orjson.loads(content.metadata)
    if content.rules:
        found["ruleSet"] = orjson.loads(content.rules)
    return found


def shaped(store: SchemaStore, subject: str, content: Content, exchange: Exchange) -> dict[str, Any]:
    """The members of a content as the query asks for them: `format`, `referenceFormat`, `findTags`."""
    document = content_document(content)
    if (exchange.find("format") or "").lower() == "resolved":
        document["schema"] = store.parser.resolved_text(subject, content)
    if exchange.find("referenceFormat") == "qualified" and content.references:
        for one in document["references"]:
            one["subject"] = qualify(context_of(subject), one["subject"])
    tags = exchange.query.get("findTags", [])
    if tags:
        document["schemaTags"] = list_tags(store.parser.resolved_text(subject, content), tags)
    return {name: one for name, one in document.items() if one != []}


def shaped_version(store: SchemaStore, found: StoredVersion, exchange: Exchange) -> dict[str, Any]:
    """A version of a subject as the query asks for it."""
    return {**version_document(found), **shaped(store, found.subject, found.content, exchange)}


def version_document(found: StoredVersion) -> dict[str, Any]:
    """A version of a subject."""
    document: dict[str, Any] = {
        "subject": found.subject,
        "version": found.version,
        "id": found.id,
        "guid": found.guid,
        "schemaType": SCHEMA_TYPE,
        **content_document(found.content),
    }
    if found.at:
        document["ts"] = found.at // 1000
    if found.deleted:
        document["deleted"] = True
    return document


def config_document(config: Config) -> dict[str, Any]:
    """Settings as they are answered."""
    return dict(config)


def schema_request(exchange: Exchange) -> SchemaRequest:
    """The schema in the body; raises `SchemaInvalid`, `BadRequest`."""
    return request_of(exchange.document(), normalize=exchange.flag("normalize"), force=exchange.flag("force"))


def request_of(document: dict[str, Any], *, normalize: bool, force: bool = False) -> SchemaRequest:
    """The schema that `document` holds; raises `SchemaInvalid`, `BadRequest`."""
    kind = str(document.get("schemaType") or SCHEMA_TYPE).upper()
    if kind != SCHEMA_TYPE:
        raise SchemaInvalid(
            42201,
            f"Invalid schema type {kind}: this registry takes {SCHEMA_TYPE} only, neither JSON Schema nor Protobuf",
        )
    text = document.get("schema") or ""
    if not isinstance(text, str):
        raise BadRequest(400, "schema is the schema's JSON as a text")
    return SchemaRequest(
        text=text,
        references=tuple(_reference(one) for one in document.get("references") or ()),
        metadata=_object(document, "metadata"),
        rules=_object(document, "ruleSet"),
        version=_whole(document, "version"),
        id=max(0, _whole(document, "id")),
        normalize=normalize,
        force=force,
        tags_to_add=tags_of_request(document.get("schemaTagsToAdd"), "schemaTagsToAdd"),
        tags_to_remove=tags_of_request(document.get("schemaTagsToRemove"), "schemaTagsToRemove"),
        propagates_tags=document.get("propagateSchemaTags") is True,
    )


def _reference(document: Any) -> Reference:
    if not isinstance(document, dict):
        raise BadRequest(400, "a reference is an object with name, subject and version")
    name, subject, version = document.get("name"), document.get("subject"), document.get("version")
    if not isinstance(name, str) or not isinstance(subject, str) or not isinstance(version, int):
        raise SchemaInvalid(42201, "Invalid schema reference: it needs name, subject and version")
    return Reference(name, subject, version)


def _object(document: dict[str, Any], name: str) -> Any:
    found = document.get(name)
    if found is not None and not isinstance(found, dict):
        raise BadRequest(400, f"{name} is an object")
    return found


def _whole(document: dict[str, Any], name: str) -> int:
    found = document.get(name)
    if found is None:
        return 0
    if not isinstance(found, int) or isinstance(found, bool):
        raise BadRequest(400, f"{name} is a whole number")
    return found
