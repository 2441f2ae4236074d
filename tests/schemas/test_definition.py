"""Definitions: what is read, and every complaint with its place in the file."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from schemas.avro import RecordSchema
from schemas.definition import Definition, parse_definition
from schemas.document import parse_duration
from schemas.errors import DefinitionError
from schemas.times import OPEN
from tests.schemas.builders import field, record

STRINGS = {"type": "array", "items": "string"}
EDGE = {
    "type": "record",
    "name": "Edge",
    "fields": [{"name": "from", "type": "string"}, {"name": "to", "type": "string"}],
}
DOUBLE = ["null", "double"]
BODY = [
    field("code", "string"),
    field("name", "string"),
    field("lon", DOUBLE, unit="deg"),
    field("lat", DOUBLE, unit="deg"),
]
SCHEMAS = {
    schema.full_name: schema
    for schema in [
        record(*BODY, name="PlaceNamed"),
        record(*BODY, field("note", "string"), field("changed", STRINGS), name="PlaceChanged"),
        record(field("code", "string"), field("successors", STRINGS), name="PlaceClosed"),
        record(field("survivor", "string"), field("absorbed", STRINGS), name="PlacesMerged"),
        record(field("edges", {"type": "array", "items": EDGE}), name="PlacesReorganised"),
    ]
}
WHOLE: dict[str, Any] = {
    "registry": "places",
    "version": 3,
    "title": {"vi": "Nơi", "en": "Places"},
    "description": {"vi": "Các nơi", "en": "All places"},
    "custodian": "culture",
    "licence": "CC-BY-4.0",
    "attribution": "The city",
    "cadence": "P1D",
    "limit": "P1DT12H",
    "writers": ["culture", "tourism"],
    "partitions": 2,
    "events": {
        "PlaceNamed": {"operation": "put", "key": "code"},
        "PlaceChanged": {"operation": "patch", "key": ["code"]},
        "PlaceClosed": {"operation": "retire", "key": "code", "successors": "successors"},
        "PlacesMerged": {"operation": "merge", "survivor": "survivor", "absorbed": "absorbed"},
        "PlacesReorganised": {"operation": "reorganise", "edges": "edges"},
    },
    "fields": ["name"],
    "title_field": "name",
    "sortable": ["name"],
    "search": ["name", "note"],
    "indexes": ["name"],
    "geometry": {"lon": "lon", "lat": "lat"},
    "authority": [{"source": "urn:city:H1:x", "events": ["PlaceNamed"], "to": "2025-07-01T00:00:00+07:00"}],
    "claims": [{"source": "urn:city:H2:y", "title": {"vi": "Y", "en": "Y"}, "complete": True, "fields": ["name"]}],
    "signatures": True,
}


def parse(document: Any, schemas: dict[str, RecordSchema] = SCHEMAS) -> Definition:
    return parse_definition(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), schemas, "places.yaml")


def changed(**values: Any) -> dict[str, Any]:
    return {**copy.deepcopy(WHOLE), **values}


def event(name: str, rule: Any) -> dict[str, Any]:
    return changed(events={**WHOLE["events"], name: rule})


def test_a_definition_is_read_whole() -> None:
    found = parse(WHOLE)
    assert (found.registry, found.version, found.title.vi, found.cadence_s) == ("places", 3, "Nơi", 86_400)
    assert found.limit_s == 129_600
    assert found.topics == ("culture.places.v1", "tourism.places.v1")
    assert found.events["PlaceClosed"].successors == "successors"
    assert found.events["PlaceNamed"].schema == "test.places.PlaceNamed"
    assert found.claims[0].complete
    assert found.signatures


def test_the_records_fields_are_those_of_its_events_with_the_named_ones_first() -> None:
    assert list(parse(WHOLE).record) == ["name", "code", "lon", "lat", "note"]


def test_a_source_decides_for_its_events_and_in_its_time_only() -> None:
    found = parse(WHOLE)
    end = 1_751_302_800_000_000
    assert found.decides("urn:city:H1:x;2", "PlaceNamed", end - 1)
    assert not found.decides("urn:city:H1:x", "PlaceNamed", end)
    assert not found.decides("urn:city:H1:x", "PlaceClosed", 0)
    assert not found.decides("urn:city:H2:y", "PlaceNamed", 0)
    assert found.authority[0].start == -OPEN


def test_without_authority_every_source_decides() -> None:
    assert parse(changed(authority=[])).decides("urn:city:H2:y", "PlaceNamed", 0)


def test_a_time_that_yaml_reads_itself_is_the_same_time() -> None:
    text = yaml.safe_dump(changed(authority=[{"source": "s"}])).replace(
        "source: s", "source: s\n  to: 2025-07-01T00:00:00+07:00"
    )
    assert parse_definition(text, SCHEMAS).authority[0].end == 1_751_302_800_000_000


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (changed(registry="Places"), "registry"),
        (changed(registry=None), "registry"),
        (changed(version=0), "version"),
        (changed(version=True), "version"),
        (changed(title="Places"), "title"),
        (changed(title={"vi": "Nơi"}), "title.en"),
        (changed(title={"vi": "Nơi", "en": " "}), "title.en"),
        (changed(title={"vi": "a", "en": "b", "fr": "c"}), "title.fr"),
        (changed(custodian="a--b"), "custodian"),
        (changed(licence=""), "licence"),
        (changed(cadence="1 day"), "cadence"),
        (changed(limit="P"), "limit"),
        (changed(writers=[]), "writers"),
        (changed(writers=["a", "a"]), "writers"),
        (changed(writers=["A"]), "writers"),
        (changed(partitions="2"), "partitions"),
        (changed(signatures="yes"), "signatures"),
        (changed(colour="red"), "colour"),
        (changed(events=[]), "events"),
        (changed(events={}), "events"),
        (changed(events={"PlaceClosed": WHOLE["events"]["PlaceClosed"]}), "events"),
        (event("PlaceNamed", "put"), "events.PlaceNamed"),
        (event("PlaceNamed", {"operation": "upsert", "key": "code"}), "events.PlaceNamed.operation"),
        (event("PlaceNamed", {"operation": ["put"], "key": "code"}), "events.PlaceNamed.operation"),
        (event("PlaceNamed", {"operation": "put"}), "events.PlaceNamed.key"),
        (event("PlaceNamed", {"operation": "put", "key": "kode"}), "events.PlaceNamed.key"),
        (event("PlaceNamed", {"operation": "put", "key": "lon"}), "events.PlaceNamed.key"),
        (event("PlaceNamed", {"operation": "put", "key": "code", "keys": 1}), "events.PlaceNamed.keys"),
        (event("PlaceNamed", {"operation": "patch", "key": "code"}), "events.PlaceNamed.schema"),
        (event("PlaceOpened", {"operation": "put", "key": "code"}), "events.PlaceOpened.schema"),
        (
            event("PlaceClosed", {"operation": "retire", "key": "code", "successors": "code"}),
            "events.PlaceClosed.successors",
        ),
        (event("PlaceClosed", {"operation": "split", "key": "code"}), "events.PlaceClosed.successors"),
        (event("PlacesMerged", {"operation": "merge", "survivor": "survivor"}), "events.PlacesMerged.absorbed"),
        (
            event("PlacesMerged", {"operation": "merge", "survivor": "absorbed", "absorbed": "absorbed"}),
            "events.PlacesMerged.survivor",
        ),
        (event("PlacesReorganised", {"operation": "reorganise"}), "events.PlacesReorganised.edges"),
        (event("PlaceClosed", {"operation": "reorganise", "edges": "successors"}), "events.PlaceClosed.edges"),
        (changed(fields=["nmae"]), "fields"),
        (changed(title_field="nmae"), "title_field"),
        (changed(sortable="nmae"), "sortable"),
        (changed(search=[1]), "search"),
        (changed(indexes={"a": "b"}), "indexes"),
        (changed(geometry={"lon": "lon"}), "geometry.lat"),
        (changed(geometry=["lon", "lat"]), "geometry"),
        (changed(authority={"source": "a"}), "authority"),
        (changed(authority=["a"]), "authority[0]"),
        (changed(authority=[{"events": ["PlaceNamed"]}]), "authority[0].source"),
        (changed(authority=[{"source": "a", "events": ["PlaceBuilt"]}]), "authority[0].events"),
        (changed(authority=[{"source": "a", "from": "2025-07-01"}]), "authority[0].from"),
        (changed(claims=[{"source": "a"}]), "claims[0].title"),
        (changed(claims=[{"source": "a", "title": {"vi": "a", "en": "b"}, "fields": ["x"]}]), "claims[0].fields"),
    ],
)
def test_every_complaint_names_file_and_place(document: Any, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(document)
    assert caught.value.place == f"places.yaml: {place}"


@pytest.mark.parametrize("text", ["", "- a", "a: [", "a: 2025-13-45T99:00:00Z", "a: 1\nb: 2\na: 3"])
def test_what_is_no_mapping_is_refused_with_the_file(text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, SCHEMAS, "places.yaml")
    assert caught.value.place == "places.yaml"


def test_a_field_of_two_kinds_is_refused() -> None:
    other = {
        **SCHEMAS,
        "test.places.PlaceChanged": record(
            field("code", "string"), field("name", "int"), field("changed", STRINGS), name="PlaceChanged"
        ),
    }
    with pytest.raises(DefinitionError, match="the field name is int here, string elsewhere"):
        parse(WHOLE, other)


def test_two_schemas_of_one_short_name_need_the_full_name() -> None:
    twin = record(*BODY, name="PlaceNamed", namespace="other.places")
    both = {**SCHEMAS, twin.full_name: twin}
    with pytest.raises(DefinitionError, match=r"events\.PlaceNamed\.schema: needed here"):
        parse(WHOLE, both)
    rule = {"operation": "put", "key": "code", "schema": "other.places.PlaceNamed"}
    assert parse(event("PlaceNamed", rule), both).events["PlaceNamed"].schema == "other.places.PlaceNamed"


@pytest.mark.parametrize(("text", "seconds"), [("P1D", 86_400), ("PT15M", 900), ("P1DT1H1M", 90_060), ("PT0M", 0)])
def test_a_duration_is_days_hours_and_minutes(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "1D", "P1Y", "PT5S", "P-1D", "P1D\n"])
def test_other_durations_are_refused(text: str) -> None:
    read: Callable[[str], int] = parse_duration
    with pytest.raises(ValueError, match="is not a duration"):
        read(text)


@pytest.mark.parametrize("raised", ["PlaceNamed", "PlaceChanged", "PlaceClosed"])
def test_the_strictest_class_any_event_gives_binds_the_field(raised: str) -> None:
    def named(event: str) -> dict[str, Any]:
        return field("name", "string", **{"class": "restricted" if event == raised else "open"})

    schemas = [
        record(field("code", "string"), named("PlaceNamed"), name="PlaceNamed"),
        record(field("code", "string"), named("PlaceChanged"), field("changed", STRINGS), name="PlaceChanged"),
        record(field("code", "string"), named("PlaceClosed"), name="PlaceClosed"),
    ]
    events = {
        "PlaceNamed": {"operation": "put", "key": "code"},
        "PlaceChanged": {"operation": "patch", "key": "code"},
        "PlaceClosed": {"operation": "retire", "key": "code"},
    }
    left_out = ("sortable", "search", "indexes", "geometry", "authority", "claims", "fields")
    document = {name: value for name, value in changed(events=events).items() if name not in left_out}
    definition = parse(document, {one.full_name: one for one in schemas})
    assert definition.record["name"].classification == "restricted"
    assert definition.open_fields == ("code",)
