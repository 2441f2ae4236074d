"""`huehub schema propose`, `approve` and the rest of a proposal's life, over HTTP with an access key."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hub.commands.remote import HubBusy, HubRefused, RemoteHub, governed, opened_remote
from hub.commands.schema_files import named_files, read_file
from hub.commands.schema_output import end_where, format_option, has_errors, proposal_lines, show
from hub.control.governance import APPROVE, OBJECT
from hub.settings import Settings
from schemas.compatibility import LEVELS

_LOOK_S = 1.0
_NOTHING = "nothing-changes"
_STATUSES = ("open", "approved", "returned", "withdrawn")
reason_option = click.option("--reason", required=True, help="Why, in a sentence; it is kept for ever.")
number_argument = click.argument("number", type=click.IntRange(min=1))


@click.command("propose")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--registry", required=True, help="The registry whose schemas or definition should change.")
@reason_option
@click.option(
    "--definition",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The registry's new definition (default: the one in force with the next version).",
)
@click.option("--subject", help="With --level, --delete and --restore: the subject they change.")
@click.option(
    "--level", help=f"Propose a compatibility level of SUBJECT: {', '.join(LEVELS)}; default takes its own away."
)
@click.option("--delete", type=click.IntRange(min=1), multiple=True, help="Propose to delete this version of SUBJECT.")
@click.option("--restore", type=click.IntRange(min=1), multiple=True, help="Propose to restore this version.")
@click.option("--revise", type=click.IntRange(min=1), help="Propose anew under the number of this proposal.")
@click.option("--wait", is_flag=True, help="Wait for the rehearsal, and end with 1 where it does not pass.")
@click.option("--timeout", default=600, show_default=True, help="Seconds to wait at most; then end with 75.")
@format_option
@click.pass_obj
def propose(settings: Settings, /, form: str, wait: bool, timeout: int, revise: int | None, **given: Any) -> None:
    """Propose the schemas in FILES, or another change, and show what the checks found.

    Ends with 1 where the checks found errors: the proposal stands, and cannot be approved like that. Ends with 0
    where everything stands already.
    """
    document = _request(**given)
    texts = [read_file(one) for one in given["files"]]
    with opened_remote(settings) as hub, named_files(texts):
        path = governed("proposals") if revise is None else governed("proposals", revise, "revisions")
        made = _made(hub, path, document)
        if made["proposal"] is None:
            show(form, made, lambda: [made["message"]])
            return
        if wait:
            made = _rehearsed(hub, made["proposal"], timeout_s=timeout)
    show(form, made, lambda: proposal_lines(made))
    failed = made["rehearsal"] is not None and not made["rehearsal"]["passed"]
    end_where(has_errors(made["findings"]) or failed)


def _made(hub: RemoteHub, path: str, document: Mapping[str, Any]) -> Any:
    """The proposal; where all of it stands already there is none to make, and that is no failure."""
    try:
        return hub.post(path, document)
    except HubRefused as error:
        if error.document.get("code") != _NOTHING:
            raise
        return {"proposal": None, "status": _NOTHING, "message": error.message}


def _request(
    files: tuple[Path, ...],
    registry: str,
    reason: str,
    definition: Path | None,
    subject: str | None,
    level: str | None,
    delete: tuple[int, ...],
    restore: tuple[int, ...],
) -> dict[str, Any]:
    """What is asked for, as the hub takes it."""
    asked = {"define": files or definition, "configure": level, "delete": delete, "restore": restore}
    kinds = [kind for kind, one in asked.items() if one]
    if len(kinds) != 1:
        raise click.UsageError("give FILES (or --definition), or one of --level, --delete and --restore")
    (kind,) = kinds
    if (kind == "define") == (subject is not None):
        raise click.UsageError("--subject goes with --level, --delete and --restore, which need it")
    document: dict[str, Any] = {"kind": kind, "registry": registry, "reason": reason}
    if kind == "define":
        document["schemas"] = [read_file(one).text for one in files]
        document["definition"] = read_file(definition).text if definition else None
        return document
    if kind == "configure":
        return document | {"subject": subject, "level": None if level == "default" else level}
    return document | {"subject": subject, "versions": list(delete or restore)}


def _rehearsed(hub: RemoteHub, number: int, *, timeout_s: int) -> Any:
    """The proposal once it has the rehearsal it needs, or is decided."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = hub.get(governed("proposals", number))
        if not any(one["code"] == "not-rehearsed" for one in found["missing"]):
            return found
        if time.monotonic() > deadline:
            raise HubBusy(f"proposal {number} was not rehearsed within {timeout_s} s: does huehub consume run?")
        time.sleep(_LOOK_S)


@click.command("approve")
@number_argument
@reason_option
@click.option("--legal-basis", help="The law that lets a class be lowered: its name, number and article.")
@click.option("--overrule", is_flag=True, help="Administrators only: against objections and a failed rehearsal.")
@format_option
@click.pass_obj
def approve(settings: Settings, number: int, reason: str, legal_basis: str | None, overrule: bool, form: str) -> None:
    """Put proposal NUMBER in force."""
    document = {"reason": reason, "legalBasis": legal_basis, "overrule": overrule}
    _decide(settings, number, "approval", document, form)


@click.command("review")
@number_argument
@click.option("--verdict", type=click.Choice([APPROVE, OBJECT]), required=True)
@reason_option
@click.option("--consumer", help="Answer for this declared consumer (default: for the custodian).")
@format_option
@click.pass_obj
def review(settings: Settings, number: int, verdict: str, reason: str, consumer: str | None, form: str) -> None:
    """Answer proposal NUMBER as custodian, or for a declared consumer of your organisation."""
    document = {"verdict": verdict, "reason": reason, "consumer": consumer}
    _decide(settings, number, "reviews", document, form)


@click.command("return")
@number_argument
@reason_option
@format_option
@click.pass_obj
def send_back(settings: Settings, number: int, reason: str, form: str) -> None:
    """Send proposal NUMBER back to who made it."""
    _decide(settings, number, "return", {"reason": reason}, form)


@click.command("withdraw")
@number_argument
@reason_option
@format_option
@click.pass_obj
def withdraw(settings: Settings, number: int, reason: str, form: str) -> None:
    """Take your own proposal NUMBER back."""
    _decide(settings, number, "withdrawal", {"reason": reason}, form)


@click.command("rehearse")
@number_argument
@format_option
@click.pass_obj
def rehearse(settings: Settings, number: int, form: str) -> None:
    """Ask for a new rehearsal of proposal NUMBER."""
    _decide(settings, number, "rehearsals", {}, form)


def _decide(settings: Settings, number: int, resource: str, document: Mapping[str, Any], form: str) -> None:
    with opened_remote(settings) as hub:
        told = hub.post(governed("proposals", number, resource), document)
    show(form, told, lambda: proposal_lines(told))


@click.group("proposals")
def proposals() -> None:
    """Proposals as they stand."""


@proposals.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only those that stand like this.")
@click.option("--registry", help="Only those for this registry.")
@format_option
@click.pass_obj
def list_proposals(settings: Settings, status: str | None, registry: str | None, form: str) -> None:
    """List proposals, the oldest first."""
    chosen = {name: one for name, one in (("status", status), ("registry", registry)) if one is not None}
    with opened_remote(settings) as hub:
        found = list(_pages(hub, chosen))
    show(form, found, lambda: (_line(one) for one in found))


def _pages(hub: RemoteHub, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        page = hub.get(governed("proposals"), after=str(after), limit="500", **chosen)
        yield from page["proposals"]
        if page["next"] is None:
            return
        after = page["proposals"][-1]["proposal"]


def _line(one: Mapping[str, Any]) -> str:
    return (
        f"{one['proposal']}\t{one['status']}\t{one['kind']}\t{one['registry']}\t{one['organisation']}: {one['reason']}"
    )


@proposals.command("show")
@number_argument
@format_option
@click.pass_obj
def show_proposal(settings: Settings, number: int, form: str) -> None:
    """Show proposal NUMBER with what it still needs."""
    with opened_remote(settings) as hub:
        found = hub.get(governed("proposals", number))
    show(form, found, lambda: proposal_lines(found))
