"""Parameters of the addresses: read strictly, an unknown one is an error that names the known ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from hub.api.errors import ParameterInvalid, ParameterRepeated, UnknownParameter
from hub.registries.errors import UnknownField
from hub.registries.filters import KEY, OPERATORS, Condition, parse_condition
from hub.registries.live import LiveBuild
from hub.registries.pins import AsOf
from hub.registries.places import Area, parse_area, parse_box
from hub.registries.questions import (
    MAX_LIMIT,
    RecordsQuestion,
    queryable_field,
    search_words,
    shown_fields,
    sort_keys,
)
from schemas.times import parse_instant

MAX_WAIT_S = 60.0
_ALL_OPERATORS = frozenset(one for allowed in OPERATORS.values() for one in allowed)
RECORDS_PARAMETERS = (
    "bbox", "count", "cursor", "fields", "limit", "q", "as_of", "sort", "valid_at", "within",
)  # fmt: skip


class Parameters:
    """The parameters of one request; each may stand once."""

    def __init__(self, given: MultiDict[str, str], *, known: Collection[str], zone: ZoneInfo) -> None:
        self._given = given
        self._zone = zone
        for name in given:
            if name not in known:
                raise UnknownParameter(name, known=known)
            if len(given.getlist(name)) > 1:
                raise ParameterRepeated(name)

    def text(self, name: str) -> str | None:
        """The parameter as it stands, or None."""
        return self._given.get(name)

    def limit(self, default: int = 100, *, most: int = MAX_LIMIT) -> int:
        """`limit`, a whole number from 1 to `most`."""
        text = self.text("limit")
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most or len(text) > 9:
            raise ParameterInvalid("limit", f"limit={text} is not a whole number from 1 to {most}")
        return int(text)

    def wait_s(self) -> float:
        """`wait`, seconds from 0 to 60."""
        text = self.text("wait")
        if text is None:
            return 0.0
        if not text.isascii() or not text.isdigit() or len(text) > 2 or int(text) > MAX_WAIT_S:
            raise ParameterInvalid("wait", f"wait={text} is not a whole number of seconds from 0 to {MAX_WAIT_S:.0f}")
        return float(text)

    def valid_at(self) -> int | None:
        """`valid_at`, a time or a date of this place."""
        return self._instant("valid_at")

    def as_of(self) -> AsOf | None:
        """`as_of`, an entry number or a time."""
        text = self.text("as_of")
        if text is None:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return AsOf(entry=int(text))
        return AsOf(instant=self._instant("as_of", "an entry number, or "))

    def _instant(self, name: str, also: str = "") -> int | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            return parse_instant(text.replace(" ", "+"), self._zone)
        except ValueError as error:
            wanted = f"{also}a time such as 2025-07-01T00:00:00+07:00, or a date"
            raise ParameterInvalid(name, f"{name}={text} is not {wanted}") from error

    def chosen(self, name: str, allowed: Mapping[str, bool], *, default: bool) -> bool:
        """What the parameter's word stands for."""
        text = self.text(name)
        if text is None:
            return default
        if text not in allowed:
            raise ParameterInvalid(name, f"{name}={text} is not one of {', '.join(allowed)}")
        return allowed[text]


def read_question(live: LiveBuild, given: MultiDict[str, str], *, zone: ZoneInfo) -> RecordsQuestion:
    """The question in the parameters of `…/records`; raises `UnknownParameter` and what its parts raise."""
    reserved: MultiDict[str, str] = MultiDict()
    conditions: list[Condition] = []
    for name, text in given.items(multi=True):
        if name in RECORDS_PARAMETERS:
            reserved.add(name, text)
        else:
            conditions.append(_condition(live, name, text, zone=zone))
    plain = Parameters(reserved, known=RECORDS_PARAMETERS, zone=zone)
    sort, q, fields = plain.text("sort"), plain.text("q"), plain.text("fields")
    return RecordsQuestion(
        conditions=tuple(conditions),
        sort=sort_keys(live, sort) if sort else (),
        words=search_words(live, q) if q is not None else (),
        areas=_areas(live, plain),
        fields=shown_fields(live, fields) if fields else None,
        limit=plain.limit(),
        count=plain.chosen("count", {"exact": True, "none": False}, default=True),
        valid_at=plain.valid_at(),
        as_of=plain.as_of(),
        cursor=plain.text("cursor"),
    )


def _condition(live: LiveBuild, name: str, text: str, *, zone: ZoneInfo) -> Condition:
    field_name, _, operator = name.partition("__")
    if operator and operator not in _ALL_OPERATORS:
        raise UnknownParameter(name, known=[f"{field_name}__{one}" for one in sorted(_ALL_OPERATORS)])
    try:
        field = queryable_field(live, field_name, name)
    except UnknownField as error:
        fields = [KEY.name, *live.open_fields]
        raise UnknownParameter(name, known=[*RECORDS_PARAMETERS, *fields]) from error
    return parse_condition(field, operator or "eq", text, zone=zone)


def _areas(live: LiveBuild, parameters: Parameters) -> tuple[Area, ...]:
    box, polygon = parameters.text("bbox"), parameters.text("within")
    if (box or polygon) is None:
        return ()
    geometry = live.definition.geometry
    if geometry is None or not all(name in live.open_fields for name in geometry):
        name = "bbox" if box is not None else "within"
        raise ParameterInvalid(name, f"the records of {live.registry} have no place")
    boxes = [parse_box(box)] if box is not None else []
    polygons = [parse_area(polygon)] if polygon is not None else []
    return (*boxes, *polygons)
