"""`huehub registry`: definitions in and out of the control log."""

from __future__ import annotations

from pathlib import Path

import click

from hub.settings import Settings
from hub.wiring import opened_hub
from schemas.lint import lint_definition, lint_schema
from schemas.packaged import load_definitions


@click.group()
def registry() -> None:
    """Registry definitions."""


@registry.command("apply")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def apply_folder(settings: Settings, folder: Path) -> None:
    """Define the registries in FOLDER (registries/*.yaml and avsc/<registry>/*.avsc), at once in every process."""
    packaged = load_definitions(folder)
    if not packaged:
        raise click.ClickException(f"{folder} holds no registries/*.yaml")
    findings = [found for one in packaged for found in lint_definition(one.definition)]
    findings += [
        found for one in packaged for schema in one.definition.schemas.values() for found in lint_schema(schema)
    ]
    errors = [found for found in findings if found.level == "error"]
    for found in errors:
        click.echo(f"{found.place}: {found.rule}: {found.message}", err=True)
    if errors:
        raise click.ClickException(f"{len(errors)} findings; nothing was applied")
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub registry apply")
        for one in packaged:
            definition = store.define_registry(one.text, [schema.text for schema in one.versions])
            click.echo(f"{definition.registry} version {definition.version}: topics {', '.join(definition.topics)}")


@registry.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export_folder(settings: Settings, folder: Path) -> None:
    """Write every definition and every schema version of the control log to FOLDER."""
    with opened_hub(settings) as hub:
        state = hub.control.refresh()
    for name, definition in state.definitions.items():
        _write(folder / "registries" / f"{name}.yaml", state.definition_texts[name])
        for subject in definition.schemas:
            versions = state.subjects[subject]
            for one in versions[:-1]:
                _write(folder / "avsc" / name / f"{one.schema.name}.v{one.version}.avsc", one.schema.text)
            _write(folder / "avsc" / name / f"{versions[-1].schema.name}.avsc", versions[-1].schema.text)
    click.echo(f"{len(state.definitions)} definitions written to {folder}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
