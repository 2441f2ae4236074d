"""`huehub schema list`, `show`, `diff`: what is registered, and how two schemas differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hub.commands.remote import RemoteHub, governed, opened_remote, registered
from hub.commands.schema_files import SchemaText, fetch_schema, read_file, read_json
from hub.commands.schema_output import end_where, format_option, show
from hub.settings import Settings
from schemas.compatibility import LEVELS
from schemas.difference import difference
from schemas.errors import AvroInvalid
from schemas.model import parse_type

_PAGE = 1_000


@click.command("list")
@click.option("--prefix", default="", help="Only subjects that begin with this.")
@click.option("--registry", help="Only subjects of this registry.")
@format_option
@click.pass_obj
def list_subjects(settings: Settings, prefix: str, registry: str | None, form: str) -> None:
    """List subjects with their newest version and id; free ones too, but for --registry."""
    with opened_remote(settings) as hub:
        managed = hub.get(governed("subjects"), prefix=prefix, **({"registry": registry} if registry else {}))
        owners = {one["subject"]: one["registries"] for one in managed["subjects"]}
        found = [
            {**one, "registries": owners.get(one["subject"], [])}
            for one in _newest(hub, prefix)
            if registry is None or one["subject"] in owners
        ]
    show(form, found, lambda: (_subject_line(one) for one in found))


def _newest(hub: RemoteHub, prefix: str) -> Iterator[dict[str, Any]]:
    """The newest version of every subject, a page at a time."""
    offset = 0
    while True:
        query = {"subjectPrefix": prefix, "latestOnly": "true", "offset": str(offset), "limit": str(_PAGE)}
        page = hub.get(registered("schemas"), **query)
        yield from ({name: one[name] for name in ("subject", "version", "id")} for one in page)
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _subject_line(one: Mapping[str, Any]) -> str:
    return f"{one['subject']}\t{one['version']}\tid {one['id']}\t{', '.join(one['registries']) or 'free'}"


@click.command("show")
@click.argument("subject")
@click.option("--version", default="latest", show_default=True, help="A version's number, or latest.")
@format_option
@click.pass_obj
def show_subject(settings: Settings, subject: str, version: str, form: str) -> None:
    """Show whose SUBJECT is, its versions, and the schema of one of them."""
    with opened_remote(settings) as hub:
        found = hub.get(registered("subjects", subject, "versions", version))
        about = hub.get(governed("subjects", subject))
    document = {**about, "shown": {"version": found["version"], "id": found["id"], "schema": found["schema"]}}
    show(form, document, lambda: _subject_lines(document))


def _subject_lines(document: Mapping[str, Any]) -> Iterator[str]:
    owner = document["owner"]
    whose = f"{owner['department']} ({owner['organisation']}), {document['contact']}" if owner else "free"
    yield f"{document['subject']}: {whose}; level {document['level']}"
    for one in document["versions"]:
        ended = f", deprecated: until {one['deprecated']['until']}" if one["deprecated"] else ""
        yield f"  version {one['version']}, id {one['id']}{', deleted' if one['deleted'] else ''}{ended}"
    used = document["usedBy"]
    for name, values in used.items():
        yield f"  {name}: {', '.join(values) or 'none'}"
    yield document["shown"]["schema"]


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--level",
    type=click.Choice(list(LEVELS), case_sensitive=False),
    help="End with 1 where a change is not compatible at this level.",
)
@format_option
@click.pass_obj
def show_difference(settings: Settings, old: str, new: str, level: str | None, form: str) -> None:
    """Show what changes from OLD to NEW, each with its verdict per level. Each is a FILE or SUBJECT[:VERSION]."""
    before, after = _resolved(settings, (old, new))
    for one in (before, after):
        _check_schema(one)
    changes = [asdict(one) for one in difference(after.text, before.text)]
    document = {"old": before.place, "new": after.place, "changes": changes}
    show(form, document, lambda: _change_lines(document))
    end_where(level is not None and not all(one["verdicts"].get(level, True) for one in changes))


def _resolved(settings: Settings, names: Iterable[str]) -> list[SchemaText]:
    """Files where there are some of that name, else what the hub has; it is asked for those alone."""
    found = []
    for name in names:
        if Path(name).is_file():
            found.append(read_file(Path(name)))
        else:
            with opened_remote(settings) as hub:
                found.append(fetch_schema(hub, name))
    return found


def _check_schema(schema: SchemaText) -> None:
    """Raise `click.ClickException` naming the file, unless it is a schema that needs no other."""
    try:
        parse_type(read_json(schema))
    except AvroInvalid as error:
        raise click.ClickException(f"{schema.place}: {error}") from error


def _change_lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['old']} -> {document['new']}: {len(document['changes'])} changes"
    for one in document["changes"]:
        broken = [level for level, fits in one["verdicts"].items() if not fits]
        verdict = f" (breaks {', '.join(broken)})" if broken else ""
        yield f"  {one['path']}: {one['kind']}: {one['message_en']}{verdict}"
