"""Which stored events carry the id of a schema."""

from __future__ import annotations

from dataclasses import replace

from hub.log.interface import NewRecord
from hub.registries.usage import find_use_of_schema
from schemas.wire import schema_id_of
from tests.consumers.conftest import Town
from tests.workload import registered


def use_of(town: Town, schema_id: int) -> str | None:
    return find_use_of_schema(town.engine, town.city.state.definitions.values(), schema_id)


def event(town: Town, number: int) -> NewRecord:
    return town.city.records([registered(number, f"k{number}")])[0]


def carrying(town: Town, schema_id: int) -> NewRecord:
    return replace(event(town, 9), value=b"\x00" + schema_id.to_bytes(4, "big") + b"rest")


def test_entries_are_counted_and_the_first_is_named(town: Town) -> None:
    first, second = event(town, 1), event(town, 2)
    town.log.append([first, second])
    town.runner().catch_up()
    told = use_of(town, schema_id_of(first.value))
    assert told == f"registry {town.registry}: 2 entries, the first is entry 1 with the key 'k1'"


def test_dead_letters_are_counted_and_the_first_is_named_by_its_position(town: Town) -> None:
    letter = carrying(town, 2**30 + 5)
    town.log.append([letter])
    town.runner().catch_up()
    told = use_of(town, 2**30 + 5)
    assert told is not None
    assert told.startswith(f"registry {town.registry}: 1 dead letter, the first at {letter.topic}, partition ")
    assert told.endswith("offset 0")


def test_ids_beside_it_are_not_in_use(town: Town) -> None:
    town.log.append([carrying(town, 2**30 + 255)])
    town.runner().catch_up()
    assert [use_of(town, 2**30 + one) for one in (254, 256)] == [None, None]


def test_nothing_stored_uses_nothing(town: Town) -> None:
    assert use_of(town, 1) is None
