"""Confluent's wire format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WireError
from schemas.wire import PREFIX_BYTES, frame, schema_id_of


@given(st.integers(0, 2**32 - 1), st.binary(max_size=20))
def test_the_id_and_the_body_come_back(schema_id: int, body: bytes) -> None:
    framed = frame(schema_id, body)
    assert schema_id_of(framed) == schema_id
    assert framed[PREFIX_BYTES:] == body


def test_the_prefix_is_a_zero_and_the_id_big_endian() -> None:
    assert frame(258, b"x") == b"\x00\x00\x00\x01\x02x"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "no-value"),
        (b"", "bad-magic"),
        (b"\x00\x00\x00\x01", "bad-magic"),
        (b"\x01\x00\x00\x00\x01", "bad-magic"),
        (b'{"a": 1}', "bad-magic"),
        (b"\xc3\x01" + bytes(8), "single-object-encoding"),
    ],
)
def test_a_value_without_prefix_is_refused_with_its_reason(value: bytes | None, code: str) -> None:
    with pytest.raises(WireError) as caught:
        schema_id_of(value)
    assert caught.value.code == code
