"""/associations: which subjects describe which topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.schema_registry.associating import Written, associate, dissociate
from hub.schema_registry.association_rules import Resource
from hub.schema_registry.associations import STRONG, TOPIC, Association, AssociationFilter, list_associations
from hub.schema_registry.errors import AssociationConflict, AssociationInvalid, SchemaRegistryError
from hub.schema_registry.listing import Listed
from hub.schema_registry.rest.association_requests import (
    lifecycle_of,
    objects_of,
    resource_of,
    runs_of,
    type_of,
    wishes_of,
)
from hub.schema_registry.rest.documents import answered, version_document
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.store import SchemaStore

_MAX_LISTED = 1000
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
        resource = resource_of(request, dry_run=dry_run)
        versions: dict[str, Any] = {}
        for kind, operations in runs_of(request):
            for one in _apply(store, exchange, resource, kind=kind, operations=operations):
                if one.version is not None:
                    versions[one.association.association_type] = version_document(one.version)
        found = []
        if not dry_run:
            wanted = AssociationFilter(resource_id=resource.id, resource_type=resource.type)
            found = list_associations(store.engine, wanted)
        return _document(resource, [_info(one, versions.get(one.association_type)) for one in found])

    return answered(_each(exchange, answer), _MULTI_STATUS)


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
    resource = resource_of(document, dry_run=dry_run)
    listed = document.get("associations")
    wishes = wishes_of(store, exchange, resource, listed, creates=creates)
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
                resource_id=resource.id, resource_type=resource.type, association_types=[type_of(one)]
            )
            if list_associations(store.engine, wanted):
                cascades = one.get("cascadeLifecycle") is True
                dissociate(store, wanted, cascades=cascades, dry_run=dry_run, actor=actor)
        return []
    wishes = wishes_of(store, exchange, resource, operations, creates=kind == "CREATE")
    return associate(store, resource, wishes, creates=kind == "CREATE", dry_run=dry_run, actor=actor)


def _each(exchange: Exchange, answer: Any) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for one in objects_of(exchange.document().get("requests"), "requests"):
        try:
            results.append({"result": answer(one)})
        except SchemaRegistryError as error:
            results.append({"error": {"error_code": error.number, "message": str(error)}})
    return {"results": results}


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
