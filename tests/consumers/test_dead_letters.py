"""Dead letters: found, retried with their bytes, let go, and their status told by the control log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumers.dead_letters import (
    discard_dead_letter,
    get_dead_letter,
    list_dead_letters,
    retry_all,
    retry_dead_letter,
)
from consumers.errors import DeadLetterDecided, DeadLetterNotFound
from hub.log.interface import NewRecord, Position
from tests.consumers.conftest import Town
from tests.workload import registered


def set_aside(town: Town, *, letters: int = 1) -> list[Position]:
    """Records that are no events."""
    topic = f"culture.{town.registry}.v1"
    headers = (("ce_id", b"7"),)
    positions = town.log.append([NewRecord(topic, b"k%d" % one, b"rubbish", headers, 0) for one in range(letters)])
    town.runner().catch_up()
    return positions


def stray(town: Town) -> Position:
    """A correction that came before what it corrects."""
    town.tell(replace(registered(2, "a", name="Sửa"), correction="corrected", corrects="event-1"))
    return list_dead_letters(town.engine).letters[0].position


def test_a_letter_is_shown_with_its_bytes(town: Town) -> None:
    (position,) = set_aside(town)
    letter = get_dead_letter(town.engine, position)
    assert (letter.value, letter.headers, letter.reason) == (b"rubbish", (("ce_id", b"7"),), "bad-magic")


def test_letters_are_listed_page_by_page(town: Town) -> None:
    positions = set_aside(town, letters=3)
    first = list_dead_letters(town.engine, registry=town.registry, limit=2)
    second = list_dead_letters(town.engine, registry=town.registry, limit=2, after=first.next)
    assert [one.position for one in (*first.letters, *second.letters)] == positions
    assert second.next is None


def test_a_letter_nobody_wrote_is_not_found(town: Town) -> None:
    with pytest.raises(DeadLetterNotFound):
        get_dead_letter(town.engine, Position("culture.places.v1", 0, 99))


def test_a_retried_letter_takes_its_place_once_it_can(town: Town) -> None:
    position = stray(town)
    town.tell(registered(1, "a", name="Đầu"))
    retry_dead_letter(town.engine, town.log, town.city.store, position, note="it came late")
    town.runner().catch_up()
    assert [row.event_id for row in town.rows(town.tables.entries)] == ["event-1", "event-2"]
    letter = get_dead_letter(town.engine, position)
    assert (letter.status, letter.status_note) == ("retried", "it came late")


def test_a_discarded_letter_is_no_longer_open(town: Town) -> None:
    (position,) = set_aside(town)
    discard_dead_letter(town.engine, town.city.store, position, note="a test of theirs")
    town.runner().step()
    assert list_dead_letters(town.engine).letters == []
    assert list_dead_letters(town.engine, status="discarded").letters[0].position == position


def test_a_letter_is_decided_once(town: Town) -> None:
    (position,) = set_aside(town)
    discard_dead_letter(town.engine, town.city.store, position, note="")
    with pytest.raises(DeadLetterDecided):
        retry_dead_letter(town.engine, town.log, town.city.store, position)


def test_all_letters_of_a_reason_are_retried(town: Town) -> None:
    stray(town)
    set_aside(town, letters=2)
    town.tell(registered(1, "a"))
    assert retry_all(town.engine, town.log, town.city.store, registry=town.registry, reason="corrects-unknown") == 1
    town.runner().catch_up()
    assert sorted(one.reason for one in list_dead_letters(town.engine).letters) == ["bad-magic", "bad-magic"]
