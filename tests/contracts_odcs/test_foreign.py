"""A contract from elsewhere becomes a registry, or says at which places it lacks what."""

from __future__ import annotations

from typing import Any

import pytest

from hub.contracts.errors import ContractAmbiguous, ContractInvalid
from hub.contracts.foreign import camel
from hub.contracts.odcs_import import import_contract
from schemas.lint import lint_definition, lint_schema
from tests.contracts_odcs.examples import FOREIGN, changed, read_back


def problems_of(change: Any) -> dict[str, str]:
    """What is told of the contract after `change`."""
    with pytest.raises(ContractInvalid) as found:
        import_contract(changed(FOREIGN, change))
    return {one.path: one.message for one in found.value.problems}


def properties(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["schema"][0]["properties"]
    return found


def test_it_becomes_a_definition_that_lint_lets_pass() -> None:
    text, schemas = import_contract(FOREIGN)
    definition = read_back(text, schemas)
    assert (definition.registry, definition.version, definition.custodian) == ("shop-orders", 2, "shop")
    assert (definition.cadence_s, definition.limit_s) == (86_400, 129_600)
    assert definition.topics == ("shop.shop-orders.v1",)
    findings = [
        *lint_definition(definition),
        *(one for each in definition.schemas.values() for one in lint_schema(each)),
    ]
    assert [one for one in findings if one.level == "error"] == []


def test_it_gets_three_events_on_its_primary_key() -> None:
    definition = read_back(*import_contract(FOREIGN))
    told = {name: (rule.operation, rule.key) for name, rule in definition.events.items()}
    assert told == {
        "OrdersRegistered": ("put", ("orderId",)),
        "OrdersChanged": ("patch", ("orderId",)),
        "OrdersRetired": ("retire", ("orderId",)),
    }


def test_its_types_classes_and_units_become_those_of_avro() -> None:
    record = read_back(*import_contract(FOREIGN)).record
    total, status, placed = record["orderTotal"], record["status"], record["placedAt"]
    assert (total.kind, total.precision, total.scale, total.unit, total.nullable) == ("decimal", 12, 2, "VND", False)
    assert (status.kind, status.symbols, status.nullable) == ("enum", ("OPEN", "SHIPPED"), True)
    assert (placed.kind, placed.classification) == ("instant", "restricted")
    assert [one.classification for one in record.values()] == ["open", "shared", "open", "restricted"]
    assert (total.label_vi, total.label_en, total.doc) == ("Tổng", "Total", "Sum of the order.")


def test_everything_missing_is_told_at_once_with_its_place() -> None:
    def take_away(document: dict[str, Any]) -> None:
        del document["team"], document["slaProperties"][0], properties(document)[0]["classification"]
        document["customProperties"] = [one for one in document["customProperties"] if one["property"] != "licence"]
        del properties(document)[1]["physicalType"], properties(document)[1]["customProperties"]

    assert set(problems_of(take_away)) == {
        "team.name",
        "slaProperties.frequency",
        "customProperties.licence",
        "schema[0].properties[0].classification",
        "schema[0].properties[1].physicalType",
        "schema[0].properties[1].customProperties.labelEn",
        "schema[0].properties[1].customProperties.unit",
    }


def test_a_message_says_what_to_add() -> None:
    found = problems_of(lambda document: properties(document)[1].update(physicalType="NUMBER"))
    message = found["schema[0].properties[1].physicalType"]
    assert message == "a number needs decimal(digits,decimals), such as decimal(12,2), or double"


def test_a_record_without_a_key_is_refused() -> None:
    found = problems_of(lambda document: properties(document)[0].pop("primaryKey"))
    assert set(found) == {"schema[0].properties"}


def test_an_unknown_class_is_refused_with_those_there_are() -> None:
    found = problems_of(lambda document: properties(document)[2].update(classification="secret"))
    assert found["schema[0].properties[2].classification"].startswith("'secret' is no class: one of open, shared")


def test_of_several_objects_one_has_to_be_named() -> None:
    two = changed(FOREIGN, lambda document: document["schema"].append({"name": "customers", "properties": []}))
    with pytest.raises(ContractAmbiguous, match=r"several schema objects \(orders, customers\)"):
        import_contract(two)
    assert read_back(*import_contract(two, record="orders")).registry == "shop-orders"
    with pytest.raises(ContractAmbiguous, match="no object 'order'; those are orders, customers"):
        import_contract(two, record="order")


def test_nested_objects_and_lists_become_records_and_arrays() -> None:
    words: dict[str, Any] = {
        "classification": "public",
        "businessName": "Tên",
        "description": "What.",
        "logicalType": "string",
    }
    words["customProperties"] = [{"property": "labelEn", "value": "Name"}]
    piece = {"name": "item_name", "required": True, **words}
    lines: dict[str, Any] = {"name": "lines", **words, "logicalType": "array"}
    lines["items"] = {"logicalType": "object", "properties": [piece]}
    definition = read_back(*import_contract(changed(FOREIGN, lambda document: properties(document).append(lines))))
    avro = definition.record["lines"].avro
    assert (avro["items"]["name"], [one["name"] for one in avro["items"]["fields"]]) == ("LinesItem", ["itemName"])


@pytest.mark.parametrize("text", ["", "- a\n- b", "a: [", "kind: DataProduct\napiVersion: v1.0.0", "a: b"])
def test_what_is_no_contract_is_refused(text: str) -> None:
    with pytest.raises(ContractInvalid):
        import_contract(text)


@pytest.mark.parametrize("odd", [None, 1, "x", ["x"], {"a": 1}, [None], [{"name": 3}]])
@pytest.mark.parametrize("word", ["schema", "team", "description", "slaProperties", "customProperties", "version"])
def test_odd_values_are_told_and_never_a_crash(word: str, odd: Any) -> None:
    if (word, odd) != ("version", 1):
        assert problems_of(lambda document: document.update({word: odd}))


@pytest.mark.parametrize(
    ("given", "made"),
    [("order_id", "orderId"), ("Order ID", "orderId"), ("ORDER", "order"), ("placedAt", "placedAt"), ("a-b.c", "aBC")],
)
def test_names_become_those_of_fields(given: str, made: str) -> None:
    assert camel(given) == made
