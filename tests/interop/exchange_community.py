# mypy: ignore-errors
"""python-schema-registry-client with kafka-python: `produce|consume URL BROKERS TOPIC [KEY SECRET]`."""

import json
import sys
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from schema_registry.client import SchemaRegistryClient, schema
from schema_registry.serializers import AvroMessageSerializer

USERS = json.loads((Path(__file__).parent / "users.json").read_text())
SCHEMAS = [schema.AvroSchema(one) for one in USERS["schemas"]]


def produce(client, brokers, topic):
    producer = KafkaProducer(bootstrap_servers=brokers)
    serializer = AvroMessageSerializer(client)
    for avro, value in zip(SCHEMAS, USERS["values"], strict=True):
        producer.send(topic, serializer.encode_record_with_schema(f"{topic}-value", avro, value)).get(30)
    producer.close()


def consume(client, brokers, topic, reader):
    consumer = KafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=30_000)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    read = AvroMessageSerializer(client, reader_schema=reader.schema)
    found = []
    for message in consumer:
        found.append(read.decode_message(message.value))
        if len(found) == len(SCHEMAS):
            break
    consumer.close()
    return found


def main(action, url, brokers, topic, *key):
    client = SchemaRegistryClient(url=url.replace("://", f"://{':'.join(key)}@") if key else url)
    if action == "produce":
        produce(client, brokers, topic)
    else:
        read = {"first": SCHEMAS[0], "last": SCHEMAS[-1]}
        print(json.dumps({name: consume(client, brokers, topic, reader) for name, reader in read.items()}))


main(*sys.argv[1:])
