"""Facts of a hub and contracts, as the tests of this folder use them."""

from __future__ import annotations

from typing import Any

import yaml

from hub.contracts.facts import HubFacts
from hub.control.state import ControlState, Department, SchemaVersion
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, Text, parse_definition
from schemas.packaged import load_definitions

KTTV = Department("kttv", "H57.20", "Đài Khí tượng", "Hydrometeorological Station", "rain@example.org")
DEFINITIONS = {one.definition.registry: one.definition for one in load_definitions()}


def hub_facts(*definitions: Definition, log_servers: tuple[str, ...] = (), log_security: str = "") -> HubFacts:
    """A hub with these registries, whose schemas are registered with the ids 1, 2, 3 …"""
    state = ControlState(departments={"kttv": KTTV})
    for definition in definitions:
        state.definitions[definition.registry] = definition
        for schema in definition.schemas.values():
            _register(state, schema)
    return HubFacts("https://hub.example.org", "hue", Text("Trục", "Hub"), state, log_servers, log_security)


def _register(state: ControlState, schema: RecordSchema) -> None:
    number = len(state.schemas) + 1
    state.schemas[number] = SchemaVersion(schema.full_name, 1, number, schema.guid, schema)
    state.schema_ids[schema.guid] = number


def custom(element: dict[str, Any]) -> dict[str, Any]:
    """The custom properties of an element."""
    return {one["property"]: one["value"] for one in element.get("customProperties", [])}


def named(elements: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The element with this name."""
    (found,) = [one for one in elements if one.get("name", one.get("server")) == name]
    return found


def read_back(text: str, schemas: list[str]) -> Definition:
    """The definition that an import came to."""
    parsed = [parse_record_schema(one) for one in schemas]
    return parse_definition(text, {one.full_name: one for one in parsed})


def changed(text: str, change: Any) -> str:
    """A contract's text after `change` was applied to its values."""
    document = yaml.safe_load(text)
    change(document)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


FOREIGN = """
kind: DataContract
apiVersion: v3.0.2
id: 53581432-6c55-4ba2-a65f-72344a91553a
name: Đơn hàng
dataProduct: Shop Orders
version: 2.1.0
status: active
description:
  purpose: Đơn hàng của cửa hàng
  customProperties: [{property: purposeEn, value: Orders of the shop}]
team: {name: shop}
slaProperties:
  - {property: frequency, value: 1, unit: d}
  - {property: latency, value: 36, unit: hours}
customProperties:
  - {property: nameEn, value: Orders}
  - {property: licence, value: CC-BY-4.0}
  - {property: attribution, value: The shop}
schema:
  - name: orders
    logicalType: object
    properties:
      - name: order_id
        logicalType: string
        physicalType: varchar(20)
        primaryKey: true
        classification: public
        businessName: Mã
        description: Number of the order.
        customProperties: [{property: labelEn, value: Order}]
      - name: order_total
        logicalType: number
        physicalType: DECIMAL(12, 2)
        required: true
        classification: internal
        businessName: Tổng
        description: Sum of the order.
        customProperties: [{property: labelEn, value: Total}, {property: unit, value: VND}]
      - name: status
        logicalType: string
        classification: public
        businessName: Trạng thái
        description: Where it stands.
        customProperties: [{property: labelEn, value: Status}]
        quality: [{metric: invalidValues, arguments: {validValues: [OPEN, SHIPPED]}, mustBe: 0}]
      - name: placed_at
        logicalType: timestamp
        required: true
        classification: restricted
        businessName: Lúc đặt
        description: When it was placed.
        customProperties: [{property: labelEn, value: Placed}]
"""
