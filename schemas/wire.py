"""Confluent wire format: 0x00, schema id (4 bytes, big endian), Avro body."""

from __future__ import annotations

import struct

from schemas.errors import WireError

_PREFIX = struct.Struct(">bI")
PREFIX_BYTES = _PREFIX.size


def frame(schema_id: int, body: bytes) -> bytes:
    """`body` with the prefix that names its schema."""
    return _PREFIX.pack(0, schema_id) + body


def schema_id_of(value: bytes | None) -> int:
    """The schema id in the prefix of `value`; raises `WireError` with the dead-letter reason."""
    if value is None:
        raise WireError("no-value", "the record has no value; a deletion is an event too")
    if value[:2] == b"\xc3\x01":
        raise WireError("single-object-encoding", "Avro single-object encoding is not taken here: use 0x00 + schema id")
    if len(value) < PREFIX_BYTES or value[0] != 0:
        raise WireError("bad-magic", "the value does not begin with 0x00 and a 4-byte schema id")
    schema_id: int = _PREFIX.unpack_from(value)[1]
    return schema_id
