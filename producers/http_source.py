"""An HTTP address as a source: asked conditionally, limited in size, time and redirects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

from producers.errors import SourceError, SourceUnavailable

SIZE_LIMIT_BYTES = 64 << 20
TIMEOUT_S = 30.0
REDIRECT_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address last answered, with the validators to ask again by."""

    content: bytes
    etag: str | None = None
    last_modified: str | None = None


class FetchStore(Protocol):
    """Keeps what was fetched; `producers.outbox.Outbox` is one."""

    def find_fetched(self, url: str) -> Fetched | None: ...

    def keep_fetched(self, url: str, fetched: Fetched) -> None: ...


class HttpSource:
    """Fetches addresses; an unchanged one (304) is answered from `store`, so that a feed runs as before."""

    def __init__(
        self,
        store: FetchStore,
        *,
        make_client: Callable[[], httpx.Client] | None = None,
        size_limit_bytes: int = SIZE_LIMIT_BYTES,
    ) -> None:
        self._store = store
        self._make_client = make_client or _default_client
        self._size_limit_bytes = size_limit_bytes

    def fetch(self, url: str) -> bytes:
        """The body at `url`. Raises `SourceUnavailable` (no answer, 5xx, 429) or `SourceError`."""
        known = self._store.find_fetched(url)
        try:
            with self._make_client() as client, client.stream("GET", url, headers=_conditions(known)) as response:
                fetched = self._read(url, response, known)
        except httpx.TooManyRedirects as error:
            raise SourceError(url, f"redirects more than {REDIRECT_LIMIT} times") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SourceError(url, f"is no http address: {error}") from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(url, f"does not answer: {error or type(error).__name__}") from error
        if fetched is not known:
            self._store.keep_fetched(url, fetched)
        return fetched.content

    def _read(self, url: str, response: httpx.Response, known: Fetched | None) -> Fetched:
        if response.status_code == 304 and known is not None:
            return known
        if response.status_code >= 500 or response.status_code == 429:
            raise SourceUnavailable(url, f"answers {response.status_code}")
        if response.status_code != 200:
            raise SourceError(url, f"answers {response.status_code}")
        if url.startswith("https:") and response.url.scheme != "https":
            raise SourceError(url, "redirects from https to http")
        return Fetched(self._body(url, response), response.headers.get("etag"), response.headers.get("last-modified"))

    def _body(self, url: str, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._size_limit_bytes:
                raise SourceError(url, f"answers more than {self._size_limit_bytes} bytes")
            parts.append(part)
        return b"".join(parts)


def _conditions(known: Fetched | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _default_client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, max_redirects=REDIRECT_LIMIT)
