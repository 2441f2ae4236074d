"""Headers as the embedded log keeps them: a number for their names, then lengths and values.

The names of a topic's headers hardly ever differ from record to record, so a tuple of names is kept once and
has a number; a record keeps the lengths of its values (4 bytes each, little endian) and the values.
"""

from __future__ import annotations

import struct
from functools import cache
from itertools import accumulate, pairwise

from hub.log.interface import Headers

Names = tuple[str, ...]


def pack_values(headers: Headers) -> bytes:
    """The values of `headers` with their lengths in front."""
    values = [value for _, value in headers]
    return _lengths(len(values)).pack(*map(len, values)) + b"".join(values)


def unpack_headers(names: Names, packed: bytes) -> Headers:
    """The headers whose names these are."""
    lengths = _lengths(len(names))
    ends = accumulate(lengths.unpack_from(packed), initial=lengths.size)
    return tuple([(name, packed[start:end]) for name, (start, end) in zip(names, pairwise(ends), strict=True)])


@cache
def _lengths(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")
