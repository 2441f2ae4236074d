"""What an import would change, and what stands against it. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hub.schema_registry.store import SchemaStore
from hub.schema_registry.transfer.contents import Contents, MovedVersion, Place
from hub.schema_registry.transfer.errors import ImportRefused
from hub.schema_registry.transfer.findings import (
    CONTENT_KNOWN,
    DELETED_HERE,
    ID_TAKEN,
    MANAGED,
    SETTING_TAKEN,
    VERSION_TAKEN,
    Collision,
    Refusal,
)
from hub.schema_registry.transfer.soundness import SoundVersions
from hub.schema_registry.transfer.standing import read_applied, read_managed, read_standing, read_taken


@dataclass(slots=True)
class Plan:
    """Versions to register, referenced ones first; versions that stand here and are deleted there; settings.

    `at` is the number of the control event up to which this hub was looked at.
    """

    at: int
    versions: list[MovedVersion] = field(default_factory=list)
    deletions: list[MovedVersion] = field(default_factory=list)
    configs: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    same: int = 0
    collisions: list[Collision] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How much there is to do."""
        return len(self.versions) + len(self.deletions) + len(self.configs) + len(self.modes)

    def check(self, *, skip_invalid: bool) -> None:
        """Raises `ImportRefused` for any collision, or for what cannot be taken unless that is to be skipped."""
        if self.collisions or (self.refused and not skip_invalid):
            raise ImportRefused(self.collisions, self.refused)


def plan_import(store: SchemaStore, contents: Contents) -> Plan:
    """Compare a whole registry with this one."""
    store.settle()
    sound = SoundVersions(store.engine)
    sound.take_all(contents)
    with store.engine.connect() as connection:
        at = read_applied(connection)
        planner = _Planner(
            plan=Plan(at, refused=sound.refused),
            taken=read_taken(connection, sound.taken),
            managed=read_managed(connection),
            standing=read_standing(store.engine),
        )
    for one in sound.taken:
        planner.add_version(one)
    planner.add_settings(contents)
    return planner.plan


@dataclass(slots=True)
class _Planner:
    plan: Plan
    taken: Mapping[str, Mapping[str, int]]
    managed: Mapping[str, str]
    standing: Contents
    _by_id: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    _taken_ids: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._taken_ids = {(context, one) for context, ids in self.taken.items() for one in ids.values()}
        for one in self.standing.versions.values():
            self._by_id.setdefault((one.context, one.id), []).append(f"{one.subject} version {one.version}")

    def add_version(self, one: MovedVersion) -> None:
        mine = self.standing.versions.get(one.place)
        if mine is not None and (mine.id, _guid(mine)) == (one.id, _guid(one)):
            self._compare_deleted(one, mine)
            return
        found = list(self._collisions_of(one, mine))
        self.plan.collisions += found
        if not found:
            self.plan.versions.append(one)

    def add_settings(self, contents: Contents) -> None:
        for name, theirs, ours, wanted in (
            ("settings", contents.configs, self.standing.configs, self.plan.configs),
            ("the mode", contents.modes, self.standing.modes, self.plan.modes),
        ):
            for key, value in sorted(theirs.items()):
                standing = ours.get(key)
                if standing == value:
                    continue
                if standing is not None:
                    self._collide(SETTING_TAKEN, (key, 0), 0, f"{name} {standing}, there {value}")
                elif key in self.managed:
                    self._collide(MANAGED, (key, 0), 0, self._managed(key))
                else:
                    wanted[key] = value

    def _compare_deleted(self, one: MovedVersion, mine: MovedVersion) -> None:
        if one.deleted == mine.deleted:
            self.plan.same += 1
        elif mine.deleted:
            self._collide(DELETED_HERE, one.place, one.id, "it is deleted; restore it or delete it there")
        elif one.subject in self.managed:
            self._collide(MANAGED, one.place, one.id, self._managed(one.subject))
        else:
            self.plan.deletions.append(one)

    def _collisions_of(self, one: MovedVersion, mine: MovedVersion | None) -> Iterator[Collision]:
        taken = self.taken.get(one.context, {})
        known = taken.get(_guid(one))
        if one.subject in self.managed:
            yield self._collision(MANAGED, one, self._managed(one.subject))
        if mine is not None:
            yield self._collision(VERSION_TAKEN, one, f"{mine} has other content or another id")
        if known is not None and known != one.id:
            yield self._collision(CONTENT_KNOWN, one, f"the same content has the id {known}: {self._who(one, known)}")
        if known != one.id and (one.context, one.id) in self._taken_ids:
            yield self._collision(ID_TAKEN, one, f"the id {one.id} is another content: {self._who(one, one.id)}")

    def _who(self, one: MovedVersion, schema_id: int) -> str:
        return ", ".join(self._by_id.get((one.context, schema_id), ["deleted for good, but never given again"]))

    def _managed(self, subject: str) -> str:
        return f"the registry '{self.managed[subject]}' governs it: propose the change there"

    def _collision(self, code: str, one: MovedVersion, standing: str) -> Collision:
        return Collision(code, one.subject, one.version, one.id, standing)

    def _collide(self, code: str, place: Place, schema_id: int, standing: str) -> None:
        self.plan.collisions.append(Collision(code, *place, schema_id, standing))


def _guid(one: MovedVersion) -> str:
    return one.content.guid
