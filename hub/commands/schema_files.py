"""Where the texts of schemas come from: files, folders, standard input's place on a hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hub.commands.remote import HubRefused, RemoteHub, registered

LATEST = "latest"
_COUNTED = re.compile(r"schemas\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema's JSON, and where it was found."""

    place: str
    text: str

    @property
    def subject(self) -> str:
        """The full name of the record or other named type in it; raises `click.ClickException` without one."""
        document = read_json(self)
        name = document.get("name") if isinstance(document, dict) else None
        if not isinstance(name, str):
            raise click.ClickException(f"{self.place}: a schema without a name needs --subject")
        space = document.get("namespace")
        return name if "." in name or not space else f"{space}.{name}"


def read_file(path: Path) -> SchemaText:
    """The schema in a file; raises `click.ClickException`."""
    try:
        return SchemaText(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error


def read_json(schema: SchemaText) -> Any:
    """The JSON of a schema; raises `click.ClickException`."""
    try:
        return json.loads(schema.text)
    except ValueError as error:
        raise click.ClickException(f"{schema.place} is not JSON: {error}") from error


@contextmanager
def named_files(texts: Sequence[SchemaText]) -> Iterator[None]:
    """A refusal that counts the schemas sent (`schemas[0]`) names their files instead."""
    try:
        yield
    except HubRefused as error:
        counted = _COUNTED.match(error.message)
        if counted is None or int(counted[1]) >= len(texts):
            raise
        told = f"{texts[int(counted[1])].place}: {error.message[counted.end() :].removeprefix(': ')}"
        raise HubRefused(told, status=error.status, document=error.document) from error


def schema_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and every .avsc below the folders named; raises `click.ClickException` where there is none."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.avsc")) if path.is_dir() else [path]
    if not found:
        raise click.ClickException(f"{', '.join(str(one) for one in paths)}: no .avsc is there")
    return found


def split_name(name: str) -> tuple[str, str]:
    """The subject and version in SUBJECT:VERSION; latest where there is no version."""
    subject, colon, version = name.rpartition(":")
    if colon and (version == LATEST or version.isdigit()):
        return subject, version
    return name, LATEST


def fetch_schema(hub: RemoteHub, name: str) -> SchemaText:
    """The schema that SUBJECT[:VERSION] names on the hub, with the types it refers to written into it."""
    subject, version = split_name(name)
    found = hub.get(registered("subjects", subject, "versions", version), format="resolved")
    return SchemaText(f"{subject}:{found['version']}", found["schema"])
