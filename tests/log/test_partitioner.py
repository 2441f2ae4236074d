"""Keys are spread as Kafka's clients spread them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as kafkas_murmur2

from hub.log.partitioner import choose_partition, murmur2


@pytest.mark.parametrize(
    ("key", "hashed"),
    # Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_hashes_are_those_of_kafkas_own_test(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed & 0xFFFFFFFF


@given(st.binary(max_size=70))
def test_hashes_are_those_of_kafka_python(key: bytes) -> None:
    assert murmur2(key) == kafkas_murmur2(key) & 0xFFFFFFFF


def test_records_without_a_key_keep_together() -> None:
    assert choose_partition(None, 12) == 0


@given(st.binary(max_size=20), st.integers(1, 50))
def test_every_key_has_a_partition(key: bytes, partitions: int) -> None:
    assert 0 <= choose_partition(key, partitions) < partitions
