"""Settings and modes of subjects, contexts and all."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from hub.control.claims import DEFAULT_CONTEXT, context_of
from hub.schema_registry.config import DEFAULT_LEVEL, LEVEL, Config, json_text, mode_of, updated
from hub.schema_registry.errors import NotFound, NotPermitted, SchemaInvalid, subject_not_found
from hub.schema_registry.reads import DEFAULT_MODE, SubjectState, has_subjects
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import GLOBAL, bare_name, check_subject, settings_key
from hub.schema_registry.tables import settings

OF_ALL = {LEVEL: DEFAULT_LEVEL}


def configure(store: SchemaStore, subject: str, request: dict[str, Any] | None, *, actor: str) -> Config:
    """Change the settings of a subject, a context or all; None takes them away. What stands now, or stood."""
    key = _checked_key(subject)
    updated(None, request or {})

    def attempt() -> Config:
        state = store.state(key)
        store.check_free(state)
        if request is None and state.own_config is None and key != GLOBAL:
            raise subject_not_found(subject)
        config = None if request is None else json_text(updated(state.own_config, request))
        _check_writable(state)
        change = ("SubjectConfigured", {"subject": key, "config": config or None})
        store.write(state, lambda claims: [change], actor)
        return (state.own_config or OF_ALL) if request is None else json.loads(config or "{}")

    return store.repeat(attempt)


def reset_modes(store: SchemaStore, subject: str, *, actor: str) -> str | None:
    """Take away the mode of a context (or all) and of every subject in it. What stood for the context before."""
    key = _checked_key(subject)

    def attempt() -> str | None:
        inner = _with_modes(store, key)
        state = store.state(key, inner)
        store.check_free(state)
        chosen = [*inner, *([key] if state.own_mode is not None else [])]
        changes = [("SubjectModeSet", {"subject": one, "mode": None}) for one in chosen]
        if changes:
            store.write(state, lambda claims: changes, actor, inner)
        return state.own_mode or (DEFAULT_MODE if key == GLOBAL else None)

    return store.repeat(attempt)


def _with_modes(store: SchemaStore, key: str) -> list[str]:
    """Subjects in the context `key` that have a mode of their own."""
    if key != GLOBAL and bare_name(key):
        return []
    context = DEFAULT_CONTEXT if key == GLOBAL else context_of(key)
    with store.engine.connect() as connection:
        asked = select(settings.c.subject).where(settings.c.mode.is_not(None)).order_by(settings.c.subject)
        return [one for (one,) in connection.execute(asked) if one != key and context_of(one) == context]


def _check_writable(state: SubjectState) -> None:
    if state.mode in ("READONLY", "READONLY_OVERRIDE"):
        raise NotPermitted(42205, f"Subject {state.subject} is in read-only mode")


def set_mode(store: SchemaStore, subject: str, mode: object, *, force: bool, actor: str) -> str:
    """Change the mode of a subject, a context or all; None takes it away. What stood before."""
    key = _checked_key(subject)
    wanted = None if mode is None else mode_of(mode)

    def attempt() -> str:
        state = store.state(key)
        store.check_free(state)
        if wanted is None and state.own_mode is None and key != GLOBAL:
            raise subject_not_found(subject)
        if wanted == "FORWARD" and key != GLOBAL:
            raise SchemaInvalid(42204, "Forward mode only supported on global level")
        if wanted == "IMPORT" and state.mode != "IMPORT" and not force and has_subjects(store.engine, key):
            raise NotPermitted(42205, "Cannot import since found existing subjects")
        store.write(state, lambda claims: [("SubjectModeSet", {"subject": key, "mode": wanted})], actor)
        return state.own_mode or DEFAULT_MODE

    return store.repeat(attempt)


def get_config(store: SchemaStore, subject: str, *, default_to_global: bool) -> Config:
    """The settings of a subject, a context or all; raises `NotFound` (40408)."""
    key = settings_key(subject)
    state = store.reads.state(key)
    if key == GLOBAL or default_to_global:
        return state.config
    if state.own_config is None:
        raise NotFound(40408, f"Subject '{subject}' does not have subject-level compatibility configured")
    return state.own_config


def get_mode(store: SchemaStore, subject: str, *, default_to_global: bool) -> str:
    """The mode of a subject, a context or all; raises `NotFound` (40409)."""
    key = settings_key(subject)
    state = store.reads.state(key)
    if key == GLOBAL or default_to_global:
        return state.mode
    if state.own_mode is None:
        raise NotFound(40409, f"Subject '{subject}' does not have subject-level mode configured")
    return state.own_mode


def _checked_key(subject: str) -> str:
    key = settings_key(subject)
    if bare_name(key):
        check_subject(key)
    return key
