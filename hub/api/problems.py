"""Problem details (RFC 9457) for every error. The one place where kinds of errors become HTTP statuses."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

MEDIA_TYPE = "application/problem+json"
STATUS_OF_KIND = {
    "invalid": 400,
    "unauthorised": 401,
    "forbidden": 403,
    "not-found": 404,
    "conflict": 409,
    "gone": 410,
    "too-many": 429,
    "internal": 500,
    "unavailable": 503,
}
TITLES = {
    400: "The request cannot be understood",
    401: "A valid key is needed",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not taken here",
    409: "Contradicts what stands",
    410: "Gone",
    429: "Too many requests",
    500: "The hub made a mistake",
    503: "Not available now",
}
_log = structlog.get_logger("hub.api")


@runtime_checkable
class CodedError(Protocol):
    """An error of any of our packages."""

    code: str
    kind: str
    retriable: bool


def problem(status: int, code: str, detail: str, **facts: Any) -> Response:
    """A problem document. `type` is a URN, stable per code; `facts` become members of their own."""
    body = {
        "type": f"urn:problem:{code}",
        "title": TITLES.get(status, "The request failed"),
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.full_path.rstrip("?"),
        **facts,
    }
    response = Response(orjson.dumps(body), status=status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store" if status >= 500 else "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="hub", Bearer realm="hub"'
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response


def coded_problem(error: CodedError) -> Response:
    """The problem document of one of our errors."""
    status = STATUS_OF_KIND.get(error.kind, 500)
    if status >= 500:
        _log.error("request failed", code=error.code, path=request.path, reason=str(error))
    detail = "the hub made a mistake; it has been noted" if status == 500 else str(error)
    return problem(status, error.code, detail, **dict(getattr(error, "facts", {})))


def install_problem_handlers(app: Flask) -> None:
    """Every error of `app`, also 404, 405 and 500, is answered by a problem document."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _any_problem)


def _http_problem(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500
    code = (error.name or "error").lower().replace(" ", "-")
    response = problem(status, code, _detail(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _detail(error: HTTPException) -> str:
    if isinstance(error, MethodNotAllowed):
        return f"{request.method} is not taken at {request.path}"
    if error.code == 404:
        return f"there is nothing at {request.path}"
    return error.description or error.name


def _any_problem(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, CodedError):
        return coded_problem(error)
    _log.exception("request failed", path=request.path)
    return problem(500, "internal-error", "the hub made a mistake; it has been noted")
