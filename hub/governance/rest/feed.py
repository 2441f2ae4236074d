"""/changes: what happened to schemas and registries, for programs (JSON, by number) and for people's readers (Atom)."""

from __future__ import annotations

from xml.etree import ElementTree

from flask import Response

from hub.governance.changes import SchemaChange, list_changes, list_newest
from hub.governance.rest.answers import REVALIDATE, address, answer
from hub.governance.rest.bodies import parameters, whole_number
from hub.governance.rest.context import GovernanceContext
from hub.governance.rest.described import change_links, describe_change
from hub.registries.snapshots import open_snapshot
from schemas.definition import Text
from schemas.times import format_instant

_MOST, _DEFAULT = 1_000, 100
_LAST = 2**53
_ATOM = "http://www.w3.org/2005/Atom"
WORDS = {
    "proposal-made": Text("Đề xuất mới", "Proposal made"),
    "proposal-revised": Text("Đề xuất được sửa lại", "Proposal revised"),
    "proposal-rehearsed": Text("Đề xuất đã được chạy thử", "Proposal rehearsed"),
    "proposal-reviewed": Text("Đề xuất có ý kiến", "Proposal reviewed"),
    "proposal-approved": Text("Đề xuất được duyệt", "Proposal approved"),
    "proposal-returned": Text("Đề xuất bị trả lại", "Proposal sent back"),
    "proposal-withdrawn": Text("Đề xuất được rút lại", "Proposal withdrawn"),
    "version-registered": Text("Phiên bản lược đồ mới", "Schema version registered"),
    "version-deprecated": Text("Phiên bản lược đồ sắp ngừng dùng", "Schema version deprecated"),
    "deprecation-lifted": Text("Phiên bản lược đồ được dùng tiếp", "Deprecation lifted"),
    "versions-deleted": Text("Phiên bản lược đồ bị xóa", "Schema versions deleted"),
    "versions-restored": Text("Phiên bản lược đồ được khôi phục", "Schema versions restored"),
    "registry-defined": Text("Định nghĩa sổ đăng ký mới", "Registry defined"),
}


class ChangeViews:
    """The change feed of the control plane, as far as schemas and registries are concerned."""

    def __init__(self, context: GovernanceContext) -> None:
        self._context = context

    def list_all(self) -> Response:
        """The changes after a number. `next` is where to read on, now or later."""
        given = parameters("after", "limit")
        after = whole_number(given, "after", 0, most=_LAST)
        limit = max(1, whole_number(given, "limit", _DEFAULT, most=_MOST))
        with open_snapshot(self._context.engine) as connection:
            page = list_changes(connection, after=after, limit=limit)
        told = [describe_change(self._context.base_url, one) for one in page.changes]
        following = f"{self._changes()}?after={page.last}&limit={limit}"
        return answer({"changes": told, "last": page.last, "more": page.more, "next": following}, keep=REVALIDATE)

    def show_atom(self) -> Response:
        """The newest changes as an Atom feed (RFC 4287)."""
        given = parameters("limit")
        limit = max(1, whole_number(given, "limit", _DEFAULT, most=_MOST))
        with open_snapshot(self._context.engine) as connection:
            found = list_newest(connection, limit=limit)
        response = Response(self._feed(found), content_type="application/atom+xml; charset=utf-8")
        response.headers["Cache-Control"] = REVALIDATE
        return response

    def _changes(self) -> str:
        return address(self._context.base_url, "changes")

    def _feed(self, changes: list[SchemaChange]) -> bytes:
        feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "vi"})
        _add(feed, "id", self._changes())
        _add(feed, "title", f"{self._context.title.vi}: thay đổi lược đồ / schema changes")
        _add(feed, "updated", format_instant(changes[0].at if changes else 0))
        ElementTree.SubElement(feed, "link", {"rel": "self", "href": f"{self._changes()}.atom"})
        ElementTree.SubElement(feed, "link", {"rel": "alternate", "href": self._changes()})
        for one in changes:
            self._entry(feed, one)
        text: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
        return text

    def _entry(self, feed: ElementTree.Element, change: SchemaChange) -> None:
        entry = ElementTree.SubElement(feed, "entry")
        words = WORDS[change.kind]
        _add(entry, "id", f"{self._changes()}?after={change.number - 1}&limit=1")
        _add(entry, "title", f"{words.vi} / {words.en}: {topic_of(change)}")
        _add(entry, "updated", format_instant(change.at))
        author = ElementTree.SubElement(entry, "author")
        _add(author, "name", change.actor)
        for target in change_links(self._context.base_url, change).values():
            ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": target})
            break
        _add(entry, "summary", _summary(change))


def topic_of(change: SchemaChange) -> str:
    """What a change is about, in a few words."""
    facts = change.facts
    if "proposal" in facts:
        return f"{facts['proposal']}" + (f" ({facts['registry']})" if "registry" in facts else "")
    name = str(facts.get("subject") or facts.get("registry"))
    versions = facts.get("versions", [facts["version"]] if "version" in facts else [])
    return f"{name} {', '.join(str(one) for one in versions)}".strip()


def _summary(change: SchemaChange) -> str:
    """The reason somebody gave, or what came out."""
    if change.kind == "proposal-rehearsed":
        outcome = "đạt / passed" if change.facts["passed"] else "không đạt / did not pass"
        return f"{outcome}, {change.facts['pin']}"
    return str(change.facts.get("reason") or topic_of(change))


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = "".join(one for one in text if one >= " " or one in "\n\t")
