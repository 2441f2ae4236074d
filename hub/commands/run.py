"""`huehub up | serve | consume`: the processes of the hub."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Collection
from contextlib import closing
from types import FrameType

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.exc import DBAPIError

from consumers.errors import Fenced
from consumers.process import run_consumers
from consumers.rehearsals.job import run_rehearsals
from hub.commands.feeds import publish_feeds
from hub.commands.supervisor import FENCED_EXIT, Supervisor
from hub.control.errors import ControlError
from hub.log.errors import LogError
from hub.settings import Settings
from hub.wiring import Hub, now_micros, opened_hub, seed

log = structlog.get_logger()
_STOP_S = 8
_REOPEN_S = 2.0


@click.command()
@click.option("--publish/--no-publish", default=True, help="Publish the packaged feeds once the hub runs.")
@click.pass_obj
def up(settings: Settings, publish: bool) -> None:
    """Run everything on this machine: web server, consumers, and the packaged feeds."""
    stop = _stop_on_signals()
    _check_port(settings)
    with opened_hub(settings) as hub:
        for line in seed(hub):
            click.echo(line)
    supervisor = Supervisor([sys.executable, "-m", "hub.cli"], {"web": ["serve"], "consumers": ["consume"]})
    publisher = threading.Thread(target=_publish, args=(settings, stop), daemon=True)
    supervisor.start()
    try:
        click.echo(f"Portal: {settings.public_url}/   API: {settings.public_url}/api/v1/registries")
        if settings.free_subject_writes == "anyone":
            click.echo("Anyone may write the schema registry's free subjects (HUB_FREE_SUBJECT_WRITES=anyone).")
        if publish:
            publisher.start()
        code = supervisor.watch(stop)
    finally:
        stop.set()
        supervisor.stop(timeout_s=_STOP_S)
    sys.exit(code)


def _publish(settings: Settings, stop: threading.Event) -> None:
    outcomes = publish_feeds(settings, stop=stop)
    if not stop.is_set():
        outcomes = [outcome for outcome in outcomes if outcome.is_worth_telling]
        failed = [outcome.feed.name for outcome in outcomes if outcome.failed]
        click.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} feeds are published. Stop with Ctrl-C.")
        if failed:
            click.echo(f"To be looked at: {', '.join(failed)} (huehub publish FEED --dry-run)")


@click.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the API, the portal and the HTTP intake."""
    _check_port(settings)
    with opened_hub(settings):
        pass  # a log or database that is away is told here, in one line, not by each worker
    Granian(
        "hub.app:create_application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_S,
    ).serve()


@click.command()
@click.option("--registry", "registries", multiple=True, help="Only this registry (may be repeated).")
@click.pass_obj
def consume(settings: Settings, registries: tuple[str, ...]) -> None:
    """Fold the log into the registries and rehearse proposals, until stopped. Ends with 3 where another one does it."""
    stop = _stop_on_signals()
    with opened_hub(settings) as hub:
        rehearsals = threading.Thread(
            target=_rehearse, args=(hub, stop, registries or None), name="rehearsals", daemon=True
        )
        rehearsals.start()
        try:
            run_consumers(hub.log, hub.engine, stop, only=registries or None)
        except Fenced as error:
            click.echo(f"Fenced off: {error}.", err=True)
            sys.exit(FENCED_EXIT)
        finally:
            stop.set()
            rehearsals.join(_STOP_S)


def _rehearse(hub: Hub, stop: threading.Event, only: Collection[str] | None) -> None:
    """Rehearse proposals until `stop`; a log or database that is away at the start is waited for."""
    store = None
    while store is None and not stop.is_set():
        try:
            store = hub.open_control_store("rehearsal")
        except (LogError, ControlError, DBAPIError) as error:
            log.warning("rehearsals wait for the control log", error=type(error).__name__)
            stop.wait(_REOPEN_S)
    if store is not None:
        folder = hub.settings.rehearsals_dir
        run_rehearsals(store, hub.log, hub.engine, stop, workspace=folder, now=now_micros, only=only)


def _check_port(settings: Settings) -> None:
    """Refuse an address that is taken or not ours, before anything is started."""
    try:
        with closing(socket.create_server((settings.host, settings.port))):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(
            f"{settings.host}:{settings.port} cannot be listened on ({reason}): choose another HUB_PORT or HUB_HOST"
        ) from error


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
