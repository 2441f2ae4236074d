"""`huehub schema import` and `export`: a whole schema registry in or out, with its ids. For administrators."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import click

from hub.commands.schema_output import JSON, TEXT, format_option
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.transfer.contents import Contents, moved_into
from hub.schema_registry.transfer.errors import ImportRefused
from hub.schema_registry.transfer.findings import Collision, Refusal
from hub.schema_registry.transfer.importing import import_contents
from hub.schema_registry.transfer.places import Place, read_from, write_to
from hub.schema_registry.transfer.planning import Plan, plan_import
from hub.schema_registry.transfer.standing import read_standing
from hub.settings import Settings, variable_from_environment
from hub.wiring import Hub, now_micros, opened_hub

_TOLD_EVERY = 5000
_CONTEXT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_user = click.option("--user", help="Who asks the other registry (on Kafka: user= in the address).")
_password_env = click.option("--password-env", metavar="NAME", help="Variable that holds the password.")


@click.command("import")
@click.option("--from", "source", required=True, help="http://…, kafka://HOST:PORT/_schemas, a file or its folder.")
@click.option("--context", help="Import everything into a context of its own, :.NAME:.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--skip-invalid", is_flag=True, help="Leave out what this hub cannot take, and say so.")
@format_option
@_user
@_password_env
@click.pass_obj
def import_schemas(
    settings: Settings,
    source: str,
    context: str | None,
    dry_run: bool,
    skip_invalid: bool,
    form: str,
    user: str | None,
    password_env: str | None,
) -> None:
    """Import a whole schema registry under its own ids, or nothing. A repeat finishes what was begun."""
    target = None if context is None else _checked_context(context)
    contents = read_from(_place(source, user, password_env))
    if target is not None:
        contents = moved_into(contents, target)
    with opened_hub(settings) as hub:
        store = _store(hub)
        try:
            plan = _carried_out(store, contents, dry_run=dry_run, skip_invalid=skip_invalid, told=_told(form))
        except ImportRefused as error:
            _show_refused(error.collisions, error.refused, form)
            raise click.exceptions.Exit(1) from error
    _show_plan(plan, form, done=not dry_run)


@click.command("export")
@click.option("--to", "target", required=True, help="http://…, kafka://HOST:PORT/_schemas, a file or a folder.")
@click.option("--force", is_flag=True, help="Write over a topic that holds another registry.")
@format_option
@_user
@_password_env
@click.pass_obj
def export_schemas(
    settings: Settings, target: str, force: bool, form: str, user: str | None, password_env: str | None
) -> None:
    """Export every subject with its ids, deleted versions, settings and modes. A repeat writes what is missing."""
    place = _place(target, user, password_env)
    with opened_hub(settings) as hub:
        store = _store(hub)
        contents = read_standing(hub.engine)
        written = write_to(place, contents, parser=store.parser, force=force, progress=_told(form))
    counts = {"versions": len(contents.versions), "settings": len(contents.configs), "modes": len(contents.modes)}
    if form == JSON:
        click.echo(json.dumps({**counts, "written": written}))
        return
    held = ", ".join(f"{number} {name}" for name, number in counts.items())
    click.echo(f"{held} here; changes made there: {written}")


def _checked_context(name: str) -> str:
    if not _CONTEXT.match(name):
        raise click.BadParameter(
            f"{name!r} is no name of a context: letters, digits, dots, dashes", param_hint="--context"
        )
    return name


def _place(address: str, user: str | None, password_env: str | None) -> Place:
    return Place(address, user, variable_from_environment(password_env) if password_env else None)


def _store(hub: Hub) -> SchemaStore:
    return SchemaStore(hub.engine, hub.log, now=now_micros)


def _carried_out(
    store: SchemaStore, contents: Contents, *, dry_run: bool, skip_invalid: bool, told: Callable[[int], None]
) -> Plan:
    if not dry_run:
        return import_contents(store, contents, actor="huehub schema import", skip_invalid=skip_invalid, progress=told)
    plan = plan_import(store, contents)
    plan.check(skip_invalid=skip_invalid)
    return plan


def _told(form: str) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if form == TEXT and done % _TOLD_EVERY == 0:
            click.echo(f"{done} versions", err=True)

    return tell


def _show_refused(collisions: Sequence[Collision], refused: Sequence[Refusal], form: str) -> None:
    if form == JSON:
        found = {"collisions": [asdict(one) for one in collisions], "refused": [asdict(one) for one in refused]}
        click.echo(json.dumps({"imported": False, **found}, ensure_ascii=False, indent=1))
        return
    for one in (*collisions, *refused):
        click.echo(str(one), err=True)
    click.echo("Nothing was imported.", err=True)
    if collisions:
        click.echo("--context NAME imports everything into a context of its own, :.NAME:", err=True)
    if refused:
        click.echo("--skip-invalid leaves out what this hub cannot take.", err=True)


def _show_plan(plan: Plan, form: str, *, done: bool) -> None:
    counts = {
        "registered": len(plan.versions),
        "deleted": sum(one.deleted for one in plan.versions) + len(plan.deletions),
        "settings": len(plan.configs),
        "modes": len(plan.modes),
        "same": plan.same,
    }
    if form == JSON:
        click.echo(json.dumps(_report(plan, counts, done=done), ensure_ascii=False, indent=1))
        return
    if not done:
        for one in plan.versions:
            click.echo(f"would register {one}{', deleted' if one.deleted else ''}")
    for refusal in plan.refused:
        click.echo(f"left out: {refusal}")
    verb = "" if done else "would be "
    told = f"{counts['registered']} versions {verb}registered, {counts['deleted']} {verb}deleted"
    settings = f"{counts['settings']} settings and {counts['modes']} modes {verb}set"
    click.echo(f"{told}; {settings}; {counts['same']} versions stood here already")


def _report(plan: Plan, counts: dict[str, int], *, done: bool) -> dict[str, Any]:
    versions = [
        {"subject": one.subject, "version": one.version, "id": one.id, "deleted": one.deleted} for one in plan.versions
    ]
    return {"imported": done, **counts, "versions": versions, "left_out": [asdict(one) for one in plan.refused]}
