"""Runs child processes and keeps them running, for one machine."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

import structlog

log = structlog.get_logger()

FENCED_EXIT = 3
_RESTART_S = 2.0
_RESTARTS = 20


class Supervisor:
    """Children by name; one that fails is started again, but not one that another process has fenced off."""

    def __init__(self, program: Sequence[str], children: Mapping[str, Sequence[str]]) -> None:
        self._program = list(program)
        self._arguments = dict(children)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._restarts = 0

    def start(self) -> None:
        """Start every child."""
        for name in self._arguments:
            self._start(name)

    def watch(self, stop: threading.Event) -> int:
        """Wait for `stop` (0), or until a child cannot be kept running (its exit code)."""
        while not stop.wait(0.2):
            for name, child in list(self._children.items()):
                code = child.poll()
                if code is None:
                    continue
                log.error("child ended", child=name, exit_code=code)
                if code == FENCED_EXIT or self._restarts >= _RESTARTS:
                    return code or 1
                self._restarts += 1
                if stop.wait(_RESTART_S):
                    return 0
                self._start(name)
        return 0

    def stop(self, *, timeout_s: float) -> None:
        """Ask every child to end; after `timeout_s` kill what is left."""
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + timeout_s
        for name, child in self._children.items():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("child killed", child=name)
                child.kill()
                child.wait()

    def _start(self, name: str) -> None:
        # a group of its own, so that Ctrl-C reaches the children through us alone
        self._children[name] = subprocess.Popen(  # noqa: S603
            [*self._program, *self._arguments[name]], start_new_session=True
        )
