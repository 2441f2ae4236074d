"""All registries in one process: new ones at once, troubles waited out, a clean end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from consumers.errors import Fenced, TooManyDeadLetters
from consumers.process import may_pass, run_consumers
from hub.log.errors import LoginRefused, LogUnavailable
from hub.log.interface import NewRecord
from hub.registries.tables import builds, dead_letters
from tests.consumers.conftest import Town
from tests.workload import City, definition_text, registered

DEADLINE_S = 20.0


@contextmanager
def consumers(town: Town, **options: object) -> Iterator[None]:
    """The process's work in a thread; it must end within ten seconds."""
    stop = threading.Event()
    arguments = {"clock": lambda: town.now, **options}
    thread = threading.Thread(target=run_consumers, args=(town.log, town.engine, stop), kwargs=arguments, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.02)


def is_built(town: Town, registry: str) -> bool:
    return any(row.registry == registry for row in town.rows(builds))


def test_events_are_applied_while_it_runs(town: Town) -> None:
    with consumers(town):
        town.city.tell([registered(1, "a")])
        wait_for(lambda: is_built(town, town.registry) and town.current() == ["a"])


def test_a_registry_defined_later_begins_without_restart(town: Town) -> None:
    with consumers(town):
        town.city.store.define_registry(definition_text("shrines"))
        wait_for(lambda: is_built(town, "shrines"))
        shrines = Town(City(town.log, town.city.store, "shrines"), town.log, town.engine, town.folder)
        shrines.city.tell([registered(1, "s")])
        wait_for(lambda: shrines.current() == ["s"])


def test_only_the_registries_named_are_run(town: Town) -> None:
    town.city.store.define_registry(definition_text("shrines"))
    with consumers(town, only=["shrines"]):
        wait_for(lambda: is_built(town, "shrines"))
    assert not is_built(town, town.registry)


def test_a_projection_with_too_many_letters_stops_and_the_others_go_on(town: Town) -> None:
    town.city.store.define_registry(definition_text("shrines") + "dead_letter_limit: 1\n")
    town.log.append([NewRecord("culture.shrines.v1", b"k", b"rubbish") for _ in range(3)])
    with consumers(town):
        wait_for(lambda: len(town.rows(dead_letters)) == 3)
        town.city.tell([registered(1, "a")])
        wait_for(lambda: is_built(town, town.registry) and town.current() == ["a"])


@pytest.mark.parametrize(
    "error", [LogUnavailable("gone"), OperationalError("select", None, Exception("locked")), ConnectionResetError()]
)
def test_what_may_pass_is_waited_out(error: Exception) -> None:
    assert may_pass(error)


@pytest.mark.parametrize("error", [Fenced("lost"), TooManyDeadLetters("r", 2, 1), LoginRefused("no"), ValueError()])
def test_what_will_not_pass_stops_the_projection(error: Exception) -> None:
    assert not may_pass(error)
