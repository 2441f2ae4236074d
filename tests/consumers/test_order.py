"""Order records as bytes, and which of their ranges apply."""

from __future__ import annotations

import pytest

from consumers.errors import OrderUnreadable
from consumers.order import OrderRecord, Range, applicable_ranges, decode, encode
from hub.log.interface import Partition

TOPIC = "culture.places.v1"


def ranges(*bounds: tuple[int, int]) -> OrderRecord:
    return OrderRecord(7, tuple(Range(TOPIC, 0, start, end) for start, end in bounds))


def test_a_record_comes_back_as_it_was() -> None:
    record = OrderRecord(7, (Range(TOPIC, 0, 3, 9), Range("tourism.places.v1", 2, 0, 1)))
    assert decode(encode(record)) == record


def test_a_record_is_avro_in_single_object_encoding() -> None:
    assert encode(ranges((0, 1)))[:2] == b"\xc3\x01"


@pytest.mark.parametrize("data", [None, b"", b"\xc3\x01" + bytes(8), b"rubbish"])
def test_a_record_with_an_unknown_schema_is_refused(data: bytes | None) -> None:
    with pytest.raises(OrderUnreadable):
        decode(data)


def test_a_range_applies_where_its_partition_stands() -> None:
    assert applicable_ranges(ranges((3, 9)), {Partition(TOPIC, 0): 3}) == [Range(TOPIC, 0, 3, 9)]


@pytest.mark.parametrize("start", [0, 2, 4, 9])
def test_a_range_that_starts_elsewhere_is_ignored(start: int) -> None:
    assert applicable_ranges(ranges((start, 12)), {Partition(TOPIC, 0): 3}) == []


def test_a_partition_begins_at_0() -> None:
    assert applicable_ranges(ranges((0, 2)), {}) == [Range(TOPIC, 0, 0, 2)]


def test_two_ranges_of_one_partition_apply_one_after_the_other() -> None:
    assert applicable_ranges(ranges((0, 2), (2, 5), (2, 6)), {}) == [Range(TOPIC, 0, 0, 2), Range(TOPIC, 0, 2, 5)]


def test_an_empty_range_does_not_apply() -> None:
    assert applicable_ranges(ranges((0, 0)), {}) == []
