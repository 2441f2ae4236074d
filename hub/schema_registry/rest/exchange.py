"""One request as the resources see it, and the answers they give."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from hub.control.claims import DEFAULT_CONTEXT
from hub.schema_registry.answers import Moment
from hub.schema_registry.errors import Forbidden, SchemaInvalid, SchemaRegistryError
from hub.schema_registry.lookups import LATEST
from hub.schema_registry.subjects import qualify

NOBODY = "schema-registry"  # the actor where anyone may write, and no key was shown
_MAX_VERSION = 2**31 - 1


class BadRequest(SchemaRegistryError):
    """The request itself cannot be read."""

    code, kind = "schema-registry-bad-request", "invalid"


@dataclass(slots=True)
class Exchange:
    """Method, path parts, query and body of one request; `context` is the one its path begins with."""

    method: str
    query_string: str
    body: bytes
    context: str = DEFAULT_CONTEXT
    names_context: bool = False  # whether the path tells it
    parts: Mapping[str, str] = field(default_factory=dict)
    actor: str = NOBODY  # who writes, as the control log names him
    refusal: Forbidden | None = None  # why the sender may not write
    moment: Moment | None = None  # how far everything stood when the subject's alias was asked for
    path_is_exact: bool = True  # whether a slash in the path could be told from one in a name
    _query: Mapping[str, list[str]] | None = None

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The parameters of the query."""
        if self._query is None:
            self._query = parse_qs(self.query_string, keep_blank_values=True)
        return self._query

    @property
    def subject(self) -> str:
        """The subject in the path, within the path's context."""
        return qualify(self.context, self.parts["subject"])

    @property
    def version(self) -> int:
        """The version in the path; raises `SchemaInvalid` (42202)."""
        text = self.parts["version"]
        if text.lower() == "latest" or text == "-1":
            return LATEST
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _MAX_VERSION:
            raise SchemaInvalid(
                42202,
                f"The specified version '{text}' is not a valid version id. Allowed values are between [1, 2^31-1] "
                'and the string "latest"',
            )
        return int(text)

    def find(self, name: str) -> str | None:
        """The value of a parameter."""
        found = self.query.get(name)
        return found[0] if found else None

    def flag(self, name: str) -> bool:
        """Whether a parameter says true; clients write True, true and nothing at all."""
        return (self.find(name) or "").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number in the query; raises `BadRequest`."""
        text = self.find(name)
        try:
            return default if text in (None, "") else int(str(text))
        except ValueError as error:
            raise BadRequest(400, f"{name}={text!r} is not a whole number") from error

    def document(self) -> dict[str, Any]:
        """The JSON object in the body, whatever type it claims to have; raises `BadRequest`."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequest(400, f"the body is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise BadRequest(400, "the body is not a JSON object")
        return found

    def page(self, found: Sequence[Any], default_limit: int = 0) -> Sequence[Any]:
        """The part of a list that `offset` and `limit` ask for."""
        offset, limit = max(0, self.number("offset", 0)), self.number("limit", -1)
        size = limit if limit > 0 and (not default_limit or limit <= default_limit) else default_limit
        return found[offset : offset + size] if size else found[offset:]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; None has no body."""

    body: bytes | None
    status: int = 200
    raw: bool = False


def tells_raw_path(environ: Mapping[str, Any]) -> bool:
    """Whether the server tells the path as it was sent, so that %2F is no slash."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return isinstance(raw, str) and raw.startswith(("/", "http"))


def path_of(environ: Mapping[str, Any], mount: str) -> str:
    """The path below `mount`, decoded, but with a slash that came as %2F as U+0000 where the server tells it."""
    if tells_raw_path(environ):
        raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI"))
        path = raw.partition("?")[0].encode("latin-1", "replace").decode("utf-8", "replace")
        path = path[path.find(mount) :]
        return unquote(path.replace("%2F", "\0").replace("%2f", "\0"))[len(mount) :]
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
    return path.removeprefix(mount)
