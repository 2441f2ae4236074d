"""Folds `hub.control` into a `ControlState`, as far as it is asked to."""

from __future__ import annotations

from hub.control.events import CONTROL_TOPIC, decode
from hub.control.fold import apply
from hub.control.state import ControlState
from hub.log.errors import UnknownTopic
from hub.log.interface import Partition, Reader

CONTROL = Partition(CONTROL_TOPIC, 0)


class ControlReader:
    """One reader of the control log; `state` is what it has read so far, and never changes once handed out."""

    def __init__(self, log: Reader) -> None:
        self._log = log
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
            state = self.state.copy()
            for record in self._log.read_range(CONTROL, state.offset, offset):
                if record.value is not None:
                    apply(state, decode(record.value))
            state.offset = offset
            self.state = state
        return self.state
