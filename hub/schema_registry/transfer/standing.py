"""What stands in this hub's own schema registry, as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, select

from hub.control.claims import Claims
from hub.control.governance import is_draft_context
from hub.schema_registry.reads import Reads
from hub.schema_registry.subjects import EVERY_CONTEXT
from hub.schema_registry.tables import managed, progress, settings
from hub.schema_registry.transfer.contents import Contents, MovedVersion

_CHUNK = 1000
Item = TypeVar("Item")


def read_standing(engine: Engine) -> Contents:
    """Everything but drafts of proposals; managed subjects with the content they were registered with."""
    found = Contents()
    for one in Reads(engine).list_all(EVERY_CONTEXT, deleted=True):
        version = MovedVersion(one.subject, one.version, one.id, one.content, one.deleted)
        if not is_draft_context(version.context):
            found.add_version(version)
    with engine.connect() as connection:
        for row in connection.execute(select(settings)):
            if row.config:
                found.set_config(row.subject, json.loads(row.config))
            if row.mode:
                found.set_mode(row.subject, row.mode)
    return found


def read_managed(connection: Connection) -> dict[str, str]:
    """The subjects that a registry names, with the registry."""
    return {row.subject: row.registry for row in connection.execute(select(managed))}


def read_applied(connection: Connection) -> int:
    """The number of the last control event in the tables."""
    return connection.execute(select(progress.c.applied)).scalar() or 0


def read_taken(connection: Connection, versions: Iterable[MovedVersion]) -> dict[str, dict[str, int]]:
    """By context: the contents, by GUID, that have an id or a content of `versions`, deleted for good or not."""
    by_context: dict[str, list[MovedVersion]] = {}
    for one in versions:
        by_context.setdefault(one.context, []).append(one)
    return {context: _taken_in(Claims(connection), context, ones) for context, ones in by_context.items()}


def chunks(items: Iterable[Item], size: int = _CHUNK) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    waiting = iter(items)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _taken_in(claims: Claims, context: str, versions: Iterable[MovedVersion]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(versions):
        guids, ids = [one.content.guid for one in chunk], [one.id for one in chunk]
        found |= claims.list_taken(context, guids=guids, ids=ids)
    return found
