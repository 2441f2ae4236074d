"""Subjects that stand for another: the setting `alias`."""

from __future__ import annotations

import json

from sqlalchemy import Engine, select

from hub.control.claims import context_of
from hub.schema_registry.subjects import qualify
from hub.schema_registry.tables import settings


def resolve_alias(engine: Engine, subject: str) -> str:
    """The subject that `subject` stands for, one step far, in the same context; else `subject` itself."""
    with engine.connect() as connection:
        config = connection.execute(select(settings.c.config).where(settings.c.subject == subject)).scalar()
    alias = json.loads(config).get("alias") if config else None
    return qualify(context_of(subject), alias) if alias else subject


def list_aliases(engine: Engine) -> dict[str, list[str]]:
    """By subject, those that stand for it."""
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        rows = connection.execute(select(settings).where(settings.c.config.like('%"alias"%'))).all()
    for row in sorted(rows, key=lambda one: str(one.subject)):
        alias = json.loads(row.config).get("alias")
        if alias:
            found.setdefault(qualify(context_of(row.subject), alias), []).append(row.subject)
    return found
