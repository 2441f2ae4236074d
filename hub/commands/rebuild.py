"""`huehub rebuild`: a registry from the log, beside the one that is read."""

from __future__ import annotations

import click

from consumers.rebuild import rebuild as rebuild_registry
from hub.settings import Settings
from hub.wiring import opened_hub


@click.command()
@click.argument("registry")
@click.option("--expect-difference", is_flag=True, help="Swap even if the rebuilt log hash is another.")
@click.pass_obj
def rebuild(settings: Settings, registry: str, expect_difference: bool) -> None:
    """Rebuild REGISTRY from the log, compare the hashes, swap. Readers never see a gap."""
    with opened_hub(settings) as hub:
        report = rebuild_registry(registry, hub.log, hub.engine, expect_difference=expect_difference)
    click.echo(f"{report.registry}: build {report.build} is live instead of {report.previous}")
    click.echo(f"{report.entries} entries in {report.seconds:.1f} s")
    click.echo(f"log hash {report.log_hash} ({'equal' if report.is_equal else f'was {report.previous_log_hash}'})")
