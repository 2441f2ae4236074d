# mypy: ignore-errors
"""Run by the interpreter of the Python clients: registry URL, brokers, topic.

Produces with three versions of a schema, each registered by the serializer itself, and consumes all of them
with the first and with the last as reader's schema; prints what it read as JSON.
"""

import json
import sys
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

NAME = {"name": "name", "type": "string"}
MAIL = {"name": "mail", "type": "string", "default": "none"}
TIER = {"name": "tier", "type": ["null", "int"], "default": None}
VERSIONS = [
    json.dumps({"type": "record", "name": "User", "namespace": "city", "fields": fields})
    for fields in ([NAME], [NAME, MAIL], [NAME, MAIL, TIER])
]
VALUES = [{"name": "a"}, {"name": "b", "mail": "b@c"}, {"name": "c", "mail": "c@c", "tier": 3}]


def produce(client, brokers, topic):
    producer = Producer({"bootstrap.servers": brokers})
    context = SerializationContext(topic, MessageField.VALUE)
    for text, value in zip(VERSIONS, VALUES, strict=True):
        producer.produce(topic, AvroSerializer(client, text)(value, context))
    assert producer.flush(30) == 0


def consume(client, brokers, topic, reader):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    read = AvroDeserializer(client, reader)
    found = []
    while len(found) < len(VALUES):
        message = consumer.poll(30)
        assert message is not None and message.error() is None, message
        found.append(read(message.value(), SerializationContext(topic, MessageField.VALUE)))
    consumer.close()
    return found


def asked(client, topic):
    """The rest of the client's calls."""
    subject = f"{topic}-value"
    latest = client.get_latest_version(subject)
    wrong = Schema(
        json.dumps(
            {"type": "record", "name": "User", "namespace": "city", "fields": [{"name": "new", "type": "string"}]}
        ),
        "AVRO",
    )
    try:
        client.register_schema(subject, wrong)
        refused = None
    except SchemaRegistryError as error:
        refused = [error.http_status_code, error.error_code]
    return {
        "latest": [latest.version, latest.schema_id],
        "versions": client.get_versions(subject),
        "subject": subject in client.get_subjects(),
        "looked_up": client.lookup_schema(subject, Schema(VERSIONS[1], "AVRO")).version,
        "compatible": [client.test_compatibility(subject, one) for one in (latest.schema, wrong)],
        "refused": refused,
        "level": [client.set_compatibility(subject, "FULL")["compatibility"], client.get_compatibility(subject)],
        "by_id": json.loads(client.get_schema(latest.schema_id).schema_str)["name"],
        "deleted": [
            client.delete_version(subject, 1),
            client.delete_subject(subject),
            client.delete_subject(subject, permanent=True),
        ],
    }


def main(url, brokers, topic):
    client = SchemaRegistryClient({"url": url})
    admin = AdminClient({"bootstrap.servers": brokers})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    produce(client, brokers, topic)
    read = {"first": consume(client, brokers, topic, VERSIONS[0]), "last": consume(client, brokers, topic, VERSIONS[2])}
    print(json.dumps({**read, **asked(client, topic)}))


main(*sys.argv[1:])
