"""What the control events about governance add up to: keys, declared consumers, proposals, deprecations, lint.

Times are microseconds UTC, days are ISO dates in the hub's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass

# draft ids begin here; an event that carries one is a dead letter
FIRST_DRAFT_ID = 2**30
PRODUCER, REVIEWER, STEWARD, ADMINISTRATOR = "producer", "reviewer", "steward", "administrator"
ROLES = (PRODUCER, REVIEWER, STEWARD, ADMINISTRATOR)
KINDS = ("define", "configure", "delete", "restore")
OPEN, APPROVED, RETURNED, WITHDRAWN = "open", "approved", "returned", "withdrawn"
# of managed subjects without a level of their own
MANAGED_LEVEL = "BACKWARD_TRANSITIVE"
_DRAFTS = ".draft-"
CUSTODIAN, CONSUMER = "custodian", "consumer"
APPROVE, OBJECT = "approve", "object"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that lets its holder in. `organisation` is the organisation's code, such as H57.15."""

    key_id: str
    role: str
    organisation: str
    holder: str


@dataclass(frozen=True, slots=True)
class DeclaredConsumer:
    """A system that reads events of `subject`; without `reader_schema` it reads with the newest schema."""

    consumer: str
    organisation: str
    title: str
    contact: str
    subject: str
    reader_schema: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed schema, readable under its draft id in the context `.draft-<proposal>`."""

    subject: str
    version: int
    id: int
    guid: str
    text: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal came to, replayed up to entry `pin`; `report` is JSON, `sha256` that of its bytes."""

    pin: int
    order_offset: int
    passed: bool
    report: str
    sha256: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """One answer, with its reason; `consumer` where it is given for a declared consumer."""

    capacity: str
    consumer: str | None
    verdict: str
    reason: str
    organisation: str
    key_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Closing:
    """How a proposal ended."""

    reason: str
    organisation: str
    key_id: str
    at: int
    legal_basis: str | None = None
    overruled: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that was asked for, at its newest revision; reviews and rehearsal are those of that revision.

    `base` is the version of the definition that was in force when it was asked for, 0 where there was none.
    """

    number: int
    revision: int
    kind: str
    registry: str
    definition: str | None
    drafts: tuple[Draft, ...]
    change: str | None
    reason: str
    organisation: str
    key_id: str
    holder: str
    findings: str
    made_at: int
    status: str = OPEN
    rehearsal_requested: bool = False
    rehearsed: Rehearsed | None = None
    reviews: tuple[Review, ...] = ()
    closing: Closing | None = None
    base: int = 0

    @property
    def context(self) -> str:
        """The context of the schema registry in which the drafts can be read."""
        return draft_context(self.number)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """From the day `until` on, nobody should write this version any more."""

    subject: str
    version: int
    until: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class LintException:
    """A finding of `rule` at `place` that is let pass until the day `until`."""

    rule: str
    place: str
    until: str
    reason: str


def rehearsal_facts(proposal: Proposal, rehearsed: Rehearsed) -> dict[str, object]:
    """The fields of the control event that the proposal was rehearsed."""
    return {
        "proposal": proposal.number,
        "revision": proposal.revision,
        "pin": rehearsed.pin,
        "orderOffset": rehearsed.order_offset,
        "passed": rehearsed.passed,
        "sha256": rehearsed.sha256,
        "report": rehearsed.report,
    }


def draft_context(proposal: int) -> str:
    """The context that holds the drafts of a proposal."""
    return f"{_DRAFTS}{proposal}"


def is_draft_context(context: str) -> bool:
    """Whether only proposals put schemas into the context."""
    return context.startswith(_DRAFTS)
