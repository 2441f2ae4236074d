"""`huehub registry`: definitions in and out of the control log."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from hub.commands.schema_output import end_where, finding_line, proposal_lines
from hub.control.governance import AccessKey, Proposal
from hub.control.store import ControlStore
from hub.governance.desk import GovernanceDesk
from hub.governance.errors import NothingChanges
from hub.governance.findings import ERROR, CheckFinding, from_json
from hub.governance.rest.described import describe_whole
from hub.governance.upgrades import approve_at_once, key_of_holder, propose_once, request_of
from hub.settings import Settings
from hub.wiring import open_desk, opened_hub
from schemas.classes import CLASS_LOWERED
from schemas.definition import Definition
from schemas.packaged import PackagedDefinition, load_definitions

TERMINAL = "terminal"


@click.group()
def registry() -> None:
    """Registry definitions."""


@registry.command("apply")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--reason", help="Why, in a sentence; it is kept for ever.  [default: the one of --approve]")
@click.option("--approve", "approval", metavar="REASON", help="Approve at once, with this reason; it is kept for ever.")
@click.option("--legal-basis", help="With --approve: the law that lets a class be lowered.")
@click.option("--overrule", is_flag=True, help="With --approve: against objections and a failed rehearsal.")
@click.pass_obj
def apply_folder(
    settings: Settings,
    folder: Path,
    reason: str | None,
    approval: str | None,
    legal_basis: str | None,
    overrule: bool,
) -> None:
    """Propose the registries in FOLDER (registries/*.yaml and avsc/<registry>/*.avsc) as they differ from the hub's.

    With --approve they are rehearsed and put in force, at once in every process: whoever holds the database may.
    Ends with 1 where the checks found errors.
    """
    if approval is None and (legal_basis is not None or overrule):
        raise click.UsageError("--legal-basis and --overrule go with --approve")
    packaged = load_definitions(folder)
    if not packaged:
        raise click.ClickException(f"{folder} holds no registries/*.yaml")
    told = reason or approval or f"Applied from the folder {folder.name}."
    with opened_hub(settings) as hub:
        store = hub.open_control_store("huehub registry apply")
        terminal = _Terminal(settings, store, open_desk(hub, store))
        changed = terminal.list_changed(packaged, told)
        if approval is None:
            _tell_how(folder, [terminal.propose(one, told) for one in changed])
            return
        for one in changed:
            terminal.approve(one, told, Approval(approval, legal_basis, overrule))


@dataclass(frozen=True, slots=True)
class Approval:
    """With which words it is approved."""

    reason: str
    legal_basis: str | None
    overrule: bool


@dataclass(frozen=True, slots=True)
class _Terminal:
    """Proposes and approves in the name of whoever sits at the terminal, and prints what comes of it."""

    settings: Settings
    store: ControlStore
    desk: GovernanceDesk

    def list_changed(self, packaged: Sequence[PackagedDefinition], reason: str) -> list[PackagedDefinition]:
        """Those that differ from what stands; an error that no approval can pass ends the command here."""
        changed, errors = [], []
        for one in packaged:
            try:
                findings = self.desk.check(request_of(one, reason))
            except NothingChanges:
                _tell_standing(one.definition)
                continue
            changed.append(one)
            errors += [found for found in findings if found.level == ERROR and found.code != CLASS_LOWERED]
        for found in errors:
            click.echo(finding_line(asdict(found)), err=True)
        if errors:
            raise click.ClickException(f"{len(errors)} findings; nothing was applied")
        return changed

    def propose(self, packaged: PackagedDefinition, reason: str) -> Proposal:
        """The proposal, shown."""
        proposal = self._proposed(packaged, reason)
        self._show(proposal)
        return proposal

    def approve(self, packaged: PackagedDefinition, reason: str, approval: Approval) -> None:
        """Propose and approve; the proposal is shown with its rehearsal, also where it is refused."""
        proposal = self._proposed(packaged, reason)
        try:
            approve_at_once(
                self.desk,
                self.store.state,
                proposal,
                by=self._key(packaged),
                reason=approval.reason,
                legal_basis=approval.legal_basis,
                overrule=approval.overrule,
            )
        finally:
            self._show(self.desk.get(proposal.number))
        _tell_standing(self.store.state.definitions[proposal.registry])

    def _proposed(self, packaged: PackagedDefinition, reason: str) -> Proposal:
        request = request_of(packaged, reason)
        return propose_once(self.desk, self.store.state, by=self._key(packaged), request=request)

    def _key(self, packaged: PackagedDefinition) -> AccessKey:
        return key_of_holder(self.store.state, packaged, key_id=TERMINAL, holder=_holder())

    def _show(self, proposal: Proposal) -> None:
        for line in proposal_lines(describe_whole(self.settings.public_url, proposal) | {"missing": []}):
            click.echo(line)


def _tell_standing(definition: Definition) -> None:
    click.echo(f"{definition.registry} version {definition.version}: topics {', '.join(definition.topics)}")


def _tell_how(folder: Path, proposals: Sequence[Proposal]) -> None:
    """How the proposals come into force; ends with 1 where one takes a legal basis."""
    if not proposals:
        return
    numbers = ", ".join(str(one.number) for one in proposals)
    click.echo(
        f"Nothing is in force yet. To approve {numbers}: huehub registry apply {folder} --approve REASON, or "
        "huehub schema approve NUMBER with the key of a steward of the custodian or an administrator"
    )
    end_where(any(_has_errors(from_json(one.findings)) for one in proposals))


def _has_errors(findings: Iterable[CheckFinding]) -> bool:
    return any(one.level == ERROR for one in findings)


def _holder() -> str:
    """The user at the terminal."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


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
