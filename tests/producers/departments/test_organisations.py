"""The table of the city's organisations."""

from __future__ import annotations

import pytest

from producers.departments.sonoivu.organisations import older_form, tell_organisations
from producers.feed import Fact, FeedContext, Origin, Refusal, Row
from schemas.encoding import compile_encoder
from tests.producers.departments.admin_units_world import definition_of, facts_of, instant

CONTEXT = FeedContext(None, {"zone": "Asia/Ho_Chi_Minh"})


def row(code: str, **values: str) -> Row:
    told = {"code": code, "code_status": "WORKING", "type": "SO", "name_vi": "Sở A", "since": "2025-01-01"}
    return Row(told | values, Origin("organisations.csv", 2))


def test_the_older_form_of_a_code_is_an_alias() -> None:
    assert (older_form("H57.14"), older_form("H57")) == ("000.00.14.H57", "000.00.00.H57")


def test_a_code_of_another_form_is_refused_with_its_row() -> None:
    [finding] = tell_organisations([row("57-01")], CONTEXT)
    assert isinstance(finding, Refusal) and (finding.code, finding.origin.row) == ("no-organisation-code", 2)


def test_what_was_merged_into_one_the_same_day_is_one_event() -> None:
    merged = {"merged_into": "H57.11", "merged_on": "2025-03-01"}
    rows = [row("H57.12", **merged), row("H57.15", **merged), row("H57.11", since="2025-03-01")]
    facts = [one for one in tell_organisations(rows, CONTEXT) if isinstance(one, Fact)]
    assert [one.event for one in facts][-2:] == ["OrganisationEstablished", "OrganisationsMerged"]
    assert facts[-1].fields["fromCodes"] == ["H57.12", "H57.15"]
    assert facts[-1].valid_from == instant("2025-03-01")


def test_every_fact_fits_its_schema_and_has_an_identity_of_its_own() -> None:
    encoders = {one.name: compile_encoder(one) for one in definition_of("organisations").schemas.values()}
    facts = facts_of("organisations")
    assert all(encoders[one.event](one.fields) for one in facts)
    assert len({one.identity for one in facts}) == len(facts) > 20


@pytest.mark.parametrize(("merged", "survivor"), [("H57.08", "H57.07"), ("H57.04", "H57.03"), ("H57.06", "H57.05")])
def test_the_departments_merged_in_2025(merged: str, survivor: str) -> None:
    mergers = [one for one in facts_of("organisations") if one.event == "OrganisationsMerged"]
    assert [one.key for one in mergers if merged in one.fields["fromCodes"]] == [survivor]


def test_no_act_is_invented() -> None:
    facts = facts_of("organisations")
    assert {one.legal_basis for one in facts} == {None}
    assert {one.fields["legalDoc"] for one in facts if "legalDoc" in one.fields} == {None}
