"""Decoders of events: bytes of a writer's schema into a dict, strictly and fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.avro import RecordSchema, record_type
from schemas.binary import undecodable
from schemas.model import Record
from schemas.reading import Broken, Read, Readers
from schemas.resolution import Resolution
from schemas.wire import PREFIX_BYTES

Decode = Callable[..., dict[str, Any]]


def compile_decoder(schema: RecordSchema, reader: RecordSchema | None = None) -> Decode:
    """A function `(data, offset=5) -> dict` for values written with `schema`; `offset` skips the wire prefix.

    With `reader` the dict is as that (newer) schema sees it: promotions, aliases, defaults; raises
    `AvroInvalid` where that is impossible. Values are as `schemas.reading` says: microseconds, days,
    unscaled decimals. The decoder raises `WireError("undecodable", …)` naming the field.
    """
    writer_type = record_type(schema)
    read = Readers().reader(writer_type) if reader is None else _resolve(writer_type, reader)

    def decode(data: bytes | memoryview, offset: int = PREFIX_BYTES) -> dict[str, Any]:
        if not isinstance(data, bytes):
            data = bytes(data)
        try:
            value, end = read(data, offset)
        except Broken as error:
            raise undecodable(f"{_path(error.path)}: {error}") from error
        except RecursionError as error:
            raise undecodable("the value is nested too deeply") from error
        if end != len(data):
            raise undecodable(f"{len(data) - end} bytes follow the value")
        found: dict[str, Any] = value
        return found

    return decode


def _resolve(writer: Record, reader: RecordSchema) -> Read:
    return Resolution().reader(writer, record_type(reader), reader.name)


def _path(parts: tuple[str, ...]) -> str:
    return ".".join(parts).replace(".[", "[")
