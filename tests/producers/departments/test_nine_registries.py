"""The nine registries on a real log and a real database: from the packaged tables to current records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.feed import Fact, FeedContext, Origin
from producers.run import publish_feed, topic_of
from schemas.lint import lint_definition, lint_schema
from schemas.lint_rules import ERROR
from tests.producers.departments.line import REGISTRIES, Line, packaged_definitions


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    opened = Line(tmp_path)
    yield opened
    opened.close()


def test_schemas_and_definitions_pass_the_lint() -> None:
    findings = [
        found
        for one in packaged_definitions()
        for found in [*lint_definition(one.definition), *(f for schema in one.versions for f in lint_schema(schema))]
    ]
    assert len(packaged_definitions()) == 9
    assert [one for one in findings if one.level == ERROR] == []


def test_the_packaged_tables_fill_every_registry_and_a_second_run_says_nothing_new(line: Line) -> None:
    reports = line.publish(None, *REGISTRIES)
    assert all(not one.refused and one.quarantined is None for one in reports.values())
    assert {name: line.count(name) for name in REGISTRIES} == {
        "festivals": 16,
        "food-places": 20,
        "heritage-sites": 40 + 26 + 46 - 59,
        "public-services": 30,
        "rain-gauges": 54,
        "rainfall": 22,
        "site-visits": 13,
        "ticket-prices": 84,
        "tourism-operators": 15,
    }
    assert sum(sum(one.published.values()) for one in line.publish(None, *REGISTRIES).values()) == 0


def test_a_finding_of_identity_is_undone_by_sites_separated(line: Line) -> None:
    line.publish(None, "heritage-sites")
    before = line.count("heritage-sites")
    survivor = next(key for key in line.outbox.facts("site-identities"))
    kept, absorbed = survivor.split("=")
    fields = {"survivorKey": kept, "absorbed": [absorbed], "reason": "another gate"}
    line.tell("site-identities", Fact("SitesSeparated", kept, fields, Origin("decision", 1)))
    assert line.count("heritage-sites") == before + 1


def test_the_real_lists_fill_the_registries(line: Line, real_data: Path) -> None:
    reports = line.publish(real_data, "heritage-sites", "festivals", "food-places", "tourism-operators", "site-visits")
    assert reports["travel-agencies"].quarantined is not None
    assert reports["food-places"].read == 6794
    counts = {name: line.count(name) for name in ("heritage-sites", "festivals", "food-places", "tourism-operators")}
    assert counts == {"heritage-sites": 425 - 198, "festivals": 69, "food-places": 212, "tourism-operators": 154}
    assert line.count("site-visits") == 13 + 52 + 22


def test_what_the_portal_says_of_procedures_is_kept_as_a_claim(line: Line, real_data: Path) -> None:
    line.publish(real_data, "public-services")
    assert line.count("public-services") == 2642
    assert line.count("public-services", claimant="urn:hue:VPUBND:portal-crawl") == 2642


def test_lists_that_arrive_after_the_packaged_tables_end_in_what_they_alone_would_say(
    line: Line, tmp_path: Path, real_data: Path
) -> None:
    names = ("heritage-sites", "festivals", "food-places", "tourism-operators", "ticket-prices")
    line.publish(None, *names)
    reports = line.publish(real_data, *names)
    alone = Line(tmp_path / "alone")
    alone.publish(real_data, *names)
    assert all(one.withheld == 0 for one in reports.values())
    assert {name: line.count(name) for name in names} == {name: alone.count(name) for name in names}
    alone.close()


def test_a_hole_left_by_an_event_that_was_set_aside_is_seen_by_readers(line: Line) -> None:
    department, feed = next(pair for pair in line.feeds(None) if pair[1].name == "service-prices")
    publish_feed(feed, FeedContext(None), line.outbox, line.catalogue, source=department.source_of(feed, "hue"))
    (second,) = line.outbox.list_pending(topic_of(feed), limit=2)[1:]
    line.outbox.set_aside(second.event_id, "refused by the log")
    line.outbox.drain(line.log)
    assert line.count("ticket-prices") == 3
    assert line.holes("ticket-prices") == 1
