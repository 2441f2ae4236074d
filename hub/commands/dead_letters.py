"""`huehub dead-letters`: what was set aside, with its reason; retry it or let it go."""

from __future__ import annotations

import re

import click

from consumers.dead_letters import (
    DeadLetter,
    discard_dead_letter,
    get_dead_letter,
    list_dead_letters,
    retry_all,
    retry_dead_letter,
)
from hub.commands.tables import print_table
from hub.log.interface import Position
from hub.settings import Settings
from hub.wiring import opened_hub
from schemas.times import format_instant

_POSITION = re.compile(r"(?P<topic>[a-z0-9.-]+):(?P<partition>[0-9]+):(?P<offset>[0-9]+)\Z")
_SHOWN_BYTES = 512


class PositionType(click.ParamType[Position]):
    """A position as the list shows it: topic:partition:offset."""

    name = "position"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Position:
        found = _POSITION.match(str(value))
        if found is None:
            self.fail(f"{value!r} is not topic:partition:offset, as `dead-letters list` shows it", param, ctx)
        return Position(found["topic"], int(found["partition"]), int(found["offset"]))


@click.group("dead-letters")
def dead_letters() -> None:
    """Events that were set aside with their bytes and a reason."""


@dead_letters.command("list")
@click.option("--registry", help="Only letters of this registry.")
@click.option("--reason", help="Only letters with this reason code.")
@click.option("--status", type=click.Choice(["open", "retried", "discarded", "all"]), default="open", show_default=True)
@click.option("--after", type=PositionType(), help="Begin after this position: where the page before ended.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.pass_obj
def list_letters(
    settings: Settings, registry: str | None, reason: str | None, status: str, after: Position | None, limit: int
) -> None:
    """List dead letters in the order of their positions."""
    with opened_hub(settings) as hub:
        page = list_dead_letters(
            hub.engine,
            registry=registry,
            status=None if status == "all" else status,
            reason=reason,
            after=after,
            limit=limit,
        )
    columns = ("position", "reason", "status", "source", "message")
    print_table(
        columns, [(_text(one.position), one.reason, one.status, one.source, one.message) for one in page.letters]
    )
    if page.next is not None:
        click.echo(f"There are more: --after {_text(page.next)}")


@dead_letters.command()
@click.argument("position", type=PositionType())
@click.pass_obj
def show(settings: Settings, position: Position) -> None:
    """Show one dead letter: reason, headers, key, the first bytes of its value."""
    with opened_hub(settings) as hub:
        letter = get_dead_letter(hub.engine, position)
    for line in _description(letter):
        click.echo(line)


@dead_letters.command()
@click.argument("position", type=PositionType(), required=False)
@click.option("--registry", help="Every open letter of this registry instead of one position.")
@click.option("--reason", help="With --registry: only letters with this reason code.")
@click.option("--note", default="", help="Why it should be accepted now.")
@click.pass_obj
def retry(settings: Settings, position: Position | None, registry: str | None, reason: str | None, note: str) -> None:
    """Append the same bytes to the same topic again, once the cause is mended."""
    if (position is None) == (registry is None):
        raise click.UsageError("name one position, or --registry for all its open letters")
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub dead-letters retry")
        if position is not None:
            appended = retry_dead_letter(hub.engine, hub.log, store, position, note=note)
            click.echo(f"appended again at {_text(appended)}")
        elif registry is not None:
            count = retry_all(hub.engine, hub.log, store, registry=registry, reason=reason, note=note)
            click.echo(f"{count} appended again")


@dead_letters.command()
@click.argument("position", type=PositionType())
@click.option("--note", required=True, help="Why it is let go; stands in the control log.")
@click.pass_obj
def discard(settings: Settings, position: Position, note: str) -> None:
    """Let one dead letter go, with the reason. Its bytes stay in the log."""
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub dead-letters discard")
        letter = discard_dead_letter(hub.engine, store, position, note=note)
        click.echo(f"discarded: {_text(letter.position)} ({letter.reason})")


def _text(position: Position) -> str:
    return f"{position.topic}:{position.partition}:{position.offset}"


def _description(letter: DeadLetter) -> list[str]:
    value = letter.value or b""
    lines = [
        f"position   {_text(letter.position)}",
        f"registry   {letter.registry}",
        f"reason     {letter.reason}: {letter.message}",
        f"status     {letter.status}" + (f" ({letter.status_note})" if letter.status_note else ""),
        f"recorded   {format_instant(letter.recorded_at)}",
        f"key        {(letter.key or b'').decode(errors='backslashreplace')}",
    ]
    lines += [f"header     {name}: {content.decode(errors='backslashreplace')}" for name, content in letter.headers]
    lines.append(
        f"value      {len(value)} bytes: {value[:_SHOWN_BYTES].hex(' ')}{' …' if len(value) > _SHOWN_BYTES else ''}"
    )
    return lines
