"""Duplicates, reused ids and the targets of corrections: what accepting an event needs of the entries there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from consumers.acceptance import Accepted, Rejected
from hub.registries.rows import unpack_headers
from hub.registries.writes import BuildTables


class Known(NamedTuple):
    """An entry as far as identity goes; `digest` tells whether a repeat says the same."""

    number: int
    key: str
    claimant: str
    digest: bytes


class Identities:
    """The entries known by (source, id): those of the batch, and those of the tables that it asks about."""

    def __init__(self, tables: BuildTables, last_entry: int) -> None:
        self._tables = tables
        self._known: dict[tuple[str, str], Known] = {}
        self._newest: dict[tuple[str, str], Known] = {}  # by the source without its incarnation
        self._next = last_entry + 1
        self.duplicates = 0

    def look_up(self, connection: Connection, accepted: Iterable[Accepted], *, repeats: bool) -> None:
        """Read what corrections name and, with `repeats`, every id of the batch that is an entry already.

        Without `repeats` the unique index finds a repeat: then the batch is decided again with it.
        """
        wanted = set()
        for one in accepted:
            if one.envelope.corrects is not None:
                wanted.add(one.envelope.corrects)
            if repeats:
                wanted.add(one.envelope.id)
        if not wanted:
            return
        for event_id, source, number, key, claimant, digest in self._tables.identities(connection, wanted):
            self._keep(source, event_id, Known(number, key, claimant, bytes(digest)))

    def number(self, decided: Iterable[Accepted | Rejected]) -> Iterator[Accepted | Rejected]:
        """Those that are entries, numbered, and those set aside; repeats are left out and counted."""
        for one in decided:
            if isinstance(one, Rejected):
                yield one
                continue
            placed = self._place(one)
            if placed is not None:
                yield placed

    def _place(self, one: Accepted) -> Accepted | Rejected | None:
        envelope = one.envelope
        identity = (envelope.source, envelope.id)
        known = self._known.get(identity)
        if known is not None:
            if known.digest == one.digest:
                self.duplicates += 1
                return None
            return _reject(one, "id-reused", f"the id {envelope.id} of {envelope.source} said something else before")
        if envelope.corrects is not None:
            target = self._find_target(envelope.source, envelope.corrects)
            if target is None:
                return _reject(one, "corrects-unknown", f"no entry of {envelope.source} has the id {envelope.corrects}")
            if (target.key, target.claimant) != (envelope.subject, one.claimant):
                return _reject(one, "corrects-other-key", f"the corrected event is about {target.key!r}")
            one.target = target.number
        one.number = self._next
        self._next += 1
        self._keep(*identity, Known(one.number, envelope.subject, one.claimant, one.digest))
        return one

    def _keep(self, source: str, event_id: str, known: Known) -> None:
        self._known[source, event_id] = known
        of_any = (source.split(";")[0], event_id)
        newest = self._newest.get(of_any)
        if newest is None or newest.number < known.number:
            self._newest[of_any] = known

    def _find_target(self, source: str, event_id: str) -> Known | None:
        """What the incarnation itself said under this id, else what another one of its source said last."""
        own = self._known.get((source, event_id))
        return own if own is not None else self._newest.get((source.split(";")[0], event_id))


def _reject(one: Accepted, code: str, message: str) -> Rejected:
    record = one.record._replace(headers=unpack_headers(one.headers))
    return Rejected(record, code, message, one.envelope, one.recorded_at)
