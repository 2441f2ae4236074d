"""The mapping engine: a declared mapping turns the rows of a source into facts, refusals and flags.

```yaml
mapping:
  event: FestivalListed             # events mode; a snapshot feed uses its created event
  key: [code]                       # fields joined by ~
  identity: [code, day]             # events mode: what tells one fact from another
  zone: Asia/Ho_Chi_Minh            # a bare date in valid_from means 00:00 there
  batch:
    - completeness: {column: totalRows}
    - doubled: {ignore: [id]}
    - defaultPoint: {lon: lon, lat: lat, at_least: 5}
  fields:
    code: {column: id, rules: [trim], required: true}
    name: {column: [ten, tendoituong], rules: [trim]}      # the first column that is there
    price: {column: gia, rules: [trim, {vnd: {residue: price_note}}], on_refusal: null-field}
    kind: {constant: FESTIVAL}
    point: {columns: [kinhdo, vido], rules: [{lonlat: {box: [107, 15.9, 108.3, 16.8]}}], into: [lon, lat]}
  happened_at: {column: updated, rules: [{instant: {format: "D/M/YYYY HH:mm", zone: Asia/Ho_Chi_Minh}}]}
  valid_from: {column: since, rules: [{date: D/M/YYYY}]}
```

A rule is named as in `ENGINE_RULES`, or as `module:function`, a factory like those there. A
field that is refused refuses its row; with `on_refusal: null-field` the row goes on without the field,
and the refusal is told all the same.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from producers.batches import check_completeness, halve_doubled
from producers.errors import DeclarationError, ValueRefused
from producers.feed import Fact, FeedDeclaration, Finding, Flag, Refusal, Row
from producers.field_values import key_text
from producers.places import flag_default_points, lonlat
from producers.prices import vnd
from producers.rules import RULES, Apply, Cell, Factory
from schemas.definition import KEY_SEPARATOR
from schemas.times import to_micros

ENGINE_RULES: Mapping[str, Factory] = {**RULES, "vnd": vnd, "lonlat": lonlat}
_FIELD_KEYS = ("column", "columns", "constant", "rules", "required", "on_refusal", "into")
_MAPPING_KEYS = (
    "event", "key", "identity", "zone", "batch", "fields", "happened_at", "valid_from", "valid_to", "legal_basis",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """How one field is made. `columns` are alternatives, or (with `into`) the parts of one value."""

    name: str
    columns: tuple[str, ...] = ()
    constant: Any = None
    rules: tuple[Apply, ...] = ()
    required: bool = False
    refuses_row: bool = True
    into: tuple[str, ...] = ()


@dataclass(slots=True)
class _Mapped:
    """One row on its way: its fields so far, its flags, its refusals."""

    row: Row
    fields: dict[str, Any] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: bool = False


class DeclaredMapping:
    """A mapping compiled from its declaration; `DeclarationError` names what it does not understand."""

    def __init__(
        self, declaration: Mapping[str, Any], *, event: str = "", rules: Mapping[str, Factory] = ENGINE_RULES
    ) -> None:
        _check_names("mapping", declaration, _MAPPING_KEYS)
        self._rules = rules
        self._event = declaration.get("event") or event
        self._key = _texts(declaration.get("key"), "mapping.key")
        self._identity = _texts(declaration.get("identity", []), "mapping.identity")
        self._zone = ZoneInfo(declaration["zone"]) if "zone" in declaration else None
        self._batch = tuple(_pair(one, "mapping.batch") for one in declaration.get("batch", ()))
        self._fields = [self._field(name, one) for name, one in declaration.get("fields", {}).items()]
        self._times = [
            self._field(name, declaration[name])
            for name in ("happened_at", "valid_from", "valid_to", "legal_basis")
            if name in declaration
        ]
        if not self._event or not self._key or not self._fields:
            raise DeclarationError("mapping", "needs an event, a key and fields")

    def apply(self, rows: Iterable[Row]) -> Iterator[Finding]:
        """What the rows say. Raises `BatchQuarantined` before anything is yielded."""
        listed = list(rows)
        listed, flags = self._check_batch(listed)
        yield from flags
        facts: list[Fact] = []
        for row in listed:
            for finding in self.map_row(row):
                if isinstance(finding, Fact):
                    facts.append(finding)
                yield finding
        yield from self._flag_facts(facts)

    def _check_batch(self, rows: list[Row]) -> tuple[list[Row], list[Flag]]:
        flags: list[Flag] = []
        for name, options in self._batch:
            if name == "completeness":
                check_completeness(rows, options["column"])
            elif name == "doubled":
                rows, found = halve_doubled(rows, ignore=(options or {}).get("ignore", ()))
                flags += found
            elif name != "defaultPoint":
                raise DeclarationError("mapping.batch", f"{name!r}: known are completeness, doubled, defaultPoint")
        return rows, flags

    def _flag_facts(self, facts: list[Fact]) -> Iterator[Flag]:
        for name, options in self._batch:
            if name == "defaultPoint":
                yield from flag_default_points(facts, **options)

    def map_row(self, row: Row) -> Iterator[Finding]:
        """The findings of one row: its flags, its refusals, and its fact unless it was refused."""
        mapped = _Mapped(row)
        for one in self._fields:
            _fill(one, mapped)
        extras = _Mapped(row, flags=mapped.flags, refusals=mapped.refusals, refused=mapped.refused)
        for one in self._times:
            _fill(one, extras)
        mapped.refused |= extras.refused
        fact = None if mapped.refused else self._fact(mapped, extras.fields)
        yield from mapped.flags
        yield from mapped.refusals
        if fact is not None:
            yield fact

    def _fact(self, mapped: _Mapped, extras: Mapping[str, Any]) -> Fact | None:
        parts = [mapped.fields.get(name) for name in self._key]
        if any(part is None or part == "" for part in parts):
            message = f"the key is made of {', '.join(self._key)}, and not all of them are there"
            mapped.refusals.append(Refusal(mapped.row.origin, self._key[0], "no-key", message, "fill the key column"))
            return None
        basis = extras.get("legal_basis")
        return Fact(
            event=self._event,
            key=KEY_SEPARATOR.join(key_text(part) for part in parts),
            fields=mapped.fields,
            origin=mapped.row.origin,
            identity=KEY_SEPARATOR.join(key_text(mapped.fields.get(one)) for one in self._identity) or None,
            happened_at=self._micros(extras.get("happened_at")),
            valid_from=self._micros(extras.get("valid_from")),
            valid_to=self._micros(extras.get("valid_to")),
            legal_basis=None if basis is None else str(basis),
        )

    def _micros(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, datetime) and value.tzinfo is not None:
            return to_micros(value)
        if isinstance(value, date) and not isinstance(value, datetime) and self._zone is not None:
            return to_micros(datetime.combine(value, time(), self._zone))
        raise DeclarationError("mapping", f"{value!r} is no instant; a bare date needs mapping.zone")

    def _field(self, name: str, document: Any) -> FieldMapping:
        place = f"mapping.fields.{name}"
        _check_names(place, document, _FIELD_KEYS)
        into = _texts(document.get("into", []), f"{place}.into")
        if into and len(document.get("columns", ())) != len(into):
            raise DeclarationError(place, "into needs as many columns")
        return FieldMapping(
            name=name,
            columns=_texts(document.get("columns", document.get("column", [])), place),
            constant=document.get("constant"),
            rules=tuple(self._rule(one, place) for one in document.get("rules") or ()),
            required=bool(document.get("required", False)),
            refuses_row=document.get("on_refusal", "refuse-row") == "refuse-row",
            into=into,
        )

    def _rule(self, document: Any, place: str) -> Apply:
        name, arguments = _pair(document, place)
        factory = self._rules.get(name) or _find_factory(name)
        if factory is None:
            raise DeclarationError(place, f"the rule {name!r} is not known; known are {', '.join(self._rules)}")
        try:
            return factory(arguments)
        except (TypeError, KeyError, AttributeError) as error:
            raise DeclarationError(place, f"the rule {name} does not take {arguments!r}: {error}") from error


def map_rows(feed: FeedDeclaration, rows: Iterable[Row]) -> Iterator[Finding]:
    """What `rows` say by the mapping that `feed` declares."""
    return DeclaredMapping(feed.mapping, event=feed.events.get("created", "")).apply(rows)


def _fill(one: FieldMapping, mapped: _Mapped) -> None:
    cell = Cell(mapped.row.origin, one.name, mapped.flags)
    try:
        value = _through(one, _raw(one, mapped.row), cell)
        if value is None and one.required:
            raise ValueRefused("missing", "is required and empty", way_out=f"fill {' or '.join(one.columns)}")
    except ValueRefused as refused:
        mapped.refusals.append(Refusal(cell.origin, one.name, refused.code, str(refused), refused.way_out))
        mapped.refused |= one.refuses_row
        return
    mapped.fields |= cell.others
    if one.into:
        mapped.fields |= dict(zip(one.into, value or [None] * len(one.into), strict=True))
    else:
        mapped.fields[one.name] = mapped.fields.get(one.name) if value is None else value


def _raw(one: FieldMapping, row: Row) -> Any:
    if one.constant is not None:
        return one.constant
    if one.into:
        return tuple(row.values.get(column) for column in one.columns)
    return next((row.values[column] for column in one.columns if row.values.get(column) not in (None, "")), None)


def _through(one: FieldMapping, value: Any, cell: Cell) -> Any:
    for rule in one.rules:
        if value is None:
            return None
        value = rule(value, cell)
    return value


def _pair(document: Any, place: str) -> tuple[str, Any]:
    """A rule's name and arguments: `trim`, or `{vnd: {residue: note}}`."""
    if isinstance(document, str):
        return document, None
    if isinstance(document, dict) and len(document) == 1:
        name, arguments = next(iter(document.items()))
        return str(name), arguments
    raise DeclarationError(place, f"{document!r} is no rule: write its name, or its name with arguments")


def _find_factory(name: str) -> Factory | None:
    module, _, function = name.partition(":")
    if not function:
        return None
    try:
        found: Callable[[Any], Apply] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError):
        return None
    return found


def _texts(value: Any, place: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(one, str) for one in texts):
        raise DeclarationError(place, "needs a name or a list of names")
    return tuple(texts)


def _check_names(place: str, document: Any, known: tuple[str, ...]) -> None:
    if not isinstance(document, dict):
        raise DeclarationError(place, "needs names with values")
    for name in document:
        if name not in known:
            raise DeclarationError(f"{place}.{name}", f"unknown; known are {', '.join(known)}")
