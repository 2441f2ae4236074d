"""Which partition a key belongs to: murmur2, as Kafka's own clients compute it."""

from __future__ import annotations

import struct

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF


def choose_partition(key: bytes | None, partitions: int) -> int:
    """The partition of `key`; a record without a key belongs to partition 0, where its like keep their order."""
    if key is None or partitions == 1:
        return 0
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 of 32 bits with the seed that Kafka's Java client uses, as an unsigned number.

    Austin Appleby's algorithm, https://github.com/aappleby/smhasher (MurmurHash2.cpp).
    """
    size = len(data)
    hashed = _SEED ^ size
    for (word,) in struct.iter_unpack("<I", data[: size & ~3]):
        word = word * _MULTIPLIER & _MASK
        word = (word ^ word >> 24) * _MULTIPLIER & _MASK
        hashed = (hashed * _MULTIPLIER & _MASK) ^ word
    rest = data[size & ~3 :]
    if rest:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15
