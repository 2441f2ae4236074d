# mypy: ignore-errors
"""Run by the interpreter of the Python clients: exercises python-schema-registry-client against a registry URL."""

import json
import sys

from schema_registry.client import SchemaRegistryClient, schema
from schema_registry.serializers import AvroMessageSerializer

FIRST = {"type": "record", "name": "Well", "namespace": "city", "fields": [{"name": "code", "type": "string"}]}
SECOND = {**FIRST, "fields": [*FIRST["fields"], {"name": "depth", "type": "int", "default": 0}]}


def main(url):
    client = SchemaRegistryClient(url=url)
    subject = "wells-value"
    first = client.register(subject, schema.AvroSchema(FIRST))
    serializer = AvroMessageSerializer(client)
    message = serializer.encode_record_with_schema(subject, schema.AvroSchema(SECOND), {"code": "w1", "depth": 7})
    print(
        json.dumps(
            {
                "again": client.register(subject, schema.AvroSchema(FIRST)) == first,
                "read": serializer.decode_message(message),
                "versions": client.get_versions(subject),
                "latest": client.get_schema(subject).version,
                "compatible": client.test_compatibility(subject, schema.AvroSchema(SECOND)),
                "level": client.update_compatibility("FULL", subject) and client.get_compatibility(subject),
                "subjects": subject in client.get_subjects(),
                "checked": client.check_version(subject, schema.AvroSchema(FIRST)).version,
                "deleted": client.delete_subject(subject),
            }
        )
    )


main(*sys.argv[1:])
