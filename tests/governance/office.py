"""The small city behind the whole web application, on one SQLite database, with keys that were really issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from consumers.runner import ProjectionRunner
from hub.app import create_app
from hub.settings import Settings
from hub.wiring import now_micros, open_desk, opened_hub
from tests.governance.town import SUBJECT
from tests.workload import SCHEMAS, City, Told, definition_text

V1 = "/governance/v1"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
KEYS = {
    "producer": ("producer", "H57.16", "importer"),
    "reviewer": ("reviewer", "H57.20", "reader"),
    "custodian": ("steward", "H57.15", "records office"),
    "administrator": ("administrator", "H57", "it centre"),
}
MAP = {"title": "Map of places", "contact": "map@hue.example", "fields": ["name"]}


@dataclass
class Office:
    """The application, and who may ask it: one key of each role, by the role's name in `KEYS`."""

    folder: Path
    parts: ExitStack
    secrets: dict[str, str] = field(default_factory=dict)
    key_ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = Settings(data_dir=self.folder, base_url="https://hub.example", free_subject_writes="anyone")
        self.hub = self.parts.enter_context(opened_hub(settings))
        self.store = self.hub.open_control_store("test")
        for code, organisation in (("culture", "H57.15"), ("tourism", "H57.16"), ("maps", "H57.20")):
            contact = f"{code}@hue.example"
            self.store.add_department(code=code, organisation=organisation, name_vi=code, name_en=code, contact=contact)
        self.store.define_registry(definition_text("places"), list(SCHEMAS.values()))
        for name, (role, organisation, holder) in KEYS.items():
            issued = self.store.issue_access_key(role=role, organisation=organisation, holder=holder)
            self.key_ids[name], self.secrets[name] = issued
        self.city = City(self.hub.log, self.store, "places")
        self.client = create_app(self.hub).test_client()
        self._runner: ProjectionRunner | None = None

    def tell(self, events: Sequence[Told]) -> None:
        """Append `events` and apply them."""
        self.city.tell(events)
        self._runner = self._runner or ProjectionRunner("places", self.hub.log, self.hub.engine, clock=now_micros)
        self._runner.catch_up()

    def ask(self, method: str, path: str, document: Any = None, *, by: str | None = None, **headers: str) -> Any:
        """The answer to a request with the key of `by`."""
        shown = {"Authorization": f"Bearer {self.secrets[by]}"} if by else {}
        return self.client.open(path, method=method, json=document, headers=shown | headers)

    def get(self, path: str, *, status: int = 200) -> Any:
        """The JSON at a path below the prefix."""
        return self._read(self.ask("GET", V1 + path), status)

    def post(self, path: str, document: Mapping[str, Any], *, by: str | None = None, status: int = 200) -> Any:
        """What is answered to `document` at a path below the prefix."""
        return self._read(self.ask("POST", V1 + path, document, by=by), status)

    def _read(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def proposed(self, *schemas: str, reason: str = "The map needs it.", **more: Any) -> int:
        """The number of a proposal of the producer's."""
        document = {"kind": "define", "registry": "places", "reason": reason, "schemas": list(schemas), **more}
        return int(self.post("/proposals", document, by="producer", status=201)["proposal"])

    def rehearse(self, number: int) -> None:
        """Rehearse a proposal as the consumers would."""
        administrator = next(one for one in self.store.state.access_keys.values() if one.role == "administrator")
        open_desk(self.hub, self.store).rehearse(administrator, number)

    def declare_map(self) -> None:
        """Declare the map as a consumer of the registered places."""
        answer = self.ask("PUT", f"{V1}/consumers/map/subjects/{SUBJECT}", MAP, by="reviewer")
        assert answer.status_code == 201, answer.get_data(as_text=True)
