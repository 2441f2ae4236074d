"""/associations: which subjects describe which topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.schema_registry.aliases import resolve_alias
from hub.schema_registry.associating import Resource, Wish, Written, associate, dissociate, made_new
from hub.schema_registry.associations import STRONG, TOPIC, WEAK, Association, AssociationFilter, list_associations
from hub.schema_registry.errors import AssociationConflict, AssociationInvalid, SchemaRegistryError
from hub.schema_registry.listing import Listed
from hub.schema_registry.rest.documents import answered, request_of, version_document
from hub.schema_registry.rest.exchange import Answer, BadRequest, Exchange
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import check_subject, context_name, qualify

_TYPES = ("key", "value")
_MAX_LISTED = 1000
_MAX_NAME_CHARACTERS = 256
_MULTI_STATUS = 207


def list_of_subject(store: SchemaStore, exchange: Exchange) -> Answer:
    return _listed(store, exchange, AssociationFilter(subject=exchange.subject))


def list_of_name(store: SchemaStore, exchange: Exchange) -> Answer:
    """By namespace and name; `-` is any."""
    parts = exchange.parts
    wanted = AssociationFilter(resource_namespace=parts["namespace"], resource_name=parts["name"])
    return _listed(store, exchange, wanted)


def list_of_id(store: SchemaStore, exchange: Exchange) -> Answer:
    return _listed(store, exchange, AssociationFilter(resource_id=exchange.parts["id"]))


def create_associations(store: SchemaStore, exchange: Exchange) -> Answer:
    return _written(store, exchange, exchange.document(), creates=True)


def put_associations(store: SchemaStore, exchange: Exchange) -> Answer:
    document, resource_id = exchange.document(), exchange.parts["id"]
    if document.get("resourceId") not in (None, resource_id):
        raise AssociationInvalid(
            "resourceId", "Resource ID in the path parameter does not match the resource ID in the request body"
        )
    return _written(store, exchange, {**document, "resourceId": resource_id}, creates=False)


def remove_associations(store: SchemaStore, exchange: Exchange) -> Answer:
    wanted = AssociationFilter(
        resource_id=exchange.parts["id"],
        resource_type=exchange.find("resourceType") or TOPIC,
        association_types=exchange.query.get("associationType", ()),
    )
    cascades, dry_run = exchange.flag("cascadeLifecycle"), exchange.flag("dryRun")
    dissociate(store, wanted, cascades=cascades, dry_run=dry_run, actor=exchange.actor)
    return Answer(None, 204)


def list_many(store: SchemaStore, exchange: Exchange) -> Answer:
    """What several resources have; each answered for itself."""

    def answer(query: Mapping[str, Any]) -> dict[str, Any]:
        resource_id, name = query.get("resourceId"), query.get("resourceName")
        if not resource_id and not name:
            raise AssociationInvalid("resourceId", "either resourceId or resourceName must be specified")
        if name and not query.get("resourceNamespace"):
            raise AssociationInvalid(
                "resourceNamespace", "resourceNamespace is required when resourceName is specified"
            )
        lifecycle = query.get("lifecycle")
        wanted = AssociationFilter(
            resource_type=query.get("resourceType") or TOPIC,
            association_types=query.get("associationTypes") or (),
            lifecycle=None if lifecycle is None else lifecycle_of(lifecycle),
        )
        if resource_id:
            wanted = replace(wanted, resource_id=resource_id)
        else:
            wanted = replace(wanted, resource_name=name, resource_namespace=query["resourceNamespace"])
        return _resource_document(store, query, list_associations(store.engine, wanted), exchange)

    return answered(_each(exchange, answer), _MULTI_STATUS)


def change_many(store: SchemaStore, exchange: Exchange) -> Answer:
    """Creates, changes and removes for several resources; each answered for itself."""

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        dry_run = exchange.flag("dryRun")
        resource = _resource(request, dry_run=dry_run)
        versions: dict[str, Any] = {}
        for kind, operations in _runs(request):
            for one in _apply(store, exchange, resource, kind=kind, operations=operations):
                if one.version is not None:
                    versions[one.association.association_type] = version_document(one.version)
        found = []
        if not dry_run:
            wanted = AssociationFilter(resource_id=resource.id, resource_type=resource.type)
            found = list_associations(store.engine, wanted)
        return _document(resource, [_info(one, versions.get(one.association_type)) for one in found])

    return answered(_each(exchange, answer), _MULTI_STATUS)


def lifecycle_of(value: object, *, extra: Sequence[str] = ()) -> str:
    """A lifecycle as clients name it; raises `AssociationInvalid`."""
    found = str(value).upper()
    if found not in (STRONG, WEAK, *extra):
        raise AssociationInvalid("lifecycle", f"must be one of {', '.join((STRONG, WEAK, *extra))}, not '{value}'")
    return found


def listed_document(found: Listed) -> dict[str, Any]:
    """A version in the list of schemas."""
    document = version_document(found.version)
    if found.aliases:
        document["aliases"] = list(found.aliases)
    if found.associations:
        document["associations"] = [association_document(one) for one in found.associations]
    return document


def association_document(one: Association) -> dict[str, Any]:
    """An association; `frozen` follows from the lifecycle and is told only where it does not."""
    document: dict[str, Any] = {
        "subject": one.subject,
        "guid": one.guid,
        "resourceName": one.resource_name,
        "resourceNamespace": one.resource_namespace,
        "resourceId": one.resource_id,
        "resourceType": one.resource_type,
        "associationType": one.association_type,
        "lifecycle": one.lifecycle,
        "createTs": one.created_at // 1000,
        "updateTs": one.updated_at // 1000,
    }
    return document if one.frozen == (one.lifecycle == STRONG) else {**document, "frozen": one.frozen}


def _listed(store: SchemaStore, exchange: Exchange, wanted: AssociationFilter) -> Answer:
    lifecycle = exchange.find("lifecycle")
    wanted = replace(
        wanted,
        resource_type=exchange.find("resourceType") or TOPIC,
        association_types=exchange.query.get("associationType", ()),
        lifecycle=None if not lifecycle else lifecycle_of(lifecycle),
    )
    found = list_associations(store.engine, wanted)
    return answered([association_document(one) for one in exchange.page(found, _MAX_LISTED)])


def _written(store: SchemaStore, exchange: Exchange, document: Mapping[str, Any], *, creates: bool) -> Answer:
    dry_run = exchange.flag("dryRun")
    resource = _resource(document, dry_run=dry_run)
    listed = document.get("associations")
    wishes = _wishes(store, exchange, resource, listed, creates=creates)
    found = associate(store, resource, wishes, creates=creates, dry_run=dry_run, actor=exchange.actor)
    told = [_info(one.association, None if one.version is None else version_document(one.version)) for one in found]
    return answered(_document(resource, told))


def _apply(
    store: SchemaStore, exchange: Exchange, resource: Resource, *, kind: str, operations: list[dict[str, Any]]
) -> list[Written]:
    dry_run, actor = exchange.flag("dryRun"), exchange.actor
    if kind == "DELETE":
        for one in operations:
            wanted = AssociationFilter(
                resource_id=resource.id, resource_type=resource.type, association_types=[_type(one)]
            )
            if list_associations(store.engine, wanted):
                cascades = one.get("cascadeLifecycle") is True
                dissociate(store, wanted, cascades=cascades, dry_run=dry_run, actor=actor)
        return []
    wishes = _wishes(store, exchange, resource, operations, creates=kind == "CREATE")
    return associate(store, resource, wishes, creates=kind == "CREATE", dry_run=dry_run, actor=actor)


def _runs(request: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations of one kind that follow each other are one."""
    runs: list[tuple[str, list[dict[str, Any]]]] = []
    seen: set[str] = set()
    for one in _objects(request.get("associations"), "associations"):
        kind, name = str(one.get("opType")), _type(one)
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


def _each(exchange: Exchange, answer: Any) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for one in _objects(exchange.document().get("requests"), "requests"):
        try:
            results.append({"result": answer(one)})
        except SchemaRegistryError as error:
            results.append({"error": {"error_code": error.number, "message": str(error)}})
    return {"results": results}


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    if not value:
        raise AssociationInvalid(name, "cannot be null or empty")
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadRequest(400, f"{name} is a list of objects")
    return value


def _resource(document: Mapping[str, Any], *, dry_run: bool) -> Resource:
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


def _wishes(store: SchemaStore, exchange: Exchange, resource: Resource, listed: Any, *, creates: bool) -> list[Wish]:
    found: dict[str, Wish] = {}
    context = context_name(exchange.find("context") or exchange.context)
    for one in _objects(listed, "associations"):
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
        association_type=_type(document),
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


def _type(document: Mapping[str, Any]) -> str:
    found = document.get("associationType") or "value"
    if found not in _TYPES:
        raise AssociationInvalid("associationType", "must be either 'key' or 'value'")
    return str(found)


def _twice(name: str) -> AssociationInvalid:
    return AssociationInvalid(
        "associationType", f"may only appear once per request, but '{name}' appears more than once"
    )


def _resource_document(
    store: SchemaStore, query: Mapping[str, Any], found: list[Association], exchange: Exchange
) -> dict[str, Any]:
    first = found[0] if found else None
    resource = Resource(
        query.get("resourceName") or (first.resource_name if first else ""),
        query.get("resourceNamespace") or (first.resource_namespace if first else ""),
        query.get("resourceId") or (first.resource_id if first else None),
        query.get("resourceType") or TOPIC,
    )
    told = []
    for one in found:
        latest = None
        if exchange.flag("includeSchemas"):
            latest = store.reads.find_version(one.subject, None, deleted=False)
        if (one.resource_id, one.resource_name) != (resource.id, resource.name):
            raise AssociationConflict(
                500, "Error while getting associations: several resources have this name; ask for one by its id"
            )
        told.append(_info(one, None if latest is None else version_document(latest)))
    return _document(resource, told)


def _document(resource: Resource, associations: list[dict[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "resourceName": resource.name,
        "resourceNamespace": resource.namespace,
        "resourceId": resource.id,
        "resourceType": resource.type,
        "associations": associations,
    }
    return {name: value for name, value in document.items() if value}


def _info(one: Association, schema: dict[str, Any] | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "subject": one.subject,
        "associationType": one.association_type,
        "lifecycle": one.lifecycle,
    }
    if one.frozen != (one.lifecycle == STRONG):
        document["frozen"] = one.frozen
    return document if schema is None else {**document, "schema": schema}
