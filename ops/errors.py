"""Errors of the tooling.

OpsError
├── MissingTool     java, mvn or PostgreSQL's programs are not installed
└── NotReady        a server stopped or did not answer in time; `log` is the end of what it wrote
"""

from __future__ import annotations


class OpsError(Exception):
    """Root of the tooling's errors."""

    code = "ops-error"
    kind = "internal"
    retriable = False


class MissingTool(OpsError):
    code = "missing-tool"


class NotReady(OpsError):
    code, kind, retriable = "not-ready", "unavailable", True

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(f"{message}\n{log}" if log else message)
        self.log = log
