"""The job loop of `huehub consume`: rehearses what is proposed, and clears away what rehearsals left behind.

A proposal whose rehearsal fails is tried again, after growing pauses; why stands in a file beside the workspaces,
until it succeeds.
"""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from consumers.rehearsals.rehearsal import rehearse
from consumers.rehearsals.workspace import LOCK_WAIT_S, sweep_workspaces, workspace_file
from hub.control.candidates import candidate_of
from hub.control.errors import ControlError
from hub.control.governance import OPEN, Proposal, Rehearsed, rehearsal_facts
from hub.control.journal import Change
from hub.control.reader import CONTROL, ControlReader
from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.log.interface import Log
from schemas.errors import SchemaError

ACTOR = "rehearsal"
_LOOK_S = 0.5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 300.0
_SWEEP_S = 3600.0
_FAILED = "failed-{}.json"
_log = structlog.get_logger("rehearsals")
Revision = tuple[int, int]  # number and revision of a proposal


class FailedRehearsal(NamedTuple):
    """Why a proposal has no rehearsal yet."""

    registry: str
    proposal: int
    reason: str


class _Retry(NamedTuple):
    pause_s: float
    at: float


def run_rehearsals(
    store: ControlStore,
    log: Log,
    engine: Engine,
    stop: threading.Event,
    *,
    workspace: Path,
    now: Callable[[], int],
    only: Collection[str] | None = None,
) -> None:
    """Rehearse every open proposal that defines a registry and has no rehearsal or asks for one, until `stop`.

    With `only`, proposals for other defined registries are left to other processes.
    """
    _Loop(store, log, engine, stop, workspace, now, only).run()


def rehearse_proposal(
    state: ControlState,
    proposal: Proposal,
    *,
    log: Log,
    engine: Engine,
    workspace: Path,
    now: Callable[[], int],
    stop: threading.Event | None = None,
    wait_s: float = LOCK_WAIT_S,
) -> Rehearsed:
    """Rehearse what approving `proposal` would put in force."""
    return rehearse(
        log,
        engine,
        candidate_of(state, proposal),
        live=state.definitions.get(proposal.registry),
        consumers=state.consumers.values(),
        workspace=workspace,
        now=now,
        stop=stop,
        wait_s=wait_s,
    )


def is_due(proposal: Proposal) -> bool:
    """Whether the proposal is to be rehearsed."""
    is_open = proposal.status == OPEN and proposal.definition is not None
    return is_open and (proposal.rehearsed is None or proposal.rehearsal_requested)


def list_failed_rehearsals(workspace: Path) -> list[FailedRehearsal]:
    """What rehearsals in `workspace` failed last time, and why."""
    if not workspace.is_dir():
        return []
    found = [orjson.loads(path.read_bytes()) for path in sorted(workspace.glob(_FAILED.format("*")))]
    return [FailedRehearsal(**one) for one in found]


class _Loop:
    def __init__(
        self,
        store: ControlStore,
        log: Log,
        engine: Engine,
        stop: threading.Event,
        workspace: Path,
        now: Callable[[], int],
        only: Collection[str] | None,
    ) -> None:
        self._store = store
        self._log = log
        self._engine = engine
        self._stop = stop
        self._workspace = workspace
        self._now = now
        self._only = only
        self._retries: dict[Revision, _Retry] = {}
        self._swept: tuple[frozenset[Revision], float] | None = None

    def run(self) -> None:
        control = ControlReader(self._log)
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                self._look(control.catch_up())
                self._log.wait({CONTROL: control.state.offset}, _LOOK_S)
                pause_s = _FIRST_PAUSE_S
            except Exception as error:
                _log.warning("rehearsals wait", error=_words(error), pause_s=pause_s)
                self._stop.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _look(self, state: ControlState) -> None:
        for proposal in list(state.proposals.values()):
            if self._is_mine(state, proposal) and not self._stop.is_set():
                self._try(state, proposal)
        self._sweep(state)

    def _is_mine(self, state: ControlState, proposal: Proposal) -> bool:
        """Whether the proposal is to be rehearsed, here and now."""
        elsewhere = self._only is not None and proposal.registry not in self._only
        if not is_due(proposal) or (elsewhere and proposal.registry in state.definitions):
            return False
        retry = self._retries.get((proposal.number, proposal.revision))
        return retry is None or retry.at <= time.monotonic()

    def _try(self, state: ControlState, proposal: Proposal) -> None:
        try:
            self._rehearse(state, proposal)
        except Exception as error:
            self._put_off(proposal, error)
        else:
            self._retries.pop((proposal.number, proposal.revision), None)
            self._forget_failure(proposal.number)

    def _rehearse(self, state: ControlState, proposal: Proposal) -> None:
        started = time.monotonic()
        rehearsed = rehearse_proposal(
            state,
            proposal,
            log=self._log,
            engine=self._engine,
            workspace=self._workspace,
            now=self._now,
            stop=self._stop,
        )
        self._store.commit(lambda newest: _changes(newest, proposal, rehearsed), actor=ACTOR)
        _log.info(
            "proposal rehearsed",
            proposal=proposal.number,
            registry=proposal.registry,
            entry=rehearsed.pin,
            passed=rehearsed.passed,
            seconds=round(time.monotonic() - started, 1),
        )

    def _put_off(self, proposal: Proposal, error: Exception) -> None:
        if self._stop.is_set():
            return
        revision = (proposal.number, proposal.revision)
        before = self._retries.get(revision)
        pause_s = min(before.pause_s * 2, _LONGEST_PAUSE_S) if before is not None else _FIRST_PAUSE_S
        self._retries[revision] = _Retry(pause_s, time.monotonic() + pause_s)
        failed = FailedRehearsal(proposal.registry, proposal.number, _words(error))
        _log.warning("rehearsal failed", **failed._asdict(), pause_s=pause_s)
        try:
            self._keep_failure(failed)
        except OSError as failure:
            _log.warning("the reason could not be written", proposal=proposal.number, error=str(failure))

    def _keep_failure(self, failed: FailedRehearsal) -> None:
        self._workspace.mkdir(parents=True, exist_ok=True)
        path = self._failure(failed.proposal)
        written = path.with_suffix(".new")
        written.write_bytes(orjson.dumps(failed._asdict()))
        written.replace(path)

    def _sweep(self, state: ControlState) -> None:
        """Remove the workspaces and reasons of what is no longer proposed, and what is old."""
        proposals = {number: one for number, one in state.proposals.items() if one.status == OPEN and one.definition}
        revisions = frozenset((one.number, one.revision) for one in proposals.values())
        if self._swept is not None and self._swept[0] == revisions and time.monotonic() < self._swept[1] + _SWEEP_S:
            return
        kept = [path for one in proposals.values() for path in self._files(state, one)]
        for path in sweep_workspaces(self._workspace, kept, now=self._now()):
            _log.info("workspace removed", file=path.name)
        self._forget_failures(proposals)
        self._swept = (revisions, time.monotonic())

    def _files(self, state: ControlState, proposal: Proposal) -> Sequence[Path]:
        try:
            return [workspace_file(self._workspace, candidate_of(state, proposal))]
        except (SchemaError, ControlError):
            return []

    def _forget_failures(self, proposals: Mapping[int, Proposal]) -> None:
        kept = {self._failure(number) for number, one in proposals.items() if is_due(one)}
        for path in self._workspace.glob(_FAILED.format("*")):
            if path not in kept:
                path.unlink(missing_ok=True)

    def _forget_failure(self, proposal: int) -> None:
        self._failure(proposal).unlink(missing_ok=True)

    def _failure(self, proposal: int) -> Path:
        return self._workspace / _FAILED.format(proposal)


def _changes(state: ControlState, proposal: Proposal, rehearsed: Rehearsed) -> list[Change]:
    """The rehearsal of just this revision, unless it was closed, or rehearsed as far by another process."""
    newest = state.proposals.get(proposal.number)
    if newest is None or newest.revision != proposal.revision or not is_due(newest):
        return []
    return [("ProposalRehearsed", rehearsal_facts(proposal, rehearsed))]


def _words(error: Exception) -> str:
    """What went wrong; never the parameters of a statement, which are values."""
    if isinstance(error, DBAPIError):
        return f"the database said: {error.orig}"
    if getattr(error, "code", None) is not None:
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
