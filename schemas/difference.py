"""The semantic difference of two versions of a schema, each change with its verdict per compatibility level."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from schemas.changes import Change, Put, list_changes
from schemas.compatibility import LEVELS, check
from schemas.difference_words import WORDS
from schemas.java_reading import full_name
from schemas.model import Array, AvroType, Map, Record, Union, parse_type, read_document

_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Difference:
    """One change. `path` is a JSON pointer into the new schema, or into the old one for what is gone.

    `old` and `new` are values of JSON, None where there is none. `verdicts` says for each of the seven levels
    whether this change alone, made to the old schema, may be registered: True where it keeps the level. A last one
    of the kind `together` stands there where only several changes together break a level.
    """

    kind: str
    path: str
    old: Any
    new: Any
    message_vi: str
    message_en: str
    verdicts: Mapping[str, bool]

    @property
    def broken_levels(self) -> tuple[str, ...]:
        """The levels this change alone breaks."""
        return tuple(level for level, keeps in self.verdicts.items() if not keeps)


def difference(
    new: str,
    old: str,
    *,
    new_known: Mapping[str, AvroType] | None = None,
    old_known: Mapping[str, AvroType] | None = None,
) -> list[Difference]:
    """Every change from `old` to `new`, two schemas as JSON; raises `AvroInvalid`.

    `new_known` and `old_known` are the types that references of each define, by full name.
    """
    documents = read_document(new), read_document(old)
    newer, older = parse_type(documents[0], dict(new_known or {})), parse_type(documents[1], dict(old_known or {}))
    changes = list_changes(
        newer,
        older,
        new_documents=dict(_definitions(documents[0], None)),
        old_documents=dict(_definitions(documents[1], None)),
    )
    if not changes and _spelled(documents[0]) != _spelled(documents[1]):
        changes = [Change("other-changed", (), "", None, None)]
    found = [_told(one, _verdicts(_made(one.put, older), older)) for one in changes]
    return found + _together(found, newer, older)


def _together(found: list[Difference], new: AvroType, old: AvroType) -> list[Difference]:
    """What breaks a level though no change alone does: one row for the two schemas as they are."""
    verdicts = _verdicts(new, old)
    if all(kept or any(not one.verdicts[level] for one in found) for level, kept in verdicts.items()):
        return []
    reasons = list(dict.fromkeys(one.message_en for one in check(new, old) + check(old, new)))
    return [_told(Change("together", (), "", None, reasons), verdicts)]


def _told(change: Change, verdicts: Mapping[str, bool]) -> Difference:
    texts = []
    for language, text in zip(("vi", "en"), WORDS[change.kind], strict=True):
        shown = {name: _shown(value, change.kind, language) for name, value in _values(change)}
        texts.append((f"{change.place}: " if change.place else "") + text.format(**shown))
    return Difference(
        kind=change.kind,
        path="/" + "/".join(change.path),
        old=change.old,
        new=change.new,
        message_vi=texts[0],
        message_en=texts[1],
        verdicts=verdicts,
    )


def _values(change: Change) -> tuple[tuple[str, Any], tuple[str, Any]]:
    return ("old", change.old), ("new", change.new)


def _made(put: Put | None, old: AvroType) -> AvroType:
    """The old schema with one change made to it."""
    if put is None:
        return old
    return put.new if put.node is None else _Copy(put).of(old)


def _verdicts(new: AvroType, old: AvroType) -> dict[str, bool]:
    """For each level, whether `new` may follow `old`."""
    # what the old schema itself cannot read of its own data is not this change's doing
    own = set(check(old, old))
    backward, forward = set(check(new, old)) <= own, set(check(old, new)) <= own
    return {
        name: (backward or not level.new_reads_old) and (forward or not level.old_reads_new)
        for name, level in LEVELS.items()
    }


class _Copy:
    """Copies a graph of types with one node replaced, wherever it is referred to."""

    def __init__(self, put: Put) -> None:
        self.put = put
        self.made: dict[int, AvroType] = {}

    def of(self, avro: AvroType) -> AvroType:
        if id(avro) not in self.made:
            source = self.put.new if avro is self.put.node else avro
            if isinstance(source, Record):
                return self.record(avro, source)
            self.made[id(avro)] = self.other(source)
        return self.made[id(avro)]

    def record(self, avro: AvroType, source: Record) -> Record:
        copy = Record(source.name, source.aliases)
        self.made[id(avro)] = copy
        copy.fields.extend(replace(field, type=self.of(field.type)) for field in source.fields)
        return copy

    def other(self, source: AvroType) -> AvroType:
        match source:
            case Array():
                return Array(self.of(source.items))
            case Map():
                return Map(self.of(source.values))
            case Union():
                return Union(tuple(self.of(one) for one in source.branches))
        return source


def _definitions(document: Any, space: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The named types a schema defines, by full name; of equal definitions the first."""
    if isinstance(document, list):
        for one in reversed(document):
            yield from _definitions(one, space)
    elif isinstance(document, dict):
        own = space
        if isinstance(document.get("name"), str):
            full, own = full_name(document, space)
        for field in reversed(document.get("fields") or []):
            yield from _definitions(field.get("type"), own)
        for inner in ("values", "items"):
            yield from _definitions(document.get(inner), own)
        if isinstance(document.get("name"), str):
            yield full, document


def _spelled(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def _shown(value: Any, kind: str, language: str) -> str:
    """A value as text, cut where it is long; null is a default like any other."""
    if value is None and not kind.startswith("default"):
        return "không có" if language == "vi" else "none"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
