"""Which resource answers which method and path.

A subject takes as much of the path as it can: names with slashes work also where the server has decoded %2F.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hub.schema_registry.rest import associations, contents, settings, subjects
from hub.schema_registry.rest.exchange import Answer, Exchange
from hub.schema_registry.store import SchemaStore

Resource = Callable[[SchemaStore, Exchange], Answer]
_SUBJECT, _VERSION = r"(?P<subject>.*)", r"(?P<version>[^/]+)"
_CONTEXT = re.compile(r"/contexts/(?P<context>[^/]+)(?P<rest>/.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Route:
    """Methods of one path; `writes` are those that change something."""

    pattern: re.Pattern[str]
    resources: dict[str, Resource]
    writes: frozenset[str]
    follows_aliases: bool = False


def _route(path: str, *, writes: str = "", **resources: Resource) -> Route:
    follows_aliases = f"/subjects/{_SUBJECT}" in path and not path.startswith("/associations")
    return Route(re.compile(path + r"/?\Z", re.DOTALL), resources, frozenset(writes.split()), follows_aliases)


_VERSIONS = f"/subjects/{_SUBJECT}/versions"
ROUTES = (
    _route("/schemas/ids/(?P<id>[^/]+)", GET=contents.show_content),
    _route("/schemas/ids/(?P<id>[^/]+)/schema", GET=contents.show_content_text),
    _route("/schemas/ids/(?P<id>[^/]+)/subjects", GET=contents.list_subjects),
    _route("/schemas/ids/(?P<id>[^/]+)/versions", GET=contents.list_versions),
    _route("/schemas/guids/(?P<guid>[^/]+)", GET=contents.show_by_guid),
    _route("/schemas/guids/(?P<guid>[^/]+)/ids", GET=contents.list_ids),
    _route("/schemas/types", GET=contents.list_types),
    _route("/schemas", GET=contents.list_schemas),
    _route("/subjects", GET=subjects.list_subjects),
    _route(f"/compatibility/subjects/{_SUBJECT}/versions", POST=subjects.check_all),
    _route(
        f"/compatibility/subjects/{_SUBJECT}/versions/{_VERSION}",
        POST=subjects.check_one,
    ),
    _route(f"{_VERSIONS}/{_VERSION}/schema", GET=subjects.show_text),
    _route(f"{_VERSIONS}/{_VERSION}/referencedby", GET=subjects.list_referrers),
    _route(f"{_VERSIONS}/{_VERSION}/tags", POST=subjects.tag_version, writes="POST"),
    _route(
        _VERSIONS,
        GET=subjects.list_versions,
        POST=subjects.register_version,
        writes="POST",
    ),
    _route(
        f"{_VERSIONS}/{_VERSION}",
        GET=subjects.show_version,
        DELETE=subjects.remove_version,
        writes="DELETE",
    ),
    _route(f"/subjects/{_SUBJECT}/metadata", GET=subjects.find_by_metadata),
    _route(
        f"/subjects/{_SUBJECT}",
        POST=subjects.look_up_version,
        DELETE=subjects.remove_subject,
        writes="DELETE",
    ),
    _route(
        f"/config(?:/{_SUBJECT})?",
        GET=settings.show_config,
        PUT=settings.put_config,
        DELETE=settings.remove_config,
        writes="PUT DELETE",
    ),
    _route(
        f"/mode(?:/{_SUBJECT})?",
        GET=settings.show_mode,
        PUT=settings.put_mode,
        DELETE=settings.remove_mode,
        writes="PUT DELETE",
    ),
    _route("/contexts", GET=subjects.list_contexts),
    _route("/v1/metadata/id", GET=settings.show_cluster),
    _route("/v1/metadata/version", GET=settings.show_server),
    _route("/v1/metadata/deployment", GET=settings.show_deployment),
    _route(f"/associations/subjects/{_SUBJECT}", GET=associations.list_of_subject),
    _route("/associations/resources/(?P<namespace>[^/]+)/(?P<name>[^/]+)", GET=associations.list_of_name),
    _route(
        "/associations/resources/(?P<id>[^/]+)",
        GET=associations.list_of_id,
        PUT=associations.put_associations,
        DELETE=associations.remove_associations,
        writes="PUT DELETE",
    ),
    _route("/associations:batchGet", POST=associations.list_many),
    _route("/associations:batchMutate", POST=associations.change_many, writes="POST"),
    _route("/associations", POST=associations.create_associations, writes="POST"),
    _route("", GET=settings.show_root, POST=settings.show_root),
)
_OF_CONTEXT = _route("/contexts/(?P<context>[^/]+)", DELETE=subjects.remove_context, writes="DELETE")


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a path, the parts it names, the context it begins with."""

    route: Route
    parts: dict[str, str]
    context: str | None


def find_route(path: str, method: str) -> Found | None:
    """The route of a path that has the method, else one without it; a slash within a name comes as U+0000."""
    context = None
    within = _CONTEXT.match(path)
    if within is not None and within["rest"] != "/":
        context, path = within["context"], within["rest"]
    matches = [(route, match) for route in ROUTES if (match := route.pattern.match(path)) is not None]
    for route, match in sorted(matches, key=lambda one: method not in one[0].resources):
        parts = {name: part.replace("\0", "/") for name, part in match.groupdict().items() if part is not None}
        return Found(route, parts, context)
    alone = _OF_CONTEXT.pattern.match(path)
    return Found(_OF_CONTEXT, {}, alone["context"]) if alone is not None else None
