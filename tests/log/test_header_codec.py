"""Headers come out of the embedded log's packing as they went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.log.header_codec import pack_values, unpack_headers
from hub.log.interface import Headers


@given(st.lists(st.tuples(st.text(), st.binary()), max_size=15).map(tuple))
def test_headers_come_back(headers: Headers) -> None:
    assert unpack_headers(tuple(name for name, _ in headers), pack_values(headers)) == headers


def test_values_are_packed_as_documented() -> None:
    """Lengths of 4 bytes, little endian, then the values."""
    assert pack_values((("a", b"xy"), ("b", b""))) == b"\x02\x00\x00\x00\x00\x00\x00\x00xy"
