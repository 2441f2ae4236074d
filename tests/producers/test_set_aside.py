"""One event that is refused for good: the drain names it, and it can be set aside."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hub.log.errors import RecordTooLarge, TopicForbidden
from hub.log.interface import Log, NewRecord, Partition, Position
from producers.catalogue import ControlCatalogue
from producers.errors import NotPending
from producers.feed import Fact, Origin
from producers.outbox import Outbox
from producers.publisher import Publisher
from schemas.event import from_headers
from tests.producers.places_registry import SOURCE, TOPIC


class Picky:
    """A log that takes no record of the keys `refused`, and says of a batch no more than that."""

    def __init__(self, log: Log, *refused: bytes) -> None:
        self.log, self.refused = log, refused

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        if any(one.key in self.refused for one in records):
            raise RecordTooLarge("a record is too large")
        return self.log.append(records)


def publish(outbox: Outbox, catalogue: ControlCatalogue, *codes: str) -> list[str]:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    facts = [Fact("PlaceListed", code, {"code": code, "name": "x"}, Origin("a", 1)) for code in codes]
    return [publisher.publish(one) for one in facts]


def sequences(log: Log) -> list[int]:
    end = log.ends([Partition(TOPIC, 0)])[Partition(TOPIC, 0)]
    return [from_headers(one.headers).sequence for one in log.read_range(Partition(TOPIC, 0), 0, end)]


def test_the_event_that_is_refused_is_named_with_the_way_out(
    outbox: Outbox, catalogue: ControlCatalogue, log: Log
) -> None:
    ids = publish(outbox, catalogue, "1", "2", "3")
    report = outbox.drain(Picky(log, b"2"))
    (failure,) = report.failures
    assert (report.sent, report.pending) == (1, 2)
    assert (failure.code, failure.event_id, failure.retriable) == ("record-too-large", ids[1], False)
    assert ids[1] in failure.message
    assert "set_aside" in failure.message


def test_what_is_set_aside_leaves_a_hole_and_the_rest_goes_out(
    outbox: Outbox, catalogue: ControlCatalogue, log: Log
) -> None:
    ids = publish(outbox, catalogue, "1", "2", "3")
    outbox.drain(Picky(log, b"2"))
    outbox.set_aside(ids[1], "too large for the log")
    publish(outbox, catalogue, "4")
    report = outbox.drain(Picky(log, b"2"))
    delivery = outbox.find_delivery(ids[1])
    assert report.is_complete
    assert sequences(log) == [1, 3, 4]
    assert delivery is not None
    assert (delivery.position, delivery.set_aside) == (None, "too large for the log")


def test_what_it_told_is_told_again_by_a_later_run(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    (event_id,) = publish(outbox, catalogue, "1")
    with outbox.transaction() as transaction:
        transaction.keep_fact("places", "1", {"code": "1"}, event_id=event_id)
    outbox.set_aside(event_id, "wrong")
    assert outbox.facts("places") == {}


def test_an_event_that_was_sent_cannot_be_set_aside(outbox: Outbox, catalogue: ControlCatalogue, log: Log) -> None:
    (event_id,) = publish(outbox, catalogue, "1")
    outbox.drain(log)
    with pytest.raises(NotPending) as caught:
        outbox.set_aside(event_id, "too late")
    assert caught.value.code == "not-pending"


def test_a_batch_that_is_too_large_as_a_whole_goes_out_one_by_one(
    outbox: Outbox, catalogue: ControlCatalogue, log: Log
) -> None:
    class SmallBatches(Picky):
        def append(self, records: Sequence[NewRecord]) -> list[Position]:
            if len(records) > 1:
                raise RecordTooLarge("the request is too large")
            return self.log.append(records)

    publish(outbox, catalogue, "1", "2", "3")
    assert outbox.drain(SmallBatches(log)).is_complete
    assert sequences(log) == [1, 2, 3]


def test_a_forbidden_topic_is_no_fault_of_an_event(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    class Forbidden:
        def append(self, records: Sequence[NewRecord]) -> list[Position]:
            raise TopicForbidden(TOPIC)

    publish(outbox, catalogue, "1")
    (failure,) = outbox.drain(Forbidden()).failures
    assert (failure.code, failure.event_id) == ("topic-forbidden", None)
