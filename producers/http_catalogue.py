"""Schemas asked of the hub over HTTP, for a department's program without access to the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from hub.log.errors import LogUnavailable
from producers.catalogue import FoundSchema
from producers.errors import CatalogueRefused
from schemas.avro import parse_record_schema

TIMEOUT_S = 30.0
NOT_FOUND = 404


class HttpCatalogue:
    """Schemas of the registries of `hub`, by `GET /api/v1/registries/<registry>/schema`; a `SchemaCatalogue`.

    A registry is asked for once; make a new catalogue to see a newer schema. Wrapped in a
    `CachedCatalogue`, it lets a program publish into its outbox while the hub is away.
    """

    def __init__(self, client: httpx.Client, hub: str) -> None:
        self._client = client
        self._hub = hub.rstrip("/")
        self._known: dict[str, dict[str, FoundSchema]] = {}

    def find(self, registry: str, event: str) -> FoundSchema | None:
        """The schema of the event; raises `LogUnavailable` (retriable) where the hub does not answer."""
        if registry not in self._known:
            document = self._ask(registry)
            if document is None:
                return None
            self._known[registry] = _read(document, registry)
        return self._known[registry].get(event)

    def _ask(self, registry: str) -> Any:
        """What the hub says of a registry; None where it knows none of that name."""
        try:
            response = self._client.get(f"{self._hub}/api/v1/registries/{registry}/schema", timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            raise LogUnavailable(f"the hub does not answer: {error or type(error).__name__}") from error
        if response.status_code == NOT_FOUND:
            return None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
            raise LogUnavailable(f"the hub answers {response.status_code}")
        if not response.is_success:
            raise CatalogueRefused(registry, f"the hub answers {response.status_code}")
        return _load(response.content, registry)


def _load(content: bytes, registry: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise CatalogueRefused(registry, "the answer is not JSON") from error


def _read(document: Any, registry: str) -> dict[str, FoundSchema]:
    try:
        return {one["type"]: _schema(one) for one in document["events"] if one["schema_id"] is not None}
    except (KeyError, TypeError) as error:
        raise CatalogueRefused(registry, f"the answer does not describe a registry: {error!r}") from error


def _schema(event: Mapping[str, Any]) -> FoundSchema:
    text = orjson.dumps(event["avro"]).decode()
    return FoundSchema(event["schema_id"], event["schema_guid"], parse_record_schema(text), tuple(event["key"]))
