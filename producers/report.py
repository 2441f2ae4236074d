"""What became of a feed's rows, as numbers with reasons; JSON-able."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from producers.feed import Fact, Finding, Flag, Refusal

EXAMPLES = 5


@dataclass(slots=True)
class FlagCount:
    """How often a rule flagged something, with the first few places."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, flag: Flag) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{flag.origin}: {flag.field}: {flag.message}" if flag.field else str(flag.message))


@dataclass(slots=True)
class PublishReport:
    """One run of one feed.

    `read` counts the rows read, `facts` what they state, `unchanged` the facts told before; `published`
    counts events by type. `withheld` are keys missing from the list that were not retired because rows
    were refused, `missing` those of a feed that never retires, `withdrawn` the facts that a stand-in took
    back. `quarantined` says why nothing was taken.
    """

    feed: str
    dry_run: bool = False
    read: int = 0
    facts: int = 0
    unchanged: int = 0
    published: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    flagged: dict[str, FlagCount] = field(default_factory=dict)
    withheld: int = 0
    missing: int = 0
    withdrawn: int = 0
    quarantined: str | None = None

    @property
    def published_total(self) -> int:
        return self.published.total()

    def take(self, finding: Finding) -> None:
        """Count a finding."""
        if isinstance(finding, Fact):
            self.facts += 1
        elif isinstance(finding, Refusal):
            self.refused.append(finding)
        else:
            self.flagged.setdefault(finding.rule, FlagCount()).add(finding)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "feed": self.feed,
            "dry_run": self.dry_run,
            "read": self.read,
            "facts": self.facts,
            "unchanged": self.unchanged,
            "published": dict(self.published),
            "refused": [_refusal_json(one) for one in self.refused],
            "flagged": {name: {"count": one.count, "examples": one.examples} for name, one in self.flagged.items()},
            "withheld": self.withheld,
            "missing": self.missing,
            "withdrawn": self.withdrawn,
            "quarantined": self.quarantined,
        }


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    origin = refusal.origin
    return {
        "file": origin.file,
        "sheet": origin.sheet,
        "row": origin.row,
        "field": refusal.field,
        "code": refusal.code,
        "message": refusal.message,
        "way_out": refusal.way_out,
    }
