"""Answers: JSON, ETags pinned to what was asked of, links, what browsers of other origins may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

JSON = "application/json"


def json_answer(content: Any, *, status: int = 200, etag: str | None = None) -> Response:
    """`content` (bytes are taken as JSON already) to be asked for again each time, by `etag` where there is one."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    response = Response(body, status=status, content_type=JSON)
    return _revalidated(response, etag)


def _revalidated(response: Response, etag: str | None) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    if etag is not None:
        response.headers["ETag"] = f'"{etag}"'
    return response


def etag_of(*parts: object) -> str:
    """The ETag of an answer that depends on `parts`, on the address and its parameters."""
    content = repr((parts, request.path, request.query_string))
    return blake2b(content.encode(), digest_size=12).hexdigest()


def unchanged(etag: str) -> Response | None:
    """304 where the reader has the answer with `etag` already."""
    if not request.if_none_match.contains_weak(etag):
        return None
    return _revalidated(Response(status=304), etag)


def address(base_url: str, path: str, parameters: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> str:
    """The full address of `path` with `parameters`."""
    query = urlencode(list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters))
    return f"{base_url}{path}?{query}" if query else f"{base_url}{path}"


def link(response: Response, **targets: str) -> Response:
    """`response` with Link headers (RFC 8288): `next=…`, `canonical=…`."""
    for relation, target in targets.items():
        response.headers.add("Link", f'<{target}>; rel="{relation}"')
    return response


def open_to_all(response: Response) -> Response:
    """Lets programs in browsers read what anyone may read."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "ETag, Link, Location, Retry-After"
    headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        headers["Access-Control-Allow-Headers"] = "If-None-Match, Accept, Accept-Language"
        headers["Access-Control-Max-Age"] = "86400"
    return response
