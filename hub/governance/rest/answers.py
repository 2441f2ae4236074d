"""Answers of the governance addresses: JSON, ETags, addresses, who may read and keep them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from flask import Response, request

PREFIX = "/governance/v1"
JSON = "application/json"
NO_STORE, REVALIDATE = "no-store", "no-cache"


def answer(content: Any, *, status: int = 200, keep: str = NO_STORE, location: str | None = None) -> Response:
    """`content` as JSON; what is decided next may change it, so by default nobody keeps it."""
    response = Response(orjson.dumps(content), status=status, content_type=JSON)
    response.headers["Cache-Control"] = keep
    if location is not None:
        response.headers["Location"] = location
    return response


def tagged(body: bytes, etag: str) -> Response:
    """JSON bytes that never change under their ETag; 304 where the reader has them."""
    known = request.if_none_match.contains_weak(etag)
    response = Response(status=304) if known else Response(body, content_type=JSON)
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = REVALIDATE
    return response


def address(base_url: str, *parts: object) -> str:
    """The address of a resource; each part is percent-encoded."""
    return base_url + PREFIX + "".join(f"/{quote(str(one), safe='')}" for one in parts)


def open_to_all(response: Response) -> Response:
    """Lets programs in browsers of other origins read; what changes something is not open to them."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "ETag, Link, Location"
    headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        headers["Access-Control-Allow-Headers"] = "If-None-Match, Accept, Accept-Language"
        headers["Access-Control-Max-Age"] = "86400"
    return response
