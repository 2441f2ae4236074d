"""Whole numbers as Avro writes them: zigzag, seven bits a byte, at most ten bytes (specification 1.12, "int, long")."""

from __future__ import annotations

from schemas.errors import WireError

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
_SMALL_RANGE = 8192


def undecodable(message: str) -> WireError:
    """The error for bytes that are no value of their schema."""
    return WireError("undecodable", message)


def read_long(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and where it ends; IndexError past the end of `data`."""
    byte = data[at]
    at += 1
    if byte < 128:
        return (byte >> 1) ^ -(byte & 1), at
    number, shift = byte & 127, 7
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 63:
            raise undecodable("a number is longer than ten bytes")
    if number >> 64:
        raise undecodable("a number does not fit 64 bits")
    return (number >> 1) ^ -(number & 1), at


def _long_bytes(number: int) -> bytes:
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 127:
        out.append((rest & 127) | 128)
        rest >>= 7
    out.append(rest)
    return bytes(out)


_SMALL = tuple(_long_bytes(number) for number in range(_SMALL_RANGE))


def long_bytes(number: int) -> bytes:
    """`number` (which fits 64 bits) as Avro writes it."""
    return _SMALL[number] if 0 <= number < _SMALL_RANGE else _long_bytes(number)
