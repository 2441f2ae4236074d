"""The job loop: open proposals are rehearsed and the control log has it; a failure stops nothing else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.rehearsals.job import list_failed_rehearsals, rehearse_proposal, run_rehearsals
from consumers.rehearsals.workspace import workspace_file
from hub.control.candidates import candidate_of
from hub.control.governance import Proposal, Rehearsed
from tests.consumers.wells import Wells, changed_fields, definition_text, open_wells, surveyed, surveys

DEADLINE_S = 20
STRICTER = changed_fields(depth={"type": "int"})
CLOSING = {"proposal": 1, "reason": "enough", "keyId": "k1"}


@pytest.fixture
def wells(tmp_path: Path) -> Iterator[Wells]:
    found = open_wells(tmp_path)
    found.tell(*surveys(range(1, 30)), surveyed(30, depth=None))
    yield found
    found.close()


@contextmanager
def running(wells: Wells, *, workspace: Path | None = None, store: Any = None) -> Iterator[None]:
    """The loop in a thread, ended at the end."""
    stop = threading.Event()
    given = {"workspace": workspace or wells.workspace, "now": lambda: wells.now}
    thread = threading.Thread(
        target=run_rehearsals, args=(store or wells.store, wells.log, wells.engine, stop), kwargs=given
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def wait_until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (result := found()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        threading.Event().wait(0.02)
    return result


def rehearsed(wells: Wells, number: int) -> Rehearsed | None:
    return wells.state.proposals[number].rehearsed


def proposal(wells: Wells, number: int) -> Proposal:
    return wells.state.proposals[number]


def test_an_open_proposal_is_rehearsed_and_the_control_log_has_the_report(wells: Wells) -> None:
    wells.propose(1, STRICTER)
    with running(wells):
        found = wait_until(lambda: rehearsed(wells, 1))
    assert (found.pin, found.passed) == (30, False)
    assert [one["eventId"] for one in json.loads(found.report)["failing"]] == ["event-30"]


def test_a_proposal_made_while_the_loop_runs_is_rehearsed(wells: Wells) -> None:
    with running(wells):
        wells.propose(1)
        assert wait_until(lambda: rehearsed(wells, 1)).passed


def test_a_rehearsal_that_is_asked_for_again_sees_what_came_since(wells: Wells) -> None:
    wells.propose(1)
    with running(wells):
        wait_until(lambda: rehearsed(wells, 1))
        wells.tell(surveyed(31))
        facts = {"proposal": 1, "revision": 1, "keyId": "k1"}
        wells.store.commit(lambda _: [("RehearsalRequested", facts)])
        wait_until(lambda: (one := rehearsed(wells, 1)) and one.pin == 31)
    assert not proposal(wells, 1).rehearsal_requested


def test_a_rehearsal_is_not_told_of_a_revision_that_came_meanwhile(wells: Wells) -> None:
    wells.propose(1, STRICTER)

    class Late:
        """A store to which the second revision comes while the first is rehearsed."""

        def commit(self, decide: Any, *, actor: str | None = None) -> Any:
            if proposal(wells, 1).revision == 1:
                wells.propose(1, revision=2)
            return wells.store.commit(decide, actor=actor)

    with running(wells, store=Late()):
        assert wait_until(lambda: rehearsed(wells, 1)).passed
    kinds = [(one.revision, one.status) for one in wells.state.proposals.values()]
    assert kinds == [(2, "open")]


def test_what_another_process_rehearsed_meanwhile_is_not_told_twice(wells: Wells) -> None:
    wells.propose(1)
    with running(wells), running(wells, workspace=wells.folder / "other"):
        wait_until(lambda: rehearsed(wells, 1))
    told = wells.state.number
    with running(wells):
        wells.propose(2)
        wait_until(lambda: rehearsed(wells, 2))
    assert wells.state.number == told + 2


def test_a_proposal_that_cannot_be_rehearsed_stops_no_other_and_its_reason_is_kept(wells: Wells) -> None:
    wells.propose(1, definition="registry: wells")
    wells.propose(2)
    with running(wells):
        wait_until(lambda: rehearsed(wells, 2))
        (failed,) = wait_until(lambda: list_failed_rehearsals(wells.workspace))
        assert (failed.registry, failed.proposal) == ("wells", 1)
        assert "definition" in failed.reason
        wells.propose(1, revision=2)
        wait_until(lambda: rehearsed(wells, 1))
        wait_until(lambda: list_failed_rehearsals(wells.workspace) == [])


def test_a_folder_that_cannot_be_used_leaves_the_proposal_without_a_rehearsal_until_it_can(wells: Wells) -> None:
    lock = wells.workspace / "wells.lock"
    lock.mkdir(parents=True)
    wells.propose(1)
    with running(wells):
        (failed,) = wait_until(lambda: list_failed_rehearsals(wells.workspace))
        assert "Is a directory; give it space and the right to write" in failed.reason
        assert rehearsed(wells, 1) is None
        lock.rmdir()
        assert wait_until(lambda: rehearsed(wells, 1)).passed


def test_the_file_goes_when_the_proposal_is_closed(wells: Wells) -> None:
    wells.propose(1, STRICTER)
    path = workspace_file(wells.workspace, candidate_of(wells.state, proposal(wells, 1)))
    with running(wells):
        wait_until(lambda: rehearsed(wells, 1))
        assert path.exists()
        wells.store.commit(lambda _: [("ProposalWithdrawn", CLOSING)])
        wait_until(lambda: not path.exists())


def test_a_proposal_for_a_registry_that_is_new_passes(wells: Wells) -> None:
    wells.propose(1, definition=definition_text(1).replace("registry: wells", "registry: springs"))
    state = wells.state
    state.proposals[1] = replace(state.proposals[1], registry="springs")
    found = rehearse_proposal(
        state,
        state.proposals[1],
        log=wells.log,
        engine=wells.engine,
        workspace=wells.workspace,
        now=lambda: wells.now,
    )
    assert (found.passed, found.pin) == (True, 0)
