"""HTTP intake for departments without a Kafka client: `POST /topics/<topic>`, CloudEvents in three modes.

It answers 202 with positions once the log has the events, and problem details (RFC 9457) otherwise. A
batch is taken whole or not at all. Repeating an event with its id is harmless.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.log.errors import LogError
from hub.log.interface import Log, Position
from producers.cloud_events import read_events
from producers.errors import IntakeRefused
from producers.intake import CheckSignature, FindKnown, Intake, IntakeState, JudgedEvent, KnownEvent

BODY_LIMIT_BYTES = 8 << 20
RECENT_EVENTS = 20_000
RETRY_AFTER_S = 5
_STATUS: Mapping[str, int] = {
    "malformed": 400, "unauthorised": 401, "forbidden": 403, "not-found": 404, "conflict": 409, "media": 415,
    "invalid": 422, "too-many": 429, "internal": 500, "unavailable": 503,
}  # fmt: skip
_TOO_LARGE = {"too-large", "record-too-large"}


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """What the intake is handed.

    `log` gives the log to append to, `state` the newest control state. `find_department` gives the code of
    the department whose token has this SHA-256 (hex). `find_known` looks an event up in the registries.
    """

    log: Callable[[], Log]
    state: Callable[[], IntakeState]
    find_department: Callable[[str], str | None]
    schema_url: str = "urn:hub:schemas"
    find_known: FindKnown | None = None
    check_signature: CheckSignature | None = None
    body_limit_bytes: int = BODY_LIMIT_BYTES


def create_blueprint(context: GatewayContext) -> Blueprint:
    """The blueprint that serves `POST /topics/<topic>`."""
    blueprint = Blueprint("gateway", __name__)
    desk = _Desk(context)

    @blueprint.post("/topics/<topic>")
    def post_events(topic: str) -> Response:
        request.max_content_length = context.body_limit_bytes
        try:
            return desk.take(topic)
        except IntakeRefused as error:
            return _problem(error, [])
        except RequestEntityTooLarge:
            return _problem(IntakeRefused("too-large", f"the body has more than {context.body_limit_bytes} bytes"), [])
        except LogError as error:
            return _problem(IntakeRefused(error.code, str(error), kind=error.kind), [])

    return blueprint


class _Desk:
    """Takes requests."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._recent = RecentEvents()

    def take(self, topic: str) -> Response:
        department = self._department()
        context = self._context
        intake = Intake(
            context.state(),
            department,
            topic,
            schema_url=context.schema_url,
            find_known=self._find_known,
            check_signature=context.check_signature,
        )
        events = read_events(request.headers.get("content-type", ""), request.headers, request.get_data())
        taken, refused = intake.judge(events)
        if refused:
            return _problem(refused[0], refused)
        return _accepted(taken, self._append(taken))

    def _department(self) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and token.strip():
            found = self._context.find_department(sha256(token.strip().encode()).hexdigest())
        if found is None:
            message = "needs the header Authorization: Bearer with the department's token"
            raise IntakeRefused("unauthorised", message, kind="unauthorised")
        return found

    def _append(self, taken: list[JudgedEvent]) -> list[Position]:
        """Append what is not in the log yet, each id once, and return every event's position."""
        fresh = {_identity(event): event for event in reversed(taken) if event.known is None}
        ordered = list(reversed(fresh.values()))
        positions = self._context.log().append([event.record for event in ordered]) if ordered else []
        found = {_identity(event): at for event, at in zip(ordered, positions, strict=True)}
        for event in ordered:
            self._recent.keep(event, found[_identity(event)])
        return [event.known or found[_identity(event)] for event in taken]

    def _find_known(self, registry: str, source: str, event_id: str) -> KnownEvent | None:
        known = self._recent.find(source, event_id)
        if known is None and self._context.find_known is not None:
            known = self._context.find_known(registry, source, event_id)
        return known


class RecentEvents:
    """The last events this process took, so that a repeat is answered with the same position."""

    def __init__(self, limit: int = RECENT_EVENTS) -> None:
        self._limit = limit
        self._events: OrderedDict[tuple[str, str], KnownEvent] = OrderedDict()
        self._lock = Lock()

    def find(self, source: str, event_id: str) -> KnownEvent | None:
        """The event with this id."""
        with self._lock:
            return self._events.get((source, event_id))

    def keep(self, event: JudgedEvent, position: Position) -> None:
        """Remember `event`; the oldest is forgotten past the limit."""
        with self._lock:
            self._events[_identity(event)] = KnownEvent(event.envelope.subject, event.digest, position)
            while len(self._events) > self._limit:
                self._events.popitem(last=False)


def _identity(event: JudgedEvent) -> tuple[str, str]:
    return event.envelope.source, event.envelope.id


def _accepted(taken: list[JudgedEvent], positions: list[Position]) -> Response:
    events = [_taken_json(event, at) for event, at in zip(taken, positions, strict=True)]
    response = _json({"events": events}, 202, "application/json")
    if len(events) == 1:
        response.headers["Location"] = events[0]["status"]
    return response


def _taken_json(event: JudgedEvent, position: Position) -> dict[str, Any]:
    source, event_id = _identity(event)
    return {
        "id": event_id,
        "source": source,
        "position": position._asdict(),
        "status": f"/api/v1/events/{quote(source, safe='')}/{quote(event_id, safe='')}",
    }


def _problem(error: IntakeRefused, refused: list[IntakeRefused]) -> Response:
    """Problem details; `errors` names each refused event by its index, with field and reason."""
    status = 413 if error.code in _TOO_LARGE else _STATUS.get(error.kind, 500)
    retriable = status in (429, 503)
    document = {
        "type": f"urn:hub:problem:{error.code}",
        "title": "The events were not taken" if refused else "The request was not taken",
        "status": status,
        "detail": str(error),
        "code": error.code,
        "retriable": retriable,
        "errors": [
            _refused_json(one) for one in (refused or [error]) if refused or error.index is not None or error.field
        ],
    }
    response = _json(document, status, "application/problem+json")
    if retriable:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="topics"'
    return response


def _refused_json(error: IntakeRefused) -> dict[str, Any]:
    return {"index": error.index or 0, "field": error.field, "code": error.code, "detail": str(error)}


def _json(document: dict[str, Any], status: int, content_type: str) -> Response:
    return Response(orjson.dumps(document), status=status, content_type=content_type)
