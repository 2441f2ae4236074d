"""Hashes of a registry's state, computed row by row, so that memory stays flat.

The log hash is equal after every rebuild and between databases on one log. The content hash is equal between
logs that say the same. Both are SHA-256 (hex) over lines of canonical JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Engine, Select, case, select

from hub.registries.tables import tables_of
from schemas.definition import Definition
from schemas.times import OPEN

_AT_ONCE = 2000


def log_hash(engine: Engine, definition: Definition, build: int, *, until: int | None = None) -> str:
    """Over entries and versions; with `until` as they were when that entry was the last."""
    digest = sha256()
    for row in _rows(engine, _entries(definition, build, until)):
        digest.update(_line("entry", row))
    for row in _rows(engine, _versions(definition, build, until)):
        digest.update(_line("version", row))
    return digest.hexdigest()


def content_hash(engine: Engine, definition: Definition, build: int) -> str:
    """Over what is believed now, without numbers, positions and recorded times."""
    versions = tables_of(definition, build).versions.c
    question = (
        select(
            versions.key, versions.claimant, versions.valid_from, versions.valid_to, versions.state,
            versions.successors, versions.body,
        )
        .where(versions.recorded_to == OPEN)
        .order_by(versions.key, versions.claimant, versions.valid_from)
    )  # fmt: skip
    digest = sha256()
    for row in _rows(engine, question):
        digest.update(_line("content", row))
    return digest.hexdigest()


def _entries(definition: Definition, build: int, until: int | None) -> Select[Any]:
    entries = tables_of(definition, build).entries
    question = select(*entries.columns).order_by(entries.c.number)
    return question if until is None else question.where(entries.c.number <= until)


def _versions(definition: Definition, build: int, until: int | None) -> Select[Any]:
    versions = tables_of(definition, build).versions.c
    last = OPEN if until is None else until
    recorded_to = case((versions.recorded_to > last, OPEN), else_=versions.recorded_to)
    return (
        select(
            versions.key, versions.claimant, versions.recorded_from, recorded_to, versions.valid_from,
            versions.valid_to, versions.entry, versions.state, versions.successors, versions.body,
        )
        .where(versions.recorded_from <= last)
        .order_by(versions.key, versions.claimant, versions.valid_from, versions.recorded_from)
    )  # fmt: skip


def _rows(engine: Engine, question: Select[Any]) -> Iterator[Any]:
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True, yield_per=_AT_ONCE).execute(question)
        yield from result


def _line(kind: str, row: Any) -> bytes:
    return (
        orjson.dumps([kind, *(bytes(one).hex() if isinstance(one, bytes | memoryview) else one for one in row)]) + b"\n"
    )
