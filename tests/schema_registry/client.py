"""Asks the WSGI application of a schema registry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.test import Client

from hub.schema_registry.rest.application import MOUNT, SchemaRegistryApplication
from hub.schema_registry.rest.permissions import ANYONE, Permissions
from hub.schema_registry.store import SchemaStore


@dataclass(frozen=True)
class Reply:
    """Status, JSON and headers of an answer."""

    status: int
    json: Any
    headers: Any
    text: str

    @property
    def error(self) -> tuple[int, int]:
        """The status and Confluent's number."""
        return self.status, self.json["error_code"]


class RegistryClient:
    """Short forms of requests; a subject is percent-encoded."""

    def __init__(self, application: Any) -> None:
        self._client = Client(application)

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> Reply:
        body = None if document is None else json.dumps(document)
        found = self._client.open(
            MOUNT + path,
            method=method,
            data=body,
            headers={name.replace("_", "-"): one for name, one in headers.items()},
        )
        text = found.get_data(as_text=True)
        return Reply(found.status_code, json.loads(text) if text else None, found.headers, text)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def register(self, subject: str, schema: Any, query: str = "", **members: Any) -> Reply:
        return self.ask("POST", f"/subjects/{quote(subject, safe='')}/versions{query}", _document(schema, members))

    def look_up(self, subject: str, schema: Any, query: str = "", **members: Any) -> Reply:
        return self.ask("POST", f"/subjects/{quote(subject, safe='')}{query}", _document(schema, members))

    def check(self, path: str, schema: Any, query: str = "", **members: Any) -> Reply:
        return self.ask("POST", f"/compatibility/subjects/{path}{query}", _document(schema, members))

    def put(self, path: str, document: Any) -> Reply:
        return self.ask("PUT", path, document)

    def delete(self, path: str) -> Reply:
        return self.ask("DELETE", path)


def _document(schema: Any, members: dict[str, Any]) -> dict[str, Any]:
    return {"schema": schema if isinstance(schema, str) else json.dumps(schema), **members}


def nothing_else(environ: Any, start_response: Any) -> list[bytes]:
    """The application behind the schema registry."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b'"another application"']


def client_of(store: SchemaStore, free_writes: str = ANYONE) -> RegistryClient:
    """A client of a registry that lets anyone write."""
    permissions = Permissions(free_writes=free_writes)
    return RegistryClient(SchemaRegistryApplication(nothing_else, lambda: store, permissions=permissions))


def record(*fields: Any, name: str = "User", **attributes: Any) -> dict[str, Any]:
    """A record schema; a field is a name (of a string) or its JSON."""
    listed = [{"name": one, "type": "string"} if isinstance(one, str) else one for one in fields]
    return {"type": "record", "name": name, "fields": listed, **attributes}


def optional(name: str) -> dict[str, Any]:
    """A field with a default."""
    return {"name": name, "type": "string", "default": ""}
