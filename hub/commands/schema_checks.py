"""`huehub schema check` and `lint`: whether a schema may follow what stands, and what it lacks in itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hub.commands.remote import HubRefused, RemoteHub, governed, opened_remote, registered
from hub.commands.schema_files import SchemaText, named_files, read_file, read_json, schema_files
from hub.commands.schema_output import end_where, finding_line, format_option, has_errors, show
from hub.settings import Settings
from schemas.avro import parse_record_schema
from schemas.classes import CLASS_LOWERED, class_changes
from schemas.compatibility import LEVELS, check_level
from schemas.errors import AvroInvalid
from schemas.lint import lint_definition, lint_schema
from schemas.model import AvroType, Record, parse_type
from schemas.packaged import load_definitions
from schemas.silent_changes import silent_changes

_INVALID = 422


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--subject", help="The subject (default: the full name in the file).")
@click.option("--registry", help="Check FILES as a proposal for this registry; for events that are new to it.")
@click.option(
    "--definition",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --registry: its new definition, which names the events that are new.",
)
@click.option(
    "--level", type=click.Choice(list(LEVELS), case_sensitive=False), help="The level to check --against with."
)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Check against this file and ask no hub; several times for older versions, the newest first.",
)
@format_option
@click.pass_obj
def check_files(
    settings: Settings,
    files: tuple[Path, ...],
    subject: str | None,
    registry: str | None,
    definition: Path | None,
    level: str | None,
    against: tuple[Path, ...],
    form: str,
) -> None:
    """Check whether the schemas in FILES may follow what stands: on the hub, or with --against without any.

    Subjects of a registry are checked as a proposal of all FILES together would be; nothing is kept.
    """
    if level and not against:
        raise click.UsageError("--level goes with --against: on the hub each subject has its own level")
    if (subject or against) and len(files) > 1:
        raise click.UsageError("--subject and --against go with one FILE")
    if registry and (subject or against):
        raise click.UsageError("--registry goes with neither --subject nor --against")
    if definition and not registry:
        raise click.UsageError("--definition goes with --registry")
    texts = [read_file(one) for one in files]
    if against:
        found = [_offline(texts[0], [read_file(one) for one in against], (level or "BACKWARD").upper())]
    else:
        with opened_remote(settings) as hub:
            found = [_for_registry(hub, registry, texts, definition)] if registry else _on_hub(hub, texts, subject)
    show(form, {"checked": found}, lambda: _lines(found))
    end_where(any(has_errors(one["findings"]) for one in found))


def _on_hub(hub: RemoteHub, texts: Iterable[SchemaText], subject: str | None) -> list[dict[str, Any]]:
    """Free subjects one by one, those of a registry together."""
    found: list[dict[str, Any]] = []
    managed: dict[str, list[SchemaText]] = {}
    for text in texts:
        name = subject or text.subject
        about = hub.find(governed("subjects", name))
        if about is None or not about["managed"]:
            found.append(_checked(text.place, name, _compatibility(hub, text, name)))
        else:
            managed.setdefault(about["registries"][0], []).append(text)
    return found + [_for_registry(hub, registry, named) for registry, named in sorted(managed.items())]


def _for_registry(
    hub: RemoteHub, registry: str, texts: Sequence[SchemaText], definition: Path | None = None
) -> dict[str, Any]:
    """What a proposal of all these would be told."""
    places, subjects = ", ".join(one.place for one in texts), ", ".join(one.subject for one in texts)
    return {**_checked(places, subjects, _proposed(hub, registry, texts, definition)), "registry": registry}


def _compatibility(hub: RemoteHub, text: SchemaText, subject: str) -> list[dict[str, Any]]:
    """What the schema registry says at the subject's own level."""
    path = registered("compatibility", "subjects", subject, "versions")
    try:
        answer = hub.post(path, {"schema": text.text}, verbose="true")
    except HubRefused as error:
        if error.status == _INVALID:
            return [_finding(subject, "invalid-schema", str(error))]
        raise
    return [] if answer["is_compatible"] else [_finding(subject, "incompatible", one) for one in answer["messages"]]


def _proposed(
    hub: RemoteHub, registry: str, texts: Sequence[SchemaText], definition: Path | None
) -> list[dict[str, Any]]:
    """What the automatic checks of a proposal say."""
    asked = {
        "kind": "define",
        "registry": registry,
        "reason": "check",
        "schemas": [one.text for one in texts],
        "definition": read_file(definition).text if definition else None,
    }
    try:
        with named_files(texts):
            findings: list[dict[str, Any]] = hub.post(governed("checks"), asked)["findings"]
    except HubRefused as error:
        code = error.document.get("code")
        if code == "nothing-changes":
            return []
        if error.status in (400, 409):
            return [_finding(registry, str(code), str(error))]
        raise
    return findings


def _offline(new: SchemaText, older: list[SchemaText], level: str) -> dict[str, Any]:
    """The same questions without a hub: the level, what changes silently, lowered classes."""
    try:
        types = [parse_type(read_json(one)) for one in (new, *older)]
    except AvroInvalid as error:
        return _checked(new.place, None, [_finding(new.place, "invalid-schema", str(error))])
    reasons = check_level(types[0], types[1:], level)
    found = [_told(new.place + one.path, one, code="incompatible", level="error") for one in reasons]
    silent = silent_changes(types[0], types[1])
    found += [_told(new.place + one.path, one, code=one.code, level="warning") for one in silent]
    found += _lowered(new, older[0], types)
    return {**_checked(new.place, None, found), "level": level, "against": [one.place for one in older]}


def _lowered(new: SchemaText, old: SchemaText, types: list[AvroType]) -> Iterator[dict[str, Any]]:
    if not all(isinstance(one, Record) for one in types[:2]):
        return
    changes = class_changes(parse_record_schema(new.text, new.place), parse_record_schema(old.text, old.place))
    for one in changes:
        if one.lowered:
            place = f"{new.place}: {one.path}"
            yield _finding(place, CLASS_LOWERED, f"from {one.old} to {one.new}: an approval must cite a legal basis")


def _told(place: str, reason: Any, *, code: str, level: str) -> dict[str, Any]:
    return {
        "place": place,
        "code": code,
        "level": level,
        "message_vi": reason.message_vi,
        "message_en": reason.message_en,
    }


def _finding(place: str, code: str, message: str) -> dict[str, Any]:
    return {"place": place, "code": code, "level": "error", "message_vi": message, "message_en": message}


def _checked(place: str, subject: str | None, findings: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    return {"file": place, "subject": subject, "ok": not has_errors(findings), "findings": list(findings)}


def _lines(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in found:
        yield f"{one['file']}: {'fine' if one['ok'] else 'NOT fine'}"
        yield from (f"  {finding_line(finding)}" for finding in one["findings"])


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--hub", "with_hub", is_flag=True, help="With the levels and exceptions of the hub; else the packaged.")
@format_option
@click.pass_obj
def lint_paths(settings: Settings, paths: tuple[Path, ...], with_hub: bool, form: str) -> None:
    """Tell what schemas lack: FILES, or FOLDERS with their .avsc and registries/*.yaml. Asks no hub without --hub."""
    levels, excepted = _rules_of_hub(settings) if with_hub else ({}, set())
    found: list[dict[str, Any]] = []
    for path in schema_files(paths):
        found += _lint_file(path, levels, excepted)
    for folder in (one for one in paths if (one / "registries").is_dir()):
        for packaged in load_definitions(folder):
            told = lint_definition(packaged.definition, levels, excepted)
            found += [{"file": str(folder), **asdict(one)} for one in told]
    errors = sum(one["level"] == "error" for one in found)
    document = {"findings": found, "errors": errors, "others": len(found) - errors}
    show(form, document, lambda: _lint_lines(document))
    end_where(errors > 0)


def _lint_file(
    path: Path, levels: Mapping[str, str], excepted: Collection[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    try:
        schema = parse_record_schema(read_file(path).text, path.name)
    except AvroInvalid as error:
        place, told = error.place, error.message
        yield {"file": str(path), "place": place, "rule": "invalid-schema", "level": "error", "message": told}
        return
    yield from ({"file": str(path), **asdict(one)} for one in lint_schema(schema, levels, excepted))


def _rules_of_hub(settings: Settings) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """The levels in force, and what is excepted today."""
    with opened_remote(settings) as hub:
        rules = hub.get(governed("lint", "rules"))["rules"]
    levels = {one["rule"]: one["level"] for one in rules}
    excepted = {(one["rule"], each["place"]) for one in rules for each in one["exceptions"] if not each["expired"]}
    return levels, excepted


def _lint_lines(document: Mapping[str, Any]) -> Iterator[str]:
    for one in document["findings"]:
        yield f"{one['level']}: {one['place']}: {one['rule']}: {one['message']} ({one['file']})"
    yield f"{document['errors']} errors, {document['others']} others"
