"""What every log does, whichever body it has. A body's test class inherits this and gives `log` and `other`."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.log.errors import BadTopicName, EmptyRecord, OffsetOutOfRange, RecordTooLarge, TopicConflict, UnknownTopic
from hub.log.interface import Log, NewRecord, Partition, Position, Record

MINUTE_MICROS = 60_000_000


def unused_name() -> str:
    return f"t{uuid.uuid4().hex[:12]}.things.v1"


def new_topic(log: Log, partitions: int = 1) -> str:
    """A topic nobody else uses."""
    name = unused_name()
    log.create_topic(name, partitions)
    return name


def numbered(topic: str, numbers: range, *, partition: int | None = None) -> list[NewRecord]:
    return [NewRecord(topic, b"key", b"%d" % number, partition=partition) for number in numbers]


def values(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def read_all(log: Log, partition: Partition) -> list[Record]:
    return list(log.read_range(partition, 0, log.ends([partition])[partition]))


class LogContract:
    """Inherited by the embedded log's and Kafka's test classes."""

    # topics

    def test_a_topic_has_the_partitions_it_was_created_with(self, log: Log) -> None:
        assert log.partitions(new_topic(log, 3)) == 3

    def test_creating_a_topic_again_alike_changes_nothing(self, log: Log) -> None:
        topic = new_topic(log, 2)
        log.append(numbered(topic, range(1), partition=0))
        log.create_topic(topic, 2)
        assert log.ends([Partition(topic, 0)]) == {Partition(topic, 0): 1}

    def test_creating_a_topic_with_other_partitions_is_a_conflict(self, log: Log) -> None:
        topic = new_topic(log, 2)
        with pytest.raises(TopicConflict):
            log.create_topic(topic, 3)

    def test_topics_are_listed_with_their_partitions(self, log: Log) -> None:
        one, two = new_topic(log, 1), new_topic(log, 2)
        listed = log.topics()
        assert (listed[one], listed[two]) == (1, 2)

    @pytest.mark.parametrize("name", ["", "Upper.case.v1", "under_score", "two..dots", "-dash", "a/b", "x" * 250])
    def test_a_name_kafka_would_not_take_is_refused(self, log: Log, name: str) -> None:
        with pytest.raises(BadTopicName):
            log.create_topic(name)

    def test_a_topic_created_by_another_is_seen(self, log: Log, other: Log) -> None:
        assert log.partitions(new_topic(other, 2)) == 2

    # an unknown topic

    def test_reading_an_unknown_topic_says_so(self, log: Log) -> None:
        with pytest.raises(UnknownTopic):
            log.read(Partition("no.such.v1", 0), 0, max_records=1)

    def test_appending_to_an_unknown_topic_says_so_and_creates_nothing(self, log: Log) -> None:
        with pytest.raises(UnknownTopic):
            log.append([NewRecord("no.such.v1", b"k", b"v")])
        assert "no.such.v1" not in log.topics()

    def test_an_unknown_partition_is_an_unknown_topic(self, log: Log) -> None:
        topic = new_topic(log, 2)
        with pytest.raises(UnknownTopic):
            log.ends([Partition(topic, 2)])
        with pytest.raises(UnknownTopic):
            log.append(numbered(topic, range(1), partition=2))

    # appending

    def test_positions_are_gapless_and_in_order(self, log: Log) -> None:
        topic = new_topic(log)
        first, second = log.append(numbered(topic, range(3))), log.append(numbered(topic, range(2)))
        assert first + second == [Position(topic, 0, offset) for offset in range(5)]

    def test_appending_nothing_is_harmless(self, log: Log) -> None:
        assert log.append([]) == []

    def test_a_record_comes_back_as_it_went_in(self, log: Log) -> None:
        topic = new_topic(log)
        headers = (("ce_id", b"1"), ("rỗng", b""), ("ce_id", b"twice"), ("bytes", bytes(range(256))))
        log.append([NewRecord(topic, "khóa".encode(), b"\x00\xff", headers)])
        (record,) = log.read(Partition(topic, 0), 0, max_records=10)
        assert record[:6] == (topic, 0, 0, "khóa".encode(), b"\x00\xff", headers)

    def test_no_key_and_no_value_differ_from_empty_ones(self, log: Log) -> None:
        topic = new_topic(log)
        log.append([NewRecord(topic, None, b""), NewRecord(topic, b"", None)])
        read = log.read(Partition(topic, 0), 0, max_records=10)
        assert [(record.key, record.value) for record in read] == [(None, b""), (b"", None)]

    def test_a_record_without_key_and_value_is_refused(self, log: Log) -> None:
        with pytest.raises(EmptyRecord):
            log.append([NewRecord(new_topic(log), None, None)])

    def test_the_append_time_is_the_logs_own_clock(self, log: Log) -> None:
        topic = new_topic(log)
        before = time.time_ns() // 1000
        log.append(numbered(topic, range(1)))
        (record,) = log.read(Partition(topic, 0), 0, max_records=1)
        assert before - MINUTE_MICROS < record.appended_at < time.time_ns() // 1000 + MINUTE_MICROS

    def test_a_record_too_large_is_refused_and_leaves_nothing(self, log: Log) -> None:
        topic = new_topic(log)
        with pytest.raises(RecordTooLarge):
            log.append([NewRecord(topic, b"k", bytes(1_000_001))])
        assert log.ends([Partition(topic, 0)]) == {Partition(topic, 0): 0}

    def test_the_largest_record_is_taken(self, log: Log) -> None:
        topic = new_topic(log)
        log.append([NewRecord(topic, b"k", bytes(999_000), (("name", b"value"),))])
        (record,) = log.read(Partition(topic, 0), 0, max_records=1)
        assert record.value == bytes(999_000)

    def test_appending_goes_on_after_a_refusal(self, log: Log) -> None:
        topic = new_topic(log)
        with pytest.raises(RecordTooLarge):
            log.append([NewRecord(topic, b"k", bytes(1_000_001))])
        assert log.append(numbered(topic, range(1))) == [Position(topic, 0, 0)]

    @pytest.mark.parametrize(
        ("key", "partition"),
        # Kafka's own UtilsTest: murmur2("21") = -973932308, ("foobar") = -790332482, ("abc") = 479470107
        [(b"21", (-973932308 & 0x7FFFFFFF) % 7), (b"foobar", (-790332482 & 0x7FFFFFFF) % 7), (b"abc", 479470107 % 7)],
    )
    def test_a_key_chooses_the_partition_kafkas_clients_choose(self, log: Log, key: bytes, partition: int) -> None:
        (position,) = log.append([NewRecord(new_topic(log, 7), key, b"v")])
        assert position.partition == partition

    def test_a_partition_given_wins_over_the_key(self, log: Log) -> None:
        topic = new_topic(log, 7)
        positions = [log.append([NewRecord(topic, b"21", b"v", partition=number)])[0] for number in range(7)]
        assert positions == [Position(topic, number, 0) for number in range(7)]

    def test_offsets_count_for_each_partition_alone(self, log: Log) -> None:
        topic = new_topic(log, 2)
        mixed = [NewRecord(topic, b"k", b"v", partition=number) for number in (0, 1, 1, 0, 1)]
        assert [(one.partition, one.offset) for one in log.append(mixed)] == [(0, 0), (1, 0), (1, 1), (0, 1), (1, 2)]

    def test_one_append_may_go_to_several_topics(self, log: Log) -> None:
        one, two = new_topic(log), new_topic(log)
        log.append([NewRecord(one, b"k", b"1"), NewRecord(two, b"k", b"2")])
        assert values(read_all(log, Partition(one, 0)) + read_all(log, Partition(two, 0))) == [b"1", b"2"]

    def test_appenders_side_by_side_lose_and_repeat_nothing(self, log: Log, other: Log) -> None:
        topic = new_topic(log)

        def append_all(job: tuple[Log, int]) -> list[Position]:
            target, start = job
            return [
                position
                for at in range(start, start + 100, 10)
                for position in target.append(numbered(topic, range(at, at + 10)))
            ]

        with ThreadPoolExecutor(4) as pool:
            jobs = [(log, 0), (other, 100), (log, 200), (other, 300)]
            positions = [one for many in pool.map(append_all, jobs) for one in many]
        written = {position.offset: number for position, number in zip(positions, range(400), strict=True)}
        read = read_all(log, Partition(topic, 0))
        assert [(record.offset, record.value) for record in read] == [(at, b"%d" % written[at]) for at in range(400)]

    # reading

    def test_reading_starts_at_the_offset_and_stops_at_the_limit(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(10)))
        read = log.read(Partition(topic, 0), 3, max_records=4)
        assert [(record.offset, record.value) for record in read] == [(n, b"%d" % n) for n in (3, 4, 5, 6)]

    def test_reading_on_gives_every_record_once(self, log: Log) -> None:
        topic, read, offset = new_topic(log), [], 0
        for at in range(0, 6000, 500):
            log.append(numbered(topic, range(at, at + 500)))
        while batch := log.read(Partition(topic, 0), offset, max_records=700):
            read += batch
            offset = batch[-1].offset + 1
        assert values(read) == [b"%d" % number for number in range(6000)]

    def test_reading_back_and_forth_gives_what_stands_there(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(20)))
        read = [log.read(Partition(topic, 0), offset, max_records=2)[0].offset for offset in (15, 0, 19, 1, 2, 4, 3)]
        assert read == [15, 0, 19, 1, 2, 4, 3]

    def test_partitions_read_in_turn_do_not_mix(self, log: Log) -> None:
        topic = new_topic(log, 2)
        for partition in (0, 1):
            log.append(numbered(topic, range(partition * 100, partition * 100 + 50), partition=partition))
        read: dict[int, list[bytes | None]] = {0: [], 1: []}
        for at in range(0, 50, 10):
            for partition in (0, 1):
                read[partition] += values(log.read(Partition(topic, partition), at, max_records=10))
        assert read == {0: [b"%d" % n for n in range(50)], 1: [b"%d" % n for n in range(100, 150)]}

    def test_what_was_appended_is_read_at_once(self, log: Log) -> None:
        topic = new_topic(log)
        for number in range(20):
            (position,) = log.append(numbered(topic, range(number, number + 1)))
            (record,) = log.read(Partition(topic, 0), position.offset, max_records=5)
            assert record.value == b"%d" % number

    def test_what_another_appended_is_read_at_once(self, log: Log, other: Log) -> None:
        topic = new_topic(log)
        for number in range(10):
            (position,) = other.append(numbered(topic, range(number, number + 1)))
            assert values(log.read(Partition(topic, 0), position.offset, max_records=5)) == [b"%d" % number]

    def test_at_the_end_there_is_nothing(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(2)))
        assert log.read(Partition(topic, 0), 2, max_records=5) == []
        assert log.read(Partition(topic, 0), 2, max_records=5, timeout_s=0.05) == []

    @pytest.mark.parametrize("offset", [-1, 3, 1000])
    def test_an_offset_outside_is_never_moved_in_silence(self, log: Log, offset: int) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(2)))
        with pytest.raises(OffsetOutOfRange):
            log.read(Partition(topic, 0), offset, max_records=5)

    def test_reading_goes_on_after_an_offset_outside(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(2)))
        with pytest.raises(OffsetOutOfRange):
            log.read(Partition(topic, 0), 9, max_records=5)
        assert values(log.read(Partition(topic, 0), 0, max_records=5)) == [b"0", b"1"]

    def test_a_waiting_read_gets_what_comes(self, log: Log, other: Log) -> None:
        topic = new_topic(log)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(log.read, Partition(topic, 0), 0, max_records=5, timeout_s=30.0)
            other.append(numbered(topic, range(1)))
            assert values(reading.result()) == [b"0"]

    def test_a_range_holds_exactly_its_offsets(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(5000)))
        read = [record.offset for record in log.read_range(Partition(topic, 0), 7, 4003)]
        assert read == list(range(7, 4003))

    def test_a_range_ends_where_the_log_ends(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(3)))
        assert [record.offset for record in log.read_range(Partition(topic, 0), 1, 99)] == [1, 2]

    def test_an_empty_range_is_empty(self, log: Log) -> None:
        assert list(log.read_range(Partition(new_topic(log), 0), 0, 0)) == []

    # ends and waiting

    def test_threads_that_read_one_partition_side_by_side_each_read_all_of_it(self, log: Log) -> None:
        topic = new_topic(log)
        partition = Partition(topic, 0)
        log.append(numbered(topic, range(60)))

        def read(number: int) -> list[bytes | None]:
            seen: list[bytes | None] = []
            while len(seen) < 60:
                step = list(log.read_range(partition, len(seen), min(60, len(seen) + number + 5)))
                seen += values(step)
                assert step, f"reader {number} was told that nothing stands at {len(seen)}"
                log.wait({partition: len(seen)}, 0.01)
            return seen

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(read, range(8)))
        assert found == [[b"%d" % number for number in range(60)]] * 8

    def test_ends_are_the_next_offsets(self, log: Log) -> None:
        topic = new_topic(log, 2)
        log.append(numbered(topic, range(3), partition=1))
        partitions = [Partition(topic, 0), Partition(topic, 1)]
        assert log.ends(partitions) == {partitions[0]: 0, partitions[1]: 3}
        assert log.ends([]) == {}

    def test_waiting_ends_at_once_where_there_is_more(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(3)))
        assert log.wait({Partition(topic, 0): 2}, 0.0)

    def test_waiting_in_vain_says_so(self, log: Log) -> None:
        topic = new_topic(log)
        log.append(numbered(topic, range(3)))
        assert not log.wait({Partition(topic, 0): 3}, 0.05)
        assert not log.wait({Partition(topic, 0): 9}, 0.05)

    @pytest.mark.parametrize("same", [True, False])
    def test_waiting_ends_when_any_partition_grows(self, log: Log, other: Log, same: bool) -> None:
        topics = [new_topic(log) for _ in range(3)]
        appender = log if same else other
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait, {Partition(topic, 0): 0 for topic in topics}, 60.0)
            appender.append(numbered(topics[1], range(1)))
            assert waiting.result()

    def test_what_was_waited_for_is_then_read(self, log: Log, other: Log) -> None:
        topic = new_topic(log)
        for number in range(5):
            appending = threading.Thread(target=other.append, args=(numbered(topic, range(number, number + 1)),))
            appending.start()
            assert log.wait({Partition(topic, 0): number}, 60.0)
            assert values(log.read(Partition(topic, 0), number, max_records=5)) == [b"%d" % number]
            appending.join()
