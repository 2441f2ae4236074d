"""The native API, `/api/v1`: read-only, JSON, problem details for every error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request
from sqlalchemy import Connection

from hub.api.addresses import ADDRESSES
from hub.api.answers import address, etag_of, json_answer, link, open_to_all, unchanged
from hub.api.context import ApiContext
from hub.api.described import describe_registry, describe_schema, describe_sources
from hub.api.parameters import Parameters, read_question
from hub.api.waits import changes_answer, event_answer
from hub.registries.contradictions import list_contradictions, record_contradictions
from hub.registries.errors import RecordGone
from hub.registries.freshness import read_standing
from hub.registries.history import record_history, record_provenance
from hub.registries.lineage import MAX_RECORDS, direct_successors, record_lineage
from hub.registries.live import LiveBuild, find_live, get_live
from hub.registries.pages import list_records, open_record
from hub.registries.pins import Pin, pin_facts, resolve_pin
from hub.registries.records import get_record
from hub.registries.snapshots import open_snapshot

PREFIX = "/api/v1"
_TIMES = ("valid_at", "as_of")


def create_blueprint(context: ApiContext) -> Blueprint:
    """The routes of `/api/v1`."""
    blueprint = Blueprint("native", __name__, url_prefix=PREFIX)
    api = NativeApi(context)
    registry, record = "/registries/<registry>", "/registries/<registry>/records/<path:key>"
    routes: dict[str, Callable[..., Response]] = {
        "": api.index,
        "/registries": api.registries,
        registry: api.registry,
        f"{registry}/schema": api.schema,
        f"{registry}/records": api.records,
        f"{registry}/changes": api.changes,
        f"{registry}/contradictions": api.contradictions,
        record: api.record,
        f"{record}/history": api.history,
        f"{record}/provenance": api.provenance,
        f"{record}/lineage": api.lineage,
        f"{record}/contradictions": api.record_contradictions,
        "/events/<path:source>/<event_id>": api.event,
    }
    for rule, view in routes.items():
        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=view, methods=["GET"])
    blueprint.after_request(open_to_all)
    return blueprint


class NativeApi:
    """The views. Each reads one snapshot of the database."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    @contextmanager
    def _read(self, registry: str) -> Iterator[tuple[Connection, LiveBuild]]:
        definition = self._context.definition(registry)
        with open_snapshot(self._context.engine) as connection:
            yield connection, get_live(connection, definition)

    def _parameters(self, *known: str) -> Parameters:
        return Parameters(request.args, known=known, zone=self._context.zone)

    def _address(self, path: str, parameters: Any = ()) -> str:
        return address(self._context.base_url, PREFIX + path, parameters)

    def index(self) -> Response:
        """Where the API begins."""
        self._parameters()
        title = {"vi": self._context.title.vi, "en": self._context.title.en}
        told = [{"address": self._address(path), **about} for path, about in ADDRESSES.items()]
        return json_answer({"title": title, "addresses": told})

    def registries(self) -> Response:
        """Every registry with its counts and freshness."""
        self._parameters()
        state, now = self._context.control(), self._context.now()
        found = []
        with open_snapshot(self._context.engine) as connection:
            for definition in list(state.definitions.values()):
                live = find_live(connection, definition)
                standing = read_standing(connection, live) if live else None
                found.append(describe_registry(self._context.base_url, definition, standing, now=now))
        return json_answer({"registries": sorted(found, key=lambda one: one["registry"])})

    def registry(self, registry: str) -> Response:
        """One registry, and who was heard in it."""
        self._parameters()
        definition, now = self._context.definition(registry), self._context.now()
        with open_snapshot(self._context.engine) as connection:
            live = find_live(connection, definition)
            standing = read_standing(connection, live) if live else None
        described = describe_registry(self._context.base_url, definition, standing, now=now)
        return json_answer(described | {"sources": describe_sources(standing) if standing else []})

    def schema(self, registry: str) -> Response:
        """The definition and the Avro schemas of a registry."""
        self._parameters()
        definition = self._context.definition(registry)
        etag = etag_of(definition.version, sorted(schema.guid for schema in definition.schemas.values()))
        known = unchanged(etag)
        return known or json_answer(describe_schema(definition, self._context.control().schema_ids), etag=etag)

    def records(self, registry: str) -> Response:
        """A page of records."""
        with self._read(registry) as (connection, live):
            question = read_question(live, request.args, zone=self._context.zone)
            etag = _etag(live)
            if (known := unchanged(etag)) is not None:
                return known
            page = list_records(connection, live, question)
        path = f"/registries/{registry}/records"
        kept = [(name, text) for name, text in request.args.items(multi=True) if name != "cursor"]
        following = None if page.next is None else self._address(path, [*kept, ("cursor", page.next)])
        head: dict[str, Any] = {"registry": registry, **pin_facts(page.pin)}
        if question.count:
            head["total"] = page.total
        head |= {"next_cursor": page.next, "next": following}
        body = orjson.dumps(head)[:-1] + b',"records":[' + b",".join(page.records) + b"]}"
        answer = json_answer(body, etag=etag)
        return link(answer, next=following) if following else answer

    def record(self, registry: str, key: str) -> Response:
        """One record, or where it went."""
        times = self._parameters(*_TIMES)
        with self._read(registry) as (connection, live):
            etag = _etag(live)
            if (known := unchanged(etag)) is not None:
                return known
            pin = _pin(connection, live, times)
            try:
                version = get_record(connection, live, key, pin=pin)
            except RecordGone as error:
                return self._moved(registry, error, edges=direct_successors(connection, live, key, pin=pin))
        head = orjson.dumps({"registry": registry, "key": key, "asked": pin_facts(pin), **version.facts()})
        stored = version.body if live.serves_stored_bodies else orjson.dumps(open_record(live, version.body))
        answer = json_answer(head[:-1] + b',"record":' + (stored or b"null") + b"}", etag=etag)
        return link(answer, canonical=self._record_address(registry, key))

    def _moved(self, registry: str, error: RecordGone, *, edges: list[dict[str, Any]]) -> Response:
        """301 to the only successor; else 410 by the problem document, with the list and the lineage's edges."""
        successors = error.facts["successors"]
        if len(successors) != 1:
            raise RecordGone(str(error), **error.facts, edges=edges) from error
        target = self._record_address(registry, successors[0], list(request.args.items()))
        answer = json_answer({"registry": registry, **error.facts, "location": target}, status=301)
        answer.headers["Location"] = target
        return answer

    def _record_address(self, registry: str, key: str, parameters: Any = ()) -> str:
        return self._address(f"/registries/{registry}/records/{quote(key, safe='')}", parameters)

    def history(self, registry: str, key: str) -> Response:
        """Every version of a record with both times, and its events."""
        parameters = self._parameters("limit", "cursor")
        with self._read(registry) as (connection, live):
            limit, cursor = parameters.limit(1000), parameters.text("cursor")
            told = record_history(connection, live, key, limit=limit, cursor=cursor)
            return json_answer(told, etag=_etag(live))

    def provenance(self, registry: str, key: str) -> Response:
        """Who set each value of a record."""
        times = self._parameters(*_TIMES)
        with self._read(registry) as (connection, live):
            pin = _pin(connection, live, times)
            told = record_provenance(connection, live, key, pin=pin)
            return json_answer(told | {"asked": pin_facts(pin)}, etag=_etag(live))

    def lineage(self, registry: str, key: str) -> Response:
        """Where a record came from and what became of it."""
        parameters = self._parameters("as_of", "limit")
        with self._read(registry) as (connection, live):
            pin = _pin(connection, live, parameters)
            limit = parameters.limit(MAX_RECORDS, most=MAX_RECORDS)
            told = record_lineage(connection, live, key, pin=pin, limit=limit)
            return json_answer(told, etag=_etag(live))

    def record_contradictions(self, registry: str, key: str) -> Response:
        """What other sources claim of a record."""
        times = self._parameters(*_TIMES)
        with self._read(registry) as (connection, live):
            pin = _pin(connection, live, times)
            found = record_contradictions(connection, live, key, pin=pin)
            told = {"registry": registry, "key": key, "asked": pin_facts(pin), "contradictions": found}
            return json_answer(told, etag=_etag(live))

    def contradictions(self, registry: str) -> Response:
        """What other sources claim of the whole registry."""
        parameters = self._parameters(*_TIMES, "limit", "cursor", "source")
        with self._read(registry) as (connection, live):
            page = list_contradictions(
                connection,
                live,
                pin=_pin(connection, live, parameters),
                limit=parameters.limit(),
                cursor=parameters.text("cursor"),
                source=parameters.text("source"),
            )
            etag = _etag(live)
        told = {"registry": registry, "asked": pin_facts(page.pin), "contradictions": page.items}
        return json_answer(told | {"next_cursor": page.next}, etag=etag)

    def changes(self, registry: str) -> Response:
        """What changed since a position, at once or as soon as something does."""
        parameters = self._parameters("since", "limit", "wait")
        return changes_answer(self._context, self._context.definition(registry), parameters)

    def event(self, source: str, event_id: str) -> Response:
        """What became of an event."""
        return event_answer(self._context, source, event_id, parameters=self._parameters("wait"))


def _etag(live: LiveBuild) -> str:
    return etag_of(live.identity, live.last_entry, live.turn, live.digest)


def _pin(connection: Connection, live: LiveBuild, times: Parameters) -> Pin:
    return resolve_pin(connection, live, valid_at=times.valid_at(), as_of=times.as_of())
