"""`huehub publish`: one feed, or all of them."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import click

from hub.commands.feeds import FeedOutcome, FeedRun, details, one_line, publish_feeds, publish_one, runnable_feeds
from hub.settings import Settings
from hub.wiring import departments


@click.command()
@click.argument("feed", required=False)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this file instead of the one the feed names.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, publish nothing.")
@click.option("--all", "every", is_flag=True, help="Every feed whose data is here.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON on standard output.")
@click.pass_obj
def publish(settings: Settings, feed: str | None, file: Path | None, dry_run: bool, every: bool, as_json: bool) -> None:
    """Publish what is new in FEED: read, unchanged, published, refused with reasons. Without FEED, list them."""
    if (feed is not None) == every and (every or file or as_json or dry_run):
        raise click.UsageError("name one FEED, or --all")
    if every and (file or as_json):
        raise click.UsageError("--file and --json go with one FEED")
    if every:
        _exit(publish_feeds(settings, stop=threading.Event(), dry_run=dry_run))
    elif feed is None:
        _list(settings)
    else:
        outcome = publish_one(settings, feed, lambda hub: FeedRun(hub, dry_run=dry_run, file=file))
        if as_json and outcome.report is not None:
            click.echo(json.dumps(outcome.report.as_json(), ensure_ascii=False, indent=1))
        else:
            click.echo(one_line(outcome))
            for line in details(outcome.report) if outcome.report else ():
                click.echo(line)
        _exit([outcome])


def _list(settings: Settings) -> None:
    here = {f"{feed.department}/{feed.name}" for _, feed in runnable_feeds(settings) if not feed.withdrawn}
    for department in departments(settings):
        for one in department.feeds:
            name = f"{department.code}/{one.name}"
            click.echo(
                f"{name}\t{one.registry}\t{'' if name in here else 'its data is not here, or another stands in'}"
            )


def _exit(outcomes: list[FeedOutcome]) -> None:
    if any(outcome.failed for outcome in outcomes):
        raise click.exceptions.Exit(1)
