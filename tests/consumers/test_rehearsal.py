"""Rehearsals: what a candidate would do to the whole history, told without a value that is not open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from consumers.builds import find_live
from consumers.hashes import log_hash
from consumers.rehearsals.workspace import workspace_file
from hub.control.governance import Rehearsed
from hub.log.interface import NewRecord
from hub.registries.database import open_database
from tests.consumers.wells import (
    FIELDS,
    SURVEYED,
    Wells,
    candidate,
    changed_fields,
    closed,
    consumer,
    definition_text,
    open_wells,
    schema_text,
    surveyed,
    surveys,
)

EVENTS = 15_000
NULL, SYMBOL, VALUE = 4_711, 9_000, 14_999
STRICTER = changed_fields(
    depth={"type": "int"},
    state={"type": {"type": "enum", "name": "WellState", "symbols": ["GOOD", "DRY"]}},
    level={"type": ["null", "int"]},
    owner={"class": "open"},
)


@pytest.fixture
def wells(tmp_path: Path) -> Iterator[Wells]:
    found = open_wells(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wells, Rehearsed]]:
    """15,000 events of which three do not fit a stricter candidate, and its rehearsal."""
    wells = open_wells(tmp_path_factory.mktemp("history"))
    events = surveys(range(1, EVENTS + 1))
    events[NULL - 1] = surveyed(NULL, depth=None)
    events[SYMBOL - 1] = surveyed(SYMBOL, state="CLOSED", owner=None)
    events[VALUE - 1] = surveyed(VALUE, level="high")
    wells.consumers += [
        consumer("reader", "owner"),
        consumer("scada", "level", "gauge"),
        consumer("x", subject="other"),
    ]
    wells.tell(*events)
    yield wells, wells.rehearse(candidate(STRICTER))
    wells.close()


def report_of(rehearsed: Rehearsed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rehearsed.report)
    return found


def test_the_three_events_of_15000_that_fail_are_named_with_field_and_reason(
    history: tuple[Wells, Rehearsed],
) -> None:
    rehearsed = history[1]
    report = report_of(rehearsed)
    assert not rehearsed.passed
    assert (report["counts"]["events"], report["counts"]["accepted"], report["counts"]["failing"]) == (
        15_000,
        14_997,
        3,
    )
    told = {one["eventId"]: (one["key"], one["type"], one["reason"], one["field"]) for one in report["failing"]}
    assert told == {
        "event-4711": ("w004711", "WellSurveyed", "undecodable", "depth"),
        "event-9000": ("w009000", "WellSurveyed", "undecodable", "state"),
        "event-14999": ("w014999", "WellSurveyed", "undecodable", "level"),
    }
    assert [one["value"] for one in sorted(report["failing"], key=lambda one: one["field"])] == [None, "high", "CLOSED"]
    assert [one["entry"] for one in report["failing"]] == sorted(one["entry"] for one in report["failing"])


def test_a_failing_event_is_named_by_the_live_entry_and_its_place_in_the_log(
    history: tuple[Wells, Rehearsed],
) -> None:
    wells, rehearsed = history
    for one in report_of(rehearsed)["failing"]:
        with wells.engine.connect() as connection:
            row = connection.exec_driver_sql(
                "SELECT topic, partition, offset, event_id FROM r_wells_1_entries WHERE number = ?", (one["entry"],)
            ).one()
        assert one["position"] == f"{row[0]}:{row[1]}:{row[2]}"
        assert one["eventId"] == row[3]


def test_a_restricted_field_that_becomes_open_is_told_with_the_records_that_have_a_value(
    history: tuple[Wells, Rehearsed],
) -> None:
    # of 15,000 wells three are not there under the candidate, and of the others all have an owner
    told = report_of(history[1])["becomes_public"]
    assert told == [{"field": "owner", "old": "restricted", "new": "open", "records": 14_997}]


def test_a_declared_consumer_that_breaks_is_named_with_its_contact(history: tuple[Wells, Rehearsed]) -> None:
    told = {one["consumer"]: one for one in report_of(history[1])["consumers"]}
    assert {name: one["breaks"] for name, one in told.items()} == {"reader": False, "scada": True}
    assert (told["scada"]["contact"], told["scada"]["organisation"]) == ("scada@hue.example", "H57.16")
    assert [one["field"] for one in told["scada"]["reasons"]] == ["gauge"]


def test_records_that_would_be_gone_are_counted_and_named(history: tuple[Wells, Rehearsed]) -> None:
    records = report_of(history[1])["records"]
    assert (records["before"], records["after"], records["changed"]) == (15_000, 14_997, 0)
    assert records["disappeared_keys"] == ["w004711", "w009000", "w014999"]


def test_the_report_is_canonical_and_hashed(history: tuple[Wells, Rehearsed]) -> None:
    rehearsed = history[1]
    canonical = json.dumps(json.loads(rehearsed.report), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert rehearsed.report == canonical
    assert rehearsed.sha256 == sha256(rehearsed.report.encode()).hexdigest()
    pin = report_of(rehearsed)["pin"]
    assert (rehearsed.pin, rehearsed.order_offset) == (15_000, pin["orderOffset"])


def test_values_above_open_stand_nowhere_in_the_report(wells: Wells) -> None:
    wells.tell(surveyed(1, meter="SECRET-METER"), surveyed(2, meter=987_654_321), surveyed(3, owner=None), surveyed(4))
    fields = changed_fields(
        meter={"type": ["null", "int"], "class": "open"},
        owner={"type": "string"},
        keeper={"type": ["null", "string"], "default": None},
    )
    rehearsed = wells.rehearse(candidate(fields))
    told = {one["eventId"]: (one["field"], one["value"]) for one in report_of(rehearsed)["failing"]}
    assert told == {"event-1": ("meter", "***"), "event-3": ("owner", "***")}
    assert "SECRET" not in rehearsed.report
    assert "987654321" not in rehearsed.report


def test_values_of_changed_records_are_masked_unless_open_before_and_after(wells: Wells) -> None:
    wells.tell(surveyed(1, depth=12, owner="SECRET-OWNER"), surveyed(2, level="SECRET-LEVEL"))
    fields = changed_fields(
        owner=None, holder={"type": ["null", "string"], "aliases": ["owner"]}, level={"class": "shared"}, depth=None
    )
    rehearsed = wells.rehearse(candidate(fields))
    records = report_of(rehearsed)["records"]
    assert {(one["field"], one["old"], one["new"]) for one in records["samples"]} == {
        ("depth", "***", "***"), ("owner", "***", "***"), ("holder", "***", "***"),
    }  # fmt: skip
    assert (records["changed"], records["fields"]) == (2, {"depth": 2, "holder": 2, "owner": 2})
    assert "SECRET" not in rehearsed.report


def test_a_field_renamed_from_a_restricted_one_becomes_public(wells: Wells) -> None:
    wells.tell(surveyed(1), surveyed(2, owner=None))
    fields = changed_fields(owner=None, holder={"type": ["null", "string"], "aliases": ["owner"]})
    told = wells.report(candidate(fields))["becomes_public"]
    assert told == [{"field": "holder", "old": "restricted", "new": "open", "records": 1}]


def test_a_nested_field_that_becomes_open_is_told_by_its_path(wells: Wells) -> None:
    def site(classification: str) -> dict[str, Any]:
        keeper = {"name": "keeper", "type": ["null", "string"], "class": classification}
        return {"type": ["null", {"type": "record", "name": "Site", "fields": [keeper]}], "default": None}

    wells.approve(changed_fields(site=site("restricted")))
    wells.tell(surveyed(1, site={"keeper": "SECRET"}), surveyed(2, site={"keeper": None}), surveyed(3, site=None))
    rehearsed = wells.rehearse(candidate(changed_fields(site=site("open")), version=3))
    told = {one["field"]: one["records"] for one in report_of(rehearsed)["becomes_public"]}
    assert told["site.keeper"] == 1
    assert "SECRET" not in rehearsed.report


def test_an_open_value_that_changes_is_shown(wells: Wells) -> None:
    wells.tell(surveyed(1, depth=12))
    fields = changed_fields(depth={"type": ["null", "double"]})
    assert wells.report(candidate(fields))["records"]["changed"] == 0  # 12 and 12.0 are one JSON number
    fields = changed_fields(depth=None, deep={"type": ["null", "int"], "aliases": ["depth"]})
    records = wells.report(candidate(fields))["records"]
    assert records["removed_fields"] == [{"field": "depth", "records": 1}]
    assert records["new_fields"] == [{"field": "deep", "records": 1}]


def test_an_equal_candidate_changes_nothing(wells: Wells) -> None:
    wells.tell(*surveys(range(1, 50)), closed(50, "w000001"))
    rehearsed = wells.rehearse(candidate())
    report = report_of(rehearsed)
    assert rehearsed.passed
    numbers = ("before", "after", "changed", "appeared", "disappeared")
    assert [report["records"][name] for name in numbers] == [48, 48, 0, 0, 0]
    assert (report["failing"], report["becomes_public"], report["consumers"]) == ([], [], [])


def test_a_new_field_that_is_null_everywhere_is_told_once(wells: Wells) -> None:
    wells.tell(*surveys(range(1, 20)))
    records = wells.report(candidate(changed_fields(gauge={"type": ["null", "int"], "unit": "m"})))["records"]
    assert (records["changed"], records["samples"]) == (0, [])
    assert records["new_fields"] == [{"field": "gauge", "records": 0}]


def test_a_schema_that_old_events_never_resolve_to_fails_each_of_them(wells: Wells) -> None:
    wells.tell(*surveys(range(1, 151)), closed(151, "w000001"))
    report = wells.report(candidate(changed_fields(gauge={"type": "int", "unit": "m"})))
    assert (report["passed"], report["counts"]["failing"], len(report["failing"])) == (False, 150, 100)
    first = report["failing"][0]
    assert (first["entry"], first["reason"], first["field"]) == (1, "undecodable", "gauge")
    assert "no default" in first["message"]


def test_what_hangs_on_a_failing_event_fails_too(wells: Wells) -> None:
    correction = surveyed(2, "w000001", depth=3)
    wells.tell(surveyed(1, depth=None), _correcting(correction, "event-1"))
    told = wells.report(candidate(changed_fields(depth={"type": "int"})))["failing"]
    assert [(one["eventId"], one["reason"]) for one in told] == [
        ("event-1", "undecodable"),
        ("event-2", "corrects-unknown"),
    ]


def _correcting(told: Any, corrected: str) -> Any:
    return type(told)(
        told.id, told.type, told.key, told.fields, told.valid_from, correction="corrected", corrects=corrected
    )


def test_entries_that_would_have_another_key_are_told(wells: Wells) -> None:
    wells.tell(surveyed(1), surveyed(2, name="w000002"))
    report = wells.report(candidate(key="name"))
    assert report["other_keys"] == {
        "count": 1,
        "samples": [{"entry": 1, "eventId": "event-1", "key": "w000001", "wouldBe": "Giếng 1"}],
    }
    assert report["passed"]


def test_a_key_made_of_a_field_that_is_not_open_is_not_told(wells: Wells) -> None:
    wells.tell(surveyed(1))
    rehearsed = wells.rehearse(candidate(changed_fields(name={"class": "shared"}), key="name"))
    assert report_of(rehearsed)["other_keys"]["samples"][0]["wouldBe"] == "***"
    assert "Giếng" not in rehearsed.report


def test_events_the_candidate_no_longer_names_are_counted(wells: Wells) -> None:
    wells.tell(surveyed(1), surveyed(2), closed(3, "w000001"))
    report = wells.report(candidate(closing=False))
    assert report["without_effect"] == {"WellClosed": 1}
    assert report["records"]["appeared_keys"] == ["w000001"]


def test_dead_letters_that_the_candidate_would_accept_are_counted(wells: Wells) -> None:
    wells.tell(surveyed(1))
    closing = wells.city.records([closed(2, "w000001")])[0]
    broken = NewRecord(closing.topic, b"w1", b"no event", closing.headers)
    wells.store.define_registry(definition_text(2, closing=False), [schema_text(FIELDS)])
    wells.log.append([closing, broken])
    wells.runner().catch_up()
    report = wells.report(candidate(version=3))
    assert report["dead_letters"] == {"would_be_accepted": 1, "repeats": 0, "still_dead": {"bad-magic": 1}}
    assert report["counts"]["deadLetters"] == 2


def test_a_dead_letter_with_a_draft_id_stays_dead(wells: Wells) -> None:
    wells.tell(surveyed(1))
    record = wells.city.records([surveyed(2)])[0]
    assert record.value is not None
    draft = b"\0" + (2**30).to_bytes(4, "big") + record.value[5:]
    wells.log.append([NewRecord(record.topic, record.key, draft, record.headers)])
    wells.runner().catch_up()
    assert list(wells.report(candidate())["dead_letters"]["still_dead"].values()) == [1]


def test_a_registry_that_is_new_passes_with_nothing_to_replay(wells: Wells) -> None:
    rehearsed = wells.rehearse(candidate(STRICTER))
    report = report_of(rehearsed)
    assert (rehearsed.passed, rehearsed.pin, report["counts"]["events"]) == (True, 0, 0)
    assert not workspace_file(wells.workspace, candidate(STRICTER)).exists()


def test_the_rehearsed_build_is_the_one_that_approval_rebuilds(wells: Wells) -> None:
    events = [surveyed(one, f"w{one % 60}", depth=None if one % 40 == 0 else one) for one in range(1, 400)]
    wells.tell(*events, closed(401, "w7"), _correcting(surveyed(402, "w3", depth=5), "event-3"))
    wanted = candidate(STRICTER)
    wells.rehearse(wanted)
    engine = open_database(f"sqlite:///{workspace_file(wells.workspace, wanted)}")
    rehearsed = log_hash(engine, wanted, 1)
    engine.dispose()
    wells.approve(STRICTER)
    assert find_live(wells.engine, "wells").build == 2
    assert wells.live_hash(2) == rehearsed


def test_going_on_from_a_pin_comes_to_what_a_whole_rehearsal_does(wells: Wells) -> None:
    wells.tell(*surveys(range(1, 200)), surveyed(200, depth=None))
    wells.rehearse(candidate(STRICTER), workspace="going-on")
    wells.tell(*[surveyed(one, f"w{one % 300:06}", level="high") for one in range(201, 230)], closed(230, "w000009"))
    wells.now += 1
    continued = wells.rehearse(candidate(STRICTER), workspace="going-on")
    whole = wells.rehearse(candidate(STRICTER), workspace="whole")
    assert continued.report == whole.report
    assert continued.pin == 230
    # the first one's build was gone on with: it began before the clock moved
    assert [begun_at(wells, name) for name in ("going-on", "whole")] == [wells.now - 1, wells.now]


def begun_at(wells: Wells, folder: str) -> int:
    engine = open_database(f"sqlite:///{workspace_file(wells.folder / folder, candidate(STRICTER))}")
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT changed_at FROM builds").scalar_one()
    engine.dispose()
    return int(found)


def test_a_live_build_in_postgresql_is_rehearsed_to_the_same_report(tmp_path: Path, postgres_url: str) -> None:
    wells = open_wells(tmp_path, database=postgres_url)
    wells.consumers.append(consumer("scada", "gauge"))
    wells.tell(*surveys(range(1, 1200)), surveyed(1200, depth=None), closed(1201, "w000003"))
    wells.rehearse(candidate(STRICTER))
    wells.tell(surveyed(1202, state="CLOSED"))
    there = wells.rehearse(candidate(STRICTER))
    wells.engine.dispose()
    wells.engine = open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    wells.runner().catch_up()
    here = wells.rehearse(candidate(STRICTER), workspace="other")
    assert there.report == here.report
    assert [one["eventId"] for one in report_of(there)["failing"]] == ["event-1200", "event-1202"]
    wells.close()


def test_the_subject_of_the_wells_is_the_one_that_is_touched(wells: Wells) -> None:
    wells.consumers += [consumer("reader", "depth"), consumer("archive", "code", subject="vn.hue.test.WellClosed")]
    told = wells.report(candidate(STRICTER))["consumers"]
    assert [(one["consumer"], one["subject"]) for one in told] == [("reader", SURVEYED)]
