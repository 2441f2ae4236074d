"""/schemas: contents by id and GUID."""

from __future__ import annotations

from hub.schema_registry.errors import NotFound, schema_not_found
from hub.schema_registry.lookups import find_content
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.rest.documents import answered, content_document, version_document
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import EVERY_CONTEXT, qualify
from schemas.stored_text import Content

_MAX_LISTED = 1000


def list_types(store: SchemaStore, exchange: Exchange) -> Answer:
    return answered(["AVRO"])


def list_schemas(store: SchemaStore, exchange: Exchange) -> Answer:
    """Every version, or the latest of each subject; by subject and version."""
    prefix = exchange.find("subjectPrefix")
    context = EVERY_CONTEXT if exchange.context == "." else f":{exchange.context}:"
    asked = context if prefix is None else qualify(exchange.context, prefix)
    found = store.reads.list_all(asked, deleted=exchange.flag("deleted"))
    if exchange.flag("latestOnly"):
        found = list({one.subject: one for one in found}.values())
    return answered([version_document(one) for one in exchange.page(found, _MAX_LISTED)])


def show_content(store: SchemaStore, exchange: Exchange) -> Answer:
    """The content of an id; answered from bytes kept in memory."""
    key = (exchange.context, exchange.parts["id"], exchange.query_string)
    body = store.reads.cached_answer(key)
    if body is None:
        _, guid, content = _found(store, exchange)
        document = {**content_document(content), "guid": guid}
        if exchange.flag("fetchMaxId"):
            return answered({**document, "maxId": store.reads.max_id(exchange.context)})
        body = answered(document).body or b""
        store.reads.keep_answer(key, body)
    return Answer(body)


def show_content_text(store: SchemaStore, exchange: Exchange) -> Answer:
    return Answer(_found(store, exchange)[2].text.encode(), raw=True)


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
            return answered({**content_document(found[1]), "guid": found[0]})
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
