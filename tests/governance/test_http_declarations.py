"""/governance/v1/consumers, /lint, /changes and the index."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from schemas.lint_rules import RULE_ROWS
from tests.governance.office import MAP, V1, Office
from tests.governance.town import SUBJECT, schema_with

CONSUMER = f"{V1}/consumers/map/subjects/{SUBJECT}"
RULE = f"{V1}/lint/rules/doc-missing"


def test_a_consumer_is_declared_read_and_withdrawn(office: Office) -> None:
    answer = office.ask("PUT", CONSUMER, MAP, by="reviewer")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"https://hub.example{CONSUMER}")
    told = office.get(f"/consumers/map/subjects/{SUBJECT}")
    assert (told["organisation"], told["contact"], told["fields"]) == ("H57.20", "map@hue.example", ["name"])
    assert office.ask("DELETE", CONSUMER, by="reviewer").status_code == 204
    office.get(f"/consumers/map/subjects/{SUBJECT}", status=404)
    assert office.ask("DELETE", CONSUMER, by="reviewer").status_code == 404


def test_a_declaration_is_changed_in_place(office: Office) -> None:
    office.declare_map()
    answer = office.ask("PUT", CONSUMER, MAP | {"fields": ["name", "kind"]}, by="reviewer")
    assert answer.status_code == 200
    assert office.get("/consumers")["consumers"][0]["fields"] == ["name", "kind"]


def test_consumers_are_chosen_by_subject_and_organisation(office: Office) -> None:
    office.declare_map()
    for query, count in (
        (f"subject={SUBJECT}", 1),
        ("subject=other", 0),
        ("organisation=H57.20", 1),
        ("organisation=H1", 0),
    ):
        assert len(office.get(f"/consumers?{query}")["consumers"]) == count


@pytest.mark.parametrize(
    ("by", "document", "status"),
    [
        (None, MAP, 401),
        ("producer", MAP, 403),
        ("reviewer", MAP | {"organisation": "H57.15"}, 403),
        ("reviewer", MAP | {"fields": ["nothing"]}, 400),
        ("reviewer", MAP | {"contact": ""}, 400),
    ],
)
def test_a_declaration_that_may_not_be_made(office: Office, by: str | None, document: Any, status: int) -> None:
    assert office.ask("PUT", CONSUMER, document, by=by).status_code == status


def test_every_rule_stands_with_its_levels(office: Office) -> None:
    told = {one["rule"]: one for one in office.get("/lint/rules")["rules"]}
    assert told.keys() == RULE_ROWS.keys()
    assert all(one["level"] == one["packagedLevel"] and one["exceptions"] == [] for one in told.values())
    assert all(one["description"]["vi"] and one["description"]["en"] for one in told.values())


def test_an_administrator_sets_a_level_and_takes_it_back(office: Office) -> None:
    told = office.ask("PUT", RULE, {"level": "warning", "reason": "Old schemas."}, by="administrator").get_json()
    assert (told["level"], told["packagedLevel"]) == ("warning", "error")
    told = office.ask("PUT", RULE, {"level": None, "reason": "Mended."}, by="administrator").get_json()
    assert told["level"] == "error"


def test_a_level_is_the_administrators_and_of_a_rule_that_is_there(office: Office) -> None:
    level = {"level": "off", "reason": "No."}
    assert office.ask("PUT", RULE, level, by="custodian").status_code == 403
    assert office.ask("PUT", RULE, level | {"level": "loud"}, by="administrator").status_code == 400
    assert office.ask("PUT", f"{RULE}s", level, by="administrator").status_code == 404


def test_an_exception_lets_a_finding_of_a_proposal_pass(office: Office) -> None:
    schema = schema_with(added="motto").replace("The motto.", "")
    place = f"{SUBJECT}.motto"
    asked = {"kind": "define", "registry": "places", "reason": "check", "schemas": [schema]}
    assert "doc-missing" in [one["code"] for one in office.post("/checks", asked)["findings"]]
    document = {"rule": "doc-missing", "place": place, "until": "2090-01-01", "reason": "In translation."}
    told = office.post("/lint/exceptions", document, by="administrator", status=201)
    assert told["exceptions"] == [
        {"place": place, "until": "2090-01-01", "reason": "In translation.", "expired": False}
    ]
    assert "doc-missing" not in [one["code"] for one in office.post("/checks", asked)["findings"]]


def kinds(changes: list[dict[str, Any]]) -> list[str]:
    return [one["kind"] for one in changes]


def test_what_happened_is_told_in_order_and_read_on_from_a_number(office: Office) -> None:
    begin = office.get("/changes?limit=1000")
    assert kinds(begin["changes"]) == ["version-registered"] * 8 + ["registry-defined"]
    number = office.proposed(schema_with(added="motto"))
    office.rehearse(number)
    document = {"reason": "Agreed.", "overrule": True}
    office.post(f"/proposals/{number}/approval", document, by="administrator")
    told = office.get(begin["next"].split(V1)[1])
    assert kinds(told["changes"])[:2] == ["proposal-made", "proposal-rehearsed"]
    assert kinds(told["changes"])[-3:] == ["proposal-approved", "version-registered", "registry-defined"]
    assert (told["changes"][-3]["actor"], told["more"]) == (f"H57/{office.key_ids['administrator']}", False)
    assert told["changes"][-2]["links"]["subject"] == f"https://hub.example{V1}/subjects/{SUBJECT}"
    assert office.get(told["next"].split(V1)[1])["changes"] == []


def test_pages_of_changes_join_without_a_gap(office: Office) -> None:
    whole = office.get("/changes?limit=1000")["changes"]
    found, page = [], office.get("/changes?limit=4")
    while page["changes"]:
        found += page["changes"]
        page = office.get(page["next"].split(V1)[1])
    assert found == whole


def test_keys_and_departments_are_no_change_of_schemas(office: Office) -> None:
    assert not any("key" in one["kind"] or "department" in one["kind"] for one in office.get("/changes")["changes"])


def test_deprecations_and_free_versions_are_told(office: Office) -> None:
    document = {"until": "2090-01-01", "reason": "Old."}
    office.post(f"/subjects/{SUBJECT}/versions/1/deprecation", document, by="custodian")
    office.ask("POST", "/schema-registry/subjects/notes/versions", {"schema": '"string"'})
    told = office.get("/changes?limit=1000")["changes"]
    assert kinds(told)[-2:] == ["version-deprecated", "version-registered"]
    assert (told[-2]["until"], told[-1]["subject"]) == ("2090-01-01", "notes")


def test_the_atom_feed_has_the_newest_first(office: Office) -> None:
    office.proposed(schema_with(added="motto"), reason="Một câu & <hơn>.")
    answer = office.ask("GET", f"{V1}/changes.atom?limit=2")
    assert answer.content_type.startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.get_data())  # noqa: S314 - our own
    space = {"a": "http://www.w3.org/2005/Atom"}
    titles = [one.text or "" for one in feed.findall("a:entry/a:title", space)]
    assert len(titles) == 2
    assert titles[0].endswith("Proposal made: 1 (places)")
    assert feed.find("a:entry/a:summary", space).text == "Một câu & <hơn>."  # type: ignore[union-attr]
    assert len({one.text for one in feed.findall("a:entry/a:id", space)}) == 2


def test_the_index_lists_every_resource(office: Office) -> None:
    told = office.get("")["resources"]
    rules = {
        (method, str(rule.rule).replace("int:", "").replace("<", "{").replace(">", "}"))
        for rule in office.client.application.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith(f"{V1}/") and method not in ("HEAD", "OPTIONS")
    }
    assert {(one["method"], one["address"].removeprefix("https://hub.example")) for one in told} == rules
