"""The small city with a desk, keys of several organisations, and requests to make."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

from hub.control.governance import AccessKey, DeclaredConsumer, Proposal, Rehearsed
from hub.control.state import ControlState
from hub.governance.desk import GovernanceDesk
from hub.governance.requests import ProposalRequest
from tests.workload import EPOCH, SCHEMAS, SPACE, City, definition_text

TODAY = date(2026, 5, 1)
SUBJECT = f"{SPACE}.PlaceRegistered"
# H57.15 is the custodian of the registry of places, H57.16 writes it too, H57.20 reads it
PRODUCER = AccessKey("p1", "producer", "H57.16", "importer")
REVIEWER = AccessKey("r1", "reviewer", "H57.20", "reader")
CUSTODIAN = AccessKey("s1", "steward", "H57.15", "records office")
OTHER_STEWARD = AccessKey("s2", "steward", "H57.16", "tourism office")
ADMINISTRATOR = AccessKey("a1", "administrator", "H57", "it centre")
MAP = DeclaredConsumer("map", "H57.20", "Map of places", "map@hue.example", SUBJECT, None, ("name",))


@dataclass(slots=True)
class Rehearsals:
    """Stands in for the replay: answers what a test told it, and counts how often it was asked."""

    pin: int = 7
    passed: bool = True
    broken: tuple[str, ...] = ()
    asked: int = 0
    before: Callable[[], None] | None = None

    def __call__(self, state: ControlState, proposal: Proposal) -> Rehearsed:
        self.asked += 1
        if self.before is not None:
            self.before()
        report = json.dumps({"consumers": [{"consumer": name, "breaks": [{"field": "name"}]} for name in self.broken]})
        return Rehearsed(self.pin, 3, self.passed, report, sha256(report.encode()).hexdigest())


@dataclass(slots=True)
class Town:
    """A city with its desk."""

    city: City
    rehearsals: Rehearsals = field(default_factory=Rehearsals)
    writers: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    day: date = TODAY

    @property
    def state(self) -> ControlState:
        return self.city.state

    @property
    def desk(self) -> GovernanceDesk:
        return GovernanceDesk(
            self.city.store,
            rehearse=self.rehearsals,
            now=lambda: EPOCH,
            today=lambda: self.day,
            writers=lambda subject, version: self.writers.get((subject, version), {}),
        )

    def rehearsed(self, request: ProposalRequest, by: AccessKey = PRODUCER) -> int:
        """The number of a proposal that was made and rehearsed."""
        number = self.desk.propose(by, request).number
        self.desk.rehearse(by, number)
        return number


def schema_with(
    event: str = "PlaceRegistered",
    /,
    *,
    added: str | None = None,
    classification: str = "open",
    **changed: dict[str, Any],
) -> str:
    """The schema of an event of the city, with an optional field `added` or with other attributes of fields."""
    document = json.loads(SCHEMAS[event])
    document["fields"] = [one | changed.get(one["name"], {}) for one in document["fields"]]
    if added is not None:
        more = {"class": classification, "label": {"vi": added, "en": added}, "doc": f"The {added}.", "default": None}
        document["fields"].append({"name": added, "type": ["null", "string"], **more})
    return json.dumps(document, ensure_ascii=False)


def define(*schemas: str, **changes: Any) -> ProposalRequest:
    """A request to define the registry of places with new schemas."""
    return replace(ProposalRequest("define", "places", "The map needs it.", schemas=schemas), **changes)


def with_motto(**changes: Any) -> ProposalRequest:
    """A request that changes nothing but to add an optional field."""
    return define(schema_with(added="motto"), **changes)


def raised(version: int = 2, registry: str = "places") -> str:
    """The text of the city's definition with another version."""
    return definition_text(registry, version=version)
