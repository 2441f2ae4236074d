"""The records of the live build beside those of the candidate's build, key by key, without keeping either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from consumers.builds import OpenBuild
from consumers.rehearsals.live import AT_ONCE, LiveSide, read_records
from consumers.rehearsals.openness import Openness, Published
from hub.registries.writes import find_checkpoint
from schemas.definition import Definition

LISTED = 100
Body = dict[str, Any]


class RecordComparison:
    """Counts what differs; a field that one side lacks is null there."""

    def __init__(
        self, live: Definition, candidate: Definition, openness: Openness, published: Sequence[Published]
    ) -> None:
        self._openness = openness
        self._new = [name for name in candidate.record if name not in live.record]
        self._removed = [name for name in live.record if name not in candidate.record]
        self._names = [*live.record, *self._new]
        self._published = published
        self._looks_within = bool(self._new or self._removed or published)
        self.counts = Counter(before=0, after=0, changed=0, appeared=0, disappeared=0)
        self._fields: Counter[str] = Counter()
        self._valued: Counter[str] = Counter()
        self._public: Counter[str] = Counter()
        self._samples: list[Body] = []
        self._keys: dict[str, list[str]] = {"appeared": [], "disappeared": []}

    def compare(self, before: Iterator[tuple[str, bytes]], after: Iterator[tuple[str, bytes]]) -> None:
        """Go through both sides, each sorted by key."""
        old, new = next(before, None), next(after, None)
        while old is not None or new is not None:
            if new is None or (old is not None and old[0] < new[0]):
                self._see(old, None)
                old = next(before, None)
            elif old is None or new[0] < old[0]:
                self._see(None, new)
                new = next(after, None)
            else:
                self._see(old, new)
                old, new = next(before, None), next(after, None)

    def as_json(self) -> Body:
        """The member `records` of the report."""
        return {
            **self.counts,
            "fields": dict(self._fields),
            "new_fields": [{"field": name, "records": self._valued[name]} for name in self._new],
            "removed_fields": [{"field": name, "records": self._valued[name]} for name in self._removed],
            "samples": self._samples,
            "appeared_keys": self._keys["appeared"],
            "disappeared_keys": self._keys["disappeared"],
        }

    def published_as_json(self) -> list[Body]:
        """The member `becomes_public` of the report."""
        return [
            {"field": one.path, "old": one.old, "new": one.new, "records": self._public[one.path]}
            for one in self._published
        ]

    def _see(self, old: tuple[str, bytes] | None, new: tuple[str, bytes] | None) -> None:
        self.counts["before"] += old is not None
        self.counts["after"] += new is not None
        if old is None or new is None:
            self._note_key("appeared" if old is None else "disappeared", (old or new or ("",))[0])
        same = old is not None and new is not None and old[1] == new[1]
        if same and not self._looks_within:
            return
        bodies = [orjson.loads(one[1]) if one is not None else {} for one in (old, new)]
        self._look_within(*bodies)
        if old is not None and new is not None and not same:
            self._note_changes(old[0], *bodies)

    def _note_key(self, what: str, key: str) -> None:
        self.counts[what] += 1
        if len(self._keys[what]) < LISTED:
            self._keys[what].append(key)

    def _look_within(self, old: Body, new: Body) -> None:
        for name in self._new:
            self._valued[name] += new.get(name) is not None
        for name in self._removed:
            self._valued[name] += old.get(name) is not None
        for one in self._published:
            self._public[one.path] += _has_value(new, one.path.split("."))

    def _note_changes(self, key: str, old: Body, new: Body) -> None:
        changed = [name for name in self._names if old.get(name) != new.get(name)]
        self.counts["changed"] += bool(changed)
        for name in changed:
            self._fields[name] += 1
            if len(self._samples) < LISTED:
                told = {side: self._openness.shown(name, body.get(name)) for side, body in (("old", old), ("new", new))}
                self._samples.append({"key": key, "field": name, **told})


def candidate_records(build: OpenBuild, side: LiveSide) -> Iterator[tuple[str, bytes]]:
    """Key and body of every record the candidate would show at the pin's instant, by key."""
    after: str | None = None
    while True:
        with build.tables.engine.connect() as connection:
            reached = find_checkpoint(connection, build.registry, build.number)
            page = read_records(
                connection,
                build.tables.tables,
                after=after,
                entry=reached.last_entry if reached else 0,
                instant=side.pin.turned_at,
            )
        yield from page
        if len(page) < AT_ONCE:
            return
        after = page[-1][0]


def _has_value(value: Any, path: Sequence[str]) -> bool:
    """Whether something stands at `path`, in any item of the lists and maps on the way."""
    if isinstance(value, list):
        return any(_has_value(one, path) for one in value)
    if not path:
        return value is not None
    if not isinstance(value, dict):
        return False
    if path[0] in value:
        return _has_value(value[path[0]], path[1:])
    return any(_has_value(one, path) for one in value.values() if isinstance(one, dict | list))
