"""`huehub contract`: registries as data contracts of the Open Data Contract Standard, out of the hub and in."""

from __future__ import annotations

from pathlib import Path

import click

from hub.contracts.errors import ContractInvalid, RegistryUnknown
from hub.contracts.odcs import export_contract
from hub.contracts.odcs_import import import_contract
from hub.settings import Settings
from hub.wiring import hub_facts, opened_hub
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition
from schemas.lint import lint_definition, lint_schema


@click.group()
def contract() -> None:
    """Registries as data contracts (ODCS v3.1.0)."""


@contract.command("export")
@click.argument("registry")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: print it).")
@click.pass_obj
def export(settings: Settings, registry: str, output: Path | None) -> None:
    """Write the contract of REGISTRY as YAML."""
    with opened_hub(settings) as hub:
        facts = hub_facts(settings, hub.control.refresh())
    if registry not in facts.state.definitions:
        raise RegistryUnknown(registry, known=facts.state.definitions)
    text = export_contract(facts.state.definitions[registry], facts)
    if output is None:
        click.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: {registry} version {facts.state.definitions[registry].version}")


@contract.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--object", "record", help="Schema object that is the record, where the contract has several.")
def import_file(file: Path, output: Path, record: str | None) -> None:
    """Write the definition and the schemas of the contract in FILE to a folder that `registry apply` takes.

    What the contract lacks is listed, each with its path and what to add, and nothing is written.
    """
    try:
        text, schemas = import_contract(file.read_text(encoding="utf-8"), record=record)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from error
    except ContractInvalid as error:
        for path, message in error.problems:
            click.echo(f"{file}: {path}: {message}" if path else f"{file}: {message}", err=True)
        raise click.ClickException(f"{len(error.problems)} to mend; nothing was written") from error
    parsed = [parse_record_schema(one) for one in schemas]
    definition = parse_definition(text, {one.full_name: one for one in parsed})
    _write(output, definition, text, parsed)
    for found in [*lint_definition(definition), *(found for one in parsed for found in lint_schema(one))]:
        click.echo(f"{found.level}: {found.place}: {found.rule}: {found.message}")
    click.echo(f"{definition.registry} version {definition.version}: {len(parsed)} schemas written to {output}")


def _write(folder: Path, definition: Definition, text: str, schemas: list[RecordSchema]) -> None:
    avro = folder / "avsc" / definition.registry
    files = {folder / "registries" / f"{definition.registry}.yaml": text}
    files |= {avro / f"{one.name}.avsc": one.text for one in schemas}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
