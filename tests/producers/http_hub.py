"""A whole hub in a folder, behind an HTTP client: the registry of places, and a token of its department."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hub.app import create_app
from hub.settings import Settings
from hub.wiring import Hub, opened_hub
from tests.producers.places_registry import DEFINITION, SCHEMAS


@dataclass(frozen=True, slots=True)
class HttpHub:
    """A hub, its application as a transport, and the token of the department culture."""

    hub: Hub
    transport: httpx.WSGITransport
    token: str


@contextmanager
def open_http_hub(folder: Path) -> Iterator[HttpHub]:
    """A hub in `folder` with the registry `places`."""
    with opened_hub(Settings(data_dir=folder)) as hub:
        store = hub.open_control_store("test")
        store.add_department(code="culture", organisation="H57.15", name_vi="x", name_en="x", contact="x@example.org")
        store.define_registry(DEFINITION, list(SCHEMAS))
        yield HttpHub(hub, httpx.WSGITransport(app=create_app(hub)), store.issue_token("culture"))
