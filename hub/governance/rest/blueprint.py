"""The addresses under `/governance/v1`: one table of them, and the blueprint made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.exc import OperationalError

from hub.governance.rest.answers import PREFIX, REVALIDATE, answer, open_to_all
from hub.governance.rest.bodies import parameters
from hub.governance.rest.consumers import ConsumerViews
from hub.governance.rest.context import GovernanceContext
from hub.governance.rest.feed import ChangeViews
from hub.governance.rest.linting import LintViews
from hub.governance.rest.proposals import ProposalViews
from hub.governance.rest.subjects import SubjectViews
from hub.registries.errors import DatabaseUnavailable

View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Resource:
    """A method at a path below the prefix. `view` names group and view; `what` says what it does."""

    method: str
    path: str
    view: str
    what: str


_PROPOSAL, _SUBJECT = "/proposals/<int:proposal>", "/subjects/<subject>"
_CONSUMER = "/consumers/<consumer>/subjects/<subject>"
RESOURCES = (
    Resource("GET", "/proposals", "proposals.list_all", "proposals; status, registry, after, limit"),
    Resource("POST", "/proposals", "proposals.make", "propose a change"),
    Resource("GET", _PROPOSAL, "proposals.show", "one proposal, and what it still needs"),
    Resource("POST", f"{_PROPOSAL}/revisions", "proposals.revise", "propose it anew"),
    Resource("POST", f"{_PROPOSAL}/rehearsals", "proposals.ask_rehearsal", "ask for a rehearsal"),
    Resource("GET", f"{_PROPOSAL}/rehearsal", "proposals.show_rehearsal", "the whole report of the rehearsal"),
    Resource("POST", f"{_PROPOSAL}/reviews", "proposals.review", "answer as custodian or for a consumer"),
    Resource("POST", f"{_PROPOSAL}/approval", "proposals.approve", "put it in force"),
    Resource("POST", f"{_PROPOSAL}/return", "proposals.send_back", "send it back"),
    Resource("POST", f"{_PROPOSAL}/withdrawal", "proposals.withdraw", "take it back"),
    Resource("POST", "/checks", "proposals.check", "what a proposal would be told; keeps nothing"),
    Resource("GET", "/subjects", "subjects.list_all", "the governed subjects; registry, prefix"),
    Resource("GET", _SUBJECT, "subjects.show", "owner, contact, classes, versions, level"),
    Resource("GET", f"{_SUBJECT}/difference", "subjects.show_difference", "what changed; from, to"),
    Resource("GET", f"{_SUBJECT}/usage", "subjects.show_usage", "who writes it, who reads it"),
    Resource(
        "POST",
        f"{_SUBJECT}/versions/<int:version>/deprecation",
        "subjects.deprecate",
        "until when a version may be used",
    ),
    Resource("GET", "/consumers", "consumers.list_all", "declared consumers; subject, organisation"),
    Resource("GET", _CONSUMER, "consumers.show", "one declared consumer"),
    Resource("PUT", _CONSUMER, "consumers.declare", "declare a consumer, or change it"),
    Resource("DELETE", _CONSUMER, "consumers.withdraw", "it reads the subject no more"),
    Resource("GET", "/lint/rules", "lint.list_rules", "the lint rules with their levels and exceptions"),
    Resource("PUT", "/lint/rules/<rule>", "lint.set_level", "set the level of a rule"),
    Resource("POST", "/lint/exceptions", "lint.grant_exception", "let a finding pass until a day"),
    Resource("GET", "/changes", "changes.list_all", "what happened to schemas and registries; after, limit"),
    Resource("GET", "/changes.atom", "changes.show_atom", "the same as an Atom feed, newest first; limit"),
)
# what another blueprint answers under the prefix
ELSEWHERE = (Resource("GET", "/registries/<registry>/contract", "", "the registry's data contract (ODCS)"),)


def create_blueprint(context: GovernanceContext) -> Blueprint:
    """The routes of `/governance/v1`."""
    blueprint = Blueprint("governance", __name__, url_prefix=PREFIX)
    groups: dict[str, Any] = {
        "proposals": ProposalViews(context),
        "subjects": SubjectViews(context),
        "consumers": ConsumerViews(context),
        "lint": LintViews(context),
        "changes": ChangeViews(context),
    }
    blueprint.add_url_rule("", endpoint="index", view_func=_index(context), methods=["GET"])
    for one in RESOURCES:
        group, _, name = one.view.partition(".")
        view = _answering(getattr(groups[group], name))
        blueprint.add_url_rule(one.path, endpoint=one.view.replace(".", "_"), view_func=view, methods=[one.method])
    blueprint.after_request(open_to_all)
    return blueprint


def _answering(view: View) -> View:
    """`view`, which says that it can be asked again where the database is away."""

    @wraps(view)
    def ask(**parts: Any) -> Response:
        try:
            return view(**parts)
        except OperationalError as error:
            raise DatabaseUnavailable("the hub's database does not answer now; try again") from error

    return ask


def template_of(path: str) -> str:
    """A path as documentation writes it: /proposals/{proposal}."""
    return path.replace("int:", "").replace("<", "{").replace(">", "}")


def _index(context: GovernanceContext) -> Callable[[], Response]:
    def index() -> Response:
        """The resources there are."""
        parameters()
        told = [
            {"method": one.method, "address": f"{context.base_url}{PREFIX}{template_of(one.path)}", "what": one.what}
            for one in (*RESOURCES, *ELSEWHERE)
        ]
        return answer({"title": {"vi": context.title.vi, "en": context.title.en}, "resources": told}, keep=REVALIDATE)

    return index
