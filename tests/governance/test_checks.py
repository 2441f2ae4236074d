"""What the automatic checks find."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.governance.findings import CheckFinding, from_json
from hub.governance.requests import ProposalRequest
from tests.governance.town import (
    ADMINISTRATOR,
    CUSTODIAN,
    PRODUCER,
    SUBJECT,
    TODAY,
    Town,
    define,
    raised,
    schema_with,
    with_motto,
)
from tests.workload import DAY, EPOCH

NARROWED = {"type": "enum", "name": "PlaceKind", "symbols": ["OTHER", "TEMPLE"], "default": "OTHER"}


def found(town: Town, request: ProposalRequest) -> list[tuple[str, str, str]]:
    return [(one.level, one.code, one.place) for one in town.desk.check(request)]


def put_in_force(town: Town, request: ProposalRequest, legal_basis: str | None = None) -> None:
    town.desk.approve(CUSTODIAN, town.rehearsed(request), reason="Good.", legal_basis=legal_basis)


def test_a_new_field_that_anyone_could_read_is_told_and_nothing_else(town: Town) -> None:
    assert found(town, with_motto()) == [("warning", "becomes-public", "places.yaml: motto")]


def test_a_schema_that_no_event_of_the_registry_has_is_an_error_until_a_definition_names_it(town: Town) -> None:
    opened = schema_with("PlaceClosed").replace("PlaceClosed", "PlaceOpened")
    assert ("error", "schema-unnamed", SUBJECT.replace("Registered", "Opened")) in found(town, define(opened))
    definition = raised().replace("\nevents:", "\nevents:\n  PlaceOpened: {operation: retire, key: code}")
    assert found(town, define(opened, definition=definition)) == []


def test_nothing_is_written_by_a_check(town: Town) -> None:
    before = town.state.number
    town.desk.check(with_motto())
    assert town.state.number == before


def test_the_findings_stand_in_the_proposal(town: Town) -> None:
    proposal = town.desk.propose(PRODUCER, with_motto())
    assert [(one.code, one.place) for one in from_json(proposal.findings)] == [("becomes-public", "places.yaml: motto")]


def test_a_reader_that_cannot_read_an_older_version_is_an_error_in_both_languages(town: Town) -> None:
    put_in_force(town, with_motto())
    (finding,) = [
        one
        for one in town.desk.check(define(schema_with(covered={"type": ["null", "string"]})))
        if one.code == "incompatible" and "version 1" in one.message_en
    ]
    assert finding == CheckFinding(
        f"{SUBJECT}/fields/8/type/1",
        "incompatible",
        "error",
        "không tương thích (BACKWARD_TRANSITIVE) với phiên bản 1: "
        "kiểu hợp của bên đọc không có nhánh nào nhận kiểu boolean",
        "not compatible (BACKWARD_TRANSITIVE) with version 1: no branch of the reader's union takes the type boolean",
    )


@pytest.mark.parametrize(
    ("level", "versions"),
    [
        ("BACKWARD_TRANSITIVE", {1, 2}),
        ("BACKWARD", {2}),
        ("FULL_TRANSITIVE", {1, 2}),
        ("FORWARD", {2}),
        ("NONE", set()),
    ],
)
def test_the_level_of_the_subject_says_which_versions_are_compared(town: Town, level: str, versions: set[int]) -> None:
    put_in_force(town, with_motto())
    if level != "BACKWARD_TRANSITIVE":
        request = ProposalRequest("configure", "places", "why", subject=SUBJECT, level=level)
        town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, request).number, reason="Good.")
    told = [
        one.message_en
        for one in town.desk.check(define(schema_with(covered={"type": ["null", "string"]})))
        if one.code == "incompatible"
    ]
    assert {number for number in (1, 2) for one in told if f"version {number}" in one} == versions


def test_a_deleted_version_is_not_compared(town: Town) -> None:
    put_in_force(town, with_motto())
    request = ProposalRequest("delete", "places", "why", subject=SUBJECT, versions=(1,))
    town.desk.approve(CUSTODIAN, town.desk.propose(PRODUCER, request).number, reason="Good.")
    told = town.desk.check(define(schema_with(covered={"type": ["null", "string"]})))
    assert {"version 1" in one.message_en for one in told if one.code == "incompatible"} == {False}


def test_two_new_versions_of_one_proposal_are_compared_with_each_other(town: Town) -> None:
    other = {"type": ["null", "int"], "unit": "1"}
    told = town.desk.check(define(schema_with(added="motto"), schema_with(covered=other)))
    assert any("version 2" in one.message_en for one in told if one.code == "incompatible")


def test_what_avro_lets_through_in_silence_is_a_warning(town: Town) -> None:
    codes = {(level, code) for level, code, _ in found(town, define(schema_with(kind={"type": NARROWED})))}
    assert ("warning", "enum-narrowed") in codes


def test_a_lowered_class_is_an_error_and_a_raised_one_is_not(town: Town) -> None:
    assert found(town, define(schema_with(fee={"class": "restricted"}))) == []
    put_in_force(town, define(schema_with(fee={"class": "restricted"})))
    again = define(schema_with(fee={"class": "shared"}))
    assert found(town, again) == [("error", "class-lowered", f"{SUBJECT}.fee")]


def test_a_field_that_was_removed_and_comes_back_is_compared_with_what_it_was(town: Town) -> None:
    put_in_force(town, define(schema_with(added="motto", classification="restricted")))
    put_in_force(town, define(schema_with(name={"doc": "Its name."})))
    assert ("error", "class-lowered", f"{SUBJECT}.motto") in found(town, with_motto())


def test_a_schema_that_stood_before_a_newer_one_is_not_taken_for_the_newest(town: Town) -> None:
    first = schema_with(added="motto")
    put_in_force(town, define(first))
    put_in_force(town, define(schema_with(added="motto", name={"doc": "Its name."})))
    with pytest.raises(Exception, match="a newer one stands"):
        town.desk.check(define(first, definition=raised(9)))


def test_lint_follows_the_levels_that_were_set(town: Town) -> None:
    request = define(schema_with(added="Motto"))
    rule = "field-name"
    for level, wanted in (("warning", "warning"), ("off", None), (None, "error")):
        town.desk.set_lint_level(ADMINISTRATOR, rule, level=level, reason="A treaty's names.")
        assert {one.code: one.level for one in town.desk.check(request)}.get(rule) == wanted


def test_an_exception_holds_up_to_and_with_its_last_day(town: Town) -> None:
    request = define(schema_with(added="Motto"))
    last = TODAY + timedelta(days=30)
    town.desk.grant_exception(ADMINISTRATOR, "field-name", f"{SUBJECT}.Motto", until=last, reason="A treaty.")
    assert [one.code for one in town.desk.check(request)] == ["becomes-public"]
    for day, counts in ((last, False), (last + timedelta(days=1), True)):
        town.day = day
        assert ("field-name" in {one.code for one in town.desk.check(request)}) is counts


def test_what_another_open_proposal_changes_is_told(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    told = found(town, define(schema_with(added="song")))
    assert ("warning", "proposed-elsewhere", SUBJECT) in told
    town.desk.withdraw(PRODUCER, 1, reason="Not yet.")
    assert "proposed-elsewhere" not in {code for _, code, _ in found(town, define(schema_with(added="song")))}


def test_a_revision_is_not_in_its_own_way(town: Town) -> None:
    town.desk.propose(PRODUCER, with_motto())
    revised = town.desk.revise(PRODUCER, 1, define(schema_with(added="song")))
    assert "proposed-elsewhere" not in {one.code for one in from_json(revised.findings)}


def test_the_level_none_is_warned_of(town: Town) -> None:
    request = ProposalRequest("configure", "places", "why", subject=SUBJECT, level="NONE")
    assert found(town, request) == [("warning", "compatibility-unchecked", SUBJECT)]
    assert found(town, replace(request, level="BACKWARD")) == []


DELETE = ProposalRequest("delete", "places", "why", subject=SUBJECT, versions=(1,))


def test_the_version_a_definition_reads_with_is_not_deleted(town: Town) -> None:
    assert ("error", "version-in-force", f"{SUBJECT} version 1") in found(town, DELETE)


def test_a_version_that_is_still_written_is_not_deleted(town: Town) -> None:
    put_in_force(town, with_motto())
    town.writers[SUBJECT, 1] = {"urn:hue:H57.16:lists": EPOCH - 90 * DAY, "urn:hue:H57.15:old": EPOCH - 91 * DAY}
    (error,) = [one for one in town.desk.check(DELETE) if one.level == "error"]
    assert (error.code, error.place) == ("version-still-written", f"{SUBJECT} version 1")
    assert "urn:hue:H57.16:lists" in error.message_en
    assert "urn:hue:H57.15:old" not in error.message_en


def test_a_version_nobody_was_told_of_is_warned_of(town: Town) -> None:
    put_in_force(town, with_motto())
    assert found(town, DELETE) == [("warning", "version-not-deprecated", f"{SUBJECT} version 1")]
    town.desk.deprecate(CUSTODIAN, SUBJECT, 1, until=date(2026, 9, 1), reason="Version 2 is there.")
    assert found(town, DELETE) == []
