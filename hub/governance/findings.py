"""What the automatic checks find."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing to look at. `place` is a subject with a path, or a definition's; `code` is stable."""

    place: str
    code: str
    level: str
    message_vi: str
    message_en: str


def to_json(findings: Iterable[CheckFinding]) -> str:
    """The findings as a proposal keeps them: a list of objects."""
    return json.dumps([asdict(one) for one in findings], ensure_ascii=False)


def from_json(text: str) -> list[CheckFinding]:
    """The findings a proposal was made with."""
    return [CheckFinding(**one) for one in json.loads(text)]
