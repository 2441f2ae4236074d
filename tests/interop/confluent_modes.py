# mypy: ignore-errors
"""Confluent's client for Python in its further ways: `URL TOPIC`; prints as JSON what each came to."""

import json
import sys
from pathlib import Path

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

USERS = json.loads((Path(__file__).parent / "users.json").read_text())
FIRST, SECOND, THIRD = (json.dumps(one) for one in USERS["schemas"])


def with_latest(client, topic):
    """The newest version writes, whatever schema the program has."""
    client.register_schema(f"{topic}-value", Schema(FIRST, "AVRO"))
    newest = client.register_schema(f"{topic}-value", Schema(SECOND, "AVRO"))
    context = SerializationContext(topic, MessageField.VALUE)
    serializer = AvroSerializer(client, conf={"auto.register.schemas": False, "use.latest.version": True})
    data = serializer({"name": "a", "mail": "m"}, context)
    return [int.from_bytes(data[1:5], "big") == newest, AvroDeserializer(client)(data, context)]


def without_registering(client, topic):
    """A schema that stands is found, another one is refused."""
    subject = f"{topic}-value"
    known = client.register_schema(subject, Schema(FIRST, "AVRO"))
    context = SerializationContext(topic, MessageField.VALUE)
    data = AvroSerializer(client, FIRST, conf={"auto.register.schemas": False})({"name": "a"}, context)
    try:
        AvroSerializer(client, SECOND, conf={"auto.register.schemas": False})({"name": "a", "mail": "m"}, context)
        refused = None
    except SchemaRegistryError as error:
        refused = [error.http_status_code, error.error_code]
    return [int.from_bytes(data[1:5], "big") == known, refused, client.get_versions(subject)]


def by_header(client, topic):
    """The GUID stands in a header, the value is bare Avro."""
    context = SerializationContext(topic, MessageField.VALUE, [])
    conf = {"schema.id.serializer": header_schema_id_serializer}
    data = AvroSerializer(client, FIRST, conf=conf)({"name": "abcdefgh"}, context)  # it reads six bytes or more
    name, value = context.headers[0]
    return [name, len(value), data.hex(), AvroDeserializer(client)(data, context)]


def by_association(client, topic):
    """The subject is the one that is associated with the topic."""
    client.register_schema("interop-shared", Schema(FIRST, "AVRO"))
    body = {
        "resourceName": topic,
        "resourceNamespace": "lkc1",
        "resourceId": f"id-of-{topic}",
        "associations": [{"subject": "interop-shared", "lifecycle": "WEAK"}],
    }
    client._rest_client.post("associations", body=body)
    context = SerializationContext(topic, MessageField.VALUE)
    data = AvroSerializer(client, SECOND)({"name": "a", "mail": "m"}, context)
    found = AvroDeserializer(client, FIRST)(data, context)
    return [found, client.get_versions("interop-shared"), f"{topic}-value" in client.get_subjects()]


def main(url, topic):
    def fresh():
        return SchemaRegistryClient({"url": url})

    found = {
        "latest": with_latest(fresh(), f"{topic}-latest"),
        "lookup": without_registering(fresh(), f"{topic}-lookup"),
        "header": by_header(fresh(), f"{topic}-header"),
        "association": by_association(fresh(), f"{topic}-associated"),
    }
    print(json.dumps(found))


main(*sys.argv[1:])
