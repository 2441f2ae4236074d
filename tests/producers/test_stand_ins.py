"""Stand-ins: one of the same system goes on with the same list, one of another takes back what it told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from producers.catalogue import ControlCatalogue
from producers.declarations import choose_feeds, load_departments
from producers.feed import Fact, FeedContext, FeedDeclaration, Finding, Origin
from producers.outbox import Outbox
from producers.report import PublishReport
from producers.run import publish_feed
from schemas.event import Envelope, from_headers
from tests.producers.places_registry import SOURCE, TOPIC

STAND_IN = FeedDeclaration(
    "places-package", "culture", "places", "package", "events", "", "", implementation=f"{__name__}:places"
)


def places(context: FeedContext) -> Iterator[Finding]:
    for number, code in enumerate(context.options["codes"], start=1):
        fields = {"code": code, "name": "Nơi", "price": 5}
        yield Fact("PlaceListed", code, fields, Origin("package", number), f"p{code}", number, number)


@pytest.fixture
def told(outbox: Outbox, catalogue: ControlCatalogue) -> list[Envelope]:
    """The events of a stand-in that told two places."""
    publish(STAND_IN, outbox, catalogue, "1", "2")
    return envelopes(outbox)


def publish(feed: FeedDeclaration, outbox: Outbox, catalogue: ControlCatalogue, *codes: str) -> PublishReport:
    return publish_feed(feed, FeedContext(None, {"codes": codes}), outbox, catalogue, source=SOURCE)


def envelopes(outbox: Outbox) -> list[Envelope]:
    return [from_headers(one.record.headers) for one in outbox.list_pending(TOPIC, limit=99)]


def test_a_withdrawn_stand_in_retracts_every_event_it_told(
    outbox: Outbox, catalogue: ControlCatalogue, told: list[Envelope]
) -> None:
    report = publish(replace(STAND_IN, withdrawn=True), outbox, catalogue)
    retractions = envelopes(outbox)[2:]
    assert (report.read, report.withdrawn, report.published_total) == (0, 2, 2)
    assert [(one.correction, one.corrects, one.subject) for one in retractions] == [
        ("retracted", one.id, one.subject) for one in told
    ]
    assert [one.valid_from for one in retractions] == [1, 2]


def test_what_was_taken_back_is_not_taken_back_again(
    outbox: Outbox, catalogue: ControlCatalogue, told: list[Envelope]
) -> None:
    withdrawn = replace(STAND_IN, withdrawn=True)
    publish(withdrawn, outbox, catalogue)
    assert publish(withdrawn, outbox, catalogue).withdrawn == 0
    assert len(envelopes(outbox)) == 4


def test_a_stand_in_that_is_needed_again_tells_its_facts_anew(
    outbox: Outbox, catalogue: ControlCatalogue, told: list[Envelope]
) -> None:
    publish(replace(STAND_IN, withdrawn=True), outbox, catalogue)
    assert publish(STAND_IN, outbox, catalogue, "1", "2").published_total == 2
    assert {one.id for one in told}.isdisjoint(one.id for one in envelopes(outbox)[4:])


def test_of_the_packaged_feeds_only_the_unit_package_is_another_system_than_what_it_stands_in_for() -> None:
    feeds = [feed for one in load_departments() for feed in one.feeds if feed.instead_of]
    assert [feed.name for feed in feeds if feed.ledger is None] == ["administrative-units-package"]
    assert all(feed.ledger in (None, feed.instead_of) for feed in feeds)


def test_a_stand_in_of_another_system_is_withdrawn_once_the_data_is_there(tmp_path: Path) -> None:
    real = replace(STAND_IN, name="places", system="register", needs=("04-portal",))
    stand_in = replace(STAND_IN, instead_of="places")
    assert choose_feeds([stand_in, real], tmp_path) == [stand_in]
    (tmp_path / "04-portal").mkdir()
    assert choose_feeds([stand_in, real], tmp_path) == [real, replace(stand_in, withdrawn=True)]


def test_a_stand_in_of_the_same_system_is_followed_without_repeating_what_it_told(
    outbox: Outbox, catalogue: ControlCatalogue
) -> None:
    publish(replace(STAND_IN, ledger="places"), outbox, catalogue, "1")
    report = publish(replace(STAND_IN, name="places"), outbox, catalogue, "1", "2")
    assert (report.unchanged, report.published_total) == (1, 1)
