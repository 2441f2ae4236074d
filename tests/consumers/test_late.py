"""Late events of a batch are read together: the number of statements does not grow with their keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from schemas.times import OPEN
from tests.consumers.conftest import Town
from tests.workload import DAY, EPOCH, changed, registered


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(town.engine, "before_cursor_execute", note)
    yield sent
    event.remove(town.engine, "before_cursor_execute", note)


def cost_of_late(town: Town, first: int, keys: int) -> int:
    """How many statements a batch takes that tells something late of `keys` keys."""
    names = [f"k{first}-{number}" for number in range(keys)]
    day = EPOCH + 9 * DAY
    town.tell(*(registered(first + at, name, valid_from=day) for at, name in enumerate(names)))
    town.city.tell([registered(first + keys + at, name, valid_from=EPOCH) for at, name in enumerate(names)])
    runner = town.runner()
    with statements(town) as sent:
        assert runner.step() == keys
    assert {len(town.versions(name)) for name in names} == {2}
    return len(sent)


def test_many_late_keys_take_as_many_statements_as_few(town: Town) -> None:
    assert cost_of_late(town, 1, 3) == cost_of_late(town, 10_000, 400)


def test_more_keys_than_are_kept_in_memory_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.history._KEYS_AT_ONCE", 2)
    cost_of_late(town, 1, 7)


def test_each_late_key_is_folded_with_its_own_past(town: Town) -> None:
    town.tell(
        registered(1, "a", name="A"),
        registered(2, "b", name="B"),
        replace(registered(3, "b", valid_from=EPOCH + 2 * DAY, name="Bis"), valid_to=EPOCH + 6 * DAY),
        changed(4, "a", valid_from=EPOCH + 8 * DAY, name="A8"),
    )
    town.tell(
        changed(5, "a", valid_from=EPOCH + 4 * DAY, name="A4"),
        changed(6, "b", valid_from=EPOCH + 4 * DAY, name="B4"),
    )
    assert believed(town, "a") == [
        (EPOCH, EPOCH + 4 * DAY, 1),
        (EPOCH + 4 * DAY, EPOCH + 8 * DAY, 5),
        (EPOCH + 8 * DAY, OPEN, 4),
    ]
    assert believed(town, "b") == [
        (EPOCH, EPOCH + 2 * DAY, 2),
        (EPOCH + 2 * DAY, EPOCH + 4 * DAY, 3),
        (EPOCH + 4 * DAY, EPOCH + 6 * DAY, 6),
        (EPOCH + 6 * DAY, OPEN, 6),
    ]


def believed(town: Town, key: str) -> list[tuple[int, int, int]]:
    """(valid from, valid to, entry) of what is believed of `key` now."""
    return sorted((since, until, entry) for _, told, since, until, entry in town.versions(key) if told == OPEN)
