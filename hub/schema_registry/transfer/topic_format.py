"""The records of a `_schemas` topic, as Confluent's registry writes them, and what they add up to.

Keys are JSON in a fixed order of members, for compaction compares their bytes; a reader looks at the members
alone, so that keys in Karapace's older order are read too. A soft deletion is the same key with `deleted`, or a
DELETE_SUBJECT with the last version it reaches; a deletion for good is a tombstone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hub.control.claims import DEFAULT_CONTEXT, context_of
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.subjects import GLOBAL, bare_name, qualify, settings_key
from hub.schema_registry.transfer.contents import (
    AVRO,
    Contents,
    MovedVersion,
    content_document,
    content_of,
    in_order_of_references,
)
from hub.schema_registry.transfer.errors import SourceUnreadable

Json = dict[str, Any]
TopicRecord = tuple[bytes, bytes | None]
_TENANT = "default"
_SCHEMA_MAGIC, _MAGIC = 1, 0


class TopicFold:
    """Takes the records of the topic in order; `contents` is what stands after the last one."""

    def __init__(self) -> None:
        self.contents = Contents()

    def take(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Take one record; raises `SourceUnreadable` naming the offset."""
        if not key:
            return
        try:
            document = json.loads(key)
            fold = _FOLD.get(document.get("keytype"))
            if fold is not None:
                fold(self.contents, document, json.loads(value) if value else None)
        except (ValueError, KeyError, TypeError, AttributeError, SchemaInvalid) as error:
            raise SourceUnreadable(f"the record at offset {offset} is not of a _schemas topic: {error!r}") from error


def records_of(contents: Contents) -> list[TopicRecord]:
    """The records that make an empty topic hold `contents`: contexts, versions in order of references, settings."""
    contexts = sorted(contents.contexts() - {DEFAULT_CONTEXT})
    return [
        *[_context_record(one) for one in contexts],
        *[_version_record(one) for one in in_order_of_references(contents.versions.values())],
        *[_config_record(key, value) for key, value in sorted(contents.configs.items())],
        *[_mode_record(key, value) for key, value in sorted(contents.modes.items())],
    ]


def _context_record(context: str) -> TopicRecord:
    value = {"tenant": _TENANT, "context": context}
    return _bytes({"keytype": "CONTEXT", **value, "magic": _MAGIC}), _bytes(value)


def _version_record(one: MovedVersion) -> TopicRecord:
    key = {"keytype": "SCHEMA", "subject": one.subject, "version": one.version, "magic": _SCHEMA_MAGIC}
    value = {"subject": one.subject, "version": one.version, "id": one.id, **content_document(one.content)}
    return _bytes(key), _bytes({**value, "deleted": one.deleted})


def _config_record(scope: str, value: str) -> TopicRecord:
    return _bytes(_setting_key("CONFIG", scope)), _bytes({**_subject(scope), **json.loads(value)})


def _mode_record(scope: str, mode: str) -> TopicRecord:
    return _bytes(_setting_key("MODE", scope)), _bytes({**_subject(scope), "mode": mode})


def _setting_key(keytype: str, scope: str) -> Json:
    return {"keytype": keytype, **_subject(scope), "magic": _MAGIC}


def _subject(scope: str) -> Json:
    return {} if scope == GLOBAL else {"subject": scope}


def _bytes(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _fold_schema(contents: Contents, key: Json, value: Json | None) -> None:
    place = (qualify(DEFAULT_CONTEXT, str(key["subject"])), int(key["version"]))
    if value is None:
        contents.versions.pop(place, None)
        return
    one = MovedVersion(
        *place,
        id=int(value["id"]),
        content=content_of(value),
        deleted=bool(value.get("deleted")),
        type=str(value.get("schemaType") or AVRO),
    )
    contents.add_version(one)


def _fold_config(contents: Contents, key: Json, value: Json | None) -> None:
    subject = key.get("subject") or GLOBAL
    if value is None:
        contents.configs.pop(settings_key(subject), None)
    else:
        contents.set_config(subject, value)


def _fold_mode(contents: Contents, key: Json, value: Json | None) -> None:
    subject = key.get("subject") or GLOBAL
    if value is None:
        contents.modes.pop(settings_key(subject), None)
    else:
        contents.set_mode(subject, value["mode"])


def _fold_deletion(contents: Contents, key: Json, value: Json | None) -> None:
    if value is None:
        return
    subject, last = qualify(DEFAULT_CONTEXT, str(value.get("subject") or key["subject"])), int(value["version"])
    for one in [one for one in contents.versions.values() if one.subject == subject and one.version <= last]:
        contents.add_version(replace(one, deleted=True))


def _fold_clearing(contents: Contents, key: Json, value: Json | None) -> None:
    """What is deleted goes for good: of a subject, of a context, or of all."""
    scope = settings_key(key.get("subject") or GLOBAL)
    for place, one in list(contents.versions.items()):
        if value is not None and one.deleted and _lies_in(one.subject, scope):
            del contents.versions[place]


def _lies_in(subject: str, scope: str) -> bool:
    is_context = scope != GLOBAL and not bare_name(scope)
    return scope in (GLOBAL, subject) or (is_context and context_of(subject) == context_of(scope))


_FOLD: dict[str, Callable[[Contents, Json, Json | None], None]] = {
    "SCHEMA": _fold_schema,
    "CONFIG": _fold_config,
    "MODE": _fold_mode,
    "DELETE_SUBJECT": _fold_deletion,
    "CLEAR_SUBJECT": _fold_clearing,
}


def fold_topic(records: Iterable[tuple[int, bytes | None, bytes | None]]) -> Contents:
    """What the records (offset, key, value) add up to; raises `SourceUnreadable`."""
    fold = TopicFold()
    for offset, key, value in records:
        fold.take(offset, key, value)
    return fold.contents
