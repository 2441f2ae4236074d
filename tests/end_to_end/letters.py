"""Wrong records of each kind, put on a topic straight into the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hub.control.reader import ControlReader
from hub.log.interface import Log, NewRecord, Position
from hub.log.open import open_log
from schemas.encoding import compile_encoder
from schemas.event import Envelope, to_headers
from schemas.wire import frame
from tests.end_to_end.running import RunningHub

TOPIC = "water.wells.v1"
WELL = {"wellKey": "w", "name": "Giếng", "depthM": None, "yieldLs": None, "longitude": None, "latitude": None}
ENVELOPE = Envelope(
    id="e",
    source="urn:hoian:W1:by-hand",
    type="WellDrilled",
    subject="w",
    happened_at=0,
    sequence=1,
    dataschema="",
    valid_from=0,
)


@contextmanager
def opened_log(hub: RunningHub) -> Iterator[Log]:
    log = open_log(f"sqlite:///{hub.folder / 'var' / 'log.sqlite'}", create=False)
    try:
        yield log
    finally:
        log.close()


def good_record(log: Log, event_id: str) -> NewRecord:
    """A well that would be accepted."""
    state = ControlReader(log).catch_up()
    version = state.subjects["org.example.wells.WellDrilled"][-1]
    envelope = replace(ENVELOPE, id=event_id, dataschema=f"urn:hub:schemas/{version.guid}")
    value = frame(version.id, compile_encoder(version.schema)(WELL))
    return NewRecord(TOPIC, b"w", value, to_headers(envelope))


def with_header(record: NewRecord, name: str, text: str | None) -> NewRecord:
    """`record` with another value of a header, or without it."""
    kept = tuple(one for one in record.headers if one[0] != name)
    return replace(record, headers=kept if text is None else (*kept, (name, text.encode())))


def wrong_records(log: Log) -> dict[str, NewRecord]:
    """One record for each reason, by the reason."""
    good = good_record(log, "wrong")
    value = good.value or b""
    return {
        "no-value": replace(good, value=None),
        "bad-magic": replace(good, value=b"garbage"),
        "single-object-encoding": replace(good, value=b"\xc3\x01" + value),
        "missing-header": with_header(good, "ce_type", None),
        "bad-header": with_header(good, "ce_time", "yesterday"),
        "unknown-event-type": with_header(good, "ce_type", "WellDug"),
        "wrong-schema": with_header(good, "ce_type", "WellClosed"),
        "undecodable": replace(good, value=value[:6]),
        "source-not-allowed": with_header(good, "ce_source", "urn:hoian:W2:by-hand"),
        "key-mismatch": replace(good, key=b"another"),
        "corrects-unknown": with_header(with_header(good, "ce_correction", "corrected"), "ce_corrects", "nobody"),
    }


def append(hub: RunningHub, record: NewRecord) -> Position:
    with opened_log(hub) as log:
        return log.append([record])[0]


def text_of(position: Position) -> str:
    """The position as the commands name it."""
    return f"{position.topic}:{position.partition}:{position.offset}"
