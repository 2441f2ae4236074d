"""The schema registry of one process over the shared tables, the journal and the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Engine

from hub.control.claims import Claims, context_of
from hub.control.errors import ControlUnavailable
from hub.control.governance import is_draft_context
from hub.control.journal import Change, Journal
from hub.control.state import ControlState
from hub.log.interface import Log
from hub.schema_registry.aliases import Aliases
from hub.schema_registry.errors import Forbidden, Moved
from hub.schema_registry.parsing import Parser
from hub.schema_registry.projection import apply_acknowledged, apply_all, create_tables
from hub.schema_registry.reads import Reads, SubjectState
from hub.schema_registry.subjects import scopes

_ATTEMPTS = 500
Answer = TypeVar("Answer")


def _find_no_use(schema_id: int) -> str | None:
    return None


class SchemaStore:
    """What every part of the schema registry works with. Decisions are made on acknowledged state, outside any
    lock; a commit refuses what has moved since, and the decision is made again."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        *,
        now: Callable[[], int],
        control: Callable[[], ControlState] = ControlState,
        find_use: Callable[[int], str | None] = _find_no_use,
        base_url: str = "",
    ) -> None:
        """`control` tells who answers for managed subjects, `find_use` which stored events carry an id."""
        self.engine = engine
        self.find_use = find_use
        self._base_url = base_url
        create_tables(engine)
        self.reads = Reads(engine, control)
        self.aliases = Aliases(engine)
        self.parser = Parser(self.reads)
        self._journal = Journal(engine, log, now=now, acknowledged=apply_all)
        self.catch_up()

    def catch_up(self) -> None:
        """Bring the tables up to what the log has acknowledged."""
        more = True
        while more:
            with self.engine.begin() as connection:
                more = apply_acknowledged(connection) > 0

    def state(self, subject: str, also: Sequence[str] = ()) -> SubjectState:
        """The subject with everything that was committed about it; raises `Moved` where that was not yet applied."""
        state = self.reads.state(subject, also)
        if state.revision < 0:
            self.settle()
            raise Moved
        return state

    def write(
        self, state: SubjectState, decide: Callable[[Claims], Sequence[Change]], actor: str, also: Sequence[str] = ()
    ) -> None:
        """Commit what `decide` answers if nothing has moved since `state`, and wait for the log."""

        def decide_still(claims: Claims) -> Sequence[Change]:
            if claims.revision({*scopes(state.subject), state.subject, *also}) != state.revision:
                raise Moved
            return decide(claims)

        self._journal.write(decide_still, actor)

    def is_free(self, state: SubjectState) -> bool:
        """Whether the subject is neither managed nor a draft."""
        return state.registry is None and not is_draft_context(context_of(state.subject))

    def check_free(self, state: SubjectState) -> None:
        """Raises `Forbidden` where only a proposal changes the subject: a registry names it, or it is a draft."""
        where = f"{self._base_url}/governance/v1/proposals (huehub schema propose)"
        if state.registry is not None:
            raise Forbidden(
                40301,
                f"The subject '{state.subject}' is governed by the registry '{state.registry}': propose at {where}",
            )
        context = context_of(state.subject)
        if is_draft_context(context):
            raise Forbidden(
                40301,
                f"The context '{context}' holds the drafts of a proposal: a new revision of it is made at {where}",
            )

    def write_all(self, decide: Callable[[Claims], Sequence[Change]], actor: str) -> int:
        """Commit what `decide` answers about many subjects, and wait for the log; the number of the last event.

        Whether anything has moved is for `decide` to find out.
        """
        return self._journal.write(decide, actor)

    def settle(self) -> None:
        """Bring log and tables up to everything that was committed."""
        self._journal.relay()
        self.catch_up()

    def repeat(self, attempt: Callable[[], Answer]) -> Answer:
        """What `attempt` answers once nobody was faster."""
        for _ in range(_ATTEMPTS):
            try:
                return attempt()
            except Moved:
                continue
        raise ControlUnavailable("too many others change this subject at this moment: repeat")
