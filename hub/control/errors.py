"""Errors of the control plane.

ControlError
├── ControlConflict      the change contradicts what stands (a code or version that is taken)
├── ControlRefused       the change breaks a rule: personal fields, unknown department, lint
├── ControlUnreadable    a record of hub.control cannot be decoded: another version of the hub wrote it
└── ControlUnavailable   the log did not acknowledge; nothing was answered, repeat is safe
"""

from __future__ import annotations


class ControlError(Exception):
    """Root of the control plane's errors: a stable `code`, a `kind`, and whether trying again can help."""

    code = "control-error"
    kind = "internal"
    retriable = False


class ControlConflict(ControlError):
    code, kind = "control-conflict", "conflict"


class ControlRefused(ControlError):
    code, kind = "control-refused", "invalid"


class ControlUnreadable(ControlError):
    code, kind = "control-unreadable", "internal"


class ControlUnavailable(ControlError):
    code, kind, retriable = "control-unavailable", "unavailable", True
