"""Requests about associations, read: resources, what is wished for them, operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.schema_registry.aliases import resolve_alias
from hub.schema_registry.association_rules import Resource, Wish, made_new
from hub.schema_registry.associations import STRONG, TOPIC, WEAK
from hub.schema_registry.errors import AssociationInvalid
from hub.schema_registry.rest.documents import request_of
from hub.schema_registry.rest.exchange import BadRequest, Exchange
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import check_subject, context_name, qualify

_TYPES = ("key", "value")
_MAX_NAME_CHARACTERS = 256


def lifecycle_of(value: object, *, extra: Sequence[str] = ()) -> str:
    """A lifecycle as clients name it; raises `AssociationInvalid`."""
    found = str(value).upper()
    if found not in (STRONG, WEAK, *extra):
        raise AssociationInvalid("lifecycle", f"must be one of {', '.join((STRONG, WEAK, *extra))}, not '{value}'")
    return found


def runs_of(request: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations of one kind that follow each other are one."""
    runs: list[tuple[str, list[dict[str, Any]]]] = []
    seen: set[str] = set()
    for one in objects_of(request.get("associations"), "associations"):
        kind, name = str(one.get("opType")), type_of(one)
        if kind not in ("CREATE", "UPSERT", "DELETE"):
            raise AssociationInvalid("opType", "must be CREATE, UPSERT or DELETE")
        if name in seen:
            raise _twice(name)
        seen.add(name)
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(one)
        else:
            runs.append((kind, [one]))
    return runs


def objects_of(value: Any, name: str) -> list[dict[str, Any]]:
    """A list of objects that is not empty; raises `AssociationInvalid`, `BadRequest`."""
    if not value:
        raise AssociationInvalid(name, "cannot be null or empty")
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadRequest(400, f"{name} is a list of objects")
    return value


def resource_of(document: Mapping[str, Any], *, dry_run: bool) -> Resource:
    """The resource of a request; raises `AssociationInvalid`."""
    name, namespace = document.get("resourceName"), document.get("resourceNamespace")
    _check_name(name, "resourceName")
    _check_name(namespace, "resourceNamespace")
    resource_id = document.get("resourceId") or None
    if resource_id is None and not dry_run:
        raise AssociationInvalid("resourceId", "cannot be null or empty")
    kind = document.get("resourceType") or TOPIC
    if kind != TOPIC:
        raise AssociationInvalid("resourceType", f"must be '{TOPIC}'")
    return Resource(str(name), str(namespace), None if resource_id is None else str(resource_id), kind)


def _check_name(name: object, member: str) -> None:
    """Letters, digits, `_`, `-`, and the dot that names of topics have."""
    if not name or not isinstance(name, str):
        raise AssociationInvalid(member, "cannot be null or empty")
    if len(name) > _MAX_NAME_CHARACTERS:
        raise AssociationInvalid(member, f"exceeds max length of {_MAX_NAME_CHARACTERS}")
    for character in name:
        if not character.isalnum() and character not in "_-.":
            raise AssociationInvalid(member, f"illegal character '{character}'")


def wishes_of(store: SchemaStore, exchange: Exchange, resource: Resource, listed: Any, *, creates: bool) -> list[Wish]:
    """What is asked for a resource, by subjects in the request's context; raises `AssociationInvalid`."""
    found: dict[str, Wish] = {}
    context = context_name(exchange.find("context") or exchange.context)
    for one in objects_of(listed, "associations"):
        wish = _wish(one)
        if creates:
            wish = _made_whole(made_new(wish, creates=True), resource)
        if wish.subject is not None:
            subject = resolve_alias(store.engine, qualify(context, check_subject(wish.subject)))
            wish = replace(wish, subject=subject)
        if wish.association_type in found:
            raise _twice(wish.association_type)
        found[wish.association_type] = wish
    return list(found.values())


def _wish(document: Mapping[str, Any]) -> Wish:
    subject, lifecycle, frozen = document.get("subject"), document.get("lifecycle"), document.get("frozen")
    if subject is not None and (not isinstance(subject, str) or not subject):
        raise AssociationInvalid("subject", "must not be empty")
    if frozen is not None and not isinstance(frozen, bool):
        raise AssociationInvalid("frozen", "must be true or false")
    schema = document.get("schema")
    if schema is not None and not isinstance(schema, dict):
        raise AssociationInvalid("schema", "must be an object with the member schema")
    wish = Wish(
        association_type=type_of(document),
        subject=subject,
        lifecycle=None if lifecycle is None else lifecycle_of(lifecycle),
        frozen=frozen,
        schema=None if schema is None else request_of(schema, normalize=document.get("normalize") is True),
    )
    if wish.lifecycle == WEAK and wish.schema is not None:
        raise AssociationInvalid("lifecycle", "cannot be WEAK when schema is provided")
    if wish.lifecycle == WEAK and wish.frozen:
        raise AssociationInvalid("frozen", "association with lifecycle of WEAK cannot be frozen")
    return wish


def _made_whole(wish: Wish, resource: Resource) -> Wish:
    """With the subject that bears the topic's name, where the topic owns it."""
    own = resource.own_subject(wish.association_type)
    if wish.subject is None and wish.lifecycle == WEAK:
        raise AssociationInvalid("subject", "must be provided for WEAK associations")
    wish = wish if wish.subject is not None else replace(wish, subject=own)
    if wish.frozen and wish.subject != own:
        raise AssociationInvalid("subject", f"frozen associations must use subject '{own}'")
    if wish.lifecycle == WEAK and wish.subject == own:
        raise AssociationInvalid("subject", f"WEAK associations cannot use subject '{own}'")
    return wish


def type_of(document: Mapping[str, Any]) -> str:
    """What an association describes: `value` where it does not say."""
    found = document.get("associationType") or "value"
    if found not in _TYPES:
        raise AssociationInvalid("associationType", "must be either 'key' or 'value'")
    return str(found)


def _twice(name: str) -> AssociationInvalid:
    return AssociationInvalid(
        "associationType", f"may only appear once per request, but '{name}' appears more than once"
    )
