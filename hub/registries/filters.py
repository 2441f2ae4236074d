"""Filters: what may be asked of a field, how its values are read from text, and the SQL that asks it.

Values are read into what the typed column holds (`hub.registries.tables.column_type`), so that both
databases compare whole numbers and code points and agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, and_, bindparam, false, func, or_

from hub.registries.errors import QueryInvalid
from hub.registries.tables import column_type, field_column, text_type
from hub.registries.vietnamese import nfc
from schemas.avro import Field
from schemas.times import parse_instant

KEY = Field("key", "string", False, "open", "Mã bản ghi", "Record key", "The key of the record.")
MEMBER_END = "\x1f"
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MAX_MEMBERS = 200
_WHOLE = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)

_ORDERED = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "isnull")
_TEXT = (*_ORDERED, "contains", "startswith")
_CHOSEN = ("eq", "ne", "in", "isnull")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "string": _TEXT,
    "uuid": _CHOSEN,
    "enum": _CHOSEN,
    "strings": ("eq", "ne", "in", "contains", "isnull"),
    "boolean": ("eq", "ne", "isnull"),
    "int": _ORDERED,
    "decimal": _ORDERED,
    "double": _ORDERED,
    "date": _ORDERED,
    "instant": _ORDERED,
    "time-of-day": _ORDERED,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing asked of one field; `values` are as the typed column holds them."""

    field: Field
    operator: str
    values: tuple[Any, ...]

    @property
    def shape(self) -> tuple[str, str, int]:
        """What its SQL depends on."""
        count = self.values[0] if self.operator == "isnull" else len(self.values)
        return (self.field.name, self.operator, count)


def parse_condition(field: Field, operator: str, text: str, *, zone: ZoneInfo) -> Condition:
    """What `<field>__<operator>=<text>` asks; raises `QueryInvalid` naming the parameter."""
    parameter = field.name if operator == "eq" else f"{field.name}__{operator}"
    allowed = OPERATORS.get(field.kind, ())
    if operator not in allowed:
        ways = ", ".join(allowed) or "none: it is structured, read it in the record"
        raise QueryInvalid(parameter, f"{field.name} is of kind {field.kind}; it can be asked by {ways}")
    if operator == "isnull":
        return Condition(field, operator, (_boolean(text, parameter),))
    texts = text.split(",") if operator == "in" else [text]
    if len(texts) > _MAX_MEMBERS:
        raise QueryInvalid(parameter, f"a list may have up to {_MAX_MEMBERS} values, this one has {len(texts)}")
    exact = operator in ("eq", "ne", "in")
    return Condition(field, operator, tuple(_value(field, one, parameter, zone=zone, exact=exact) for one in texts))


def _value(field: Field, text: str, parameter: str, *, zone: ZoneInfo, exact: bool) -> Any:
    try:
        return _READERS[field.kind](field, text, zone, exact)
    except (ValueError, InvalidOperation, OverflowError) as error:
        reason = f": {error}" if str(error) and not isinstance(error, InvalidOperation) else ""
        raise QueryInvalid(
            parameter, f"{text!r} is no value of {field.name} ({_EXPECTS[field.kind]}){reason}"
        ) from error


def _boolean(text: str, parameter: str) -> int:
    if text not in ("true", "false"):
        raise QueryInvalid(parameter, f"{text!r} is not true or false")
    return int(text == "true")


def _read_text(field: Field, text: str, zone: ZoneInfo, exact: bool) -> str:
    if "\x00" in text or MEMBER_END in text:
        raise ValueError("it holds a control character")
    return nfc(text)


def _read_enum(field: Field, text: str, zone: ZoneInfo, exact: bool) -> str:
    if text not in field.symbols:
        raise ValueError(f"those are {', '.join(field.symbols)}")
    return text


def _read_uuid(field: Field, text: str, zone: ZoneInfo, exact: bool) -> str:
    return str(UUID(text))


def _read_int(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    if not _WHOLE.match(text):
        raise ValueError("")
    return int(text)


def _read_decimal(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    unscaled = Decimal(text).scaleb(field.scale)
    if not unscaled.is_finite() or unscaled != unscaled.to_integral_value():
        raise ValueError(f"it has up to {field.scale} decimals")
    if abs(unscaled) >= 2**63:
        raise ValueError("it is too large")
    return int(unscaled)


def _read_double(field: Field, text: str, zone: ZoneInfo, exact: bool) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("it is not finite")
    return number


def _read_boolean(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    if text not in ("true", "false"):
        raise ValueError("")
    return int(text == "true")


def _read_date(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    return date.fromisoformat(text).toordinal() - _EPOCH_DAY


def _read_instant(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    return parse_instant(text, zone)


def _read_time(field: Field, text: str, zone: ZoneInfo, exact: bool) -> int:
    at = time.fromisoformat(text)
    if at.tzinfo is not None:
        raise ValueError("it has a zone")
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


_READERS: Mapping[str, Callable[[Field, str, ZoneInfo, bool], Any]] = {
    "string": _read_text,
    "strings": _read_text,
    "enum": _read_enum,
    "uuid": _read_uuid,
    "int": _read_int,
    "decimal": _read_decimal,
    "double": _read_double,
    "boolean": _read_boolean,
    "date": _read_date,
    "instant": _read_instant,
    "time-of-day": _read_time,
}
_EXPECTS: Mapping[str, str] = {
    "string": "a text",
    "strings": "a text",
    "enum": "one of a list",
    "uuid": "a UUID",
    "int": "a whole number",
    "decimal": "a decimal number",
    "double": "a number",
    "boolean": "true or false",
    "date": "a date such as 2025-07-01",
    "instant": "a time such as 2025-07-01T00:00:00+07:00, or a date",
    "time-of-day": "a time of day such as 07:30",
}


def column_of(table: Table, field: Field) -> ColumnElement[Any]:
    """The typed column of `field`; of `KEY` the key itself."""
    return table.c.key if field is KEY else table.c[field_column(field.name)]


def clause_of(condition: Condition, table: Table, prefix: str, *, dialect: str) -> ColumnElement[bool]:
    """The SQL of `condition` over bound parameters named `<prefix>_0` and so on."""
    column = column_of(table, condition.field)
    if condition.operator == "isnull":
        return column.is_(None) if condition.values[0] else column.is_not(None)
    kind: Any = column_type(condition.field)
    marks = [bindparam(f"{prefix}_{index}", type_=kind) for index in range(len(condition.values))]
    if condition.operator in ("contains", "startswith") or condition.field.kind == "strings":
        return _text_clause(condition, column, marks, prefix, dialect=dialect)
    return _COMPARISONS[condition.operator](column, marks)


def _text_clause(
    condition: Condition, column: ColumnElement[Any], marks: list[Any], prefix: str, *, dialect: str
) -> ColumnElement[bool]:
    if condition.operator == "startswith":
        return and_(column >= marks[0], column < bindparam(f"{prefix}_end", type_=text_type()))
    place = func.instr if dialect == "sqlite" else func.strpos
    found = or_(*(place(column, mark) > 0 for mark in marks))
    return or_(column.is_(None), ~found) if condition.operator == "ne" else found


_COMPARISONS: Mapping[str, Callable[[ColumnElement[Any], list[Any]], ColumnElement[bool]]] = {
    "eq": lambda column, marks: column == marks[0],
    "ne": lambda column, marks: or_(column.is_(None), column != marks[0]),
    "lt": lambda column, marks: column < marks[0],
    "lte": lambda column, marks: column <= marks[0],
    "gt": lambda column, marks: column > marks[0],
    "gte": lambda column, marks: column >= marks[0],
    "in": lambda column, marks: column.in_(marks) if marks else false(),
}


def parameters_of(condition: Condition, prefix: str) -> dict[str, Any]:
    """The values of the parameters that `clause_of` binds."""
    if condition.operator == "isnull":
        return {}
    values: tuple[Any, ...] = condition.values
    if condition.field.kind == "strings" and condition.operator != "contains":
        values = tuple(f"{MEMBER_END}{one}{MEMBER_END}" for one in values)
    named: dict[str, Any] = {f"{prefix}_{index}": value for index, value in enumerate(values)}
    if condition.operator == "startswith":
        named[f"{prefix}_end"] = prefix_end(condition.values[0])
    return named


def prefix_end(text: str) -> str:
    """The first text, by code points, after all that begin with `text`."""
    while text:
        last = ord(text[-1]) + 1
        if last <= 0x10FFFF:
            return text[:-1] + chr(0xE000 if 0xD800 <= last < 0xE000 else last)
        text = text[:-1]
    return "\U0010ffff" * 4
