"""The list of schemas, by what their subjects begin with, their rules, and what their subjects describe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hub.schema_registry.aliases import list_aliases
from hub.schema_registry.associations import Association, AssociationFilter, list_associations
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.rules import has_rule_of_type
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import Prefix

NO_LIFECYCLE = "NONE"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked for. A lifecycle of `NONE` asks for subjects that describe nothing."""

    prefix: str
    aliases: bool = False
    deleted: bool = False
    latest_only: bool = False
    rule_type: str = ""
    resource_type: str | None = None
    association_types: Sequence[str] = ()
    lifecycles: Sequence[str] = ()

    @property
    def asks_for_associations(self) -> bool:
        """Whether subjects are chosen by what they describe."""
        return bool(self.resource_type is not None or self.association_types or self.lifecycles)


@dataclass(frozen=True, slots=True)
class Listed:
    """One version, and what was asked for beside it."""

    version: StoredVersion
    aliases: Sequence[str] = ()
    associations: Sequence[Association] = ()


def list_schemas(store: SchemaStore, wanted: Listing) -> list[Listed]:
    """By subject and version; with `aliases` also those whose alias begins with the prefix."""
    aliases = list_aliases(store.engine) if wanted.aliases else {}
    versions = store.reads.list_all(wanted.prefix, deleted=wanted.deleted)
    takes = Prefix(wanted.prefix).takes
    meant = [subject for subject, others in aliases.items() if not takes(subject) and any(map(takes, others))]
    for subject in meant:
        versions += [one for one in store.reads.list_versions(subject) if wanted.deleted or not one.deleted]
    versions.sort(key=lambda one: (one.subject, one.version))
    if wanted.latest_only:
        versions = list({one.subject: one for one in versions}.values())
    if wanted.rule_type:
        versions = [one for one in versions if _has_rule(one, wanted.rule_type)]
    chosen = _Chosen(store, wanted) if wanted.asks_for_associations else None
    return [
        Listed(one, aliases.get(one.subject, ()), () if chosen is None else chosen.associations(one.subject))
        for one in versions
        if chosen is None or chosen.takes(one.subject)
    ]


def _has_rule(one: StoredVersion, wanted: str) -> bool:
    return bool(one.content.rules) and has_rule_of_type(json.loads(one.content.rules), wanted)


class _Chosen:
    """Subjects by the associations that name them."""

    def __init__(self, store: SchemaStore, wanted: Listing) -> None:
        self._lifecycles = wanted.lifecycles
        self._by_subject: dict[str, list[Association]] = {}
        asked = AssociationFilter(resource_type=wanted.resource_type, association_types=wanted.association_types)
        for one in list_associations(store.engine, asked):
            self._by_subject.setdefault(one.subject, []).append(one)

    def associations(self, subject: str) -> list[Association]:
        found = self._by_subject.get(subject, [])
        return [one for one in found if not self._lifecycles or one.lifecycle in self._lifecycles]

    def takes(self, subject: str) -> bool:
        if subject not in self._by_subject:
            return NO_LIFECYCLE in self._lifecycles
        return bool(self.associations(subject))
