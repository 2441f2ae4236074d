"""`huehub status`: what is behind, late, missing or set aside, and by whom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Connection, select

from consumers.rehearsals.job import FailedRehearsal, list_failed_rehearsals
from hub.commands.tables import print_table
from hub.log.interface import Partition, Reader
from hub.registries.freshness import RegistryStanding, freshness_of, read_standing
from hub.registries.live import find_live
from hub.registries.tables import checkpoints
from hub.settings import Settings
from hub.wiring import Hub, now_micros, opened_hub
from schemas.definition import Definition
from schemas.times import format_instant


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """One registry: how far it is, how fresh, what was set aside."""

    definition: Definition
    standing: RegistryStanding | None
    positions: dict[str, int]
    ends: dict[Partition, int]
    freshness: str

    @property
    def lag(self) -> int:
        """Events in the log that are not applied yet."""
        return sum(end - self.positions.get(f"{at.topic}:{at.partition}", 0) for at, end in self.ends.items())

    def as_json(self) -> dict[str, Any]:
        """The status as JSON values."""
        standing = self.standing
        return {
            "registry": self.definition.registry,
            "records": standing.records if standing else 0,
            "entries": standing.live.last_entry if standing else 0,
            "lag": self.lag,
            "freshness": self.freshness,
            "dead_letters": standing.dead_letters if standing else 0,
            "stopped": standing.live.stopped_reason if standing else None,
            "partitions": [
                {
                    "partition": f"{at.topic}:{at.partition}",
                    "end": end,
                    "applied": self.positions.get(f"{at.topic}:{at.partition}", 0),
                }
                for at, end in sorted(self.ends.items())
            ],
            "sources": [
                {
                    "source": one.source,
                    "topic": one.topic,
                    "events": one.events,
                    "last_heard": format_instant(one.last_recorded_at),
                    "missing": one.holes,
                }
                for one in (standing.sources if standing else ())
            ],
        }


def registry_statuses(hub: Hub) -> list[RegistryStatus]:
    """The status of every defined registry."""
    with hub.engine.connect() as connection:
        definitions = hub.control.refresh().definitions.values()
        return [_status(connection, hub.log, definition) for definition in definitions]


def _status(connection: Connection, log: Reader, definition: Definition) -> RegistryStatus:
    live = find_live(connection, definition)
    standing = read_standing(connection, live) if live else None
    partitions = [Partition(topic, number) for topic in definition.topics for number in range(definition.partitions)]
    asked = select(checkpoints.c.positions).where(checkpoints.c.registry == definition.registry)
    found = connection.execute(asked.where(checkpoints.c.build == live.build)).scalar() if live else None
    heard = standing.last_heard_at if standing else None
    return RegistryStatus(
        definition=definition,
        standing=standing,
        positions=json.loads(found or "{}"),
        ends=log.ends(partitions),
        freshness=freshness_of(definition, heard, now=now_micros()),
    )


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Everything as JSON: positions, sources, holes, failed rehearsals."
)
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Show registries with lag, freshness against their cadence, holes in sequences, dead letters."""
    with opened_hub(settings) as hub:
        found = registry_statuses(hub)
    failed = list_failed_rehearsals(settings.rehearsals_dir)
    if as_json:
        told = [one.as_json() | {"failed_rehearsals": _failed_of(one, failed)} for one in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    columns = ("registry", "records", "entries", "lag", "freshness", "missing", "dead letters", "stopped because")
    print_table(columns, [_summary(one) for one in found])
    click.echo()
    heard = ("source", "topic", "events", "last heard", "missing")
    print_table(heard, [tuple(source.values()) for one in found for source in one.as_json()["sources"]])
    if failed:
        click.echo()
        print_table(
            ("proposal", "registry", "not rehearsed because"), [(f.proposal, f.registry, f.reason) for f in failed]
        )


def _failed_of(status: RegistryStatus, failed: Sequence[FailedRehearsal]) -> list[dict[str, Any]]:
    """The proposals for this registry that could not be rehearsed on this machine."""
    own = [one for one in failed if one.registry == status.definition.registry]
    return [{"proposal": one.proposal, "reason": one.reason} for one in own]


def _summary(status: RegistryStatus) -> tuple[object, ...]:
    row = status.as_json()
    missing = sum(source["missing"] for source in row["sources"])
    names = ("registry", "records", "entries", "lag", "freshness")
    return (*(row[name] for name in names), missing, row["dead_letters"], row["stopped"])
