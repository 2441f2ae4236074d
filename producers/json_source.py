"""JSON and NDJSON, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from producers.errors import SourceError
from producers.feed import Origin, Row

_GZIP = b"\x1f\x8b"
INFLATED_LIMIT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """`lines` for NDJSON (None: by the file's name); `records` the dotted path to the list of records."""

    lines: bool | None = None
    records: str | None = None


def parse_json(content: bytes, file: str, options: JsonOptions | None = None) -> Iterator[Row]:
    """The records as rows: names NFC, texts as they stand, nulls absent.

    A row is a line of NDJSON, an element of JSON (from 1).
    """
    options = options or JsonOptions()
    content = inflate(content, file)
    lines = options.lines if options.lines is not None else file.removesuffix(".gz").endswith((".ndjson", ".jsonl"))
    return _parse_lines(content, file) if lines else _parse_document(content, file, options.records)


def inflate(content: bytes, file: str, *, limit_bytes: int = INFLATED_LIMIT_BYTES) -> bytes:
    """`content` without gzip, where it has it; raises `SourceError` where it is torn or past the limit."""
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(limit_bytes + 1)
    except (OSError, EOFError) as error:
        raise SourceError(file, f"is not whole gzip: {error}") from error
    if len(plain) > limit_bytes:
        raise SourceError(file, f"holds more than {limit_bytes} bytes when inflated")
    return plain


def _parse_lines(content: bytes, file: str) -> Iterator[Row]:
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield _row(_load(line, file, number), file, number)


def _parse_document(content: bytes, file: str, records: str | None) -> Iterator[Row]:
    found = _load(content.removeprefix(b"\xef\xbb\xbf"), file, None)
    for name in (records or "").split(".") if records else ():
        if not isinstance(found, dict) or name not in found:
            raise SourceError(file, f"there is nothing at records path {records!r} ({name!r} is missing)")
        found = found[name]
    if not isinstance(found, list):
        raise SourceError(file, "holds no list of records", way_out="name the path to it as records")
    for number, record in enumerate(found, start=1):
        yield _row(record, file, number)


def _load(content: bytes, file: str, row: int | None) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SourceError(file, f"is not JSON: {error}", row=row) from error


def _row(record: Any, file: str, number: int) -> Row:
    if not isinstance(record, dict):
        raise SourceError(file, "is not an object with names", row=number)
    return Row(values=_named(record), origin=Origin(file=file, row=number))


def _named(value: Any) -> Any:
    """`value` with names in NFC and without nulls in objects."""
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", name): _named(one) for name, one in value.items() if one is not None}
    return [_named(one) for one in value] if isinstance(value, list) else value
