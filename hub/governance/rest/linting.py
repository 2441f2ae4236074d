"""/lint: the rules for schemas and definitions, their levels in force, and what is excepted."""

from __future__ import annotations

from typing import Any

from flask import Response

from hub.control.state import ControlState
from hub.governance.rest.answers import REVALIDATE, address, answer
from hub.governance.rest.bodies import Body, parameters
from hub.governance.rest.context import GovernanceContext
from schemas.lint_rules import LEVELS, RULE_ROWS


class LintViews:
    """The views about lint rules."""

    def __init__(self, context: GovernanceContext) -> None:
        self._context = context

    def list_rules(self) -> Response:
        """Every rule with its level in force, the packaged one, and its exceptions."""
        parameters()
        state = self._context.control()
        return answer({"rules": [self._rule(state, rule) for rule in sorted(RULE_ROWS)]}, keep=REVALIDATE)

    def set_level(self, rule: str) -> Response:
        """Set the level of a rule; null brings the packaged one back."""
        by = self._context.caller()
        body = Body("level", "reason")
        level = None if body.find_text("level") is None else body.chosen("level", *LEVELS)
        self._context.desk().set_lint_level(by, rule, level=level, reason=body.text("reason"))
        return answer(self._rule(self._context.control(), rule))

    def grant_exception(self) -> Response:
        """Let a finding pass until a day; null as the day ends an exception."""
        by = self._context.caller()
        body = Body("rule", "place", "until", "reason")
        rule, until = body.text("rule"), body.find_day("until")
        self._context.desk().grant_exception(by, rule, body.text("place"), until=until, reason=body.text("reason"))
        where = address(self._context.base_url, "lint", "rules")
        return answer(self._rule(self._context.control(), rule), status=201, location=where)

    def _rule(self, state: ControlState, rule: str) -> dict[str, Any]:
        row, today = RULE_ROWS[rule], self._context.today().isoformat()
        return {
            "rule": rule,
            "description": {"vi": row.vi, "en": row.en},
            "level": state.lint_levels.get(rule, row.level),
            "packagedLevel": row.level,
            "exceptions": [
                {"place": one.place, "until": one.until, "reason": one.reason, "expired": one.until < today}
                for (of, _), one in sorted(state.lint_exceptions.items())
                if of == rule
            ],
        }
