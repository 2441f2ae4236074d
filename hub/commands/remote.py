"""A hub spoken to over HTTP: its addresses, the key that is shown to it, its refusals as exit codes.

Exit codes: 1 the hub refused, 69 it cannot be reached, 75 it asks to repeat later (sysexits.h).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import click
import httpx

from hub.settings import Settings

AWAY, REPEAT = 69, 75
_TIMEOUT_S = 60.0
_REPEATABLE = (429, 502, 503, 504)
GOVERNANCE, SCHEMAS = "/governance/v1", "/schema-registry"


class HubAway(click.ClickException):
    """The hub does not answer at its address."""

    exit_code = AWAY


class HubBusy(click.ClickException):
    """The hub answers that this can be repeated later."""

    exit_code = REPEAT


class HubRefused(click.ClickException):
    """The hub says no, with its reason; `status` is HTTP's, `document` what it answered."""

    def __init__(self, message: str, *, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.document = document


class RemoteHub:
    """Requests to one hub. Bodies are JSON both ways."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON at `path`."""
        return self._ask("GET", path, parameters=parameters)

    def find(self, path: str, **parameters: str) -> Any:
        """The JSON at `path`, None where there is nothing."""
        try:
            return self.get(path, **parameters)
        except HubRefused as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def post(self, path: str, document: Mapping[str, Any], **parameters: str) -> Any:
        """What the hub answers to `document`."""
        return self._ask("POST", path, document=document, parameters=parameters)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str],
        document: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            answer = self._client.request(method, path, params=dict(parameters), json=document)
        except httpx.TimeoutException as error:
            raise HubBusy(f"the hub at {self._client.base_url} did not answer within {_TIMEOUT_S:.0f} s") from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise HubAway(f"no hub answers at {self._client.base_url}: {error} (HUB_URL says where it is)") from error
        return _read(answer, f"{self._client.base_url}".rstrip("/"))


@contextmanager
def opened_remote(settings: Settings) -> Iterator[RemoteHub]:
    """The hub that HUB_URL names, or else the one of these settings, shown the key in HUB_KEY."""
    secret = settings.key.strip()
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise click.UsageError("HUB_KEY is no secret of an access key: those have letters, digits, - and _ only")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    address = (settings.url or settings.public_url).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise click.UsageError(f"HUB_URL={address} is no address that begins with http:// or https://")
    with httpx.Client(base_url=address, headers=headers, timeout=_TIMEOUT_S) as client:
        yield RemoteHub(client)


def governed(*parts: object) -> str:
    """The path of a resource of governance."""
    return GOVERNANCE + "".join(f"/{quote(str(one), safe='')}" for one in parts)


def registered(*parts: object) -> str:
    """The path of a resource of the schema registry."""
    return SCHEMAS + "".join(f"/{quote(str(one), safe='')}" for one in parts)


def _read(answer: httpx.Response, address: str) -> Any:
    try:
        document = answer.json() if answer.content else None
    except ValueError:
        document = None
    if answer.is_success and (document is not None or not answer.content):
        return document
    if answer.status_code in _REPEATABLE:
        why = f": {_message(document)}" if isinstance(document, dict) else ""
        raise HubBusy(f"{address} cannot answer now ({answer.status_code}){why}. Repeat later")
    if not isinstance(document, dict):
        raise HubAway(f"what answers at {address} is no hub ({answer.status_code} without JSON)")
    raise HubRefused(_message(document) or f"HTTP {answer.status_code}", status=answer.status_code, document=document)


def _message(document: Mapping[str, Any]) -> str:
    """What a problem document, or an error of the Confluent API, says in words."""
    return str(document.get("detail") or document.get("message") or "").rstrip(".")
