"""Whether a schema may follow others, and the reasons in the words existing clients know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.schema_registry.config import LEVEL, Config
from schemas.compatibility import (
    AMBIGUOUS_FIELD,
    FIXED_SIZE_MISMATCH,
    LEVELS,
    MISSING_ENUM_SYMBOLS,
    MISSING_UNION_BRANCH,
    NAME_MISMATCH,
    READER_FIELD_MISSING_DEFAULT_VALUE,
    TYPE_MISMATCH,
    Incompatibility,
    check,
)
from schemas.model import AvroType

_CUT = 10_240
_WORDS = {
    NAME_MISMATCH: "The name of the schema has changed (path '{path}')",
    FIXED_SIZE_MISMATCH: "The size of FIXED type field at path '{path}' in the {reader} schema does not match with "
    "the {writer} schema",
    MISSING_ENUM_SYMBOLS: "The {reader} schema is missing enum symbols '{detail}' at path '{path}' in the "
    "{writer} schema",
    READER_FIELD_MISSING_DEFAULT_VALUE: "The field '{detail}' at path '{path}' in the {reader} schema has no default "
    "value and is missing in the {writer} schema",
    TYPE_MISMATCH: "The type (path '{path}') of a field in the {reader} schema does not match with the {writer} schema",
    MISSING_UNION_BRANCH: "The {reader} schema is missing a type inside a union field at path '{path}' in the "
    "{writer} schema",
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version to compare with."""

    version: int
    text: str
    type: AvroType


def reasons_against(new: AvroType, earlier: Iterable[Earlier], config: Config) -> list[str]:
    """Why `new` may not follow `earlier` (newest first) under `config`; none means it may."""
    level = config[LEVEL]
    rule = LEVELS[level]
    for old in earlier:
        found = [_told(one, "new", "old") for one in check(new, old.type)] if rule.new_reads_old else []
        found += [_told(one, "old", "new") for one in check(old.type, new)] if rule.old_reads_new else []
        if found:
            return [*found, *_about(old, config)]
        if not rule.all_versions:
            break
    return []


def _told(reason: Incompatibility, reader: str, writer: str) -> str:
    if reason.type == AMBIGUOUS_FIELD:
        return f"Unexpected exception during compatibility check: {reason.detail}"
    description = _WORDS[reason.type].format(path=reason.path, detail=reason.detail, reader=reader, writer=writer)
    return f"{{errorType:'{reason.type}', description:'{description}', additionalInfo:'{reason.detail}'}}"


def _about(old: Earlier, config: Config) -> list[str]:
    return [
        f"{{oldSchemaVersion: {old.version}}}",
        f"{{oldSchema: '{old.text[:_CUT]}'}}",
        told_settings(config),
    ]


def told_settings(config: Config) -> str:
    """The settings a verdict rests on, in the words existing clients know."""
    validates = str(bool(config.get("validateFields", False))).lower()
    return f"{{validateFields: '{validates}', compatibility: '{config[LEVEL]}'}}"
