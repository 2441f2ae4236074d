"""What the clock alone changes: current records, turns, and nothing that is hashed."""

from __future__ import annotations

from dataclasses import replace

from consumers.rebuild import rebuild
from hub.registries.tables import moved
from tests.consumers.conftest import NOW, Town
from tests.workload import DAY, TOURISM, registered


def step(town: Town, *, days: int) -> None:
    town.now += days * DAY
    town.runner().step()


def test_what_begins_later_is_not_current_until_then(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW + DAY))
    assert town.current() == []
    step(town, days=1)
    assert town.current() == ["a"]


def test_a_turn_keeps_the_keys_it_moved(town: Town) -> None:
    town.tell(
        registered(1, "stays"),
        registered(2, "comes", valid_from=NOW + DAY),
        replace(registered(3, "goes", valid_from=NOW - DAY), valid_to=NOW + DAY),
        replace(registered(4, "both", valid_from=NOW + DAY // 2), valid_to=NOW + DAY),
        registered(5, "later", valid_from=NOW + 3 * DAY),
        replace(registered(6, "claimed", valid_from=NOW + DAY), source=TOURISM),
    )
    step(town, days=1)
    step(town, days=3)
    assert sorted((row.turn, row.key) for row in town.rows(moved)) == [
        (1, "both"),
        (1, "comes"),
        (1, "goes"),
        (2, "later"),
    ]


def test_a_rebuild_stands_where_the_live_clock_stands(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW + DAY), registered(2, "b", valid_from=NOW + 3 * DAY))
    step(town, days=2)
    before = town.turns()
    rebuild(town.registry, town.log, town.engine, clock=lambda: NOW + 9 * DAY)
    assert (town.current(), town.checkpoint().turn, town.checkpoint().turned_at) == (["a"], 1, NOW + 2 * DAY)
    kept = [row for row in town.turns() if row.build == town.build]
    assert [row[2:] for row in kept] == [row[2:] for row in before]
    step(town, days=9)
    assert (town.current(), town.checkpoint().turn) == (["a", "b"], 2)


def test_what_ends_is_current_until_then(town: Town) -> None:
    town.tell(replace(registered(1, "a", valid_from=NOW - DAY), valid_to=NOW + DAY))
    assert town.current() == ["a"]
    step(town, days=1)
    assert town.current() == []


def test_a_turn_is_written_down_with_its_instants(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW + DAY))
    step(town, days=2)
    (turn,) = town.turns()
    assert (turn.turn, turn.previous_instant, turn.instant, turn.last_entry) == (1, NOW, NOW + 2 * DAY, 1)


def test_no_turn_is_taken_where_nothing_begins_or_ends(town: Town) -> None:
    town.tell(registered(1, "a"))
    step(town, days=30)
    assert town.turns() == []


def test_what_began_and_ended_between_two_looks_is_not_current(town: Town) -> None:
    town.tell(replace(registered(1, "a", valid_from=NOW + DAY), valid_to=NOW + 2 * DAY))
    step(town, days=3)
    assert town.current() == []
    assert len(town.turns()) == 1


def test_an_event_after_the_last_turn_is_current_at_once(town: Town) -> None:
    town.tell(registered(1, "a"))
    town.now += DAY
    town.tell(registered(2, "b", valid_from=town.now - 1))
    assert town.current() == ["a", "b"]


def test_a_turn_due_is_taken_before_the_events_that_come_with_it(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW + DAY))
    town.now += 2 * DAY
    town.tell(registered(2, "b"))
    assert town.current() == ["a", "b"]
    assert [turn.last_entry for turn in town.turns()] == [1]


def test_a_clock_that_goes_back_moves_nothing(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW))
    step(town, days=-30)
    assert town.current() == ["a"]
    assert town.checkpoint().turned_at == NOW


def test_the_hash_does_not_know_the_clock(town: Town) -> None:
    town.tell(registered(1, "a", valid_from=NOW + DAY))
    before = town.hash()
    step(town, days=2)
    assert town.hash() == before
