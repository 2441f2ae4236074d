"""Brings everything to another registry over REST, under the same ids: IMPORT mode for the subjects concerned.

What stands there already is left alone, so that a repeat finishes what was begun. Modes are put back at the end,
also after a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hub.schema_registry.config import LEVEL
from hub.schema_registry.parsing import Parser
from hub.schema_registry.subjects import GLOBAL
from hub.schema_registry.transfer.contents import Contents, MovedVersion, content_document, in_order_of_references
from hub.schema_registry.transfer.errors import RegistryRefused, TransferError
from hub.schema_registry.transfer.remote import NOT_THERE, RemoteRegistry, subject_path
from hub.schema_registry.transfer.remote_reading import read_remote
from hub.schema_registry.transfer.soundness import is_normalized

_IMPORT = "IMPORT"
Progress = Callable[[int], None]


@dataclass(slots=True)
class Difference:
    """What the other registry lacks: versions in order of references, deletions with the referring ones first."""

    versions: list[MovedVersion] = field(default_factory=list)
    deletions: list[MovedVersion] = field(default_factory=list)
    configs: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)  # subjects in IMPORT mode after a run that was killed

    @property
    def changes(self) -> int:
        """How much there is to do."""
        settings = len(self.configs) + len(self.modes) + len(self.left)
        return len(self.versions) + len(self.deletions) + settings


def compare(contents: Contents, found: Contents) -> Difference:
    """What `found` lacks of `contents`; raises `RegistryRefused` naming the first version that is another there."""
    difference = Difference()
    for one in in_order_of_references(contents.versions.values()):
        there = found.versions.get(one.place)
        if there is None:
            difference.versions.append(one)
        else:
            _check_same(one, there)
        if one.deleted and (there is None or not there.deleted):
            difference.deletions.insert(0, one)
    difference.configs = {key: one for key, one in contents.configs.items() if found.configs.get(key) != one}
    difference.modes = {key: one for key, one in contents.modes.items() if found.modes.get(key) != one}
    subjects = {one.subject for one in contents.versions.values()}
    difference.left = sorted(
        key for key, mode in found.modes.items() if mode == _IMPORT and key in subjects and key not in contents.modes
    )
    return difference


def write_remote(remote: RemoteRegistry, contents: Contents, *, parser: Parser, progress: Progress) -> Difference:
    """Make the other registry hold `contents`; what it lacked. Raises `RegistryRefused` at the first refusal."""
    found = read_remote(remote)
    difference = compare(contents, found)
    opened = dict.fromkeys(difference.left, _IMPORT)  # with the mode that stood before
    try:
        for subject in sorted({one.subject for one in (*difference.versions, *difference.deletions)}):
            before = remote.find(f"/mode/{subject_path(subject)}") or {}
            _open_for_import(remote, subject)
            opened[subject] = before.get("mode", _IMPORT)
        _post_all(remote, difference.versions, parser, progress)
        for one in difference.deletions:
            _told(remote, "DELETE", f"/subjects/{subject_path(one.subject)}/versions/{one.version}", what=str(one))
        for key, value in sorted(difference.configs.items()):
            _put_config(remote, key, json.loads(value), found)
    finally:
        for subject, before in opened.items():
            _put_mode_back(remote, subject, before)
    for key, mode in sorted(difference.modes.items()):
        path = "/mode" if key == GLOBAL else f"/mode/{subject_path(key)}"
        _told(remote, "PUT", path, {"mode": mode}, what=f"the mode of {key or 'all'}", force="true")
    return difference


def _check_same(one: MovedVersion, there: MovedVersion) -> None:
    if (there.id, there.content.references) != (one.id, one.content.references) or not _same_text(one, there):
        raise RegistryRefused(f"{one} stands there with other content or the id {there.id}; nothing was exported")
    if there.deleted and not one.deleted:
        raise RegistryRefused(f"{one} is deleted there and not here; nothing was exported")


def _same_text(one: MovedVersion, there: MovedVersion) -> bool:
    try:
        return bool(json.loads(one.content.text) == json.loads(there.content.text))
    except ValueError:
        return False


def _open_for_import(remote: RemoteRegistry, subject: str) -> None:
    try:
        _told(remote, "PUT", f"/mode/{subject_path(subject)}", {"mode": _IMPORT}, what=subject, force="true")
    except RegistryRefused as error:
        if error.status not in NOT_THERE:
            raise
        raise RegistryRefused(
            f"{remote} knows no IMPORT mode (PUT /mode/…: {error.status}), so it would give ids of its own; write its "
            "topic instead: --to kafka://HOST:PORT/_schemas"
        ) from error


def _post_all(remote: RemoteRegistry, versions: Sequence[MovedVersion], parser: Parser, progress: Progress) -> None:
    for done, one in enumerate(versions, 1):
        path = f"/subjects/{subject_path(one.subject)}/versions"
        normalize = str(is_normalized(parser, one.subject, one.content)).lower()
        answer = _told(remote, "POST", path, _posted(one), what=str(one), normalize=normalize)
        if not isinstance(answer, dict) or answer.get("id") != one.id:
            raise RegistryRefused(f"{remote} did not keep the id of {one}; it answered {answer}")
        progress(done)


def _posted(one: MovedVersion) -> dict[str, Any]:
    return {"schemaType": one.type, "version": one.version, "id": one.id, **content_document(one.content)}


def _put_config(remote: RemoteRegistry, key: str, config: dict[str, Any], found: Contents) -> None:
    """Set `config`; what stands there and is not in it is taken away."""
    gone = json.loads(found.configs.get(key, "{}")).keys() - config.keys()
    document = {**dict.fromkeys(gone), **config}
    if LEVEL in document:
        document["compatibility"] = document.pop(LEVEL)
    path = "/config" if key == GLOBAL else f"/config/{subject_path(key)}"
    _told(remote, "PUT", path, document, what=f"settings of {key or 'all'}")


def _put_mode_back(remote: RemoteRegistry, subject: str, before: str) -> None:
    """Take IMPORT mode away, or set what stood before; what cannot be now is taken away by a repeat."""
    with suppress(TransferError):
        if before == _IMPORT:
            remote.tell("DELETE", f"/mode/{subject_path(subject)}")
        else:
            remote.tell("PUT", f"/mode/{subject_path(subject)}", {"mode": before}, force="true")


def _told(remote: RemoteRegistry, method: str, path: str, document: Any = None, *, what: str, **query: str) -> Any:
    try:
        return remote.tell(method, path, document, **query)
    except RegistryRefused as error:
        raise RegistryRefused(
            f"{what} was refused, and nothing after it was exported: {error}", status=error.status
        ) from error
