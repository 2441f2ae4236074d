"""A schema registry beside a registry of places: keys, managed subjects, drafts."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from hub.control.journal import Change
from hub.control.store import ControlStore
from hub.log.interface import Log
from hub.schema_registry.rest.application import SchemaRegistryApplication
from hub.schema_registry.rest.permissions import KEY, Permissions
from hub.schema_registry.store import SchemaStore
from tests.producers.places_registry import DEFINITION, SCHEMAS
from tests.schema_registry.client import RegistryClient, nothing_else

LISTED = "test.places.PlaceListed"
ADDRESS = "http://hub.test"


@dataclass
class Hall:
    """The department culture (H57.15), its registry `places`, and a schema registry over the same log."""

    engine: Engine
    log: Log
    uses: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ticks = itertools.count(1_700_000_000_000_000, 1_000_000)
        self.control = ControlStore(self.engine, self.log, now=lambda: next(ticks))
        self.add_department(contact="places@example.org")
        self.control.define_registry(DEFINITION, list(SCHEMAS))
        self.store = SchemaStore(
            self.engine,
            self.log,
            now=lambda: next(ticks),
            control=lambda: self.control.state,
            find_use=self.uses.get,
            base_url=ADDRESS,
        )

    def add_department(self, *, contact: str) -> None:
        self.control.add_department(
            code="culture", organisation="H57.15", name_vi="Văn hoá", name_en="Culture", contact=contact
        )

    def client(self, free_writes: str = KEY) -> RegistryClient:
        """A client of the registry."""
        permissions = Permissions(lambda: self.control.state.access_keys, free_writes=free_writes)
        return RegistryClient(SchemaRegistryApplication(nothing_else, lambda: self.store, permissions=permissions))

    def issue(self, role: str) -> tuple[str, str]:
        """Key id and secret of a new key of the department."""
        return self.control.issue_access_key(role=role, organisation="H57.15", holder="office")

    def change(self, *changes: Change) -> None:
        """Commit control events and bring the tables up to them."""
        self.control.commit(lambda state: list(changes))
        self.store.catch_up()

    def propose(self, *drafts: dict[str, Any], proposal: int = 7, revision: int = 1) -> None:
        """Put drafts before the office."""
        facts = {
            "proposal": proposal,
            "revision": revision,
            "kind": "define",
            "registry": "places",
            "definition": DEFINITION,
            "drafts": list(drafts),
            "change": None,
            "reason": "needed",
            "organisation": "H57.15",
            "keyId": "h57.15-1",
            "holder": "office",
            "findings": "[]",
        }
        self.change(("ProposalMade", facts))


def draft(schema: Any, *, id: int = 2**30, version: int = 2, subject: str = LISTED) -> dict[str, Any]:
    """A proposed schema."""
    return {"subject": subject, "version": version, "id": id, "guid": f"guid-{id}", "text": json.dumps(schema)}


def basic(key_id: str, secret: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()}
