"""Folds `hub.control` into a `ControlState`, as far as it is asked to."""

from __future__ import annotations

import threading
from collections import OrderedDict

from hub.control.events import CONTROL_TOPIC
from hub.control.fold import apply_encoded
from hub.control.state import ControlState
from hub.log.errors import UnknownTopic
from hub.log.interface import Partition, Reader

CONTROL = Partition(CONTROL_TOPIC, 0)
_STATES_KEPT = 16


class ControlHistory:
    """The last states of one control log, shared by its readers in many threads, so that each event is folded once."""

    def __init__(self, kept: int = _STATES_KEPT) -> None:
        self._kept = kept
        self._states: OrderedDict[int, ControlState] = OrderedDict()
        self._lock = threading.Lock()

    def nearest(self, state: ControlState, offset: int) -> ControlState:
        """The last state known up to `offset`, `state` where none is later."""
        with self._lock:
            found = max((one for one in self._states if one <= offset), default=0)
            return self._states[found] if found > state.offset else state

    def keep(self, state: ControlState) -> None:
        """Remember `state`; it is not changed any more."""
        with self._lock:
            self._states[state.offset] = state
            while len(self._states) > self._kept:
                self._states.popitem(last=False)


class ControlReader:
    """One reader of the control log; `state` is what it has read so far, and never changes once handed out."""

    def __init__(self, log: Reader, history: ControlHistory | None = None) -> None:
        self._log = log
        self._history = history or ControlHistory()
        self.state = ControlState()

    def catch_up(self) -> ControlState:
        """The state at the end of the control log."""
        try:
            end = self._log.ends([CONTROL])[CONTROL]
        except UnknownTopic:
            return self.state
        return self.advance_to(end)

    def advance_to(self, offset: int) -> ControlState:
        """The state before `offset`; raises ValueError where it has already read beyond."""
        if offset < self.state.offset:
            raise ValueError(f"the control log was read to {self.state.offset} already, {offset} lies before")
        if offset > self.state.offset:
            state = self._history.nearest(self.state, offset)
            self.state = state if state.offset == offset else self._read_on(state.copy(), offset)
        return self.state

    def _read_on(self, state: ControlState, offset: int) -> ControlState:
        for record in self._log.read_range(CONTROL, state.offset, offset):
            if record.value is not None:
                apply_encoded(state, record.value)
        state.offset = offset
        self._history.keep(state)
        return state
