"""/schemas: contents by id and GUID."""

from __future__ import annotations

from typing import Any

from hub.schema_registry.errors import NotFound, schema_not_found
from hub.schema_registry.listing import NO_LIFECYCLE, Listing
from hub.schema_registry.listing import list_schemas as list_schemas_of
from hub.schema_registry.lookups import find_content
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.rest.association_requests import lifecycle_of
from hub.schema_registry.rest.associations import listed_document
from hub.schema_registry.rest.documents import answered, shaped, version_document
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import qualify
from schemas.stored_text import Content

_MAX_LISTED = 1000


def list_types(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered(["AVRO"])


def list_schemas(store: SchemaStore, exchange: Exchange) -> Answer:
    """Every version, or the latest of each subject; by subject and version."""
    wanted = Listing(
        prefix=qualify(exchange.context, exchange.find("subjectPrefix") or ""),
        aliases=exchange.flag("aliases"),
        deleted=exchange.flag("deleted"),
        latest_only=exchange.flag("latestOnly"),
        rule_type=exchange.find("ruleType") or "",
        resource_type=exchange.find("resourceType"),
        association_types=tuple(exchange.query.get("associationType", ())),
        lifecycles=tuple(lifecycle_of(one, extra=(NO_LIFECYCLE,)) for one in exchange.query.get("lifecycle", ())),
    )
    return answered([listed_document(one) for one in exchange.page(list_schemas_of(store, wanted), _MAX_LISTED)])


def show_content(store: SchemaStore, exchange: Exchange) -> Answer:
    """The content of an id; answered from bytes kept in memory."""
    key = (exchange.context, exchange.parts["id"], exchange.query_string)
    answers = store.reads.answers()
    body = answers.find(key)
    if body is None:
        context, guid, content = _found(store, exchange)
        asked = qualify(context, exchange.find("subject") or "")
        holder = _find_holder(store, context, exchange, asked)
        document = {**shaped(store, asked, content, exchange), "guid": guid, **_held(holder)}
        if exchange.flag("fetchMaxId"):
            return answered({**document, "maxId": store.reads.max_id(context)})
        body = answered(document).body or b""
        # another subject may get the content later, and is told instead of a version that is deleted
        if not (holder and holder.deleted) and (not exchange.find("subject") or (holder and holder.subject == asked)):
            answers.keep(key, body)
    return Answer(body)


def _find_holder(store: SchemaStore, context: str, exchange: Exchange, subject: str) -> StoredVersion | None:
    """The version that has the id: of the subject asked for, before one that is deleted, the first one."""
    holders = store.reads.list_versions_of(context, _schema_id(exchange))
    order = sorted(holders, key=lambda one: (one.subject != subject, one.deleted, one.at, one.subject, one.version))
    return order[0] if order else None


def _held(holder: StoredVersion | None) -> dict[str, Any]:
    """Subject, version, time and deletion of the version that has a content."""
    if holder is None:
        return {}
    document = {"deleted": False, **version_document(holder)}
    return {name: document[name] for name in ("subject", "version", "ts", "deleted") if name in document}


def show_content_text(store: SchemaStore, exchange: Exchange) -> Answer:
    context, _, content = _found(store, exchange)
    document = shaped(store, qualify(context, exchange.find("subject") or ""), content, exchange)
    return Answer(document["schema"].encode(), raw=True)


def list_subjects(store: SchemaStore, exchange: Exchange) -> Answer:
    found = [one.subject for one in _versions(store, exchange)]
    return answered(list(exchange.page(sorted(set(found)))))


def list_versions(store: SchemaStore, exchange: Exchange) -> Answer:
    found = [{"subject": one.subject, "version": one.version} for one in _versions(store, exchange)]
    return answered(list(exchange.page(found)))


def show_by_guid(store: SchemaStore, exchange: Exchange) -> Answer:
    guid = exchange.parts["guid"]
    for context, schema_id in store.reads.list_ids_of(guid.lower()):
        found = store.reads.find_content(context, schema_id)
        if found is not None:
            return answered({**shaped(store, qualify(context, ""), found[1], exchange), "guid": found[0]})
    raise schema_not_found(guid)


def list_ids(store: SchemaStore, exchange: Exchange) -> Answer:
    guid = exchange.parts["guid"]
    found = store.reads.list_ids_of(guid.lower())
    if not found:
        raise schema_not_found(guid)
    return answered([{"context": context, "id": schema_id} for context, schema_id in found])


def _schema_id(exchange: Exchange) -> int:
    text = exchange.parts["id"]
    if not text.isascii() or not text.isdigit():
        raise NotFound(404, "HTTP 404 Not Found")
    if int(text) > 2**31 - 1:
        raise schema_not_found(text)
    return int(text)


def _found(store: SchemaStore, exchange: Exchange) -> tuple[str, str, Content]:
    return find_content(store, _schema_id(exchange), exchange.find("subject") or None, exchange.context)


def _versions(store: SchemaStore, exchange: Exchange) -> list[StoredVersion]:
    context, _, _ = _found(store, exchange)
    wanted, deleted = exchange.find("subject"), exchange.flag("deleted")
    found = store.reads.list_versions_of(context, _schema_id(exchange))
    return [
        one for one in found if (deleted or not one.deleted) and (not wanted or one.subject == qualify(context, wanted))
    ]
