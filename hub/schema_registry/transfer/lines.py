"""A registry as plain lines of JSON, one fact each; the last line says how many there are and their hash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from hub.control.claims import DEFAULT_CONTEXT
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.subjects import qualify
from hub.schema_registry.transfer.contents import (
    AVRO,
    Contents,
    MovedVersion,
    content_document,
    content_of,
    in_order_of_references,
)
from hub.schema_registry.transfer.errors import SourceUnreadable, TargetUnwritable

FILE_NAME = "schema-registry.ndjson"
Json = dict[str, Any]


def write_lines(path: Path, contents: Contents) -> int:
    """Write `contents` to a file (in a folder: `schema-registry.ndjson`); the number of facts.

    Raises `TargetUnwritable`.
    """
    lines = [_line(one) for one in _facts(contents)]
    end = _line({"kind": "end", "facts": len(lines), "sha256": _hash(lines)})
    target = _file(path)
    beside = target.with_name(target.name + ".part")
    try:
        beside.write_text("".join([*lines, end]), encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        raise TargetUnwritable(f"{target} cannot be written: {error.strerror}") from error
    return len(lines)


def read_lines(path: Path) -> Contents:
    """What a file holds; raises `SourceUnreadable` naming file and line, also for one that was cut or changed."""
    file = _file(path)
    try:
        lines = [line + "\n" for line in file.read_text(encoding="utf-8").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{file} cannot be read: {error}") from error
    contents = Contents()
    for number, line in enumerate(lines[:-1], 1):
        try:
            ended = _take(contents, json.loads(line), lines[: number - 1])
        except (ValueError, KeyError, TypeError, AttributeError, SchemaInvalid) as error:
            raise SourceUnreadable(f"{file} line {number} is no fact of a schema registry: {error!r}") from error
        if ended:
            return contents
    raise SourceUnreadable(f"{file} has no last line with its hash: it was cut short")


def _take(contents: Contents, document: Json, before: list[str]) -> bool:
    """Take one fact; whether it was the last line."""
    if document["kind"] == "end":
        if document["facts"] != len(before) or document["sha256"] != _hash(before):
            raise ValueError("the lines before have another number or hash: the file was changed")
        return True
    _KINDS[document["kind"]](contents, document)
    return False


def _facts(contents: Contents) -> Iterator[Json]:
    for one in in_order_of_references(contents.versions.values()):
        yield {
            "kind": "version",
            "subject": one.subject,
            "version": one.version,
            "id": one.id,
            "guid": one.content.guid,
            "deleted": one.deleted,
            **content_document(one.content),
        }
    for key, value in sorted(contents.configs.items()):
        yield {"kind": "config", "subject": key, "config": json.loads(value)}
    for key, mode in sorted(contents.modes.items()):
        yield {"kind": "mode", "subject": key, "mode": mode}


def _take_version(contents: Contents, document: Json) -> None:
    contents.add_version(
        MovedVersion(
            subject=qualify(DEFAULT_CONTEXT, document["subject"]),
            version=int(document["version"]),
            id=int(document["id"]),
            content=content_of(document),
            deleted=bool(document.get("deleted")),
            type=str(document.get("schemaType") or AVRO),
        )
    )


def _take_config(contents: Contents, document: Json) -> None:
    contents.set_config(document["subject"], document["config"])


def _take_mode(contents: Contents, document: Json) -> None:
    contents.set_mode(document["subject"], document["mode"])


_KINDS: dict[str, Callable[[Contents, Json], None]] = {
    "version": _take_version,
    "config": _take_config,
    "mode": _take_mode,
}


def _line(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _hash(lines: list[str]) -> str:
    digest = sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def _file(path: Path) -> Path:
    return path / FILE_NAME if path.is_dir() else path
