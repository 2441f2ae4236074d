"""Reads everything another registry holds over REST.

One listing of all versions where it has one, else subject by subject; what is deleted is what the listing without
deleted versions lacks, for not every registry says so. Settings and modes are asked subject by subject: there is
no other way, and those of subjects without versions cannot be found. Karapace (6.2) leaves deleted versions out of
its listing, keeps no modes, and answers the mode of all for each subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.control.claims import DEFAULT_CONTEXT
from hub.control.governance import is_draft_context
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.subjects import EVERY_CONTEXT, GLOBAL, qualify
from hub.schema_registry.transfer.contents import AVRO, Contents, MovedVersion, Place, content_of
from hub.schema_registry.transfer.errors import SourceUnreadable
from hub.schema_registry.transfer.remote import RemoteRegistry, subject_path
from schemas.stored_text import Content

_PAGE = 1000
_KARAPACE = "karapace_version"


def read_remote(remote: RemoteRegistry) -> Contents:
    """Versions with their ids, deleted ones too, settings and modes; raises `RegistryRefused`, `SourceUnreadable`."""
    is_karapace = _is_karapace(remote)
    has_listing = not is_karapace and remote.find("/schemas", limit=1) is not None
    documents = list(_list_pages(remote, deleted="true") if has_listing else _list_by_subject(remote))
    contents = Contents()
    for one in map(_version_of, documents):
        if not is_draft_context(one.context):  # of another hub: its proposals stay there
            contents.add_version(one)
    if not any(document.get("deleted") for document in documents):
        _mark_deleted(contents, _active_listed(remote) if has_listing else _active_by_subject(remote))
    _read_settings(remote, contents, has_modes=not is_karapace)
    return contents


def _is_karapace(remote: RemoteRegistry) -> bool:
    health = remote.find("/_health")
    return isinstance(health, dict) and _KARAPACE in health


def _list_by_subject(remote: RemoteRegistry) -> Iterator[dict[str, Any]]:
    subjects = remote.get("/subjects", deleted="true", subjectPrefix=EVERY_CONTEXT)
    for found in remote.ask_all(lambda subject: _versions_of(remote, subject), subjects):
        yield from found


def _versions_of(remote: RemoteRegistry, subject: str) -> list[dict[str, Any]]:
    path = f"/subjects/{subject_path(subject)}/versions"
    return [remote.get(f"{path}/{number}", deleted="true") for number in remote.get(path, deleted="true")]


def _list_pages(remote: RemoteRegistry, *, deleted: str) -> Iterator[dict[str, Any]]:
    """Every version; a registry that knows no pages answers all at once, and again the same."""
    seen: set[Place] = set()
    offset = 0
    while True:
        page = remote.get(
            "/schemas", deleted=deleted, subjectPrefix=EVERY_CONTEXT, latestOnly="false", offset=offset, limit=_PAGE
        )
        new = [one for one in page if (one["subject"], one["version"]) not in seen]
        seen.update((one["subject"], one["version"]) for one in new)
        yield from new
        offset += len(page)
        if not new or len(page) != _PAGE:
            return


def _active_listed(remote: RemoteRegistry) -> set[Place]:
    listed = _list_pages(remote, deleted="false")
    return {(qualify(DEFAULT_CONTEXT, one["subject"]), int(one["version"])) for one in listed}


def _active_by_subject(remote: RemoteRegistry) -> set[Place]:
    subjects = remote.get("/subjects", subjectPrefix=EVERY_CONTEXT)
    numbers = remote.ask_all(lambda one: remote.find(f"/subjects/{subject_path(one)}/versions") or [], subjects)
    return {
        (qualify(DEFAULT_CONTEXT, subject), int(number))
        for subject, found in zip(subjects, numbers, strict=True)
        for number in found
    }


def _mark_deleted(contents: Contents, active: set[Place]) -> None:
    for place, one in list(contents.versions.items()):
        if place not in active:
            contents.add_version(replace(one, deleted=True))


def _version_of(document: dict[str, Any]) -> MovedVersion:
    try:
        return MovedVersion(
            subject=qualify(DEFAULT_CONTEXT, document["subject"]),
            version=int(document["version"]),
            id=int(document["id"]),
            content=_as_identified(content_of(document), document.get("guid")),
            deleted=bool(document.get("deleted")),
            type=str(document.get("schemaType") or AVRO),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SourceUnreadable(f"the registry listed something that is no version: {error!r}") from error


def _as_identified(content: Content, guid: object) -> Content:
    """Without metadata that the GUID does not know: another hub derives those of its registries."""
    bare = replace(content, metadata="")
    return bare if content.metadata and guid == bare.guid else content


def _read_settings(remote: RemoteRegistry, contents: Contents, *, has_modes: bool) -> None:
    """Settings and modes of what has any."""
    scopes = [f":{one}:" for one in sorted(contents.contexts() - {DEFAULT_CONTEXT})]
    scopes += sorted({one.subject for one in contents.versions.values()})
    try:
        contents.set_config(GLOBAL, remote.get("/config"))
        for scope, found in zip(scopes, _ask_scopes(remote, "/config", scopes), strict=True):
            if found is not None:
                contents.set_config(scope, found)
        if has_modes:
            contents.set_mode(GLOBAL, remote.get("/mode")["mode"])
            for scope, found in zip(scopes, _ask_scopes(remote, "/mode", scopes), strict=True):
                if found is not None:
                    contents.set_mode(scope, found["mode"])
    except (SchemaInvalid, KeyError, TypeError) as error:
        raise SourceUnreadable(f"the registry answered settings that cannot be: {error}") from error


def _ask_scopes(remote: RemoteRegistry, path: str, scopes: list[str]) -> list[Any | None]:
    return remote.ask_all(lambda scope: remote.find(f"{path}/{subject_path(scope)}"), scopes)
