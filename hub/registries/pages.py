"""Pages of records: keyset paging whose totals and order hold while events arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from hub.registries.cursors import Cursor, read_cursor, write_cursor
from hub.registries.errors import RegistryNotReady
from hub.registries.filters import KEY, clause_of, column_of, parameters_of
from hub.registries.live import LiveBuild
from hub.registries.pins import Pin, branch_clauses, branches, pin_parameters, resolve_pin
from hub.registries.places import area_clause, area_parameters
from hub.registries.prepared import STATEMENTS
from hub.registries.questions import RecordsQuestion, SortKey, project
from hub.registries.tables import sort_column, text_type
from hub.registries.vietnamese import EXACT_MARK, FOLDED_MARK, fold

WITH_VALUE, WITHOUT_VALUE = 0, 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page: record JSON as bytes, the total unless it was not asked, what it is pinned to, where it goes on."""

    records: Sequence[bytes]
    total: int | None
    pin: Pin
    next: str | None


@dataclass(frozen=True, slots=True)
class Term:
    """One expression of the order. `may_lack` tells that it can be null; then records without come last."""

    column: ColumnElement[Any]
    descending: bool
    may_lack: bool = False

    def ordered(self) -> Any:
        return self.column.desc() if self.descending else self.column.asc()


def list_records(connection: Connection, live: LiveBuild, question: RecordsQuestion) -> Page:
    """The page asked for; raises `QueryInvalid`, `CursorInvalid`, `PositionAhead`, `RegistryNotReady`."""
    if question.words and not live.is_of_newest_definition:
        raise RegistryNotReady(f"{live.registry} has a new definition; search works again when it is rebuilt")
    cursor = read_cursor(question.cursor, _bound_to(live, question)) if question.cursor else None
    pin = cursor.pin if cursor else resolve_pin(connection, live, valid_at=question.valid_at, as_of=question.as_of)
    total = cursor.total if cursor else None
    if question.count and total is None:
        total = count_records(connection, live, question, pin=pin)
    rows, phase = _rows(connection, live, question, pin=pin, cursor=cursor)
    more = len(rows) > question.limit
    rows = rows[: question.limit]
    following = None
    if more:
        last = Cursor(pin, total, phase[len(rows) - 1], tuple(rows[-1][1:]))
        following = write_cursor(last, _bound_to(live, question))
    return Page(_bodies(live, question.fields, [row[0] for row in rows]), total, pin, following)


def _bound_to(live: LiveBuild, question: RecordsQuestion) -> str:
    return f"{live.registry} {question.identity}"


def _rows(
    connection: Connection, live: LiveBuild, question: RecordsQuestion, *, pin: Pin, cursor: Cursor | None
) -> tuple[list[Any], list[int]]:
    """Up to one row more than the limit, and of each the phase it was found in."""
    may_lack = _may_lack(question)
    wanted = question.limit + 1
    rows: list[Any] = []
    phases: list[int] = []
    for phase in range(cursor.phase if cursor else WITH_VALUE, WITHOUT_VALUE + 1 if may_lack else WITHOUT_VALUE):
        after = cursor.after if cursor and cursor.phase == phase else None
        found = _phase_rows(connection, live, replace(question, limit=wanted - len(rows)), pin=pin, at=(phase, after))
        rows += found
        phases += [phase] * len(found)
        if len(rows) >= wanted:
            break
    return rows, phases


def _may_lack(question: RecordsQuestion) -> bool:
    if question.sort:
        return question.sort[0].field is not KEY
    return False


def _phase_rows(
    connection: Connection,
    live: LiveBuild,
    question: RecordsQuestion,
    *,
    pin: Pin,
    at: tuple[int, tuple[Any, ...] | None],
) -> list[Any]:
    phase, after = at
    taken = branches(live, pin)
    order = tuple((key.field.name, key.descending) for key in question.sort)
    identity = ("page", live.identity, taken, question.shape, order, phase, after is not None)
    dialect = connection.dialect
    statement = STATEMENTS.get(
        identity,
        dialect,
        lambda: _select_page(live, question, taken, at=(phase, after is not None), dialect=dialect.name),
    )
    parameters = _parameters(live, question, pin) | {"wanted": question.limit}
    for index, value in enumerate(after or ()):
        parameters[f"after_{index}"] = value
    return statement.rows(connection, parameters)


def _parameters(live: LiveBuild, question: RecordsQuestion, pin: Pin) -> dict[str, Any]:
    named: dict[str, Any] = pin_parameters(live, pin)
    for index, condition in enumerate(question.conditions):
        named |= parameters_of(condition, f"c{index}")
    for index, area in enumerate(question.areas):
        named |= area_parameters(area, f"a{index}")
    for index, word in enumerate(question.words):
        named[f"folded_{index}"] = f"%{FOLDED_MARK}{fold(word)}%"
        named[f"exact_{index}"] = f"%{EXACT_MARK}{word}{EXACT_MARK}%"
        named[f"begun_{index}"] = f"%{EXACT_MARK}{word}%"
    named["leading"] = f"%{EXACT_MARK}{FOLDED_MARK}{FOLDED_MARK.join(map(fold, question.words))}%"
    return named


def _select_page(
    live: LiveBuild, question: RecordsQuestion, taken: tuple[str, ...], *, at: tuple[int, bool], dialect: str
) -> Any:
    """One select of each branch, each cut to the page before they are merged."""
    parts = [_select_branch(live, question, branch, at=at, dialect=dialect) for branch in taken]
    if len(parts) == 1:
        return parts[0]
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
    terms = _terms(live.versions, question, at[0])
    ordered = [
        merged.c[f"o{index}"].desc() if term.descending else merged.c[f"o{index}"].asc()
        for index, term in enumerate(terms)
    ]
    return select(merged).order_by(*ordered).limit(bindparam("wanted", type_=Integer()))


def _select_branch(
    live: LiveBuild, question: RecordsQuestion, branch: str, *, at: tuple[int, bool], dialect: str
) -> Select[Any]:
    table = live.versions
    phase, continued = at
    terms = _terms(table, question, phase)
    clauses = branch_clauses(table, branch) + _asked(live, question, dialect=dialect) + _lacking(table, question, phase)
    if continued:
        clauses.append(_beyond(terms))
    shown = [term.column.label(f"o{index}") for index, term in enumerate(terms)]
    return (
        select(table.c.body, *shown)
        .where(*clauses)
        .order_by(*(term.ordered() for term in terms))
        .limit(bindparam("wanted", type_=Integer()))
    )


def _asked(live: LiveBuild, question: RecordsQuestion, *, dialect: str) -> list[ColumnElement[bool]]:
    """What the question asks of a version, whenever it holds."""
    table = live.versions
    clauses: list[ColumnElement[bool]] = [table.c.state == literal_column("0")]
    for index, condition in enumerate(question.conditions):
        clauses.append(clause_of(condition, table, f"c{index}", dialect=dialect))
    for index, area in enumerate(question.areas):
        geometry = live.definition.geometry
        clauses.append(area_clause(area, table, geometry, prefix=f"a{index}") if geometry else false())
    for index in range(len(question.words)):
        clauses.append(table.c.search.like(bindparam(f"folded_{index}", type_=text_type())))
    return clauses


def _lacking(table: Table, question: RecordsQuestion, phase: int) -> list[ColumnElement[bool]]:
    if not _may_lack(question):
        return []
    column = _sorted_by(table, question.sort[0])
    return [column.is_not(None) if phase == WITH_VALUE else column.is_(None)]


def _terms(table: Table, question: RecordsQuestion, phase: int) -> list[Term]:
    """The order: rank of a search without a sort, else the sort keys; at last the key, in the first one's direction."""
    terms = [] if question.sort else _rank(table, len(question.words))
    keys = question.sort[1:] if phase == WITHOUT_VALUE else question.sort
    for index, key in enumerate(keys):
        leading = index == 0 and phase == WITH_VALUE
        terms += _sort_terms(table, key, leading=leading)
    if not any(key.field is KEY for key in question.sort):
        terms.append(Term(table.c.key, terms[0].descending if terms else False))
    return terms


def _sort_terms(table: Table, key: SortKey, *, leading: bool) -> list[Term]:
    column = _sorted_by(table, key)
    if leading or key.field is KEY:
        return [Term(column, key.descending)]
    lacks = case((column.is_(None), 1), else_=0)
    filler: Any = (
        literal_column("''") if key.field.kind in ("string", "enum", "uuid", "strings") else literal_column("0")
    )
    return [Term(lacks, False), Term(func.coalesce(column, filler, type_=column.type), key.descending)]


def _sorted_by(table: Table, key: SortKey) -> ColumnElement[Any]:
    """The column to sort by: the Vietnamese sort key where the field has one."""
    name = sort_column(key.field.name)
    if name in table.c:
        return table.c[name]
    return column_of(table, key.field)


def _rank(table: Table, count: int) -> list[Term]:
    """Every word standing exactly so comes first, then what begins with the words, then the others.

    Among equals what begins with the words comes first, then where each begins a word with its marks.
    """
    if not count:
        return []
    exact, begun = (
        and_(*(table.c.search.like(bindparam(f"{kind}_{index}", type_=text_type())) for index in range(count)))
        for kind in ("exact", "begun")
    )
    leads = table.c.search.like(bindparam("leading", type_=text_type()))
    ranked = (and_(exact, leads), exact, and_(leads, begun), leads, begun)
    rank = case(*((clause, place) for place, clause in enumerate(ranked)), else_=len(ranked))
    return [Term(rank, False)]


def _beyond(terms: list[Term]) -> ColumnElement[bool]:
    """What comes after the values bound as `after_0` and so on."""
    marks = [bindparam(f"after_{index}", type_=term.column.type) for index, term in enumerate(terms)]
    columns = [term.column for term in terms]
    if len({term.descending for term in terms}) == 1:
        if len(terms) == 1:
            return columns[0] < marks[0] if terms[0].descending else columns[0] > marks[0]
        row, values = tuple_(*columns), tuple_(*marks)
        return row < values if terms[0].descending else row > values
    steps = []
    for index, term in enumerate(terms):
        equal = [columns[one] == marks[one] for one in range(index)]
        steps.append(and_(*equal, columns[index] < marks[index] if term.descending else columns[index] > marks[index]))
    bound = columns[0] <= marks[0] if terms[0].descending else columns[0] >= marks[0]
    return and_(bound, or_(*steps))


def count_records(connection: Connection, live: LiveBuild, question: RecordsQuestion, *, pin: Pin) -> int:
    """How many records answer the question at `pin`."""
    known = (str(connection.engine.url), live.identity, live.last_entry, live.turn, live.turned_at, pin)
    counted = _counted(known)
    asked = question.identity
    if asked not in counted:
        taken = branches(live, pin)
        identity = ("count", live.identity, taken, question.shape)
        dialect = connection.dialect
        statement = STATEMENTS.get(
            identity, dialect, lambda: _select_count(live, question, taken, dialect=dialect.name)
        )
        counted[asked] = int(statement.rows(connection, _parameters(live, question, pin))[0][0])
    return counted[asked]


@lru_cache(maxsize=256)
def _counted(known: tuple[Any, ...]) -> dict[str, int]:
    """Totals already counted of one state of one registry; the state leaves when others are asked more."""
    return _Bounded()


class _Bounded(dict[str, int]):
    """Keeps the last 200 totals of a state."""

    def __setitem__(self, key: str, value: int) -> None:
        if len(self) >= 200:
            self.clear()
        super().__setitem__(key, value)


def _select_count(live: LiveBuild, question: RecordsQuestion, taken: tuple[str, ...], *, dialect: str) -> Any:
    counts = [
        select(func.count())
        .select_from(live.versions)
        .where(*branch_clauses(live.versions, branch), *_asked(live, question, dialect=dialect))
        .scalar_subquery()
        for branch in taken
    ]
    total: Any = counts[0]
    for count in counts[1:]:
        total = total + count
    return select(total)


def _bodies(live: LiveBuild, fields: tuple[str, ...] | None, stored: Sequence[bytes]) -> Sequence[bytes]:
    """Public record JSON: as stored where every field is open, else of the open fields alone."""
    if fields is None and live.serves_stored_bodies:
        return stored
    names: Sequence[str] = tuple(live.open_fields) if fields is None else [one for one in fields if one != "key"]
    return [orjson.dumps(project(orjson.loads(body), names)) for body in stored]


def open_record(live: LiveBuild, body: bytes | None) -> dict[str, Any] | None:
    """The open fields of a stored body."""
    record: dict[str, Any] | None = None if body is None else orjson.loads(body)
    return None if record is None else project(record, live.open_fields)
