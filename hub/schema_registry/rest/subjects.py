"""/subjects and /compatibility."""

from __future__ import annotations

import re
from typing import Any

from hub.control.claims import context_of
from hub.control.governance import is_draft_context
from hub.schema_registry.deleting import delete_subject, delete_version
from hub.schema_registry.errors import SchemaInvalid, SchemaRegistryError
from hub.schema_registry.lookups import LATEST, check_versions, get_version, get_versions, look_up
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.registering import find_registered, register
from hub.schema_registry.rest.documents import answered, schema_request, shaped_version, version_document
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.rest.retagging import retagged, tag_request
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import EVERY_CONTEXT, check_subject, qualify

_LIKE_A_PATH = re.compile(r"/versions(/[^/]+(/tags)?)?\Z")


def list_subjects(store: SchemaStore, exchange: Exchange) -> Answer:
    prefix = exchange.find("subjectPrefix")
    prefix = exchange.find("subject") if prefix is None else prefix
    found = store.reads.list_subjects(
        _prefix(exchange, prefix),
        deleted=exchange.flag("deleted"),
        only_deleted=exchange.flag("deletedOnly") or exchange.flag("deleted_only"),
    )
    return answered(list(exchange.page(found)))


def list_versions(store: SchemaStore, exchange: Exchange) -> Answer:
    only = exchange.flag("deletedOnly") or exchange.flag("deleted_only")
    negative = exchange.flag("deletedAsNegative")
    found = get_versions(store, exchange.subject, deleted=exchange.flag("deleted") or only or negative)
    numbers = [-one.version if one.deleted and negative else one.version for one in found if one.deleted or not only]
    return answered(list(exchange.page(numbers)))


def show_version(store: SchemaStore, exchange: Exchange) -> Answer:
    """A version; answered from bytes kept in memory where nothing happened to the subject since."""
    key, moment, answers = ("version", exchange.subject, *_asked(exchange)), exchange.moment, store.reads.answers()
    body = None if moment is None else answers.find(key, moment.subject)
    if body is None:
        found = _version(store, exchange)
        body = answered(shaped_version(store, found, exchange)).body or b""
        if moment is not None and found.subject == exchange.subject and not is_draft_context(context_of(found.subject)):
            answers.keep(key, body, moment.applied)
    return Answer(body)


def _asked(exchange: Exchange) -> tuple[str, str]:
    return exchange.parts["version"], exchange.query_string


def show_text(store: SchemaStore, exchange: Exchange) -> Answer:
    return Answer(shaped_version(store, _version(store, exchange), exchange)["schema"].encode(), raw=True)


def list_referrers(store: SchemaStore, exchange: Exchange) -> Answer:
    found = _version(store, exchange)
    deleted = exchange.flag("deleted")
    using = store.reads.list_referrers(found.subject, found.version)
    ids = list(dict.fromkeys(one.id for one in using if deleted or not one.deleted))
    return answered(list(exchange.page(ids)))


def register_version(store: SchemaStore, exchange: Exchange) -> Answer:
    _check_telling(exchange)
    request = schema_request(exchange)
    if exchange.refusal is None:
        found = register(store, exchange.subject, request, exchange.actor)
    else:
        standing = find_registered(store, exchange.subject, request)
        if standing is None:
            raise exchange.refusal
        found = standing
    return answered(_registered(shaped_version(store, found, exchange)))


def tag_version(store: SchemaStore, exchange: Exchange) -> Answer:
    """A new version that differs from another one in tags, metadata or rules."""
    check_subject(exchange.subject)
    found = _version(store, exchange)
    request = tag_request(exchange.document())
    made = register(store, found.subject, retagged(store, found, request), exchange.actor)
    return answered(_registered(version_document(made)))


def _check_telling(exchange: Exchange) -> None:
    """Refuse a name that could later be taken for a path: a lookup under it would register under another one."""
    if not exchange.path_is_exact and _LIKE_A_PATH.search(exchange.subject):
        raise SchemaInvalid(
            42208,
            f"The specified subject '{exchange.subject}' is not a valid subject: behind this server a name that ends "
            "in /versions, /versions/1 or /versions/1/tags cannot be told from a path; choose another one",
        )


def _registered(document: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in document.items() if name not in ("subject", "ts", "deleted", "schemaTags")}


def look_up_version(store: SchemaStore, exchange: Exchange) -> Answer:
    check_subject(exchange.subject)
    found = look_up(store, exchange.subject, schema_request(exchange), deleted=exchange.flag("deleted"))
    return answered(shaped_version(store, found, exchange))


def find_by_metadata(store: SchemaStore, exchange: Exchange) -> Answer:
    """The newest version whose properties have every `key` with its `value`."""
    wanted = list(zip(exchange.query.get("key", ()), exchange.query.get("value", ()), strict=False))
    found = get_versions(store, exchange.subject, deleted=exchange.flag("deleted"))
    for one in reversed(found):
        if all(one.content.property_of(key) == value for key, value in wanted):
            return answered(shaped_version(store, one, exchange))
    raise SchemaRegistryError(40402, f"No version of '{exchange.subject}' has this metadata.")


def remove_subject(store: SchemaStore, exchange: Exchange) -> Answer:
    check_subject(exchange.subject)
    return answered(delete_subject(store, exchange.subject, permanent=exchange.flag("permanent"), actor=exchange.actor))


def remove_version(store: SchemaStore, exchange: Exchange) -> Answer:
    check_subject(exchange.subject)
    number = delete_version(
        store, exchange.subject, exchange.version, permanent=exchange.flag("permanent"), actor=exchange.actor
    )
    return answered(number)


def check_one(store: SchemaStore, exchange: Exchange) -> Answer:
    return _checked(store, exchange, version=exchange.version)


def check_all(store: SchemaStore, exchange: Exchange) -> Answer:
    return _checked(store, exchange, version=None)


def list_contexts(store: SchemaStore, exchange: Exchange) -> Answer:
    prefix = exchange.find("contextPrefix") or ""
    return answered(list(exchange.page([one for one in store.reads.list_contexts() if one.startswith(prefix)])))


def remove_context(store: SchemaStore, exchange: Exchange) -> Answer:
    context = f":{exchange.context}:"
    if store.reads.list_subjects(context, deleted=True, only_deleted=False):
        raise SchemaInvalid(42211, f"The specified context '{context}' is not empty.")
    return Answer(None, 204)


def _checked(store: SchemaStore, exchange: Exchange, *, version: int | None) -> Answer:
    request, verbose = schema_request(exchange), exchange.flag("verbose")
    try:
        reasons = check_versions(store, exchange.subject, request, version=version)
    except SchemaInvalid as error:
        if not verbose or error.number != 42201:
            raise
        reasons = [str(error)]
    return answered({"is_compatible": not reasons, **({"messages": reasons} if verbose else {})})


def _version(store: SchemaStore, exchange: Exchange) -> StoredVersion:
    check_subject(exchange.subject)
    version = exchange.version
    deleted = exchange.flag("deleted") and version != LATEST
    return get_version(store, exchange.subject, version, deleted=deleted)


def _prefix(exchange: Exchange, given: str | None) -> str:
    if given is None:
        return qualify(exchange.context, "") if exchange.names_context else EVERY_CONTEXT
    return qualify(exchange.context, given)
