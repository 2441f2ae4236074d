"""`huehub lint`: what the schemas and definitions lack."""

from __future__ import annotations

from pathlib import Path

import click

from hub.settings import Settings
from schemas.lint import lint_definition, lint_schema
from schemas.packaged import load_definitions


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def lint(settings: Settings, folder: Path | None) -> None:
    """Check every definition and schema in FOLDER (default: those of the hub); exit code 1 for an error."""
    packaged = load_definitions(folder or settings.schemas_dir)
    if folder is not None and not packaged:
        raise click.ClickException(f"{folder} holds no registries/*.yaml")
    findings = [found for one in packaged for found in lint_definition(one.definition)]
    schemas = {schema.full_name: schema for one in packaged for schema in one.definition.schemas.values()}
    findings += [found for schema in schemas.values() for found in lint_schema(schema)]
    for found in findings:
        click.echo(f"{found.level}: {found.place}: {found.rule}: {found.message}")
    errors = sum(found.level == "error" for found in findings)
    click.echo(f"{len(packaged)} definitions, {len(schemas)} schemas: {errors} errors, {len(findings) - errors} others")
    if errors:
        raise click.exceptions.Exit(1)
