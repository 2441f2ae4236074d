"""A `_schemas` topic as Confluent's registry writes it: what it adds up to, and the bytes we write."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from hub.log.errors import TopicConflict, UnknownTopic
from hub.log.kafka_compacted import create_compacted_topic
from hub.log.open import open_log, parse_kafka_address
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.errors import SourceUnreadable, TopicTaken
from hub.schema_registry.transfer.importing import import_contents
from hub.schema_registry.transfer.places import Place, read_from, write_to
from hub.schema_registry.transfer.topic_format import fold_topic, records_of
from tests.schema_registry.moving import Town, answers, fill, opened_town

_numbers = itertools.count(1)
INT, LONG = '"int"', '"long"'


def schema_record(subject: str, number: int, schema_id: int, schema: str = INT, **members: Any) -> tuple[str, Any]:
    key = f'{{"keytype":"SCHEMA","subject":"{subject}","version":{number},"magic":1}}'
    value = {"subject": subject, "version": number, "id": schema_id, "schema": schema, "deleted": False, **members}
    return key, value


def fold(*records: tuple[str, Any]) -> Contents:
    return fold_topic(
        (offset, key.encode(), None if value is None else json.dumps(value).encode())
        for offset, (key, value) in enumerate(records)
    )


def standing(contents: Contents) -> dict[tuple[str, int], tuple[int, bool]]:
    return {place: (one.id, one.deleted) for place, one in contents.versions.items()}


def no(keytype: str, subject: str) -> str:
    return f'{{"keytype":"{keytype}","subject":"{subject}","magic":0}}'


def test_versions_stand_as_their_last_record_says() -> None:
    found = fold(schema_record("s", 1, 1), schema_record("s", 2, 2), schema_record("s", 1, 1, deleted=True))
    assert standing(found) == {("s", 1): (1, True), ("s", 2): (2, False)}


def test_a_tombstone_deletes_for_good() -> None:
    assert standing(fold(schema_record("s", 1, 1), (schema_record("s", 1, 1)[0], None))) == {}


def test_a_deleted_subject_is_deleted_up_to_its_watermark() -> None:
    deletion = (no("DELETE_SUBJECT", "s"), {"subject": "s", "version": 2})
    found = fold(schema_record("s", 1, 1), schema_record("s", 2, 2), deletion, schema_record("s", 3, 3))
    assert standing(found) == {("s", 1): (1, True), ("s", 2): (2, True), ("s", 3): (3, False)}


def test_clearing_a_subject_removes_what_was_deleted_of_it() -> None:
    clearing = (no("CLEAR_SUBJECT", "s"), {"subject": "s"})
    found = fold(schema_record("s", 1, 1, deleted=True), schema_record("s", 2, 2), clearing)
    assert standing(found) == {("s", 2): (2, False)}


def test_clearing_a_context_spares_the_others() -> None:
    clearing = (no("CLEAR_SUBJECT", ":.c:"), {"subject": ":.c:"})
    found = fold(schema_record(":.c:s", 1, 1, deleted=True), schema_record("s", 1, 1, deleted=True), clearing)
    assert standing(found) == {("s", 1): (1, True)}


def test_the_older_order_of_members_in_keys_is_read() -> None:
    key = '{"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}'
    assert standing(fold((key, schema_record("s", 1, 4)[1]))) == {("s", 1): (4, False)}


@pytest.mark.parametrize(
    "key", ['{"keytype":"CONFIG","subject":null,"magic":0}', '{"keytype":"CONFIG","magic":0}', no("CONFIG", ":.:")]
)
def test_settings_of_all_are_known_in_every_spelling(key: str) -> None:
    assert fold((key, {"compatibilityLevel": "FULL"})).configs == {"": '{"compatibilityLevel":"FULL"}'}


def test_settings_and_modes_are_taken_away_by_tombstones() -> None:
    config, mode = no("CONFIG", "s"), no("MODE", "s")
    set_both = [(config, {"compatibilityLevel": "FULL"}), (mode, {"subject": "s", "mode": "IMPORT"})]
    assert (fold(*set_both).configs.keys(), fold(*set_both).modes) == ({"s"}, {"s": "IMPORT"})
    found = fold(*set_both, (config, None), (mode, None))
    assert (found.configs, found.modes) == ({}, {})


def test_records_that_say_nothing_here_are_passed_over() -> None:
    context = ('{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}', {"tenant": "default"})
    association = ('{"keytype":"ASSOC","tenant":"t","magic":0}', {})
    assert fold(('{"keytype":"NOOP","magic":0}', None), context, association) == Contents()


def test_references_metadata_and_rules_are_read() -> None:
    members = {
        "references": [{"name": "A", "subject": "a", "version": 1}],
        "metadata": {"tags": None, "properties": {"owner": "x"}},
        "ruleSet": {"domainRules": [{"name": "r"}]},
    }
    (one,) = fold(schema_record("s", 1, 1, LONG, **members)).versions.values()
    assert [(each.name, each.subject, each.version) for each in one.content.references] == [("A", "a", 1)]
    assert one.content.metadata == '{"properties":{"owner":"x"}}'
    assert one.content.rules == '{"domainRules":[{"name":"r"}]}'


def test_a_record_of_something_else_is_named_by_its_offset() -> None:
    with pytest.raises(SourceUnreadable, match="offset 1 "):
        fold(schema_record("s", 1, 1), ("no json", {}))


def test_keys_have_the_bytes_that_compaction_compares(tmp_path: Path) -> None:
    with opened_town(tmp_path) as town:
        town.client.register("s", INT)
        town.client.register(":.c:ü", LONG)
        town.client.put("/config/s", {"compatibility": "FULL"})
        town.client.put("/mode", {"mode": "READONLY"})
        keys = [key.decode() for key, _ in records_of(town.contents)]
    assert keys == [
        '{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}',
        '{"keytype":"SCHEMA","subject":":.c:ü","version":1,"magic":1}',
        '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
        '{"keytype":"CONFIG","subject":"s","magic":0}',
        '{"keytype":"MODE","magic":0}',
    ]


@pytest.fixture
def address(kafka: str) -> str:
    """A topic that nobody has used."""
    return f"kafka://{kafka}/_schemas_{next(_numbers)}"


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "here") as town:
        fill(town.client)
        yield town


def export(town: Town, address: str, *, force: bool = False) -> int:
    return write_to(Place(address), town.contents, parser=town.store.parser, force=force, progress=lambda done: None)


def topic_of(address: str) -> str:
    return address.rpartition("/")[2]


def end_of(kafka: str, topic: str) -> int:
    with closing(KafkaConsumer(bootstrap_servers=kafka)) as consumer:
        place = TopicPartition(topic, 0)
        found: int = consumer.end_offsets([place])[place]
        return found


@pytest.mark.kafka
def test_a_move_over_a_topic_answers_every_read_alike(filled: Town, address: str, tmp_path: Path) -> None:
    export(filled, address)
    with opened_town(tmp_path / "there") as there:
        import_contents(there.store, read_from(Place(address)), actor="test")
        assert answers(there.client) == answers(filled.client)


@pytest.mark.kafka
def test_what_another_registry_wrote_is_read(kafka: str, address: str) -> None:
    topic = topic_of(address)
    create_compacted_topic(parse_kafka_address(f"kafka://{kafka}"), topic)
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        written = [('{"keytype":"NOOP","magic":0}', None), schema_record("s", 1, 7), schema_record("s", 2, 8, LONG)]
        written += [(no("DELETE_SUBJECT", "s"), {"subject": "s", "version": 1})]
        for key, value in written:
            body = None if value is None else json.dumps(value).encode()
            producer.send(topic, key=key.encode(), value=body).get(20)
    assert standing(read_from(Place(address))) == {("s", 1): (7, True), ("s", 2): (8, False)}


@pytest.mark.kafka
def test_a_repeated_export_writes_nothing(filled: Town, kafka: str, address: str) -> None:
    assert export(filled, address) > 0
    end = end_of(kafka, topic_of(address))
    assert (export(filled, address), end_of(kafka, topic_of(address))) == (0, end)


@pytest.mark.kafka
def test_an_export_that_was_cut_short_is_finished(filled: Town, kafka: str, address: str) -> None:
    create_compacted_topic(parse_kafka_address(f"kafka://{kafka}"), topic_of(address))
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        for key, value in records_of(filled.contents)[:4]:
            producer.send(topic_of(address), key=key, value=value).get(20)
    export(filled, address)
    assert read_from(Place(address)) == filled.contents


@pytest.mark.kafka
def test_a_topic_of_another_registry_is_left_alone_unless_forced(filled: Town, address: str, tmp_path: Path) -> None:
    with opened_town(tmp_path / "other") as other:
        other.client.register("theirs", LONG)
        export(other, address)
    with pytest.raises(TopicTaken, match=r"theirs version 1 \(id 1\).*--force"):
        export(filled, address)
    export(filled, address, force=True)
    assert filled.contents.versions.items() <= read_from(Place(address)).versions.items()


@pytest.mark.kafka
def test_the_topic_is_compacted_or_refused(filled: Town, kafka: str, address: str) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        admin.create_topics({topic_of(address): {"num_partitions": 1, "replication_factor": 1, "configs": {}}})
        admin.wait_for_topics([topic_of(address)])
    with pytest.raises(TopicConflict, match=r"cleanup\.policy=delete"):
        export(filled, address)


@pytest.mark.kafka
def test_a_topic_that_is_not_there_is_named(address: str) -> None:
    with pytest.raises(UnknownTopic, match=topic_of(address)):
        read_from(Place(address))


@pytest.mark.kafka
def test_a_topic_with_several_partitions_is_none_of_a_registry(kafka: str) -> None:
    with closing(open_log(f"kafka://{kafka}")) as log:
        log.create_topic("several", 2)
    with pytest.raises(TopicTaken, match="has 2 partitions"):
        read_from(Place(f"kafka://{kafka}/several"))
