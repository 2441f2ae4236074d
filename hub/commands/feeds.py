"""Runs the declared feeds with a progress bar and tells what became of their rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from hub.log.errors import LogError
from hub.settings import Settings
from hub.wiring import Hub, departments, feed_context, opened_hub, shared_data
from producers.catalogue import CachedCatalogue, ControlCatalogue
from producers.declarations import DepartmentDeclaration, choose_feeds
from producers.drain import DrainReport
from producers.errors import DrainRunning, ProducerError
from producers.feed import FeedContext, FeedDeclaration
from producers.outbox import Outbox
from producers.report import PublishReport
from producers.run import OnProgress, publish_feed
from producers.run import Progress as Step

_RETRY_S = 1.0
_RETRIES = 30
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class FeedOutcome:
    """One run of one feed: its report, what was drained, or the error that ended it."""

    feed: FeedDeclaration
    report: PublishReport | None = None
    drained: DrainReport | None = None
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whether something stays to be done by a person."""
        if self.report is None or self.error is not None:
            return True
        nothing_taken = bool(self.report.refused) and not self.report.facts
        unsent = self.drained is not None and not self.drained.is_complete
        return self.report.quarantined is not None or nothing_taken or unsent

    @property
    def is_worth_telling(self) -> bool:
        """Whether a person wants to see it: not a stand-in that had nothing to take back."""
        return self.failed or not self.feed.withdrawn or bool(self.report and self.report.withdrawn)


@dataclass(slots=True)
class FeedRun:
    """What a run of feeds is given; `file` is read instead of the one a feed names."""

    hub: Hub
    dry_run: bool = False
    file: Path | None = None

    def publish(self, department: DepartmentDeclaration, feed: FeedDeclaration, progress: OnProgress) -> FeedOutcome:
        """Read, map and publish one feed, and send what its outbox holds."""
        settings = self.hub.settings
        path = settings.outbox_dir / f"{department.code}-{feed.system}.sqlite"
        feed, context = self._pointed(feed, feed_context(settings))
        with closing(Outbox(path)) as outbox:
            try:
                report = publish_feed(
                    feed,
                    context,
                    outbox,
                    CachedCatalogue(outbox, ControlCatalogue(self.hub.control.refresh)),
                    source=department.source_of(feed, place=settings.place),
                    dry_run=self.dry_run,
                    progress=progress,
                    schema_url=f"{settings.public_url}/schema-registry/schemas/guids",
                )
            except (ProducerError, LogError) as error:
                return FeedOutcome(feed, error=f"{error.code}: {error}")
            return self._sent(FeedOutcome(feed, report), outbox)

    def _sent(self, outcome: FeedOutcome, outbox: Outbox) -> FeedOutcome:
        if self.dry_run:
            return outcome
        try:
            return replace(outcome, drained=self._drain(outbox))
        except DrainRunning as error:
            return replace(outcome, error=f"{error.code}: {error}")

    def _pointed(self, feed: FeedDeclaration, context: FeedContext) -> tuple[FeedDeclaration, FeedContext]:
        if self.file is None:
            return feed, context
        if "file" not in feed.source:
            raise click.ClickException(f"the feed {feed.name} does not read one file; --file cannot be used with it")
        source = {**feed.source, "file": self.file.name}
        return replace(feed, source=source), replace(context, data=self.file.resolve().parent)

    def _drain(self, outbox: Outbox) -> DrainReport:
        """Send what is pending; a broker that is away for a moment is waited for."""
        for _ in range(_RETRIES):
            report = outbox.drain(self.hub.log)
            if report.is_complete or not all(failure.retriable for failure in report.failures):
                break
            time.sleep(_RETRY_S)
        return report


def runnable_feeds(settings: Settings) -> list[tuple[DepartmentDeclaration, FeedDeclaration]]:
    """The feeds that can run with the data that is here, with their departments."""
    declared = departments(settings)
    chosen = choose_feeds([feed for one in declared for feed in one.feeds], shared_data(settings))
    by_code = {one.code: one for one in declared}
    return [(by_code[feed.department], feed) for feed in chosen]


def publish_feeds(settings: Settings, *, stop: threading.Event, dry_run: bool = False) -> list[FeedOutcome]:
    """Publish every runnable feed, one after the other, until `stop`."""
    feeds = runnable_feeds(settings)
    outcomes = []
    with opened_hub(settings) as hub, _bar() as bar:
        run = FeedRun(hub, dry_run=dry_run)
        for department, feed in feeds:
            if stop.is_set():
                break
            task = bar.add_task(f"{feed.department}/{feed.name}", total=None)
            outcome = run.publish(department, feed, _teller(bar, task))
            outcomes.append(outcome)
            if outcome.is_worth_telling:
                bar.console.print(one_line(outcome), highlight=False, markup=False, soft_wrap=True)
            bar.remove_task(task)
    return outcomes


def publish_one(settings: Settings, name: str, run: Callable[[Hub], FeedRun]) -> FeedOutcome:
    """Publish the declared feed `name` (`feed` or `department/feed`), whether or not it would run by itself."""
    department, feed = _find_feed(departments(settings), name)
    with opened_hub(settings) as hub, _bar() as bar:
        return run(hub).publish(department, feed, _teller(bar, bar.add_task(feed.name, total=None)))


def one_line(outcome: FeedOutcome) -> str:
    """The outcome in a line."""
    name = f"{outcome.feed.department}/{outcome.feed.name}"
    if outcome.report is None:
        return f"{name}: {outcome.error}"
    report = outcome.report
    if report.quarantined:
        return f"{name}: quarantined, nothing published: {report.quarantined}"
    if outcome.feed.withdrawn:
        return f"{name}: {report.withdrawn} taken back, for the real data is here"
    flags = sum(one.count for one in report.flagged.values())
    text = (
        f"{name}: {report.read} read, {report.unchanged} unchanged, {report.published_total} published, "
        f"{len(report.refused)} refused, {flags} flagged"
    )
    if outcome.drained is not None and outcome.drained.pending:
        reasons = "; ".join(f"{one.code}: {one.message}" for one in outcome.drained.failures)
        text += f"; {outcome.drained.pending} still in the outbox ({reasons})"
    if outcome.error is not None:
        text += f"; {outcome.error}"
    return text


def details(report: PublishReport) -> list[str]:
    """Every refusal, and each rule that flagged something with its first places."""
    lines = []
    for one in report.refused:
        place = f"{one.origin}, field {one.field}" if one.field else str(one.origin)
        lines.append(f"refused: {place}: {one.code}: {one.message}" + (f" ({one.way_out})" if one.way_out else ""))
    for rule, flagged in report.flagged.items():
        lines.append(f"flagged: {rule}: {flagged.count} times")
        lines += [f"  {example}" for example in flagged.examples[:_EXAMPLES]]
    return lines


def _find_feed(declared: Sequence[DepartmentDeclaration], name: str) -> tuple[DepartmentDeclaration, FeedDeclaration]:
    known = {f"{one.code}/{feed.name}": (one, feed) for one in declared for feed in one.feeds}
    found = [key for key in known if name in (key, key.split("/", 1)[1])]
    if len(found) != 1:
        raise click.ClickException(f"{name!r} names {len(found)} feeds; the feeds are: {', '.join(sorted(known))}")
    return known[found[0]]


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _teller(bar: Progress, task: TaskID) -> OnProgress:
    def tell(step: Step) -> None:
        bar.update(task, completed=step.done, total=step.total)

    return tell
