"""The web application: API, portal, operations and HTTP intake on one Flask app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select

from consumers.signatures import check_signature
from hub.api import native, operations
from hub.api.context import ApiContext
from hub.api.problems import install_problem_handlers
from hub.contracts import routes as contracts
from hub.governance.desk import GovernanceDesk
from hub.governance.rest import blueprint as governance
from hub.governance.rest.context import GovernanceContext, SubjectVersion
from hub.governance.sightings import Sightings
from hub.log.interface import Partition, Position
from hub.portal import pages
from hub.registries.live import find_live
from hub.registries.usage import find_use_of_schema
from hub.schema_registry.config import LEVEL
from hub.schema_registry.rest.application import SchemaRegistryApplication
from hub.schema_registry.rest.permissions import Permissions
from hub.schema_registry.store import SchemaStore
from hub.settings import settings_from_environment
from hub.telemetry import configure_logging
from hub.wiring import Hub, hub_facts, now_micros, open_desk, opened_hub
from producers import gateway
from producers.intake import KnownEvent
from schemas.definition import Text

_REHEARSAL_WAIT_S = 5.0  # an approval is told soon that it comes at a bad moment


def create_app(hub: Hub) -> Flask:
    """The WSGI application over the opened parts of this process."""
    app = Flask(__name__, static_folder=None)
    context = api_context(hub)
    app.register_blueprint(native.create_blueprint(context))
    app.register_blueprint(operations.create_blueprint(context))
    app.register_blueprint(pages.create_blueprint(context))
    app.register_blueprint(gateway.create_blueprint(_gateway_context(hub)))
    schemas, sightings = _open_schema_store(hub), Sightings(hub.engine, now=now_micros)
    app.register_blueprint(governance.create_blueprint(_governance_context(hub, schemas, sightings)))
    app.register_blueprint(contracts.create_blueprint(_contract_context(hub)))
    install_problem_handlers(app)
    registry = SchemaRegistryApplication(
        app.wsgi_app,
        lambda: schemas,
        permissions=_permissions(hub),
        note=sightings.note,
    )
    app.wsgi_app = registry  # type: ignore[method-assign]
    return app


def _open_schema_store(hub: Hub) -> SchemaStore:
    def find_use(schema_id: int) -> str | None:
        return find_use_of_schema(hub.engine, hub.control.refresh().definitions.values(), schema_id)

    return SchemaStore(
        hub.engine,
        hub.log,
        now=now_micros,
        control=hub.control,
        find_use=find_use,
        base_url=hub.settings.public_url,
    )


def _contract_context(hub: Hub) -> contracts.ContractContext:
    return contracts.ContractContext(
        facts=lambda: hub_facts(hub.settings, hub.control()),
        refresh=lambda: hub_facts(hub.settings, hub.control.refresh()),
    )


def _governance_context(hub: Hub, schemas: SchemaStore, sightings: Sightings) -> GovernanceContext:
    def list_versions(subject: str) -> list[SubjectVersion]:
        found = schemas.reads.list_versions(subject)
        return [
            SubjectVersion(
                one.version,
                one.id,
                one.guid,
                schemas.parser.resolved_text(one.subject, one.content),
                one.deleted,
                one.at,
            )
            for one in found
        ]

    def level_of(subject: str) -> str:
        return str(schemas.reads.state(subject).config[LEVEL])

    @cache
    def desk() -> GovernanceDesk:
        return open_desk(hub, hub.open_control_store("governance"), wait_s=_REHEARSAL_WAIT_S)

    return GovernanceContext(
        desk=desk,
        control=hub.control.refresh,
        engine=hub.engine,
        list_versions=list_versions,
        level_of=level_of,
        now=now_micros,
        zone=ZoneInfo(hub.settings.time_zone),
        base_url=hub.settings.public_url,
        title=Text(hub.settings.title_vi, hub.settings.title_en),
        write_sightings=sightings.flush,
    )


def _permissions(hub: Hub) -> Permissions:
    return Permissions(
        lambda: hub.control().access_keys,
        newest=lambda: hub.control.refresh().access_keys,
        free_writes=hub.settings.free_subject_writes,
    )


def create_application() -> Flask:
    """The application of one worker process, by the settings in its environment; its parts live as long."""
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    parts = ExitStack()
    app = create_app(parts.enter_context(opened_hub(settings)))
    app.extensions["hub_parts"] = parts
    return app


def api_context(hub: Hub) -> ApiContext:
    """What the API and the portal are handed."""
    settings = hub.settings

    def log_ends(topics: Iterable[str]) -> Mapping[tuple[str, int], int]:
        partitions = [Partition(topic, number) for topic in topics for number in range(hub.log.partitions(topic))]
        return {(at.topic, at.partition): end for at, end in hub.log.ends(partitions).items()}

    return ApiContext(
        engine=hub.engine,
        control=hub.control,
        now=now_micros,
        zone=ZoneInfo(settings.time_zone),
        base_url=settings.public_url,
        title=Text(settings.title_vi, settings.title_en),
        log_ends=log_ends,
        refresh=hub.control.refresh,
        lag_limit_s=settings.lag_limit_s,
        waiters=max(1, settings.threads // 2),
    )


def _gateway_context(hub: Hub) -> gateway.GatewayContext:
    def find_known(registry: str, source: str, event_id: str) -> KnownEvent | None:
        definition = hub.control().definitions.get(registry)
        if definition is None:
            return None
        with hub.engine.connect() as connection:
            live = find_live(connection, definition)
            if live is None:
                return None
            entries = live.tables.entries.c
            asked = select(entries.key, entries.digest, entries.topic, entries.partition, entries.offset)
            row = connection.execute(asked.where(entries.event_id == event_id, entries.source == source)).first()
        return KnownEvent(row.key, row.digest, Position(row.topic, row.partition, row.offset)) if row else None

    return gateway.GatewayContext(
        log=lambda: hub.log,
        state=hub.control.refresh,
        find_department=lambda digest: hub.control.refresh().tokens.get(digest),
        schema_url=f"{hub.settings.public_url}/schema-registry/schemas/guids",
        find_known=find_known,
        check_signature=check_signature,
    )
