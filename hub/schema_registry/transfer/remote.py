"""Another schema registry, asked over the REST API that Confluent's and Karapace have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from hub.schema_registry.transfer.errors import RegistryRefused, RegistryUnreachable

_TIMEOUT_S = 60.0
_AT_ONCE = 8
_SHOWN = 300
_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
NOT_THERE = (404, 405)
Item = TypeVar("Item")
Found = TypeVar("Found")


class RemoteRegistry:
    """Asks and tells one registry. Paths are percent-encoded already."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url

    def __str__(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON at `path`; raises `RegistryRefused`."""
        answer = self._send("GET", path, query=query)
        if answer.is_success:
            return _json(answer)
        raise self._refusal("GET", path, answer)

    def find(self, path: str, **query: str | int) -> Any | None:
        """The JSON at `path`, None where nothing is there; raises `RegistryRefused`."""
        answer = self._send("GET", path, query=query)
        if answer.status_code in NOT_THERE:
            return None
        if answer.is_success:
            return _json(answer)
        raise self._refusal("GET", path, answer)

    def tell(self, method: str, path: str, document: Any = None, **query: str) -> Any:
        """What a change is answered; raises `RegistryRefused`."""
        answer = self._send(method, path, document, query=query)
        if answer.is_success:
            return _json(answer)
        raise self._refusal(method, path, answer)

    def ask_all(self, question: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
        """The answers in order, several asked at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(question, items))

    def _send(
        self, method: str, path: str, document: Any = None, *, query: dict[str, Any] | None = None
    ) -> httpx.Response:
        try:
            return self._client.request(method, self._url + path, params=query or None, json=document)
        except httpx.HTTPError as error:
            raise RegistryUnreachable(f"{self} does not answer: {error or type(error).__name__}") from error
        except httpx.InvalidURL as error:
            raise RegistryRefused(f"{self} is no address of a registry: {error}") from error

    def _refusal(self, method: str, path: str, answer: httpx.Response) -> RegistryRefused:
        found = _json(answer)
        told = found.get("message") if isinstance(found, dict) else None
        words = str(told or answer.text or answer.reason_phrase)[:_SHOWN]
        message = f"{self} answered {method} {path} with {answer.status_code}: {words}"
        return RegistryRefused(message, status=answer.status_code)


@contextmanager
def opened_registry(url: str, *, user: str | None = None, password: str | None = None) -> Iterator[RemoteRegistry]:
    """The registry at `url`, asked as `user` where one is named."""
    headers = {"Accept": f"{_MEDIA_TYPE}, application/json", "Content-Type": _MEDIA_TYPE}
    auth = (user, password or "") if user else None
    limits = httpx.Limits(max_connections=_AT_ONCE)
    transport = httpx.HTTPTransport(retries=2, limits=limits)
    with httpx.Client(headers=headers, auth=auth, timeout=_TIMEOUT_S, transport=transport) as client:
        yield RemoteRegistry(client, url.rstrip("/"))


def subject_path(subject: str) -> str:
    """A subject, or a context (`:.name:`), as a part of a path."""
    return quote(subject, safe="")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
