"""Quix Streams with its PostgreSQL sink: reads our topic, upserts its 15 fields. Runs in a venv of its own.

`python quix_sink.py BOOTSTRAP TOPIC HOST PORT DATABASE USER SCHEMA_FILE`; it runs until it is ended.
"""

import io
import json
import sys
import uuid
from pathlib import Path

import fastavro
from quixstreams import Application
from quixstreams.models import Deserializer
from quixstreams.sinks.community.postgresql import PostgreSQLSink

PREFIX_BYTES = 5


class WireDeserializer(Deserializer):
    """Avro behind the 5 bytes of Confluent's wire format."""

    def __init__(self, schema_file: str) -> None:
        super().__init__()
        self._schema = fastavro.parse_schema(json.loads(Path(schema_file).read_text()))

    def __call__(self, value, ctx):
        return fastavro.schemaless_reader(io.BytesIO(value[PREFIX_BYTES:]), self._schema)


def main(bootstrap: str, topic: str, *, place: list[str], schema_file: str) -> None:
    """Upsert for ever."""
    host, port, database, user = place
    application = Application(
        broker_address=bootstrap,
        consumer_group=f"bench-quix-{uuid.uuid4()}",
        state_dir=str(Path(schema_file).with_name("quix-state")),
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_every=2000,
        commit_interval=5.0,
    )
    sink = PostgreSQLSink(
        host=host,
        port=int(port),
        dbname=database,
        user=user,
        password="",
        table_name="quix",
        primary_key_columns="code",
        upsert_on_primary_key=True,
        include_metadata=False,
    )
    source = application.topic(topic, value_deserializer=WireDeserializer(schema_file))
    application.dataframe(source).sink(sink)
    application.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], place=sys.argv[3:7], schema_file=sys.argv[7])
