"""A registry built anew from the log: the same hash, swapped at once, refused on a difference."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, update

from consumers.errors import RebuildDiffers
from consumers.hashes import content_hash
from consumers.rebuild import drop_old_builds, rebuild
from hub.registries.database import open_database
from hub.registries.tables import builds, checkpoints
from tests.consumers.conftest import Town
from tests.workload import DAY, EPOCH, definition_text, registered

HOUR = 3_600_000_000


def settle(town: Town, events: int = 20) -> None:
    town.tell(*[registered(one, f"k{one % 4}", valid_from=EPOCH + one * 7 % 11 * DAY) for one in range(1, events + 1)])


def test_a_rebuild_swaps_in_a_build_with_the_same_log_hash(town: Town) -> None:
    settle(town)
    before = town.hash()
    report = rebuild(town.registry, town.log, town.engine)
    assert (town.build, report.previous, report.entries, report.is_equal) == (2, 1, 20, True)
    assert town.hash() == before


def test_a_rebuild_that_differs_is_not_swapped_in(town: Town) -> None:
    settle(town)
    with town.engine.begin() as connection:
        connection.execute(update(town.tables.versions).values(state=1))
    with pytest.raises(RebuildDiffers):
        rebuild(town.registry, town.log, town.engine)
    assert town.build == 1
    assert not inspect(town.engine).has_table("r_places_2_entries")


def test_a_difference_may_be_expected(town: Town) -> None:
    settle(town)
    with town.engine.begin() as connection:
        connection.execute(update(town.tables.versions).values(state=1))
    assert not rebuild(town.registry, town.log, town.engine, expect_difference=True).is_equal
    assert town.build == 2


def test_the_writer_of_the_previous_build_goes_on_with_the_new_one(town: Town) -> None:
    settle(town)
    runner = town.runner()
    runner.catch_up()
    rebuild(town.registry, town.log, town.engine)
    town.city.tell([registered(99, "z")])
    assert runner.catch_up() == 1
    assert "z" in town.current()


def test_a_changed_definition_is_rebuilt_by_the_runner(town: Town) -> None:
    settle(town)
    text = definition_text(town.registry, version=2).replace("indexes: [name]", "indexes: [name, seats]")
    town.city.store.define_registry(text)
    town.runner().step()
    assert town.build == 2
    names = {one["name"] for one in inspect(town.engine).get_indexes("r_places_2_versions")}
    assert "r_places_2_versions_seats" in names


def test_a_definition_that_changes_only_words_needs_no_rebuild(town: Town) -> None:
    settle(town)
    text = definition_text(town.registry, version=2).replace("Places of a test", "Places of another test")
    town.city.store.define_registry(text)
    town.runner().step()
    assert town.build == 1


def test_the_previous_tables_are_dropped_an_hour_later(town: Town) -> None:
    settle(town)
    rebuild(town.registry, town.log, town.engine, clock=lambda: 0)
    assert drop_old_builds(town.engine, town.definition, now=HOUR) == []
    assert drop_old_builds(town.engine, town.definition, now=HOUR + 1) == [1]
    assert not inspect(town.engine).has_table("r_places_1_entries")


def test_an_abandoned_rebuild_is_dropped_by_a_later_one(town: Town) -> None:
    settle(town)
    with town.engine.begin() as connection:
        row = {"registry": town.registry, "build": 2, "definition_version": 1, "definition_digest": "", "changed_at": 0}
        connection.execute(builds.insert().values(status="building", **row))
    assert rebuild(town.registry, town.log, town.engine).build in (2, 3)
    assert sorted(row.status for row in town.rows(builds)) == ["live", "retired"]


def test_an_empty_database_is_filled_with_the_same_hash(town: Town) -> None:
    settle(town)
    other = Town(town.city, town.log, open_database(f"sqlite:///{town.folder / 'other.sqlite'}"), town.folder)
    other.runner().catch_up()
    assert other.hash() == town.hash()
    other.engine.dispose()


def test_the_content_hash_knows_no_numbers(town: Town) -> None:
    town.tell(registered(1, "a"), registered(2, "b"))
    told = content_hash(town.engine, town.definition, town.build)
    with town.engine.begin() as connection:
        connection.execute(update(town.tables.versions).values(entry=7, recorded_from=9))
    assert content_hash(town.engine, town.definition, town.build) == told


def test_a_rebuild_takes_the_checkpoint_of_the_previous_build_away(town: Town) -> None:
    settle(town)
    rebuild(town.registry, town.log, town.engine)
    assert [row.build for row in town.rows(checkpoints)] == [2]
