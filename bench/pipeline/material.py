"""The events that everyone under test reads: one hour of one air quality station each, 15 fields.

Real rows (folder 08 of the data, Beijing 2013 to 2017) where they are present, else made up with the same
shape; replayed with later years where more are asked for. With half as many keys as events every record is
put twice, in the order of its validity.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
from sqlalchemy import create_engine

from bench.pipeline.signatures import KEY_ID, sign, signing_key
from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.log.interface import Log, NewRecord
from schemas.event import Envelope, to_headers
from schemas.times import to_micros
from schemas.wire import frame

Row = dict[str, Any]
DEPARTMENT = "environment"
ORGANISATION = "H57.20"
SOURCE = f"urn:hue:{ORGANISATION}:stations"
EVENT = "AirMeasured"
STATIONS = 12
START = datetime(2013, 3, 1, tzinfo=UTC)
_MEASURES = ("pm25", "pm10", "so2", "no2", "co", "o3", "temperature", "pressure", "dewPoint", "rain", "windSpeed")
_COLUMNS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3", "TEMP", "PRES", "DEWP", "RAIN", "WSPM")


def _field(name: str, kind: Any, unit: str | None = None) -> dict[str, Any]:
    described = {"class": "open", "label": {"vi": name, "en": name}, "doc": f"Measured: {name}."}
    return {"name": name, "type": kind, **described} | ({"unit": unit} if unit else {})


SCHEMA = json.dumps(
    {
        "type": "record",
        "name": EVENT,
        "namespace": "vn.hue.bench",
        "doc": "One hour of one station.",
        "fields": [
            _field("code", "string"),
            _field("station", "string"),
            _field("measuredAt", {"type": "long", "logicalType": "timestamp-micros"}),
            *(_field(name, ["null", "double"], "1") for name in _MEASURES),
            _field("wind", ["null", "string"]),
        ],
    }
)

_DEFINITION = """
registry: {registry}
version: 1
title: {{vi: Không khí, en: Air}}
description: {{vi: Không khí, en: Air}}
custodian: environment
licence: CC-BY-4.0
attribution: Bench
cadence: PT1H
limit: P1D
writers: [environment]
partitions: {partitions}
title_field: station
signatures: {signatures}
events:
  AirMeasured: {{operation: put, key: code}}
"""


@dataclass(frozen=True, slots=True)
class Stock:
    """What one measurement reads: a registry with its topic filled."""

    registry: str
    events: int
    partitions: int = 1
    signed: bool = False

    @property
    def topic(self) -> str:
        return f"{DEPARTMENT}.{self.registry}.v1"


def definition_text(stock: Stock) -> str:
    return _DEFINITION.format(
        registry=stock.registry, partitions=stock.partitions, signatures=str(stock.signed).lower()
    )


def list_rows(data: Path | None) -> Iterator[Row]:
    """Rows for ever, hour by hour through all stations."""
    folder = data / "08-beijing-multisite-air-quality" if data else None
    if folder is None or not folder.is_dir():
        yield from _made_up()
        return
    for years in itertools.count(step=4):
        yield from _real(sorted(folder.glob("*.csv.gz")), timedelta(days=1461 * years // 4))


def _real(files: Sequence[Path], shift: timedelta) -> Iterator[Row]:
    with ExitStack() as stack:
        opened = [stack.enter_context(gzip.open(file, "rt", encoding="utf-8")) for file in files]
        for hour in zip(*(csv.DictReader(one) for one in opened), strict=False):
            yield from (_real_row(cells, shift) for cells in hour)


def _real_row(cells: dict[str, str], shift: timedelta) -> Row:
    year, month, day, hour = (int(cells[name]) for name in ("year", "month", "day", "hour"))
    moment = datetime(year, month, day, hour, tzinfo=UTC)
    numbers = {name: _number(cells[column]) for name, column in zip(_MEASURES, _COLUMNS, strict=True)}
    wind = cells["wd"].strip().replace("NA", "") or None
    return {"station": cells["station"], "measuredAt": moment + shift, **numbers, "wind": wind}


def _number(text: str) -> float | None:
    return None if text.strip() in ("", "NA") else float(text)


def _made_up() -> Iterator[Row]:
    chooser = random.Random(8)
    for hour in itertools.count():
        for station in range(STATIONS):
            numbers = {name: round(chooser.uniform(0, 300), 1) for name in _MEASURES}
            moment = START + timedelta(hours=hour)
            wind = chooser.choice(("N", "NNE", "SE", None))
            yield {"station": f"station-{station}", "measuredAt": moment, **numbers, "wind": wind}


def list_records(stock: Stock, rows: Iterable[Row], state: ControlState, *, keys: int) -> Iterator[NewRecord]:
    """`stock.events` records for its topic over about `keys` keys."""
    version = state.subjects[f"vn.hue.bench.{EVENT}"][-1]
    hours = max(1, keys // STATIONS)
    signer = signing_key() if stock.signed else None
    for number, row in enumerate(itertools.islice(rows, stock.events), 1):
        code = f"{row['station']}~{(number - 1) // STATIONS % hours}"
        moment = to_micros(row["measuredAt"])
        envelope = Envelope(
            id=f"0193{number:08x}-{stock.registry}",
            source=SOURCE,
            type=EVENT,
            subject=code,
            happened_at=moment,
            sequence=number,
            dataschema=f"https://hub.example/schemas/{version.guid}",
            valid_from=moment,
        )
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, version.schema.parsed, {"code": code, **row})
        record = NewRecord(stock.topic, code.encode(), frame(version.id, buffer.getvalue()), to_headers(envelope))
        yield record if signer is None else sign(record, envelope, signer)


def fill(log: Log, stocks: Sequence[Stock], *, folder: Path, data: Path | None, keys: int) -> None:
    """Found the department and every stock's registry on `log`, and append its events."""
    store = ControlStore(create_engine(f"sqlite:///{folder / 'control.sqlite'}"), log, now=lambda: to_micros(START))
    store.add_department(
        code=DEPARTMENT, organisation=ORGANISATION, name_vi="Bench", name_en="Bench", contact="bench@hub.example"
    )
    if any(stock.signed for stock in stocks) and KEY_ID not in store.state.keys:
        public = signing_key().public_key().public_bytes_raw()
        store.register_key(key_id=KEY_ID, organisation=ORGANISATION, public_key=public)
    for stock in stocks:
        store.define_registry(definition_text(stock), [SCHEMA])
        records = list_records(stock, list_rows(data), store.state, keys=keys)
        while batch := list(itertools.islice(records, 5000)):
            log.append(batch)
