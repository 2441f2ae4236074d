from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from hub.log.errors import LoginRefused, LogUnavailable, TopicForbidden
from hub.log.interface import Log, NewRecord, Partition, Position
from producers.catalogue import CachedCatalogue, ControlCatalogue
from producers.errors import DrainRunning, OutboxUsed
from producers.feed import Fact, Origin
from producers.outbox import Outbox
from producers.publisher import Publisher
from schemas.event import from_headers
from tests.producers.places_registry import SOURCE, TOPIC


def fact(code: str) -> Fact:
    return Fact("PlaceListed", code, {"code": code, "name": f"Nơi {code}"}, Origin("a.csv", 2), happened_at=1_000_000)


class Broker:
    """A transport that remembers what it took; `fail` may raise for a topic."""

    def __init__(self, fail: Callable[[str], None] = lambda topic: None) -> None:
        self.fail = fail
        self.taken: list[NewRecord] = []

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        self.fail(records[0].topic)
        start = len(self.taken)
        self.taken += records
        return [Position(one.topic, 0, start + index) for index, one in enumerate(records)]


def test_events_go_out_in_order_with_a_gapless_sequence(outbox: Outbox, log: Log, catalogue: ControlCatalogue) -> None:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    ids = [publisher.publish(fact(str(number))) for number in range(5)]
    report = outbox.drain(log, batch_records=2)
    records = list(log.read_range(Partition(TOPIC, 0), 0, 5))
    envelopes = [from_headers(record.headers) for record in records]
    assert (report.sent, report.pending, report.is_complete) == (5, 0, True)
    assert [one.id for one in envelopes] == ids
    assert [one.sequence for one in envelopes] == [1, 2, 3, 4, 5]
    assert {one.source for one in envelopes} == {SOURCE}


def test_what_was_acknowledged_is_not_sent_again(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    event_id = Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("1"))
    broker = Broker()
    outbox.drain(broker)
    outbox.drain(broker)
    delivery = outbox.find_delivery(event_id)
    assert len(broker.taken) == 1
    assert delivery is not None
    assert delivery.position == Position(TOPIC, 0, 0)


def test_a_repeat_after_a_lost_acknowledgement_sends_the_same_bytes(
    outbox: Outbox, catalogue: ControlCatalogue
) -> None:
    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("1"))
    (first,) = outbox.list_pending(TOPIC, limit=1)
    broker = Broker()
    broker.append([first.record])  # taken, and the answer was lost
    outbox.drain(broker)
    assert broker.taken[0] == broker.taken[1]


def test_a_broker_that_is_away_is_reported_and_nothing_is_lost(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    def away(topic: str) -> None:
        raise LogUnavailable("no broker")

    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    publisher.publish(fact("1"))
    report = outbox.drain(Broker(away))
    publisher.publish(fact("2"))
    assert [(one.code, one.retriable) for one in report.failures] == [("log-unavailable", True)]
    assert (report.sent, report.pending, outbox.count_pending()) == (0, 1, 2)
    assert outbox.drain(Broker()).sent == 2


def test_a_refused_login_is_reported_as_such(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    def refuse(topic: str) -> None:
        raise LoginRefused("wrong password")

    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("1"))
    (failure,) = outbox.drain(Broker(refuse)).failures
    assert (failure.code, failure.retriable) == ("login-refused", False)


def test_a_refused_topic_does_not_hold_up_the_others(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    def refuse(topic: str) -> None:
        if topic == "health.places.v1":
            raise TopicForbidden(topic)

    Publisher(outbox, SOURCE, "health.places.v1", catalogue).publish(fact("1"))
    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("2"))
    report = outbox.drain(Broker(refuse))
    assert (report.sent, report.pending) == (1, 1)
    assert report.failures[0].topic == "health.places.v1"


def test_publishing_goes_on_while_a_drain_waits_for_the_broker(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)

    waiting = [fact("2")]

    def publish_meanwhile(topic: str) -> None:
        if waiting:
            publisher.publish(waiting.pop())

    publisher.publish(fact("1"))
    assert outbox.drain(Broker(publish_meanwhile)).sent == 2


def test_one_drainer_at_a_time(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    other = Outbox(outbox.path)
    refused: list[str] = []

    def drain_meanwhile(topic: str) -> None:
        with pytest.raises(DrainRunning) as caught:
            other.drain(Broker())
        refused.append(caught.value.code)

    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("1"))
    assert outbox.drain(Broker(drain_meanwhile)).sent == 1
    assert refused == ["drain-running"]


def test_an_event_and_what_it_was_derived_from_commit_together(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    publisher = Publisher(outbox, SOURCE, TOPIC, catalogue)
    with pytest.raises(RuntimeError), outbox.transaction() as transaction:
        event_id = publisher.enqueue(transaction, publisher.prepare(fact("1")))
        transaction.keep_fact("places", "1", {"code": "1"}, event_id=event_id)
        raise RuntimeError("the process stops here")
    assert (outbox.count_pending(), outbox.facts("places")) == (0, {})
    publisher.publish(fact("2"))
    assert from_headers(outbox.list_pending(TOPIC, limit=1)[0].record.headers).sequence == 1


def test_a_lost_outbox_goes_on_under_a_new_incarnation(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    outbox.restart(SOURCE, TOPIC, feed="places", incarnation=2, state={"1": {"code": "1", "name": "A"}})
    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("2"))
    envelope = from_headers(outbox.list_pending(TOPIC, limit=1)[0].record.headers)
    assert (envelope.source, envelope.sequence) == (f"{SOURCE};2", 1)
    assert outbox.facts("places") == {"1": {"code": "1", "name": "A"}}


def test_an_outbox_that_published_is_not_lost(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    Publisher(outbox, SOURCE, TOPIC, catalogue).publish(fact("1"))
    with pytest.raises(OutboxUsed):
        outbox.restart(SOURCE, TOPIC, feed="places", incarnation=2, state={})


def test_schemas_are_remembered_while_the_hub_is_away(outbox: Outbox, catalogue: ControlCatalogue) -> None:
    asked = CachedCatalogue(outbox, catalogue).find("places", "PlaceListed")
    assert CachedCatalogue(outbox).find("places", "PlaceListed") == asked
    assert CachedCatalogue(outbox).find("places", "PlaceRetired") is None


def test_an_outbox_is_durable_when_it_answers(outbox: Outbox) -> None:
    with closing(sqlite3.connect(outbox.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert outbox._connection().execute("PRAGMA synchronous").fetchone()[0] == 2


def test_two_threads_of_outboxes_share_one_sequence(tmp_path: Path, catalogue: ControlCatalogue) -> None:
    first, second = Outbox(tmp_path / "o.sqlite"), Outbox(tmp_path / "o.sqlite")
    for number in range(4):
        Publisher((first, second)[number % 2], SOURCE, TOPIC, catalogue).publish(fact(str(number)))
    sequences = [from_headers(one.record.headers).sequence for one in first.list_pending(TOPIC, limit=9)]
    assert sequences == [1, 2, 3, 4]
