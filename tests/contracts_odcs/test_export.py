"""What a registry's contract says, held against the definition's file and ODCS v3.1.0."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from hub.contracts.odcs import contract_document, export_contract
from hub.control.governance import Deprecation
from schemas.packaged import load_definitions
from tests.contracts_odcs.examples import DEFINITIONS, custom, hub_facts, named, read_back
from tests.end_to_end.running import WELLS

RAIN = DEFINITIONS["rainfall"]


@pytest.fixture
def rain() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(export_contract(RAIN, hub_facts(RAIN)))
    return document


def test_the_head_says_what_the_definition_says(rain: dict[str, Any]) -> None:
    head = {name: rain[name] for name in ("kind", "apiVersion", "name", "version", "status", "tenant", "dataProduct")}
    assert head == {
        "kind": "DataContract",
        "apiVersion": "v3.1.0",
        "name": "Lượng mưa",
        "version": "1",
        "status": "active",
        "tenant": "hue",
        "dataProduct": "rainfall",
    }
    assert custom(rain)["nameEn"] == "Rainfall"


def test_the_id_stays_when_the_hub_moves_to_another_address(rain: dict[str, Any]) -> None:
    elsewhere = contract_document(RAIN, hub_facts(log_servers=("k:9092",)))
    other = contract_document(DEFINITIONS["rain-gauges"], hub_facts())
    assert rain["id"] == elsewhere["id"] != other["id"]


def test_a_field_has_its_type_class_labels_and_unit(rain: dict[str, Any]) -> None:
    depth = named(named(rain["schema"], "rainfall")["properties"], "depth")
    assert custom(depth) == {"labelEn": "Depth", "unit": "mm"}
    depth.pop("customProperties")
    assert depth == {
        "name": "depth",
        "businessName": "Lượng mưa",
        "logicalType": "number",
        "physicalType": "bytes (decimal(6,1))",
        "required": False,
        "classification": "open",
        "description": "Depth of rain; null is missing, 0.0 is no rain.",
    }


def test_the_key_is_primary_in_its_order_and_unique(rain: dict[str, Any]) -> None:
    record = named(rain["schema"], "rainfall")
    keys = {one["name"]: one["primaryKeyPosition"] for one in record["properties"] if one.get("primaryKey")}
    assert keys == {"gaugeKey": 1, "periodEnd": 2}
    assert record["quality"][0]["metric"] == "duplicateValues"
    assert record["quality"][0]["arguments"] == {"properties": ["gaugeKey", "periodEnd"]}


def test_an_enum_allows_its_symbols_only(rain: dict[str, Any]) -> None:
    quality = named(named(rain["schema"], "rainfall")["properties"], "quality")["quality"]
    assert quality[0]["metric"] == "invalidValues"
    assert quality[0]["arguments"] == {"validValues": ["UNCHECKED", "SUSPECT"]}
    assert quality[0]["mustBe"] == 0


def test_an_event_names_its_schema_its_topics_and_what_it_does(rain: dict[str, Any]) -> None:
    event = named(rain["schema"], "RainfallObserved")
    assert event["physicalName"] == "vn.gov.hub.rainfall.RainfallObserved"
    told = custom(event)
    assert (told["operation"], told["topics"], told["schemaId"]) == ("append", ["kttv.rainfall.v1"], 1)
    assert event["authoritativeDefinitions"][0]["url"] == "https://hub.example.org/schema-registry/schemas/ids/1"


def test_a_deprecated_schema_says_from_when() -> None:
    facts = hub_facts(RAIN)
    subject = "vn.gov.hub.rainfall.RainfallObserved"
    facts.state.deprecations[subject, 1] = Deprecation(subject, 1, "2027-03-01", "a newer one is there", 0)
    event = named(contract_document(RAIN, facts)["schema"], "RainfallObserved")
    assert custom(event)["deprecatedFrom"] == "2027-03-01"


def test_cadence_and_limit_are_service_levels(rain: dict[str, Any]) -> None:
    levels = {one["property"]: (one["value"], one["unit"]) for one in rain["slaProperties"]}
    assert levels == {"frequency": (1, "h"), "latency": (2, "h")}


def test_the_custodian_is_the_team_and_its_contact_the_support(rain: dict[str, Any]) -> None:
    assert rain["team"]["name"] == "kttv"
    assert rain["team"]["members"] == [{"username": "rain@example.org", "role": "custodian"}]
    assert rain["support"][0]["url"] == "mailto:rain@example.org"


def test_without_kafka_only_http_and_the_file_are_servers(rain: dict[str, Any]) -> None:
    assert [one["server"] for one in rain["servers"]] == ["api", "local", "intake-kttv-rainfall-v1"]


def test_with_kafka_each_topic_has_a_server() -> None:
    sites = DEFINITIONS["heritage-sites"]
    servers = contract_document(sites, hub_facts(log_servers=("a:9092", "b:9092")))["servers"]
    kafka = [one for one in servers if one["type"] == "kafka"]
    assert [custom(one)["topic"] for one in kafka] == ["sovhtt.heritage-sites.v1", "sodulich.heritage-sites.v1"]
    assert {one["host"] for one in kafka} == {"a:9092,b:9092"}


def test_the_record_tells_open_fields_and_the_event_all_with_their_classes() -> None:
    (wells,) = load_definitions(WELLS)
    closed = closed_depth(wells.text, [one.text for one in wells.versions])
    document = contract_document(closed, hub_facts(closed))
    record, event = document["schema"][0], named(document["schema"], "WellDrilled")
    assert "depthM" not in [one["name"] for one in record["properties"]]
    assert named(event["properties"], "depthM")["classification"] == "restricted"
    assert [one["role"] for one in document["roles"]] == ["open-reader", "restricted-reader"]


def closed_depth(text: str, schemas: list[str]) -> Any:
    from_open = '"name": "depthM", "type": ["null", "double"], "default": null, "class": "open"'
    schemas = [one.replace(from_open, from_open.replace('"open"', '"restricted"')) for one in schemas]
    return read_back(text.replace("sortable: [name, depthM]", "sortable: [name]"), schemas)
