"""Subjects that stand for another: the setting `alias`."""

from __future__ import annotations

import json

from sqlalchemy import Engine, bindparam, select

from hub.control.claims import context_of
from hub.schema_registry.answers import Moment
from hub.schema_registry.subjects import qualify
from hub.schema_registry.tables import settings

_CONFIG = select(settings.c.config).where(settings.c.subject == bindparam("subject"))


def resolve_alias(engine: Engine, subject: str) -> str:
    """The subject that `subject` stands for, one step far, in the same context; else `subject` itself."""
    with engine.connect() as connection:
        config = connection.execute(_CONFIG, {"subject": subject}).scalar()
    return _meant(subject, config) or subject


class Aliases:
    """Every alias, read again once settings have changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: tuple[int, dict[str, str]] = (-1, {})

    def find(self, subject: str, moment: Moment) -> str | None:
        """The subject that `subject` stands for at a moment, None where it stands for itself."""
        at, known = self._known
        if at != moment.settings:
            known = {other: meant for meant, others in list_aliases(self._engine).items() for other in others}
            self._known = moment.settings, known
        return known.get(subject)


def list_aliases(engine: Engine) -> dict[str, list[str]]:
    """By subject, those that stand for it."""
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        rows = connection.execute(select(settings).where(settings.c.config.like('%"alias"%'))).all()
    for row in sorted(rows, key=lambda one: str(one.subject)):
        meant = _meant(row.subject, row.config)
        if meant is not None:
            found.setdefault(meant, []).append(row.subject)
    return found


def _meant(subject: str, config: str | None) -> str | None:
    alias = json.loads(config).get("alias") if config else None
    return qualify(context_of(subject), alias) if alias else None
