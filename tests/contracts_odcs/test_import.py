"""A changed contract of our own: what was changed counts, and what says two things is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hub.contracts.errors import ContractError, ContractInvalid
from hub.contracts.odcs import export_contract
from hub.contracts.odcs_import import import_contract
from schemas.definition import Definition
from tests.contracts_odcs.examples import DEFINITIONS, changed, hub_facts, named, read_back

RAIN = export_contract(DEFINITIONS["rainfall"], hub_facts())


def imported(change: Any) -> Definition:
    return read_back(*import_contract(changed(RAIN, change)))


def refused(change: Any) -> dict[str, str]:
    with pytest.raises(ContractInvalid) as found:
        import_contract(changed(RAIN, change))
    return {one.path: one.message for one in found.value.problems}


def depths(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The property `depth` of the record and of the event."""
    return [named(one["properties"], "depth") for one in document["schema"]]


def test_a_changed_purpose_changes_the_description() -> None:
    definition = imported(lambda document: document["description"].update(purpose="Mưa"))
    assert (definition.description.vi, definition.description.en[:11]) == ("Mưa", "Hourly rain")


def test_a_changed_service_level_changes_the_limit() -> None:
    assert imported(lambda document: document["slaProperties"][1].update(value=3)).limit_s == 10_800


def test_a_class_raised_in_event_and_record_is_taken() -> None:
    def raise_class(document: dict[str, Any]) -> None:
        record, event = document["schema"]
        named(event["properties"], "quality")["classification"] = "restricted"
        record["properties"] = [one for one in record["properties"] if one["name"] != "quality"]

    assert imported(raise_class).record["quality"].classification == "restricted"


def test_a_changed_type_changes_the_schema() -> None:
    def widen(document: dict[str, Any]) -> None:
        for one in depths(document):
            one["physicalType"] = "bytes (decimal(8,2))"

    depth = imported(widen).record["depth"]
    assert (depth.precision, depth.scale) == (8, 2)


def test_a_change_in_the_record_alone_is_refused() -> None:
    found = refused(lambda document: depths(document)[0].update(description="Rain"))
    assert list(found) == ["schema[0].properties[3].description"]
    assert "change it there" in found["schema[0].properties[3].description"]


def test_a_new_field_of_the_record_alone_is_refused() -> None:
    added = {"name": "wind", "logicalType": "number"}
    found = refused(lambda document: document["schema"][0]["properties"].append(added))
    assert list(found) == ["schema[0].properties[6]"]


def test_words_that_contradict_the_rest_of_an_avro_field_are_refused() -> None:
    def contradict(document: dict[str, Any]) -> None:
        rest = {"property": "avro", "value": {"type": "double"}}
        depths(document)[1]["customProperties"].append(rest)

    found = refused(contradict)
    assert set(found) == {f"schema[1].properties[3].{one}" for one in ("physicalType", "required")}


def test_a_field_that_avro_refuses_is_told_with_its_place() -> None:
    found = refused(lambda document: depths(document)[1].update(name="no name"))
    assert list(found) == ["schema[1]/fields/3/name"]


def test_a_rule_that_does_not_fit_is_told_in_the_words_of_the_definition() -> None:
    def misspell(document: dict[str, Any]) -> None:
        document["customProperties"][3]["value"]["title_field"] = "gauge"

    assert list(refused(misspell)) == ["contract: title_field"]


def test_the_same_schema_described_in_two_ways_is_refused() -> None:
    def twice(document: dict[str, Any]) -> None:
        document["schema"].append(document["schema"][1] | {"name": "RainSeen", "description": "Another"})

    assert list(refused(twice)) == ["schema[2].physicalName"]


@pytest.mark.parametrize("odd", [None, 1, "x", ["x"], {"a": 1}, [None]])
@pytest.mark.parametrize("word", ["name", "logicalType", "customProperties", "primaryKey", "primaryKeyPosition"])
def test_odd_values_in_a_property_are_told_and_never_a_crash(word: str, odd: Any) -> None:
    # as it was, or told by physicalType
    sound = [("primaryKeyPosition", 1), ("primaryKey", 1), ("logicalType", None)]
    for index in (0, 1):
        if (word, odd) not in sound:
            assert refused(lambda document, at=index: document["schema"][at]["properties"][0].update({word: odd}))


@pytest.mark.parametrize("odd", [[], {}, None, 1])
def test_a_custom_property_without_a_name_is_no_crash(odd: Any) -> None:
    text = changed(RAIN, lambda document: document["schema"][1]["customProperties"][0].update(property=odd))
    with pytest.raises(ContractError):
        import_contract(text)


def test_a_contract_that_holds_itself_is_refused() -> None:
    head, properties, event = RAIN.rpartition("  properties:\n")
    loop = "  properties: &loop\n  - {name: a, logicalType: object, properties: *loop}\n"
    with pytest.raises(ContractInvalid, match="within itself"):
        import_contract(head + loop + event)
    assert properties
