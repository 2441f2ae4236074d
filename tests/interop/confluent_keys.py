# mypy: ignore-errors
"""Run by the interpreter of the Python clients: registry URL, a managed subject with its schema, keys as JSON.

Prints as JSON what Confluent's client gets with each key (`id:secret`), with none, and with its serializer as it is.
"""

import json
import sys

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

STRING = Schema('"string"', "AVRO")


def client_of(url, key):
    return SchemaRegistryClient({"url": url, **({"basic.auth.user.info": key} if key else {}), "max.retries": 0})


def told(ask):
    try:
        return ask()
    except SchemaRegistryError as error:
        return [error.http_status_code, error.error_code]


def serialized(client, subject, text, value):
    """The id in front of an event that the serializer, told nothing, registers or finds."""
    write = AvroSerializer(client, text, conf={"subject.name.strategy": record_subject_name_strategy})
    return int.from_bytes(write(value, SerializationContext("any", MessageField.VALUE))[1:5], "big")


def read_back(client, text, value):
    """What a deserializer reads of an event that was written with the latest version."""
    conf = {
        "auto.register.schemas": False,
        "use.latest.version": True,
        "subject.name.strategy": record_subject_name_strategy,
    }
    context = SerializationContext("any", MessageField.VALUE)
    written = AvroSerializer(client, text, conf=conf)(value, context)
    return AvroDeserializer(client, conf={"subject.name.strategy": record_subject_name_strategy})(written, context)


def main(url, subject, text, value, keys):
    keys, value = json.loads(keys), json.loads(value)
    changed = json.dumps({**json.loads(text), "doc": "Another one."})
    found = {}
    for name, key in keys.items():
        client = client_of(url, key)
        found[name] = {
            "reads": told(lambda client=client: client.get_latest_version(subject).version),
            "registers": told(lambda client=client, name=name: client.register_schema(f"of-{name}", STRING) > 0),
            "hides": told(lambda client=client: client.delete_subject("of-producer")),
            "deletes": told(lambda client=client: client.delete_subject("of-producer", permanent=True)),
            "serializes": told(lambda client=client: serialized(client, subject, text, value)),
            "changes": told(lambda client=client: serialized(client, subject, changed, value)),
        }
    latest = client_of(url, None).get_latest_version(subject)
    found["read"] = read_back(client_of(url, None), text, value)
    found["owner"] = latest.schema.metadata.properties.properties["owner"]
    found["id"] = latest.schema_id
    print(json.dumps(found))


main(*sys.argv[1:])
