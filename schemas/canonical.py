"""Canonical forms and fingerprints of schemas.

The parsing canonical form is Avro's ("Parsing Canonical Form for Schemas", specification 1.12). It strips
what the hub asks for: classes, units, labels and logical types. Where those matter, compare `full_form`.
"""

from __future__ import annotations

import json
from hashlib import md5, sha256
from typing import Any

from schemas.java_reading import read_json
from schemas.model import Array, AvroType, Enum, Fixed, Map, Primitive, Record, Union, parse_type

EMPTY = 0xC15D213AA4D7A795


def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (EMPTY & -(value & 1))
        table.append(value)
    return tuple(table)


_TABLE = _table()


def full_form(text: str) -> str:
    """The whole of a schema's JSON, with every attribute, in one spelling: members sorted, no white space."""
    return json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_form(text: str) -> str:
    """The parsing canonical form of a schema; raises `AvroInvalid`."""
    return canonical_form_of(parse_type(read_json(text)))


def canonical_form_of(avro: AvroType) -> str:
    """The parsing canonical form of a type."""
    return _write(avro, set())


def crc64(data: bytes) -> int:
    """CRC-64-AVRO (Rabin fingerprint) as an unsigned number."""
    found = EMPTY
    for byte in data:
        found = (found >> 8) ^ _TABLE[(found ^ byte) & 0xFF]
    return found


def crc64_bytes(text: str) -> bytes:
    """CRC-64-AVRO of a schema's canonical form, little endian as single-object encoding has it."""
    return crc64(canonical_form(text).encode()).to_bytes(8, "little")


def md5_bytes(text: str) -> bytes:
    """MD5 of a schema's canonical form."""
    return md5(canonical_form(text).encode(), usedforsecurity=False).digest()


def sha256_bytes(text: str) -> bytes:
    """SHA-256 of a schema's canonical form."""
    return sha256(canonical_form(text).encode()).digest()


def _write(avro: AvroType, seen: set[str]) -> str:
    match avro:
        case Primitive():
            return f'"{avro.type}"'
        case Union():
            return f"[{','.join(_write(one, seen) for one in avro.branches)}]"
        case Array():
            return f'{{"type":"array","items":{_write(avro.items, seen)}}}'
        case Map():
            return f'{{"type":"map","values":{_write(avro.values, seen)}}}'
        case Fixed() | Enum() | Record():
            return _named(avro, seen)


def _named(avro: Fixed | Enum | Record, seen: set[str]) -> str:
    """A named type in full where it stands first, and by its name afterwards."""
    if avro.name in seen:
        return _quoted(avro.name)
    seen.add(avro.name)
    match avro:
        case Fixed():
            return f'{{"name":{_quoted(avro.name)},"type":"fixed","size":{avro.size}}}'
        case Enum():
            return f'{{"name":{_quoted(avro.name)},"type":"enum","symbols":[{",".join(map(_quoted, avro.symbols))}]}}'
        case Record():
            fields = ",".join(f'{{"name":{_quoted(one.name)},"type":{_write(one.type, seen)}}}' for one in avro.fields)
            return f'{{"name":{_quoted(avro.name)},"type":"record","fields":[{fields}]}}'


def _quoted(text: Any) -> str:
    return json.dumps(text, ensure_ascii=False)
