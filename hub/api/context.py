"""What the readers' address space is handed by the wiring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from hub.api.errors import UnknownRegistry
from hub.control.state import ControlState
from schemas.definition import Definition, Text

LogEnds = Callable[[Iterable[str]], Mapping[tuple[str, int], int]]


@dataclass(frozen=True)
class ApiContext:
    """Parts and settings of the API. `now` gives microseconds UTC, `control` the newest state known here,
    `refresh` the newest there is, asked where something is missed: what was answered elsewhere can be read here.

    `log_ends` gives, for topics, the end of each (topic, partition); without it nobody knows the lag.
    `waiters` bounds the long polls of this process, so that they never hold every worker.
    """

    engine: Engine
    control: Callable[[], ControlState]
    now: Callable[[], int]
    zone: ZoneInfo
    base_url: str
    title: Text
    log_ends: LogEnds | None = None
    refresh: Callable[[], ControlState] | None = None
    lag_limit_s: int = 300
    waiters: int = 8
    poll_interval_s: float = 0.1
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _waiting: threading.BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_waiting", threading.BoundedSemaphore(max(1, self.waiters)))

    def definition(self, registry: str) -> Definition:
        """The newest definition of `registry`; raises `UnknownRegistry` naming those there are."""
        definitions = self.control().definitions
        if registry not in definitions and self.refresh is not None:
            definitions = self.refresh().definitions
        if registry not in definitions:
            raise UnknownRegistry(registry, known=definitions)
        return definitions[registry]

    @contextmanager
    def waiting(self) -> Iterator[bool]:
        """Whether this request may wait; False where as many as are allowed wait already."""
        allowed = self._waiting.acquire(blocking=False)
        try:
            yield allowed
        finally:
            if allowed:
                self._waiting.release()
