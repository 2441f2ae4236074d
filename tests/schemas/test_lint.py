"""What lint refuses; each rule once."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.definition import parse_definition
from schemas.lint import RULES, Finding, lint_definition, lint_schema
from schemas.lint_rules import ERROR, LEVELS, OFF, RULE_ROWS, WARNING
from schemas.packaged import load_definitions
from tests.schemas.builders import field, one_field, record

MICROS = {"type": "long", "logicalType": "timestamp-micros"}


def rules(findings: list[Finding]) -> set[str]:
    return {one.rule for one in findings}


def decimal(precision: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": 0}


@pytest.mark.parametrize(
    "one",
    [
        field("name", "string"),
        field("name", ["null", "string"], default=None),
        field("at", MICROS),
        field("opens", {"type": "int", "logicalType": "time-millis"}),
        field("price", "long", unit="VND"),
        field("price", decimal(18), unit="VND"),
        field("shares", {"type": "array", "items": "double"}, unit="%"),
        field("level", {"type": "enum", "name": "Level", "symbols": ["LOW", "VERY_HIGH"]}),
        field("kept", "string", **{"class": "restricted"}),
    ],
)
def test_a_field_that_says_everything_passes(one: dict[str, Any]) -> None:
    assert lint_schema(record(one)) == []


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        (field("name", "string", **{"class": ...}), "class-missing"),
        (field("name", "string", **{"class": "public"}), "class-missing"),
        (field("name", "string", **{"class": "personal"}), "class-refused"),
        (field("name", "string", **{"class": "sensitive"}), "class-refused"),
        (field("name", "string", label=...), "label-missing"),
        (field("name", "string", label={"vi": "Tên", "en": " "}), "label-missing"),
        (field("name", "string", label={"en": "Name"}), "label-missing"),
        (field("name", "string", doc=...), "doc-missing"),
        (field("name", "string", doc=""), "doc-missing"),
        (field("count", "int"), "unit-missing"),
        (field("count", ["null", "long"], default=None), "unit-missing"),
        (field("share", "double", unit=" "), "unit-missing"),
        (field("price", decimal(9)), "unit-missing"),
        (field("shares", {"type": "array", "items": "double"}), "unit-missing"),
        (field("shares", {"type": "map", "values": ["null", "double"]}), "unit-missing"),
        (field("place_name", "string"), "field-name"),
        (field("Name", "string"), "field-name"),
        (field("level", {"type": "enum", "name": "Level", "symbols": ["low"]}), "enum-symbol"),
        (field("value", ["null", "string", "long"], default=None), "bare-union"),
        (field("values", {"type": "array", "items": ["string", "long"]}), "bare-union"),
        (field("name", ["null", "string"]), "nullable-without-default"),
        (field("price", "double", unit="VND"), "money-as-float"),
        (field("price", ["null", "float"], unit="VND", default=None), "money-as-float"),
        (field("price", "double", unit="vnd/m3"), "money-as-float"),
        (field("price", "double", unit="triệu đồng"), "money-as-float"),
        (field("at", {"type": "long", "logicalType": "timestamp-millis"}), "timestamp-without-zone"),
        (field("at", {"type": "long", "logicalType": "local-timestamp-micros"}), "timestamp-without-zone"),
        (field("price", decimal(19), unit="VND"), "decimal-too-long"),
        (field("at", {"type": "long", "logicalType": "timestamp-seconds"}, unit="s"), "logical-type-invalid"),
        (field("day", ["null", {"type": "string", "logicalType": "date"}], default=None), "logical-type-invalid"),
    ],
)
def test_a_field_that_lacks_something_is_told_by_its_rule(one: dict[str, Any], rule: str) -> None:
    assert rules(lint_schema(record(one))) == {rule}


def test_fields_of_nested_records_are_held_to_the_same_rules() -> None:
    inner = {"type": "record", "name": "Edge", "fields": [field("share", "double")]}
    findings = lint_schema(record(field("edges", {"type": "array", "items": inner})))
    assert [(one.place, one.rule) for one in findings] == [("test.places.PlaceNamed.edges[].share", "unit-missing")]


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({"name": "placeNamed"}, "record-name"),
        ({"name": "Place_Named"}, "record-name"),
        ({"name": "PlaceNaming"}, "event-name"),
        ({"namespace": ""}, "namespace-missing"),
        ({"namespace": "places"}, "namespace-missing"),
        ({"doc": ""}, "doc-missing"),
    ],
)
def test_a_record_that_is_badly_named_is_told_by_its_rule(attributes: dict[str, Any], rule: str) -> None:
    assert rules(lint_schema(record(field("name", "string"), **attributes))) == {rule}


@pytest.mark.parametrize("name", ["PriceWithdrawn", "TicketsSold", "SitesFoundIdentical", "UnitChangedBecauseOfMerger"])
def test_irregular_past_tenses_pass(name: str) -> None:
    assert lint_schema(record(field("name", "string"), name=name)) == []


DEFINITION = """
registry: places
title: {vi: Nơi, en: Places}
description: {vi: Nơi, en: Places}
custodian: culture
licence: CC-BY-4.0
attribution: The city
cadence: P1D
limit: P2D
writers: [culture]
events: {PlaceNamed: {operation: put, key: code}}
title_field: name
"""
FIELDS = [
    field("code", "string"),
    field("name", "string"),
    field("kept", "string", **{"class": "restricted"}),
    field("parts", {"type": "array", "items": "string"}),
    field("lon", "double", unit="deg"),
    field("at", MICROS),
]


def lint(text: str, *fields: dict[str, Any]) -> list[Finding]:
    schema = record(*(fields or FIELDS))
    return lint_definition(parse_definition(text, {schema.full_name: schema}))


def test_a_sound_definition_passes() -> None:
    assert lint(DEFINITION + "sortable: [name, at]\nsearch: [name, parts]\ngeometry: {lon: lon, lat: lon}\n") == []


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        (DEFINITION.replace("title_field: name", "title_field: kept"), "title-not-open", "title_field"),
        (DEFINITION.replace("key: code", "key: kept"), "key-not-open", "events.PlaceNamed.key"),
        (DEFINITION + "geometry: {lon: lon, lat: name}", "geometry-not-number", "geometry"),
        (DEFINITION.replace("limit: P2D", "limit: PT1H"), "limit-below-cadence", "limit"),
        (DEFINITION + "sortable: [parts]", "sort-not-possible", "sortable"),
        (DEFINITION + "search: [at]", "search-not-text", "search"),
        (DEFINITION + "indexes: [kept]", "public-field-closed", "indexes"),
        (
            DEFINITION + "authority: [{source: s}]\nclaims: [{source: s, title: {vi: S, en: S}}]",
            "claims-by-authority",
            "claims[0].source",
        ),
    ],
)
def test_a_promise_the_fields_cannot_keep_is_told(text: str, rule: str, place: str) -> None:
    assert [(one.rule, one.place, one.level) for one in lint(text)] == [(rule, f"places.yaml: {place}", RULES[rule])]


def test_the_packaged_definitions_and_every_version_of_their_schemas_pass() -> None:
    packaged = load_definitions()
    findings = [found for one in packaged for found in lint_definition(one.definition)]
    findings += [found for one in packaged for schema in one.versions for found in lint_schema(schema)]
    assert packaged
    assert [one for one in findings if one.level == ERROR] == []


BOTH = record(field("count", "int"), field("price", "double", unit="VND"))
COUNT = ("unit-missing", "test.places.PlaceNamed.count")


def test_a_level_that_was_set_counts_instead_of_the_rules_own() -> None:
    found = lint_schema(BOTH, {"unit-missing": WARNING})
    assert [(one.rule, one.level) for one in found] == [("unit-missing", WARNING), ("money-as-float", ERROR)]


def test_a_rule_that_is_off_finds_nothing() -> None:
    assert rules(lint_schema(BOTH, {"unit-missing": OFF})) == {"money-as-float"}


def test_an_exception_holds_for_its_rule_at_its_place_alone() -> None:
    assert rules(lint_schema(BOTH, excepted={COUNT})) == {"money-as-float"}
    assert len(lint_schema(BOTH, excepted={("unit-missing", "test.places.PlaceNamed.price")})) == 2
    assert len(lint_schema(BOTH, excepted={("money-as-float", COUNT[1])})) == 2


def test_levels_and_exceptions_hold_for_definitions_too() -> None:
    schema = record(*FIELDS)
    definition = parse_definition(DEFINITION + "sortable: [parts]\nindexes: [kept]", {schema.full_name: schema})
    found = lint_definition(
        definition, {"public-field-closed": ERROR}, [("sort-not-possible", "places.yaml: sortable")]
    )
    assert [(one.rule, one.level) for one in found] == [("public-field-closed", ERROR)]


@pytest.mark.parametrize("name", RULE_ROWS)
def test_a_rule_says_what_it_asks_in_both_languages(name: str) -> None:
    rule = RULE_ROWS[name]
    assert rule.level in LEVELS
    assert rule.vi.endswith(".") and rule.en.endswith(".") and rule.vi != rule.en


def test_a_schema_of_one_number_without_unit_is_an_error() -> None:
    assert [one.level for one in lint_schema(one_field("int"))] == [ERROR]
