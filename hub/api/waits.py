"""Answers that may wait: the change feed, and what became of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response

from hub.api.answers import address, json_answer, link
from hub.api.context import ApiContext
from hub.api.parameters import Parameters
from hub.registries.changes import Changes, list_changes, parse_position
from hub.registries.live import find_live, get_live
from hub.registries.receipts import Receipt, find_receipt
from hub.registries.snapshots import open_snapshot
from schemas.definition import Definition
from schemas.times import format_instant

T = TypeVar("T")


def changes_answer(context: ApiContext, definition: Definition, parameters: Parameters) -> Response:
    """The changes since a position, waited for where there are none yet and `wait` asks for it."""
    since, limit = parse_position(parameters.text("since") or "0"), parameters.limit()

    def look() -> Changes:
        with open_snapshot(context.engine) as connection:
            return list_changes(connection, get_live(connection, definition), since, limit=limit)

    found, full = look_again(context, look, until=lambda one: bool(one.items), wait_s=parameters.wait_s())
    following = address(
        context.base_url,
        f"/api/v1/registries/{definition.registry}/changes",
        {"since": str(found.position), "limit": str(limit)},
    )
    told = {
        "registry": definition.registry,
        "changes": list(found.items),
        "more": found.more,
        "next_since": str(found.position),
        "next": following,
    }
    return _told(told, full=full, following=following)


def event_answer(context: ApiContext, source: str, event_id: str, *, parameters: Parameters) -> Response:
    """Pending, the entry number, or the dead-letter reason of an event."""

    def look() -> Receipt | None:
        with open_snapshot(context.engine) as connection:
            found = (find_live(connection, one) for one in list(context.control().definitions.values()))
            return find_receipt(
                connection, [live for live in found if live is not None], source=source, event_id=event_id
            )

    receipt, full = look_again(context, look, until=lambda one: one is not None, wait_s=parameters.wait_s())
    return _told({"source": source, "id": event_id} | _fate(receipt), full=full)


def _fate(receipt: Receipt | None) -> dict[str, Any]:
    if receipt is None:
        return {"state": "pending"}
    told: dict[str, Any] = {"registry": receipt.registry, "recorded_at": format_instant(receipt.recorded_at)}
    if receipt.entry is not None:
        return {"state": "applied", "entry": receipt.entry} | told
    return {"state": "dead-letter", "reason": receipt.reason, "decision": receipt.status} | told


def look_again(
    context: ApiContext, look: Callable[[], T], *, until: Callable[[T], bool], wait_s: float
) -> tuple[T, bool]:
    """What `look` sees when `until` holds or `wait_s` is over, and whether too many wait for this one to wait."""
    found = look()
    if until(found) or not wait_s:
        return found, False
    deadline = context.monotonic() + wait_s
    with context.waiting() as allowed:
        while allowed and not until(found) and context.monotonic() < deadline:
            context.sleep(min(context.poll_interval_s, max(0.0, deadline - context.monotonic())))
            found = look()
    return found, not allowed


def _told(content: dict[str, Any], *, full: bool, following: str | None = None) -> Response:
    answer = json_answer(content)
    answer.headers["Cache-Control"] = "no-store"
    if full:
        answer.headers["Retry-After"] = "1"
    return link(answer, next=following) if following else answer
