"""The AsyncAPI document, held against the definitions and the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.contracts.asyncapi import asyncapi_document, event_headers
from schemas.avro import schema_guid
from schemas.event import Envelope, to_headers
from tests.contracts_odcs.examples import DEFINITIONS, hub_facts

RAIN, SITES = DEFINITIONS["rainfall"], DEFINITIONS["heritage-sites"]
KAFKA = {"log_servers": ("a.example.org:9092", "b.example.org:9093")}


def on_kafka(security: str = "") -> dict[str, Any]:
    return asyncapi_document(hub_facts(RAIN, SITES, log_servers=KAFKA["log_servers"], log_security=security))


def test_every_topic_is_a_channel_with_its_partitions() -> None:
    channels = {name: one for name, one in on_kafka()["channels"].items() if not name.startswith("intake.")}
    assert set(channels) == {"kttv.rainfall.v1", "sovhtt.heritage-sites.v1", "sodulich.heritage-sites.v1"}
    binding = channels["kttv.rainfall.v1"]["bindings"]["kafka"]
    assert (binding["topic"], binding["partitions"]) == ("kttv.rainfall.v1", 1)
    assert set(channels["kttv.rainfall.v1"]["messages"]) == {"RainfallObserved"}


def test_departments_send_and_readers_receive() -> None:
    operations = on_kafka()["operations"]
    actions = {name: one["action"] for name, one in operations.items() if "rainfall" in name}
    assert actions == {
        "post.kttv.rainfall.v1": "send",
        "send.kttv.rainfall.v1": "send",
        "receive.kttv.rainfall.v1": "receive",
    }


def test_a_message_has_the_very_avro_schema_and_says_where_its_id_stands() -> None:
    message = on_kafka()["components"]["messages"]["rainfall.RainfallObserved"]
    guid = RAIN.schemas["vn.gov.hub.rainfall.RainfallObserved"].guid
    assert schema_guid(json.dumps(message["payload"]["schema"])) == message["x-schema-guid"] == guid
    assert message["payload"]["schemaFormat"] == "application/vnd.apache.avro;version=1.9.0"
    binding = message["bindings"]["kafka"]
    assert (binding["schemaIdLocation"], binding["schemaIdPayloadEncoding"]) == ("payload", "confluent")
    assert binding["key"]["type"] == "string"


def test_the_headers_are_those_on_the_wire() -> None:
    envelope = Envelope(
        id="1", source="urn:hue:H57.20:s", type="RainfallObserved", subject="k", happened_at=0, sequence=1,
        dataschema="x", valid_from=1, valid_to=2, correction="corrected", corrects="0", causation_id="c",
        correlation_id="d", traceparent="t", legal_basis="l", key_id="k", signature="s",
    )  # fmt: skip
    told = event_headers("RainfallObserved")
    assert {name for name, _ in to_headers(envelope)} == set(told["properties"])
    plain = Envelope("1", "urn:hue:H57.20:s", "RainfallObserved", "k", 0, 1, "x", 0)
    assert [name for name, _ in to_headers(plain)] == told["required"]


@pytest.mark.parametrize(
    ("security", "protocol", "login"),
    [("", "kafka", False), ("sasl", "kafka", True), ("sasl-tls", "kafka-secure", True), ("tls", "kafka-secure", False)],
)
def test_each_broker_is_a_server_with_its_protocol_and_no_login(security: str, protocol: str, login: bool) -> None:
    servers = on_kafka(security)["servers"]
    brokers = [servers["kafka-1"], servers["kafka-2"]]
    assert [one["host"] for one in brokers] == ["a.example.org:9092", "b.example.org:9093"]
    assert {one["protocol"] for one in brokers} == {protocol}
    assert ["security" in one for one in brokers] == [login, login]


def test_the_embedded_log_is_reached_by_the_http_intake_alone() -> None:
    document = asyncapi_document(hub_facts(RAIN))
    assert list(document["servers"]) == ["intake"]
    assert (document["servers"]["intake"]["host"], document["servers"]["intake"]["protocol"]) == (
        "hub.example.org",
        "https",
    )
    assert document["channels"]["intake.kttv.rainfall.v1"]["address"] == "/topics/kttv.rainfall.v1"
    assert list(document["operations"]) == ["post.kttv.rainfall.v1"]


def test_every_reference_leads_somewhere() -> None:
    document = on_kafka("sasl")
    for reference in _references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [one for each in value.values() for one in _references(each)]
    return [one for each in value for one in _references(each)] if isinstance(value, list) else []
