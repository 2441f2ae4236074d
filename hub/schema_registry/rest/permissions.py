"""Who may write: which role a request needs, and whether the key it shows has it.

Reading takes no key. A secret that opens nothing is refused also there, so that a client whose key was revoked
is told, and not served as somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.control.governance import ADMINISTRATOR, PRODUCER, STEWARD, AccessKey
from hub.schema_registry.errors import Forbidden
from hub.schema_registry.rest import associations, settings, subjects
from hub.schema_registry.rest.exchange import Exchange
from hub.schema_registry.rest.routes import Resource
from hub.security.access import actor_of, authenticate, require_role
from hub.security.errors import KeyUnknown, SecurityError

ANYONE, KEY = "anyone", "key"
WRITERS = (PRODUCER, STEWARD, ADMINISTRATOR)
ADMINISTRATORS = (ADMINISTRATOR,)
_UNAUTHORISED, _FORBIDDEN = 40101, 40301
_HEADERS = {"HTTP_AUTHORIZATION": "authorization", "HTTP_X_CKAN_API_KEY": "x-ckan-api-key"}
_CONFIGURING = (settings.put_config, settings.remove_config)
_ADMINISTERING = (settings.put_mode, settings.remove_mode, subjects.remove_context)

Keys = Callable[[], Mapping[str, AccessKey]]


def no_keys() -> Mapping[str, AccessKey]:
    """The keys of a hub that has issued none."""
    return {}


class Permissions:
    """Knows the keys. `keys` may lag a little behind; `newest` are asked where a secret opens nothing there."""

    def __init__(self, keys: Keys = no_keys, *, newest: Keys | None = None, free_writes: str = KEY) -> None:
        self._keys = keys
        self._newest = newest or keys
        self._free_writes = free_writes

    def find_key(self, environ: Mapping[str, object]) -> AccessKey | None:
        """The key the request shows; raises `Forbidden` (40101) where its secret opens nothing."""
        shown = {name: str(environ[header]) for header, name in _HEADERS.items() if environ.get(header)}
        if not shown:
            return None
        try:
            return authenticate(self._keys(), shown)
        except KeyUnknown:
            pass
        try:
            return authenticate(self._newest(), shown)
        except KeyUnknown as error:
            raise _refusal(error) from error

    def check(self, key: AccessKey | None, roles: tuple[str, ...]) -> str | None:
        """Who writes, None where anyone may and shows no key; raises `Forbidden` (40101, 40301)."""
        if self._free_writes != ANYONE:
            try:
                require_role(key, *roles)
            except SecurityError as error:
                raise _refusal(error) from error
        return None if key is None else actor_of(key)


def roles_for(resource: Resource, exchange: Exchange) -> tuple[str, ...]:
    """The roles that may do this write: administrators delete for good, set modes and what holds for many subjects."""
    permanent = exchange.method == "DELETE" and (exchange.flag("permanent") or exchange.flag("cascadeLifecycle"))
    subject = exchange.parts.get("subject", "")
    of_many = resource in _CONFIGURING and (not subject or subject.endswith(":"))
    cascading = resource is associations.change_many and _cascades(exchange.document())
    return ADMINISTRATORS if permanent or cascading or of_many or resource in _ADMINISTERING else WRITERS


def _cascades(document: Any) -> bool:
    """Whether an association that is taken away shall take its subject along, which is deleted for good."""
    if isinstance(document, dict):
        return document.get("cascadeLifecycle") is True or any(_cascades(one) for one in document.values())
    return isinstance(document, list) and any(_cascades(one) for one in document)


def _refusal(error: SecurityError) -> Forbidden:
    number = _UNAUTHORISED if error.kind == "unauthorised" else _FORBIDDEN
    return Forbidden(number, str(error))
