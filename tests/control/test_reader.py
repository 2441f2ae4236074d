"""Readers of the control log that share what was folded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.control.reader import CONTROL, ControlHistory, ControlReader
from hub.log.interface import Log
from hub.log.open import open_log
from tests.workload import definition_text, found_city


class Counting:
    """A log that counts the control events read from it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.read = 0

    def read_range(self, *arguments: Any) -> Iterator[Any]:
        for record in self._log.read_range(*arguments):
            self.read += 1
            yield record

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Any]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    found_city(opened, tmp_path).store.define_registry(definition_text("shrines"))
    yield Counting(opened)
    opened.close()


def test_each_event_is_folded_once_for_all_readers(log: Any) -> None:
    history = ControlHistory()
    states = [ControlReader(log, history).catch_up() for _ in range(5)]
    assert log.read == log.ends([CONTROL])[CONTROL]
    assert all(state.definitions.keys() == {"places", "shrines"} for state in states)


def test_a_reader_gets_the_state_at_its_offset_not_a_later_one(log: Any) -> None:
    history = ControlHistory()
    end = ControlReader(log, history).catch_up().offset
    behind = ControlReader(log, history)
    assert behind.advance_to(end - 1).definitions.keys() == {"places"}
    assert behind.advance_to(end).definitions.keys() == {"places", "shrines"}
    assert ControlReader(log, history).advance_to(end - 1).definitions.keys() == {"places"}
