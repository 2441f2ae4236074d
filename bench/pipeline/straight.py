"""A straight loop written by hand that does the runner's work in the runner's shape, without its governance.

It polls Kafka, decodes, writes entries with the raw bytes, versions with body and typed columns, and the
checkpoint, in one transaction a batch. It checks nothing: no source, no schema, no duplicate, no order
among departments, no late event, no correction.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import fastavro
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Table

from bench.pipeline.signatures import verify
from hub.registries.tables import tables_of
from schemas.definition import Definition
from schemas.times import OPEN, format_instant, parse_instant, to_micros

BATCH = 2000


class Store(Protocol):
    """One database's way of writing a batch; everything between two `commit` is one transaction."""

    def open_rows(self, keys: list[str]) -> dict[str, list[Any]]:
        """The version without end of each key that has one, as a list in the order of the columns."""
        ...

    def insert(self, table: Table, rows: list[list[Any]]) -> None: ...

    def close_rows(self, closings: list[tuple[int, str, int]]) -> None:
        """(recorded_to, key, valid_from) of the versions no longer believed."""
        ...

    def commit(self, offsets: dict[int, int], last_entry: int) -> None: ...


@dataclass(slots=True)
class _Shape:
    """Positions of the columns that change when a version is closed."""

    columns: list[str]

    def at(self, name: str) -> int:
        return self.columns.index(name)


class StraightLoop:
    """Reads one topic into one build's tables."""

    def __init__(self, definition: Definition, store: Store, *, public_key: Ed25519PublicKey | None) -> None:
        self.tables = tables_of(definition, 1)
        self.store = store
        self.public_key = public_key
        self.schema = next(iter(definition.schemas.values())).parsed
        self.fields = [(name, one.kind) for name, one in definition.record.items()]
        self.number = 0
        self.offsets: dict[int, int] = {}
        shape = _Shape([column.name for column in self.tables.versions.columns])
        self.recorded_from, self.recorded_to = shape.at("recorded_from"), shape.at("recorded_to")
        self.valid_from, self.valid_to, self.current = shape.at("valid_from"), shape.at("valid_to"), shape.at("current")

    def run(self, bootstrap: str, topic: str, events: int, *, progress: Callable[[int], None]) -> None:
        """Apply the first `events` events of `topic`."""
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap.split(","),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=BATCH,
            max_partition_fetch_bytes=8 << 20,
        )
        consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)])
        while self.number < events:
            for records in consumer.poll(timeout_ms=1000).values():
                self.apply(records)
            progress(self.number)
        consumer.close()

    def apply(self, records: list[Any]) -> None:
        """Write one batch and commit it."""
        keys = list({record.key.decode() for record in records})
        opened = self.store.open_rows(keys)
        entries: list[list[Any]] = []
        versions: list[list[Any]] = []
        closings: list[tuple[int, str, int]] = []
        for record in records:
            self.number += 1
            headers = dict(record.headers)
            if self.public_key is not None:
                verify(self.public_key, record)
            value: Any = fastavro.schemaless_reader(io.BytesIO(record.value[5:]), self.schema)
            entries.append(self.entry(record, headers))
            self.put(record.key.decode(), value, entries[-1][6], opened, versions, closings)
        self.store.insert(self.tables.entries, entries)
        self.store.close_rows(closings)
        self.store.insert(self.tables.versions, versions)
        self.offsets[records[0].partition] = records[-1].offset + 1
        self.store.commit(self.offsets, self.number)

    def entry(self, record: Any, headers: dict[str, bytes]) -> list[Any]:
        """One row of the entries."""
        happened_at = parse_instant(headers["ce_time"].decode())
        valid_from = headers.get("ce_validfrom")
        packed = orjson.dumps([(name, text.decode()) for name, text in record.headers])
        return [
            self.number,
            headers["ce_id"].decode(),
            headers["ce_source"].decode(),
            headers["ce_type"].decode(),
            record.key.decode(),
            "",
            parse_instant(valid_from.decode()) if valid_from else happened_at,
            OPEN,
            0,
            None,
            happened_at,
            record.timestamp * 1000,
            record.topic,
            record.partition,
            record.offset,
            int(headers["ce_sequence"]),
            int.from_bytes(record.value[1:5], "big"),
            hashlib.sha256(record.key + record.value + packed).digest()[:16],
            packed,
            record.value,
        ]

    def put(
        self,
        key: str,
        value: dict[str, Any],
        valid_from: int,
        opened: dict[str, list[Any]],
        versions: list[list[Any]],
        closings: list[tuple[int, str, int]],
    ) -> None:
        """The interval before is cut at `valid_from`, the new one is open."""
        before = opened.get(key)
        if before is not None:
            closings.append((self.number, key, before[self.valid_from]))
            cut = list(before)
            cut[self.recorded_from], cut[self.valid_to], cut[self.current] = self.number, valid_from, 0
            versions.append(cut)
            before[self.recorded_to], before[self.current] = self.number, 0
        row = [key, "", self.number, OPEN, valid_from, OPEN, self.number, 0, 1, None, self.body(key, value), None]
        row += [self.column(kind, value[name]) for name, kind in self.fields]
        opened[key] = row
        versions.append(row)

    def body(self, key: str, value: dict[str, Any]) -> bytes:
        """The record's JSON."""
        public = {"key": key}
        for name, kind in self.fields:
            one = value[name]
            public[name] = format_instant(to_micros(one)) if kind == "instant" and one is not None else one
        return orjson.dumps(public)

    def column(self, kind: str, value: Any) -> Any:
        """A typed column's value."""
        return to_micros(value) if isinstance(value, datetime) else value
