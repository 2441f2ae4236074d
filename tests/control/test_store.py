"""The control store: what it answers is in the log, and the log alone restores it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, delete

from hub.control.errors import ControlConflict, ControlRefused, ControlUnavailable
from hub.control.events import CONTROL_TOPIC, ControlEvent, decode, encode
from hub.control.journal import Journal, control_events
from hub.control.reader import CONTROL, ControlReader
from hub.control.store import ControlStore
from hub.log.errors import LogUnavailable
from hub.log.interface import Log, NewRecord
from hub.log.open import open_log
from schemas.canonical import crc64_bytes

DEFINITION = """
registry: wells
version: {version}
title: {{vi: Giếng, en: Wells}}
description: {{vi: Giếng, en: Wells}}
custodian: water
licence: CC0-1.0
attribution: nobody
cadence: P1D
limit: P2D
writers: [water]
partitions: 3
title_field: name
events:
  WellDug: {{operation: put, key: code}}
"""


def well_schema(**extra: object) -> str:
    label = {"vi": "Mã", "en": "Code"}
    fields = [
        {"name": "code", "type": "string", "class": "open", "label": label, "doc": "Code."},
        {"name": "name", "type": "string", "class": "open", "label": label, "doc": "Name.", **extra},
    ]
    return json.dumps({"type": "record", "name": "WellDug", "namespace": "city.wells", "fields": fields})


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}", connect_args={"timeout": 30})


@pytest.fixture
def open_store(engine: Engine, log: Log) -> Callable[[], ControlStore]:
    return lambda: ControlStore(engine, log, now=lambda: 1_700_000_000_000_000)


def add_water(store: ControlStore) -> None:
    store.add_department(code="water", organisation="C1", name_vi="Nước", name_en="Water", contact="w@city")


def test_a_control_event_reads_back_as_it_was_written() -> None:
    event = ControlEvent(7, "id", 1_700_000_000_000_001, "me", "TokenIssued", {"department": "d", "sha256": "00"})
    assert decode(encode(event)) == event


def test_the_crc_64_avro_fingerprint_stands_little_endian_after_the_marker() -> None:
    assert encode(ControlEvent(1, "i", 0, "a", "TokenRevoked", {"sha256": ""}))[:2] == b"\xc3\x01"


def test_an_answered_write_stands_in_the_log(open_store: Callable[[], ControlStore], log: Log) -> None:
    add_water(open_store())
    assert "water" in ControlReader(log).catch_up().departments


def test_a_definition_brings_schema_ids_and_topics(open_store: Callable[[], ControlStore], log: Log) -> None:
    store = open_store()
    add_water(store)
    definition = store.define_registry(DEFINITION.format(version=1), [well_schema()])
    assert definition.topics == ("water.wells.v1",)
    assert log.topics()["water.wells.v1"] == 3
    assert log.topics()["hub.order.wells"] == 1
    assert store.state.schemas[1].subject == "city.wells.WellDug"


def test_the_same_definition_again_appends_nothing(open_store: Callable[[], ControlStore], log: Log) -> None:
    store = open_store()
    add_water(store)
    store.define_registry(DEFINITION.format(version=1), [well_schema()])
    before = log.ends([CONTROL])
    store.define_registry(DEFINITION.format(version=1), [well_schema()])
    add_water(store)
    assert log.ends([CONTROL]) == before


def test_a_changed_definition_needs_a_higher_version(open_store: Callable[[], ControlStore]) -> None:
    store = open_store()
    add_water(store)
    store.define_registry(DEFINITION.format(version=1), [well_schema()])
    with pytest.raises(ControlConflict, match="higher"):
        store.define_registry(DEFINITION.format(version=1).replace("Wells", "All wells"))


def test_an_unknown_writer_is_refused(open_store: Callable[[], ControlStore]) -> None:
    with pytest.raises(ControlRefused, match="water"):
        open_store().define_registry(DEFINITION.format(version=1), [well_schema()])


def test_personal_fields_are_refused(open_store: Callable[[], ControlStore]) -> None:
    store = open_store()
    add_water(store)
    with pytest.raises(ControlRefused, match=r"WellDug\.name"):
        store.define_registry(DEFINITION.format(version=1), [well_schema(**{"class": "personal"})])


def test_a_schema_that_differs_only_in_an_attribute_gets_another_id(open_store: Callable[[], ControlStore]) -> None:
    store = open_store()
    first = store.register_schema(well_schema())
    second = store.register_schema(well_schema(**{"class": "restricted"}))
    assert (first.id, first.version, second.id, second.version) == (1, 1, 2, 2)


def test_an_empty_database_is_restored_from_the_log(open_store: Callable[[], ControlStore], engine: Engine) -> None:
    store = open_store()
    add_water(store)
    token_count = len([store.issue_token("water"), store.issue_token("water")])
    with engine.begin() as connection:
        connection.execute(delete(control_events))
    restored = open_store().state
    assert (len(restored.tokens), restored.number) == (token_count, 3)
    assert open_store().register_schema(well_schema()).id == 1


def test_a_database_of_another_log_is_refused(
    open_store: Callable[[], ControlStore], engine: Engine, tmp_path: Path
) -> None:
    add_water(open_store())
    other = open_log(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.create_topic(CONTROL_TOPIC, 1)
    strange = encode(ControlEvent(1, "strange", 0, "x", "TokenRevoked", {"sha256": ""}))
    other.append([NewRecord(CONTROL_TOPIC, None, strange)] * 3)
    with pytest.raises(ControlConflict, match="another log"):
        ControlStore(engine, other, now=lambda: 0)
    other.close()


def test_a_repeated_append_changes_nothing(open_store: Callable[[], ControlStore], log: Log) -> None:
    add_water(open_store())
    first = log.read(CONTROL, 0, max_records=1)[0]
    assert first.value is not None
    log.append([NewRecord(CONTROL_TOPIC, None, first.value)])
    store = open_store()
    store.register_schema(well_schema())
    assert ControlReader(log).catch_up().number == 2


def test_a_log_that_is_away_answers_unavailable_and_the_repeat_succeeds(engine: Engine, log: Log) -> None:
    class Broken:
        away = False

        def append(self, records: object) -> object:
            if self.away:
                raise LogUnavailable("no broker")
            return log.append(records)  # type: ignore[arg-type]

        def __getattr__(self, name: str) -> object:
            return getattr(log, name)

    broken = Broken()
    store = ControlStore(engine, broken, now=lambda: 0)  # type: ignore[arg-type]
    broken.away = True
    with pytest.raises(ControlUnavailable):
        add_water(store)
    assert "water" not in ControlReader(log).catch_up().departments
    broken.away = False
    add_water(store)
    assert list(ControlReader(log).catch_up().departments) == ["water"]


def test_ids_are_unique_and_gapless_under_many_writers(open_store: Callable[[], ControlStore]) -> None:
    stores = [open_store() for _ in range(4)]

    def register(index: int) -> None:
        for number in range(5):
            stores[index].register_schema(well_schema(doc=f"Name {index} {number}."))

    threads = [threading.Thread(target=register, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(open_store().state.schemas) == list(range(1, 21))


def test_a_key_that_is_no_ed25519_key_is_refused(open_store: Callable[[], ControlStore]) -> None:
    with pytest.raises(ControlRefused, match="32 bytes, this one 5"):
        open_store().register_key(key_id="k", organisation="C1", public_key=b"short")


def test_a_token_is_known_by_its_hash_and_can_be_revoked(open_store: Callable[[], ControlStore]) -> None:
    store = open_store()
    add_water(store)
    token = store.issue_token("water")
    [digest] = store.state.tokens
    assert token not in json.dumps(store.state.tokens)
    store.revoke_token(digest)
    assert store.state.tokens == {}


def test_an_event_of_the_first_version_of_the_control_schema_is_still_read() -> None:
    marked = bytes.fromhex("c301") + crc64_bytes(Path("hub/control/avsc/control-event.v1.avsc").read_text("utf-8"))
    # number 7, id "i", at 0, actor "a", branch 4 (TokenRevoked), sha256 "00"
    assert decode(marked + bytes.fromhex("0e 02 69 00 02 61 08 04 30 30")).facts == {"sha256": "00"}


def test_what_the_log_would_never_take_is_refused_and_bars_nobodys_way(engine: Engine, log: Log) -> None:
    store = ControlStore(engine, log, now=lambda: 0)
    journal = Journal(engine, log, now=lambda: 0)
    facts = {"subject": "s", "versions": [1], "permanent": False}
    huge = ("SubjectVersionsDeleted", facts | {"subject": "s" * 1_000_000})
    for write in (
        lambda: store.commit(lambda state: [huge]),
        lambda: journal.write(lambda claims: [huge], "somebody"),
    ):
        with pytest.raises(ControlRefused, match="1000000"):
            write()
    assert journal.write(lambda claims: [("SubjectVersionsDeleted", facts)], "somebody") == 1
