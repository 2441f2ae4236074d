"""The WSGI application below `/schema-registry`; every other path goes to the application it stands before."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import orjson
import structlog

from hub.control.claims import DEFAULT_CONTEXT
from hub.control.errors import ControlError, ControlRefused
from hub.control.governance import AccessKey
from hub.schema_registry.errors import Forbidden, SchemaRegistryError
from hub.schema_registry.rest.clients import fails_at_tags, without_classes
from hub.schema_registry.rest.exchange import Answer, BadRequest, Exchange, path_of, tells_raw_path
from hub.schema_registry.rest.permissions import Permissions, roles_for
from hub.schema_registry.rest.routes import Found, Resource, find_route
from hub.schema_registry.rest.subjects import register_version
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import context_name

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MOUNT = "/schema-registry"
MEDIA_TYPES = (
    "application/vnd.schemaregistry.v1+json",
    "application/vnd.schemaregistry+json",
    "application/json",
)
MAX_BODY_BYTES = 4_000_000
_HEADERS = (
    ("Cache-Control", "no-cache, no-store, must-revalidate"),
    ("X-XSS-Protection", "1; mode=block"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
)
_TOO_LARGE = 42209
_STORE_ERROR, _SERVER_ERROR = 50001, 500
_log = structlog.get_logger("hub.schema_registry")


class SchemaRegistryApplication:
    """Answers for the schema registry. `permissions` say who may change subjects no registry names, `note` is told
    the id of a key that was shown, and the subject (or `id:<number>`) it was answered about."""

    def __init__(
        self,
        inner: Wsgi,
        store: Callable[[], SchemaStore],
        *,
        permissions: Permissions | None = None,
        note: Callable[[str, str], object] | None = None,
    ) -> None:
        self._inner = inner
        self._store = store
        self._permissions = permissions or Permissions()
        self._note = note

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != MOUNT and not path.startswith(MOUNT + "/"):
            return self._inner(environ, start_response)
        media_type = _media_type(environ.get("HTTP_ACCEPT", ""))
        if media_type is None:
            return _send(start_response, _failed(406, "HTTP 406 Not Acceptable"), MEDIA_TYPES[0], head=False)
        method = environ.get("REQUEST_METHOD", "GET")
        try:
            answer = self._answer(environ, "GET" if method == "HEAD" else method)
        except (SchemaRegistryError, ControlError) as error:
            answer = _refused(error)
        except Exception:
            _log.error("request failed", path=path, traceback=traceback.format_exc(limit=-6))
            answer = _failed(_SERVER_ERROR, "the hub made a mistake; it has been noted")
        return _send(start_response, answer, media_type, head=method == "HEAD")

    def _answer(self, environ: dict[str, Any], method: str) -> Answer:
        found = find_route(path_of(environ, MOUNT), method)
        if found is None:
            return _failed(404, "HTTP 404 Not Found")
        resource = found.route.resources.get(method)
        if resource is None:
            return _failed(405, "HTTP 405 Method Not Allowed")
        store, exchange = self._store(), _exchange(environ, method, found)
        if found.route.follows_aliases:
            _follow_alias(store, exchange)
        key = self._permissions.find_key(environ)
        if method in found.route.writes:
            self._permit(store, exchange, key, resource)
        answer = resource(store, exchange)
        if key is not None and self._note is not None:
            for asked in _asked(exchange):
                self._note(key.key_id, asked)
        return without_classes(answer) if resource is register_version or fails_at_tags(environ) else answer

    def _permit(self, store: SchemaStore, exchange: Exchange, key: AccessKey | None, resource: Resource) -> None:
        """Name the writer. Whoever may not write is told first that a registry governs the subject, if one does;
        registering what stands already changes nothing, so that is decided there."""
        try:
            exchange.actor = self._permissions.check(key, roles_for(resource, exchange)) or exchange.actor
        except Forbidden as refusal:
            exchange.refusal = refusal
            if resource is not register_version:
                if "subject" in exchange.parts:
                    store.check_free(store.reads.state(exchange.subject))
                raise


def _follow_alias(store: SchemaStore, exchange: Exchange) -> None:
    """Ask about the subject that is meant, as it stands now."""
    exchange.moment = store.reads.look_at(exchange.subject)
    meant = store.aliases.find(exchange.subject, exchange.moment)
    if meant is not None:
        exchange.parts = {**exchange.parts, "subject": meant}
        exchange.moment = store.reads.look_at(exchange.subject)


def _asked(exchange: Exchange) -> Iterable[str]:
    """What a request was about, as far as its path says so."""
    if "subject" in exchange.parts:
        yield exchange.subject
    elif "id" in exchange.parts and exchange.context == DEFAULT_CONTEXT:
        yield f"id:{exchange.parts['id']}"


def _exchange(environ: dict[str, Any], method: str, found: Found) -> Exchange:
    exchange = Exchange(
        method=method,
        query_string=environ.get("QUERY_STRING", ""),
        body=_body(environ) if method in ("POST", "PUT") else b"",
        parts=found.parts,
        path_is_exact=tells_raw_path(environ),
    )
    if found.context is not None:
        exchange.context = context_name(found.context)
        exchange.names_context = True
    return exchange


def _body(environ: dict[str, Any]) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length and (not length.isdigit() or int(length) > MAX_BODY_BYTES):
        raise BadRequest(413, f"the body has more than {MAX_BODY_BYTES} bytes")
    stream = environ["wsgi.input"]
    body: bytes = stream.read(int(length)) if length else stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise BadRequest(413, f"the body has more than {MAX_BODY_BYTES} bytes")
    return body


def _media_type(accept: str) -> str | None:
    """The first of our types that the client takes, by its own order of weights."""
    if not accept.strip() or accept.strip() == "*/*":
        return MEDIA_TYPES[0]
    wanted = sorted((_weight(one), -index, one) for index, one in enumerate(accept.split(",")))
    for weight, _, one in reversed(wanted):
        name = one.partition(";")[0].strip().lower()
        found = next((each for each in MEDIA_TYPES if name in (each, "*/*", "application/*")), None)
        if found is not None and weight > 0:
            return found
    return None


def _weight(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _refused(error: SchemaRegistryError | ControlError) -> Answer:
    if isinstance(error, SchemaRegistryError):
        return _failed(error.number, str(error))
    if isinstance(error, ControlRefused):
        return _failed(_TOO_LARGE, str(error))
    _log.error("request failed", code=error.code, reason=str(error))
    return _failed(_STORE_ERROR, f"Error in the backend data store: {error}")


def _failed(number: int, message: str) -> Answer:
    """Confluent's form of an error; the first three digits of its number are the status."""
    return Answer(orjson.dumps({"error_code": number, "message": message}), int(str(number)[:3]))


def _send(start_response: Callable[..., Any], answer: Answer, media_type: str, *, head: bool) -> Iterable[bytes]:
    body = answer.body or b""
    headers = [*_HEADERS, ("Content-Length", str(len(body)))]
    if answer.body is not None:
        headers.append(("Content-Type", media_type))
    if answer.status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="schema registry"'))
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [b"" if head else body]
