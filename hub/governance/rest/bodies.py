"""The bodies of requests: read strictly, an unknown member is an error that names the known ones."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.control.governance import APPROVE, KINDS, OBJECT
from hub.governance.requests import ProposalRequest
from hub.governance.rest.errors import BodyInvalid, ParameterInvalid

_MAX_BYTES = 4_000_000
_MAX_TEXT = 4_000


class Body:
    """The JSON object a request sends."""

    def __init__(self, *known: str) -> None:
        self._members = _members()
        for name in self._members:
            if name not in known:
                raise BodyInvalid(name, f"there is no such member here; known are: {', '.join(known)}")

    def find_document(self, name: str) -> str | None:
        """A text of any length that may be absent or null."""
        found = self._members.get(name)
        if found is not None and not isinstance(found, str):
            raise BodyInvalid(name, "is a text")
        return found

    def find_text(self, name: str) -> str | None:
        """A text as people write it, which may be absent or null."""
        found = self.find_document(name)
        if found is not None:
            _check_text(name, found)
        return found

    def text(self, name: str) -> str:
        """A text that must be there."""
        found = (self.find_text(name) or "").strip()
        if not found:
            raise BodyInvalid(name, "is needed, and not empty")
        return found

    def chosen(self, name: str, *allowed: str) -> str:
        """One of the words allowed."""
        found = self.text(name)
        if found not in allowed:
            raise BodyInvalid(name, f"{found!r} is not one of {', '.join(allowed)}")
        return found

    def flag(self, name: str) -> bool:
        """True or false, false where it is absent."""
        found = self._members.get(name, False)
        if not isinstance(found, bool):
            raise BodyInvalid(name, "is true or false")
        return found

    def find_day(self, name: str) -> date | None:
        """A day such as 2027-01-31, or None."""
        text = self.find_text(name)
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError as error:
            raise BodyInvalid(name, f"{text!r} is no day such as 2027-01-31") from error

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._list(name)
        if not all(isinstance(one, str) for one in found):
            raise BodyInvalid(name, "is a list of texts")
        for index, one in enumerate(found):
            _check_text(f"{name}[{index}]", one)
        return tuple(found)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        found = self._list(name)
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in found):
            raise BodyInvalid(name, "is a list of whole numbers")
        return tuple(found)

    def find_schema(self, name: str) -> str | None:
        """An Avro schema as a text, or as the JSON itself."""
        found = self._members.get(name)
        return None if found is None else _schema_text(name, found)

    def schemas(self, name: str) -> tuple[str, ...]:
        """A list of Avro schemas, each a text or the JSON itself."""
        return tuple(_schema_text(f"{name}[{index}]", one) for index, one in enumerate(self._list(name)))

    def _list(self, name: str) -> list[Any]:
        found = self._members.get(name)
        if found is not None and not isinstance(found, list):
            raise BodyInvalid(name, "is a list")
        return found or []


def proposal_request() -> ProposalRequest:
    """The change that the body asks for."""
    body = Body("kind", "registry", "reason", "definition", "schemas", "subject", "level", "versions")
    return ProposalRequest(
        kind=body.chosen("kind", *KINDS),
        registry=body.text("registry"),
        reason=body.text("reason"),
        definition=body.find_document("definition"),
        schemas=body.schemas("schemas"),
        subject=body.find_text("subject"),
        level=body.find_text("level"),
        versions=body.numbers("versions"),
    )


def verdict_of(body: Body) -> str:
    """approve or object."""
    return body.chosen("verdict", APPROVE, OBJECT)


def parameters(*known: str) -> Mapping[str, str]:
    """The parameters of the address, each at most once; raises `ParameterInvalid`."""
    for name in request.args:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise ParameterInvalid(name, f"there is no parameter {name!r} here; known are: {listed}")
        if len(request.args.getlist(name)) > 1:
            raise ParameterInvalid(name, f"{name} stands more than once")
    return dict(request.args.items())


def whole_number(given: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    """A whole number from 0 to `most` in the address."""
    text = given.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or int(text) > most:
        raise ParameterInvalid(name, f"{name}={text} is not a whole number from 0 to {most}")
    return int(text)


def _members() -> dict[str, Any]:
    request.max_content_length = _MAX_BYTES
    try:
        found = json.loads(request.get_data(cache=False) or b"{}")
    except RequestEntityTooLarge as error:
        raise RequestEntityTooLarge(f"the body has more than {_MAX_BYTES} bytes, which are the most") from error
    except (ValueError, RecursionError) as error:
        raise BodyInvalid("", f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BodyInvalid("", "the body is not a JSON object")
    for name, value in found.items():
        _check_unicode(name, value)
    return found


def _check_unicode(name: str, value: Any) -> None:
    """JSON can spell halves of a character (\\ud800), which no text has."""
    try:
        json.dumps({name: value}, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        shown = name.encode(errors="replace").decode()
        raise BodyInvalid(shown, "holds a lone surrogate, half of a character: that is no Unicode text") from error


def _check_text(name: str, text: str) -> None:
    """Short, and nothing that would bear on the terminal it is shown at."""
    if len(text) > _MAX_TEXT:
        raise BodyInvalid(name, f"has {len(text)} characters; {_MAX_TEXT} are the most")
    controls = sorted({one for one in text if unicodedata.category(one) == "Cc" and one not in "\t\n\r"})
    if controls:
        raise BodyInvalid(name, f"holds the control character U+{ord(controls[0]):04X}")


def _schema_text(name: str, found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, dict):
        return json.dumps(found, ensure_ascii=False)
    raise BodyInvalid(name, "is an Avro schema, as a text or as its JSON")
