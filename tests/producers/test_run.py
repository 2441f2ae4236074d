from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from producers.catalogue import ControlCatalogue
from producers.feed import Fact, FeedContext, FeedDeclaration, Finding, Origin, Refusal
from producers.field_values import from_json_fields, to_json_fields
from producers.outbox import Outbox
from producers.report import PublishReport
from producers.run import Progress, publish_feed, restart_feed
from schemas.avro import parse_record_schema
from schemas.decoding import compile_decoder
from schemas.event import from_headers
from tests.producers.places_registry import SCHEMAS, SOURCE, TOPIC

MAPPING = {
    "key": ["code"],
    "batch": [{"completeness": {"column": "total"}}],
    "fields": {
        "code": {"column": "id", "rules": ["trim"], "required": True},
        "name": {"column": "ten", "rules": ["trim"], "required": True},
        "price": {"column": "gia", "rules": ["vnd"]},
        "since": {"column": "tu", "rules": ["date"]},
        "area": {"column": "dt", "rules": [{"decimal": {"scale": 2}}]},
    },
}
EVENTS = {"created": "PlaceListed", "changed": "PlaceChanged", "retired": "PlaceRetired"}
NGO_MON = {"id": "1", "ten": "Ngọ Môn", "gia": "20.000 VND", "tu": "1/7/2025", "dt": "1.50"}
HIEN_NHON = {"id": "2", "ten": "Hiển Nhơn"}


class Bench:
    """A feed of places, its data folder and its outbox."""

    def __init__(self, folder: Path, outbox: Outbox, catalogue: ControlCatalogue) -> None:
        self.folder, self.outbox, self.catalogue = folder, outbox, catalogue
        self.seen: list[Progress] = []

    def publish(self, *rows: dict[str, Any], dry_run: bool = False, **declared: Any) -> PublishReport:
        lines = "\n".join(json.dumps(row) for row in rows)
        (self.folder / "places.ndjson").write_text(lines, encoding="utf-8")
        return publish_feed(
            feed(**declared),
            FeedContext(self.folder),
            self.outbox,
            self.catalogue,
            source=SOURCE,
            dry_run=dry_run,
            progress=self.seen.append,
        )

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The pending events: type and fields that are not null."""
        decoders = {number: compile_decoder(parse_record_schema(text)) for number, text in enumerate(SCHEMAS, 1)}
        found = []
        for one in self.outbox.list_pending(TOPIC, limit=1000):
            value = one.record.value or b""
            fields = decoders[value[4]](value)
            kept = {name: value for name, value in fields.items() if value is not None}
            found.append((from_headers(one.record.headers).type, kept))
        return found


def feed(**declared: Any) -> FeedDeclaration:
    standard: dict[str, Any] = {
        "events": EVENTS,
        "source": {"file": "places.ndjson"},
        "mapping": MAPPING,
        "options": {"retire_limit": 0.5},
        "mode": "snapshot",
    }
    return FeedDeclaration("places", "culture", "places", "register", title_vi="", title_en="", **(standard | declared))


@pytest.fixture
def bench(tmp_path: Path, outbox: Outbox, catalogue: ControlCatalogue) -> Bench:
    return Bench(tmp_path, outbox, catalogue)


def test_a_first_list_creates_every_record(bench: Bench) -> None:
    report = bench.publish(NGO_MON, HIEN_NHON)
    assert (report.read, report.facts, dict(report.published)) == (2, 2, {"PlaceListed": 2})
    assert bench.events() == [
        ("PlaceListed", {"code": "1", "name": "Ngọ Môn", "price": 20000, "since": 20270, "area": 150}),
        ("PlaceListed", {"code": "2", "name": "Hiển Nhơn"}),
    ]


def test_the_same_list_again_is_no_event(bench: Bench) -> None:
    bench.publish(NGO_MON, HIEN_NHON)
    report = bench.publish(HIEN_NHON, NGO_MON)
    assert (report.unchanged, report.published_total) == (2, 0)


def test_a_second_list_tells_exactly_what_changed(bench: Bench) -> None:
    bench.publish(NGO_MON, HIEN_NHON)
    changed = {"id": "1", "ten": "Ngọ Môn", "gia": "Miễn phí", "dt": "1.5"}
    report = bench.publish(changed, {"id": "3", "ten": "Chương Đức"})
    assert dict(report.published) == {"PlaceChanged": 1, "PlaceListed": 1, "PlaceRetired": 1}
    assert bench.events()[2:] == [
        ("PlaceChanged", {"code": "1", "changed": ["price", "since"], "price": 0}),
        ("PlaceListed", {"code": "3", "name": "Chương Đức"}),
        ("PlaceRetired", {"code": "2"}),
    ]


def test_without_a_changed_event_the_whole_record_is_listed_again(bench: Bench) -> None:
    only = {"created": "PlaceListed"}
    bench.publish(NGO_MON, HIEN_NHON, events=only)
    report = bench.publish({"id": "1", "ten": "Ngọ Môn"}, events=only)
    assert (dict(report.published), report.missing) == ({"PlaceListed": 1}, 1)
    assert bench.events()[-1] == ("PlaceListed", {"code": "1", "name": "Ngọ Môn"})


def test_a_dry_run_writes_nothing_and_tells_the_same(bench: Bench) -> None:
    report = bench.publish(NGO_MON, dry_run=True)
    assert dict(report.published) == {"PlaceListed": 1}
    assert bench.outbox.count_pending() == 0
    assert dict(bench.publish(NGO_MON).published) == {"PlaceListed": 1}


def test_a_refused_row_is_told_and_retires_nobody(bench: Bench) -> None:
    bench.publish(NGO_MON, HIEN_NHON)
    report = bench.publish(NGO_MON, {"id": "2", "ten": "Hiển Nhơn", "gia": "liên hệ"})
    (refusal,) = report.refused
    assert (str(refusal.origin), refusal.field, refusal.code) == ("places.ndjson, row 2", "price", "not-a-price")
    assert (report.withheld, report.published_total) == (1, 0)


def test_refusals_named_as_harmless_do_not_keep_ended_records(bench: Bench) -> None:
    declared: dict[str, Any] = {"options": {"retire_limit": 0.5, "retire_despite": ["not-a-price"]}}
    bench.publish(NGO_MON, HIEN_NHON, **declared)
    report = bench.publish(NGO_MON, {"id": "3", "ten": "x", "gia": "liên hệ"}, **declared)
    assert (report.withheld, dict(report.published)) == (0, {"PlaceRetired": 1})
    bench.publish(NGO_MON, HIEN_NHON, **declared)
    report = bench.publish(NGO_MON, {"id": "3", "ten": "x", "tu": "mai"}, **declared)
    assert (report.withheld, report.published_total) == (1, 0)


def test_a_key_listed_twice_with_other_content_is_refused_and_stays_as_it_was(bench: Bench) -> None:
    bench.publish(NGO_MON, HIEN_NHON)
    report = bench.publish(NGO_MON, HIEN_NHON, {"id": "2", "ten": "Hiển Nhân"})
    assert [refusal.code for refusal in report.refused] == ["duplicate-key", "duplicate-key"]
    assert report.published_total == 0


def test_a_list_cut_short_is_quarantined(bench: Bench) -> None:
    rows = [{"id": str(number), "ten": "x"} for number in range(10)]
    bench.publish(*rows)
    report = bench.publish(*rows[:4])
    assert report.quarantined is not None
    assert "6 of 10" in report.quarantined
    assert report.published_total == 0


def test_a_list_that_says_it_is_incomplete_is_quarantined(bench: Bench) -> None:
    report = bench.publish({"id": "1", "ten": "x", "total": "190"})
    assert report.quarantined is not None
    assert "190" in report.quarantined
    assert report.read == 1
    assert bench.outbox.count_pending() == 0


def test_the_report_is_json_with_reasons_and_examples(bench: Bench) -> None:
    mapping = MAPPING | {"fields": MAPPING["fields"] | {"price": {"column": "gia", "rules": [{"nullIf": ["-1"]}]}}}  # type: ignore[operator]
    report = json.loads(json.dumps(bench.publish(NGO_MON | {"gia": "-1"}, {"ten": "x"}, mapping=mapping).as_json()))
    assert report["refused"][0] | {"message": "", "way_out": ""} == {
        "file": "places.ndjson",
        "sheet": None,
        "row": 2,
        "field": "code",
        "code": "missing",
        "message": "",
        "way_out": "",
    }
    assert report["flagged"]["nullIf"]["count"] == 1
    assert "places.ndjson, row 1" in report["flagged"]["nullIf"]["examples"][0]


def test_progress_is_told_up_to_the_end(bench: Bench) -> None:
    bench.publish(NGO_MON, HIEN_NHON)
    assert bench.seen[-1] == Progress("publish", 2, 2)


def test_a_lost_outbox_reads_the_state_back_and_tells_only_what_changed_since(
    bench: Bench, tmp_path: Path, catalogue: ControlCatalogue
) -> None:
    state: dict[str, dict[str, Any]] = {
        "1": {"code": "1", "name": "Ngọ Môn", "price": 20000, "since": "2025-07-01", "area": 1.5},
        "2": {"code": "2", "name": "Hiển Nhân", "price": None, "since": None, "area": None},
    }
    read = restart_feed(
        feed(), bench.outbox, source=SOURCE, incarnation=2, state_of=lambda registry: state, catalogue=catalogue
    )
    bench.publish(NGO_MON, HIEN_NHON)
    assert read == 2
    assert bench.events() == [("PlaceChanged", {"code": "2", "changed": ["name"], "name": "Hiển Nhơn"})]


def visits(context: FeedContext) -> Iterator[Finding]:
    """A feed of facts one by one, as many as `prices` has."""
    for row, (code, price) in enumerate(context.options["prices"], start=1):
        origin = Origin("visits", row)
        if price is None:
            yield Refusal(origin, "price", "no-price", "has no price")
            continue
        fields = {"code": code, "name": "x", "price": price}
        yield Fact("PlaceListed", code, fields, origin, identity=f"visit-{code}", happened_at=row)


def tell(bench: Bench, *prices: tuple[str, int | None]) -> PublishReport:
    name = f"{__name__}:visits"
    return bench.publish(mode="events", events={}, implementation=name, options={"prices": prices})


def test_a_fact_told_before_is_not_told_again(bench: Bench) -> None:
    tell(bench, ("1", 5), ("2", 6))
    report = tell(bench, ("1", 5), ("2", 6), ("3", None), ("4", 7))
    assert (report.unchanged, dict(report.published), len(report.refused)) == (2, {"PlaceListed": 1}, 1)


def test_a_known_fact_with_other_content_corrects_the_event_that_told_it(bench: Bench) -> None:
    tell(bench, ("1", 5))
    tell(bench, ("1", 6))
    first, second = (from_headers(one.record.headers) for one in bench.outbox.list_pending(TOPIC, limit=2))
    assert (second.correction, second.corrects) == ("corrected", first.id)


def test_one_identity_told_in_two_ways_at_once_is_refused_naming_both(bench: Bench) -> None:
    report = tell(bench, ("1", 5), ("1", 6))
    assert [(str(one.origin), one.code) for one in report.refused] == [("visits, row 2", "duplicate-identity")]
    assert "visits, row 1" in report.refused[0].message


def test_values_survive_the_way_into_json_and_back() -> None:
    schema = parse_record_schema(SCHEMAS[0])
    document = {"code": "1", "since": "2025-07-01", "area": "1.5"}
    assert to_json_fields(from_json_fields(schema, document)) == document
