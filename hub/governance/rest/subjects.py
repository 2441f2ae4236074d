"""/subjects: whose a schema is, what changed between versions, who uses it, what should be left behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response

from hub.control.governance import MANAGED_LEVEL
from hub.control.state import ControlState
from hub.governance.rest.answers import REVALIDATE, address, answer
from hub.governance.rest.bodies import Body, parameters
from hub.governance.rest.context import GovernanceContext, SubjectVersion
from hub.governance.rest.described import describe_usage
from hub.governance.rest.errors import ParameterInvalid
from hub.governance.usage import Usage, naming_definitions, read_usage
from hub.registries.snapshots import open_snapshot
from schemas.avro import parse_record_schema, record_type
from schemas.definition import Definition
from schemas.difference import difference
from schemas.errors import AvroInvalid
from schemas.times import format_instant


class SubjectViews:
    """The views about subjects, managed and free."""

    def __init__(self, context: GovernanceContext) -> None:
        self._context = context

    def list_all(self) -> Response:
        """The governed subjects with the registry each belongs to."""
        given = parameters("registry", "prefix")
        state, found = self._context.control(), []
        for subject, versions in sorted(state.subjects.items()):
            names = [one.registry for one in naming_definitions(state, subject)]
            if not subject.startswith(given.get("prefix", "")):
                continue
            if given.get("registry") not in (None, *names):
                continue
            links = {"self": address(self._context.base_url, "subjects", subject)}
            newest = versions[-1]
            found.append(
                {"subject": subject, "registries": names, "version": newest.version, "id": newest.id, "links": links}
            )
        return answer({"subjects": found}, keep=REVALIDATE)

    def show(self, subject: str) -> Response:
        """Owner, contact, classes, versions, level and users of a subject."""
        parameters()
        versions, state = self._context.versions(subject), self._context.control()
        definitions = naming_definitions(state, subject)
        newest = next((one for one in reversed(versions) if not one.deleted), versions[-1])
        owned = [_owner(state, one) for one in definitions]
        return answer(
            {
                "subject": subject,
                "managed": bool(definitions),
                "registries": [one["registry"] for one in owned],
                "owner": owned[0]["owner"] if owned else None,
                "contact": owned[0]["contact"] if owned else None,
                "level": self._level(state, subject),
                "levelIsOwn": subject in state.subject_levels,
                "classes": classes_of(newest.text),
                "versions": [_version(state, subject, one) for one in versions],
                "usedBy": self._users(state, subject),
                "links": self._links(subject),
            },
            keep=REVALIDATE,
        )

    def _level(self, state: ControlState, subject: str) -> str:
        """Of a governed subject its own level or the packaged one, else what the schema registry's settings say."""
        if subject in state.subjects:
            return state.subject_levels.get(subject, MANAGED_LEVEL)
        return self._context.level_of(subject)

    def _users(self, state: ControlState, subject: str) -> dict[str, Any]:
        told = describe_usage(self._context.base_url, self._usage(state, subject))
        return {
            "registries": told["registries"],
            "consumers": [one["consumer"] for one in told["consumers"]],
            "sources": sorted({one["source"] for one in told["writers"]}),
        }

    def _links(self, subject: str) -> dict[str, str]:
        own = address(self._context.base_url, "subjects", subject)
        return {"self": own, "usage": f"{own}/usage", "difference": f"{own}/difference"}

    def show_difference(self, subject: str) -> Response:
        """Every change between two versions, with its verdict at each compatibility level."""
        given = parameters("from", "to")
        versions = self._context.versions(subject)
        new = self._context.version(subject, given.get("to", "latest"))
        before = [one for one in versions if one.version < new.version]
        if "from" not in given and not before:
            raise ParameterInvalid("from", f"{subject} has no version before {new.version}: name one with from=")
        old = self._context.version(subject, given["from"]) if "from" in given else before[-1]
        found = [asdict(one) for one in difference(new.text, old.text)]
        return answer({"subject": subject, "from": old.version, "to": new.version, "changes": found}, keep=REVALIDATE)

    def show_usage(self, subject: str) -> Response:
        """Who uses a subject, who still writes a version that is deprecated, which keys were seen."""
        parameters()
        self._context.versions(subject)
        found = self._usage(self._context.control(), subject)
        return answer(describe_usage(self._context.base_url, found), keep=REVALIDATE)

    def deprecate(self, subject: str, version: int) -> Response:
        """Say until when a version may be written; null as the day takes that back."""
        by = self._context.caller()
        body = Body("until", "reason")
        until, reason = body.find_day("until"), body.text("reason")
        self._context.desk().deprecate(by, subject, version, until=until, reason=reason)
        told = {"subject": subject, "version": version, "until": until.isoformat() if until else None}
        usage = self._usage(self._context.control(), subject)
        return answer(told | {"writers": _still_writing(self._context, usage, version)})

    def _usage(self, state: ControlState, subject: str) -> Usage:
        self._context.write_sightings()
        with open_snapshot(self._context.engine) as connection:
            return read_usage(connection, state, subject, counts=self._context.counts, zone=self._context.zone)


def classes_of(text: str) -> Mapping[str, str | None]:
    """The class of every field of a schema of ours, nothing of what is no record."""
    if not isinstance(json.loads(text), dict):
        return {}
    try:
        fields = record_type(parse_record_schema(text)).fields
    except AvroInvalid:
        return {}
    return {one.name: one.document.get("class") for one in fields}


def _owner(state: ControlState, definition: Definition) -> dict[str, Any]:
    department = state.departments.get(definition.custodian)
    return {
        "registry": definition.registry,
        "owner": {
            "department": definition.custodian,
            "organisation": department.organisation if department else None,
            "name": {"vi": department.name_vi, "en": department.name_en} if department else None,
        },
        "contact": department.contact if department else None,
    }


def _version(state: ControlState, subject: str, version: SubjectVersion) -> dict[str, Any]:
    deprecation = state.deprecations.get((subject, version.version))
    return {
        "version": version.version,
        "id": version.id,
        "guid": version.guid,
        "registeredAt": format_instant(version.at) if version.at else None,
        "deleted": version.deleted,
        "deprecated": {"until": deprecation.until, "reason": deprecation.reason} if deprecation else None,
    }


def _still_writing(context: GovernanceContext, usage: Usage, version: int) -> list[dict[str, Any]]:
    """Those that wrote the version so far, whom its end concerns."""
    told: list[dict[str, Any]] = describe_usage(context.base_url, usage)["writers"]
    return [one for one in told if one["version"] == version]
