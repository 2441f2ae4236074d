"""Opens the parts and joins them. The only place, with the commands, that knows them all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from consumers.errors import ConsumerError
from consumers.rehearsals.job import rehearse_proposal
from hub.contracts.facts import HubFacts
from hub.control.errors import ControlConflict, ControlRefused
from hub.control.governance import Proposal, Rehearsed
from hub.control.reader import ControlHistory, ControlReader
from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.governance.desk import GovernanceDesk
from hub.governance.errors import GovernanceError
from hub.governance.upgrades import upgrade
from hub.governance.usage import last_writes
from hub.log.interface import Log
from hub.log.open import open_log, parse_kafka_address
from hub.registries.database import open_database
from hub.schema_registry.projection import apply_all, create_tables
from hub.settings import SettingInvalid, Settings
from producers.declarations import DepartmentDeclaration, load_departments
from producers.feed import FeedContext
from schemas.definition import Text
from schemas.errors import SchemaError
from schemas.packaged import PackagedDefinition, load_definitions

_FRESH_S = 0.2


def now_micros() -> int:
    """The clock: microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class ControlView:
    """The newest `ControlState` for readers in many threads; looks at the log at most every 0.2 s."""

    def __init__(self, log: Log) -> None:
        self._reader = ControlReader(log, ControlHistory(kept=1))  # nobody asks it for an earlier one
        self._lock = threading.Lock()
        self._looked_at = 0.0

    def __call__(self) -> ControlState:
        if time.monotonic() - self._looked_at > _FRESH_S:
            self.refresh()
        return self._reader.state

    def refresh(self) -> ControlState:
        """The state at the end of the control log, looked at now."""
        with self._lock:
            state = self._reader.catch_up()
            self._looked_at = time.monotonic()
            return state


@dataclass(frozen=True, slots=True)
class Hub:
    """The opened parts of one process."""

    settings: Settings
    log: Log
    engine: Engine
    control: ControlView

    def open_control_store(self, actor: str) -> ControlStore:
        """The way to change the control plane, in the name of `actor`; the schema registry's tables follow at once."""
        create_tables(self.engine)
        return ControlStore(self.engine, self.log, now=now_micros, actor=actor, acknowledged=apply_all)


@contextmanager
def opened_hub(settings: Settings) -> Iterator[Hub]:
    """The log and the database that `settings` name, closed at the end."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingInvalid(f"HUB_DATA_DIR={settings.data_dir} cannot be made: {error.strerror}") from error
    log = open_log(settings.log_url, password=settings.log_password or None)
    engine = open_database(settings.database_url)
    try:
        yield Hub(settings, log, engine, ControlView(log))
    finally:
        engine.dispose()
        log.close()


def open_desk(hub: Hub, store: ControlStore, *, wait_s: float = 60.0) -> GovernanceDesk:
    """Where changes of registries and schemas are asked for and decided; it rehearses in this process.

    Where another process rehearses the registry, that is waited for at most `wait_s`.
    """
    zone = ZoneInfo(hub.settings.time_zone)

    def rehearse(state: ControlState, proposal: Proposal) -> Rehearsed:
        return rehearse_proposal(
            state,
            proposal,
            log=hub.log,
            engine=hub.engine,
            workspace=hub.settings.rehearsals_dir,
            now=now_micros,
            wait_s=wait_s,
        )

    def writers(subject: str, version: int) -> Mapping[str, int]:
        with hub.engine.connect() as connection:
            return last_writes(connection, hub.control.refresh(), subject, version=version)

    def today() -> date:
        return datetime.now(zone).date()

    return GovernanceDesk(store, rehearse=rehearse, now=now_micros, today=today, writers=writers)


def hub_facts(settings: Settings, state: ControlState) -> HubFacts:
    """What contracts tell of the hub: its addresses, without logins and without paths of files."""
    servers: tuple[str, ...] = ()
    security = ""
    if settings.log_url.startswith("kafka:"):
        address = parse_kafka_address(settings.log_url, password=settings.log_password or None)
        servers, security = address.servers, address.security
    title = Text(settings.title_vi, settings.title_en)
    return HubFacts(settings.public_url, settings.place, title, state, servers, security)


def shared_data(settings: Settings) -> Path | None:
    """The folder of real data, where it is present."""
    folder = settings.shared_data or Path("../shared/data")
    return folder.resolve() if folder.is_dir() else None


def feed_context(settings: Settings) -> FeedContext:
    """What the packaged feeds are handed."""
    return FeedContext(data=shared_data(settings))


def departments(settings: Settings) -> list[DepartmentDeclaration]:
    """The declared departments with their feeds."""
    return load_departments(settings.departments_dir)


def definitions(settings: Settings) -> list[PackagedDefinition]:
    """The definitions in the schemas folder."""
    return load_definitions(settings.schemas_dir)


def seed(hub: Hub) -> list[str]:
    """Add the declared departments and every packaged definition newer than the one in the control log.

    A registry the hub does not know is founded; a known one is raised by a proposal that must pass like any other.
    Returns a line about each registry that was defined, raised, or kept as it is because that was refused.
    """
    store = hub.open_control_store("huehub up")
    for department in departments(hub.settings):
        store.add_department(
            code=department.code,
            organisation=department.organisation,
            name_vi=department.name_vi,
            name_en=department.name_en,
            contact=department.contact,
        )
    told = []
    for packaged in definitions(hub.settings):
        known = store.state.definitions.get(packaged.definition.registry)
        if known is None:
            store.define_registry(packaged.text, [schema.text for schema in packaged.versions])
            told.append(f"defined: {packaged.definition.registry}")
        elif known.version < packaged.definition.version:
            told.append(_raised(hub, store, packaged, known.version))
    return told


def _raised(hub: Hub, store: ControlStore, packaged: PackagedDefinition, before: int) -> str:
    """What came of raising a known registry; a refusal stops nothing else."""
    name, version = packaged.definition.registry, packaged.definition.version
    try:
        proposal = upgrade(open_desk(hub, store), store.state, packaged)
    except (GovernanceError, ConsumerError, ControlRefused, ControlConflict, SchemaError) as error:
        return f"kept: {name} stays at version {before}; the packaged version {version} is not in force: {error}"
    return f"raised: {name} to version {version} by proposal {proposal.number}"
