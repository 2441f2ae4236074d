"""Applies batches to the tables of one build: entries, versions, effects, lineage, sources, dead letters, checkpoint.

One batch is one transaction, whose first statement is the compare-and-set on the checkpoint. Everything is
worked out before it begins: what was read is still true if the checkpoint is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from consumers.acceptance import Acceptance, Accepted, Rejected
from consumers.builds import OpenBuild
from consumers.clock import Clock, take_over_turns
from consumers.effects import Changes, Edge, Effects
from consumers.errors import Fenced
from consumers.fold import CHANGED, PUT, RETRACTED, Change, Fact, live_contents
from consumers.history import CORRECTION_CODES, Groups, Histories, History, original_of
from consumers.identity import Identities
from consumers.sources import Sources
from consumers.tracks import Key, Touch, Track, Tracks, follow, is_in_order
from consumers.versions import VersionLines
from hub.control.state import ControlState
from hub.registries.rows import RowMaker, pack_headers
from hub.registries.writes import Checkpoint, Rows, move_checkpoint
from schemas.times import OPEN


@dataclass(slots=True)
class Applied:
    """What a batch came to."""

    handled: int
    entries: int = 0
    duplicates: int = 0
    dead_letters: int = 0


_LINEAGE_RECORDED_TO = 5


class Projection:
    """The one writer of a build, as long as it wins the compare-and-set. Not for several threads at once."""

    def __init__(self, build: OpenBuild, acceptance: Acceptance, control: Callable[[], ControlState]) -> None:
        self.build = build
        self.tables = build.tables
        self._acceptance = acceptance
        self._control = control  # for the schemas of entries accepted before
        self._rows = RowMaker(build.definition)
        self._effects = Effects(build.definition, self._rows)
        self._tracks = Tracks(build.tables)
        self._histories = Histories(build.tables, self._fact_of_row)
        self._sources = Sources(build.registry, build.number)
        self._clock = Clock(build.tables)
        self._expects_repeats = False

    def forget(self) -> None:
        """Drop what is remembered of the tables: after an error they alone tell."""
        self._tracks.forget()
        self._sources.forget()
        self._clock.forget()

    def rest(self) -> None:
        """Drop the remembered keys; the tables have them."""
        self._tracks.forget()

    def apply(
        self, decided: Sequence[Accepted | Rejected], before: Checkpoint, after: Checkpoint, *, now: int
    ) -> tuple[Applied, Checkpoint]:
        """Apply a batch and move the checkpoint from `before` to `after`; raises `Fenced` where another did.

        An unexpected repeat shows at the unique index: then the batch is done again, looking for repeats.
        """
        try:
            applied, reached = self._apply(decided, before, after, now=now, repeats=self._expects_repeats)
            self._expects_repeats = applied.duplicates > 0
        except IntegrityError:
            self.forget()
            applied, reached = self._apply(decided, before, after, now=now, repeats=True)
            self._expects_repeats = True
        except BaseException:
            self.forget()
            raise
        return applied, reached

    def take_turn(self, before: Checkpoint, *, now: int) -> Checkpoint:
        """Move what is current to `now`, where the clock alone changed it; else `before` as it is."""
        with self._reading() as connection:
            if not self._clock.is_due(connection, before, now=now):
                return before
        with self.tables.engine.begin() as connection:
            after = self._clock.turned(before, now=now)
            if not move_checkpoint(connection, before, after, now=now):
                raise Fenced(f"{before.registry}: another consumer moved the checkpoint")
            self._clock.turn(connection, before, after)
        return after

    def take_over_clock(self, connection: Connection, before: Checkpoint, ahead: Checkpoint, *, now: int) -> Checkpoint:
        """Show what is current where the build at `ahead` stands, and have its turns; raises `Fenced`."""
        after = before.advanced(turn=ahead.turn, turned_at=max(before.turned_at, ahead.turned_at))
        if not move_checkpoint(connection, before, after, now=now):
            raise Fenced(f"{before.registry}: another consumer moved the checkpoint")
        self._clock.move(connection, since=before.turned_at, until=after.turned_at)
        take_over_turns(connection, before.registry, source=ahead.build, target=before.build)
        return after

    def _reading(self) -> Connection:
        return self.tables.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _apply(
        self, decided: Sequence[Accepted | Rejected], before: Checkpoint, after: Checkpoint, *, now: int, repeats: bool
    ) -> tuple[Applied, Checkpoint]:
        with self._reading() as connection:
            batch = _Batch(self, connection, before, now=now, repeats=repeats)
            batch.place(decided)
            self._sources.hear(connection, decided)
            is_due = self._clock.is_due(connection, before, now=now)
        after = after.advanced(last_entry=before.last_entry + batch.applied.entries)
        after = self._clock.turned(after, now=now) if is_due else self._clock.moved(after, now=now)
        try:
            with self.tables.engine.begin() as connection:
                if not move_checkpoint(connection, before, after, now=now):
                    raise Fenced(f"{before.registry}: another consumer moved the checkpoint")
                if is_due:
                    self._clock.turn(connection, before, after)
                self.tables.write(connection, batch.rows)
                self._sources.write(connection)
        except Fenced:
            self.forget()
            raise
        self._tracks.keep(batch.tracks)
        self._clock.look_again()
        return batch.applied, after

    def _fact_of_row(self, row: Any) -> Fact:
        number, key, _, valid_from, valid_to, correction, target, event_type, schema_id, value = row
        if correction == RETRACTED:
            return Fact(number, valid_from, valid_to, correction, target, {})
        fields = self._acceptance.fields_of(bytes(value), schema_id, event_type, self._control())
        changes = self._effects.changes(event_type, key, fields)
        return Fact(
            number, valid_from, valid_to, correction, target, changes, self._effects.edges(event_type, key, fields)
        )


class _Batch:
    """Works out the rows of one batch."""

    def __init__(
        self, projection: Projection, connection: Connection, before: Checkpoint, *, now: int, repeats: bool
    ) -> None:
        self._of = projection
        self._connection = connection
        self._checkpoint = before
        self._repeats = repeats
        self.rows = Rows()
        self.tracks: dict[Key, Track] = {}
        self.applied = Applied(handled=0)
        width = len(projection._rows.columns)
        self._lines = VersionLines(self.rows, turned_at=max(before.turned_at, now), width=width)
        self._touches: dict[Key, list[Touch]] = {}
        self._groups: Groups = {}
        self._corrected = False
        self._descent: dict[int, list[list[Any]]] = {}
        self._facts: dict[int, Fact] = {}

    def place(self, decided: Sequence[Accepted | Rejected]) -> None:
        """Number the events, write their entries, fold their effects."""
        accepted = [one for one in decided if isinstance(one, Accepted)]
        identities = Identities(self._of.tables, self._checkpoint.last_entry)
        identities.look_up(self._connection, accepted, repeats=self._repeats)
        placed = list(identities.number(decided))
        self._load_groups(placed)
        for one in placed:
            if isinstance(one, Rejected):
                self.rows.dead_letters.append(self._dead_letter(one))
            else:
                self._enter(one)
        self._fold()
        self.applied.handled = len(decided)
        self.applied.duplicates = identities.duplicates
        self.applied.dead_letters = len(self.rows.dead_letters)
        self.applied.entries = len(self.rows.entries)

    def _dead_letter(self, one: Rejected) -> Sequence[Any]:
        record, envelope, before = one.record, one.envelope, self._checkpoint
        event_id = envelope.id.replace("\0", "") if envelope else None
        return (
            before.registry, before.build, record.topic, record.partition, record.offset, one.code,
            one.message.replace("\0", "")[:2000], event_id, envelope.source if envelope else None, record.key,
            pack_headers(record.headers), record.value, one.recorded_at, "open", None,
        )  # fmt: skip

    # entries

    def _enter(self, one: Accepted) -> None:
        envelope, record, number = one.envelope, one.record, one.number
        correction = CORRECTION_CODES[envelope.correction]
        key, claimant, valid_from = envelope.subject, one.claimant, envelope.valid_from
        self.rows.entries.append(
            (
                number, envelope.id, envelope.source, envelope.type, key, claimant, valid_from, envelope.valid_to,
                correction, one.target, envelope.happened_at, one.recorded_at, record.topic, record.partition,
                record.offset, envelope.sequence, one.schema_id, one.digest, one.headers, record.value,
            )
        )  # fmt: skip
        effects = self._of._effects
        changes: Changes = {}
        edges: list[Edge] = []
        if one.payload is not None:
            changes = {key: Change(PUT, one.payload)}
        elif correction != RETRACTED:
            changes = effects.changes(envelope.type, key, one.fields)
            edges = effects.edges(envelope.type, key, one.fields) if effects.tells_descent(envelope.type) else []
        for name in changes:
            if name != key:
                self.rows.effects.append((name, number, claimant, valid_from, envelope.valid_to))
        if correction != CHANGED or self._corrected:
            self._facts[number] = Fact(number, valid_from, envelope.valid_to, correction, one.target, changes, edges)
        if correction != CHANGED:
            self._correct(number, claimant)
            return
        for name, change in changes.items():
            touch = Touch(number, valid_from, envelope.valid_to, CHANGED, change)
            self._touches.setdefault((name, claimant), []).append(touch)
        if edges and not claimant:
            self._tell_descent(number, number, edges, valid_from)

    def _tell_descent(self, original: int, number: int, edges: Iterable[Edge], valid_from: int) -> None:
        rows = [[one.from_key, one.to_key, one.kind, valid_from, number, OPEN, original, one.details] for one in edges]
        self.rows.lineage.extend(rows)
        self._descent[original] = rows

    # corrections

    def _load_groups(self, placed: Iterable[Accepted | Rejected]) -> None:
        """The groups, as the tables have them, that corrections of this batch add to."""
        targets = [one.target for one in placed if isinstance(one, Accepted) and one.target is not None]
        self._corrected = bool(targets)
        there = [number for number in targets if number <= self._checkpoint.last_entry]
        if there:
            self._groups = self._of._histories.groups(self._connection, there)
            for group in self._groups.values():
                self._facts.update(group)

    def _correct(self, number: int, claimant: str) -> None:
        """A correction or retraction bears on every key that an entry of its group touches."""
        root = original_of(self._facts, number)
        group = self._groups.setdefault(root, {root: self._facts[root]})
        group[number] = self._facts[number]
        earliest = min(fact.valid_from for fact in group.values())
        correction = self._facts[number].correction
        for name in {name: None for fact in group.values() for name in fact.changes}:
            touch = Touch(number, earliest, OPEN, correction, None)
            self._touches.setdefault((name, claimant), []).append(touch)
        if not claimant and any(fact.edges for fact in group.values()):
            self._tell_corrected_descent(root, number, group)

    def _tell_corrected_descent(self, root: int, number: int, group: dict[int, Fact]) -> None:
        for row in self._descent.get(root, ()):
            row[_LINEAGE_RECORDED_TO] = min(row[_LINEAGE_RECORDED_TO], number)
        if root <= self._checkpoint.last_entry:
            self.rows.closed_lineage.append((root, number))
        content = live_contents(group).get(root)
        self._descent[root] = []
        if content is not None:
            self._tell_descent(root, number, content.edges, content.valid_from)

    # the fold

    def _fold(self) -> None:
        self.tracks = self._of._tracks.get(self._connection, self._touches)
        late: dict[Key, int] = {}
        for key, touches in self._touches.items():
            track = self.tracks[key]
            if is_in_order(track, touches):
                follow(track, key, touches, self._lines)
            else:
                late[key] = min(touch.valid_from for touch in touches)
        for key, history in self._of._histories.open(self._connection, late):
            self.tracks[key] = self._refold(key, history)

    def _refold(self, key: Key, history: History) -> Track:
        for touch in self._touches[key]:
            history.learn(self._facts_of(key, touch))
            history.refold(touch.number, self._lines)
        return history.track()

    def _facts_of(self, key: Key, touch: Touch) -> Iterable[Fact]:
        """The entry, and for a correction its whole group as it stood then."""
        if touch.correction == CHANGED:
            changes = {key[0]: touch.change} if touch.change is not None else {}
            return (Fact(touch.number, touch.valid_from, touch.valid_to, CHANGED, None, changes),)
        group = self._groups[original_of(self._facts, touch.number)]
        return [fact for number, fact in group.items() if number <= touch.number]
