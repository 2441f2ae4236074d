# mypy: ignore-errors
"""Confluent's client for Python: `produce|consume URL BROKERS TOPIC [KEY SECRET]`; sends or reads three versions."""

import json
import sys
import uuid
from pathlib import Path

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

USERS = json.loads((Path(__file__).parent / "users.json").read_text())
SCHEMAS = [json.dumps(one) for one in USERS["schemas"]]


def produce(client, brokers, topic):
    producer = Producer({"bootstrap.servers": brokers})
    context = SerializationContext(topic, MessageField.VALUE)
    for text, value in zip(SCHEMAS, USERS["values"], strict=True):
        producer.produce(topic, AvroSerializer(client, text)(value, context))
    assert producer.flush(30) == 0


def consume(client, brokers, topic, reader):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    read = AvroDeserializer(client, reader)
    found = []
    while len(found) < len(SCHEMAS):
        message = consumer.poll(30)
        assert message is not None and message.error() is None, message
        found.append(read(message.value(), SerializationContext(topic, MessageField.VALUE)))
    consumer.close()
    return found


def main(action, url, brokers, topic, *key):
    client = SchemaRegistryClient({"url": url, **({"basic.auth.user.info": ":".join(key)} if key else {})})
    if action == "produce":
        produce(client, brokers, topic)
    else:
        read = {"first": SCHEMAS[0], "last": SCHEMAS[-1]}
        print(json.dumps({name: consume(client, brokers, topic, reader) for name, reader in read.items()}))


main(*sys.argv[1:])
