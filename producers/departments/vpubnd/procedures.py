"""The ministries' own exports of their procedures, joined by code with the details of the national portal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from producers.feed import Fact, FeedContext, Finding, Flag
from producers.mapping import DeclaredMapping
from producers.reading import read_rows

HEADER_ROW = 2  # above it stands a title over all columns


def read_procedures(context: FeedContext) -> Iterator[Finding]:
    """A procedure for each code of the exports; options: exports, details, their mappings, added (fields)."""
    options = context.options
    exports = read_rows(context, options["exports"], header_row=HEADER_ROW)
    details = DeclaredMapping(options["details_mapping"]).apply(read_rows(context, options["details"]))
    by_code: dict[str, Fact] = {}
    for one in details:
        if isinstance(one, Fact):
            by_code[one.key] = one
        else:
            yield one
    yield from join_details(DeclaredMapping(options["exports_mapping"]).apply(exports), by_code, options["added"])


def join_details(findings: Iterable[Finding], details: Mapping[str, Fact], added: Iterable[str]) -> Iterator[Finding]:
    """The exported procedures with the fields `added` of their details, and its authorities where they name none."""
    names = tuple(added)
    for one in findings:
        if not isinstance(one, Fact):
            yield one
            continue
        detail = details.get(one.key)
        if detail is None:
            yield Flag(
                one.origin,
                "procedureCode",
                "not-in-portal",
                f"the portal's list has no {one.key}; taken without its details",
            )
            yield one
            continue
        fields: dict[str, Any] = {**one.fields, **{name: detail.fields.get(name) for name in names}}
        if not fields.get("authorities") and detail.fields.get("authorities"):
            fields["authorities"] = detail.fields["authorities"]
            yield Flag(one.origin, "authorities", "authority-from-portal", f"taken from {detail.origin}")
        yield replace(one, fields=fields)
