"""Sends an outbox over the HTTP intake, for departments that cannot reach the broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import orjson

from hub.log.errors import (
    LogError,
    LoginRefused,
    LogUnavailable,
    RecordTooLarge,
    TopicForbidden,
    UnknownTopic,
)
from hub.log.interface import NewRecord, Position
from producers.cloud_events import BATCHED, write_binary_headers, write_structured
from producers.errors import IntakeRefused

TIMEOUT_S = 30.0
BATCH_EVENTS = 200
BATCH_BYTES = 2 << 20
MODES = ("batched", "binary")
_LOG_ERRORS: dict[int, type[LogError]] = {
    401: LoginRefused, 403: TopicForbidden, 404: UnknownTopic, 413: RecordTooLarge,
}  # fmt: skip


class HttpTransport:
    """Appends records by `POST <hub>/topics/<topic>`; a `Transport` of `Outbox.drain`.

    `mode` is batched (many events a request) or binary (one event a request).
    """

    def __init__(self, client: httpx.Client, hub: str, token: str, *, mode: str = "batched") -> None:
        if mode not in MODES:
            raise ValueError(f"{mode!r} is not one of {', '.join(MODES)}")
        self._client = client
        self._hub = hub.rstrip("/")
        self._token = token
        self._mode = mode

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        """Post `records` in order; raises the errors of the log, or `IntakeRefused` naming event and field."""
        positions: list[Position] = []
        for batch in _batches(records, 1 if self._mode == "binary" else BATCH_EVENTS):
            positions += self._post(batch)
        return positions

    def _post(self, batch: list[NewRecord]) -> list[Position]:
        if self._mode == "binary":
            headers, body = write_binary_headers(batch[0]), batch[0].value or b""
        else:
            headers, body = {"content-type": BATCHED}, orjson.dumps([write_structured(one) for one in batch])
        headers["authorization"] = f"Bearer {self._token}"
        try:
            response = self._client.post(
                f"{self._hub}/topics/{batch[0].topic}", headers=headers, content=body, timeout=TIMEOUT_S
            )
        except httpx.HTTPError as error:
            raise LogUnavailable(f"the hub does not answer: {error or type(error).__name__}") from error
        if response.status_code != 202:
            raise _refusal(response)
        return [Position(**one["position"]) for one in response.json()["events"]]


def _batches(records: Sequence[NewRecord], limit: int) -> Iterator[list[NewRecord]]:
    """`records` in runs of one topic, of at most `limit` events and about 2 MiB."""
    batch: list[NewRecord] = []
    size = 0
    for record in records:
        size += len(record.value or b"")
        if batch and (len(batch) >= limit or size > BATCH_BYTES or record.topic != batch[0].topic):
            yield batch
            batch, size = [], len(record.value or b"")
        batch.append(record)
    if batch:
        yield batch


def _refusal(response: httpx.Response) -> LogError | IntakeRefused:
    problem = _problem(response)
    detail = problem.get("detail", f"the hub answers {response.status_code}")
    if response.status_code == 429 or response.status_code >= 500:
        return LogUnavailable(detail)
    if response.status_code in _LOG_ERRORS and problem.get("code") != "source-not-allowed":
        return _LOG_ERRORS[response.status_code](detail)
    first: dict[str, Any] = next(iter(problem.get("errors") or ()), {})
    return IntakeRefused(problem.get("code", "refused"), detail, field=first.get("field"), index=first.get("index"))


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
