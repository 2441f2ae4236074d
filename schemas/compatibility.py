"""Whether data of one schema can be read with another, by the rules of Avro's Java library.

Those rules (SchemaCompatibility of 1.12, which Confluent's registry asks) differ from the specification
in places: names are compared without namespace, logical types and the digits of decimals are not compared,
a record of another name is incompatible even at the root, only the reader's aliases count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.java_reading import read_json
from schemas.model import (
    NO_DEFAULT,
    Array,
    AvroType,
    Enum,
    Fixed,
    Map,
    Primitive,
    Record,
    RecordField,
    Union,
    parse_type,
    type_name,
)
from schemas.resolution import PROMOTIONS, same_name

NAME_MISMATCH = "NAME_MISMATCH"
FIXED_SIZE_MISMATCH = "FIXED_SIZE_MISMATCH"
MISSING_ENUM_SYMBOLS = "MISSING_ENUM_SYMBOLS"
READER_FIELD_MISSING_DEFAULT_VALUE = "READER_FIELD_MISSING_DEFAULT_VALUE"
TYPE_MISMATCH = "TYPE_MISMATCH"
MISSING_UNION_BRANCH = "MISSING_UNION_BRANCH"
# not one of Java's six: there the check ends with an exception
AMBIGUOUS_FIELD = "AMBIGUOUS_FIELD"


@dataclass(frozen=True, slots=True)
class Level:
    """Who must read whom: the new schema the old ones, the old ones the new; the last only, or all."""

    new_reads_old: bool
    old_reads_new: bool
    all_versions: bool


LEVELS: dict[str, Level] = {
    "NONE": Level(new_reads_old=False, old_reads_new=False, all_versions=False),
    "BACKWARD": Level(new_reads_old=True, old_reads_new=False, all_versions=False),
    "BACKWARD_TRANSITIVE": Level(new_reads_old=True, old_reads_new=False, all_versions=True),
    "FORWARD": Level(new_reads_old=False, old_reads_new=True, all_versions=False),
    "FORWARD_TRANSITIVE": Level(new_reads_old=False, old_reads_new=True, all_versions=True),
    "FULL": Level(new_reads_old=True, old_reads_new=True, all_versions=False),
    "FULL_TRANSITIVE": Level(new_reads_old=True, old_reads_new=True, all_versions=True),
}


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason. `path` is a JSON pointer into the reader; `detail` is what Java's library calls the message."""

    type: str
    path: str
    detail: str
    message_vi: str
    message_en: str


def check(reader: AvroType, writer: AvroType) -> list[Incompatibility]:
    """Every reason why data of `writer` cannot be read with `reader`; none means it can."""
    try:
        return list(_Checker().check(reader, writer, ()))
    except _Ambiguous as found:
        return [found.reason]


def check_texts(reader: str, writer: str) -> list[Incompatibility]:
    """The same for two schemas as JSON; raises `AvroInvalid`."""
    return check(parse_type(read_json(reader)), parse_type(read_json(writer)))


def check_level(new: AvroType, versions: Iterable[AvroType], level: str) -> list[Incompatibility]:
    """Why `new` may not follow `versions` (newest first) at `level`: the reasons of the first that objects."""
    rule = LEVELS[level]
    for old in versions:
        found = check(new, old) if rule.new_reads_old else []
        found += check(old, new) if rule.old_reads_new else []
        if found or not rule.all_versions:
            return found
    return []


class _Ambiguous(Exception):
    def __init__(self, reason: Incompatibility) -> None:
        super().__init__(reason.message_en)
        self.reason = reason


Path = tuple[str, ...]
Named = Record | Enum | Fixed
Reasons = tuple[Incompatibility, ...]


class _Checker:
    """Remembers each pair of types; a pair that is being checked counts as compatible (recursion)."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], Reasons] = {}

    def check(self, reader: AvroType, writer: AvroType, path: Path) -> Reasons:
        pair = (id(reader), id(writer))
        if pair not in self.known:
            self.known[pair] = ()
            self.known[pair] = self.compare(reader, writer, path)
        return self.known[pair]

    def compare(self, reader: AvroType, writer: AvroType, path: Path) -> Reasons:
        match reader, writer:
            case Union(), Union():
                return self.unions(reader, writer, path)
            case _, Union():
                branches = enumerate(writer.branches)
                return tuple(reason for at, one in branches for reason in self.check(reader, one, (*path, str(at))))
            case Union(), _:
                if any(not self.check(one, writer, ()) for one in reader.branches):
                    return ()
                return (_missing_branch(writer, path),)
            case Primitive(), Primitive():
                fits = reader.type == writer.type or reader.type in PROMOTIONS.get(writer.type, ())
                return () if fits else (_type_mismatch(reader, writer, path),)
            case Array(), Array():
                return self.check(reader.items, writer.items, (*path, "items"))
            case Map(), Map():
                return self.check(reader.values, writer.values, (*path, "values"))
            case Fixed(), Fixed():
                return _names(reader, writer, path) + _sizes(reader, writer, path)
            case Enum(), Enum():
                return _names(reader, writer, path) + _symbols(reader, writer, path)
            case Record(), Record():
                return _names(reader, writer, path) + self.fields(reader, writer, path)
        return (_type_mismatch(reader, writer, path),)

    def unions(self, reader: Union, writer: Union, path: Path) -> Reasons:
        """Each branch of the writer must be readable by the reader's union as a whole."""
        return tuple(
            _missing_branch(one, (*path, str(index)))
            for index, one in enumerate(writer.branches)
            if self.check(reader, one, ())
        )

    def fields(self, reader: Record, writer: Record, path: Path) -> Reasons:
        found: Reasons = ()
        for index, field in enumerate(reader.fields):
            place = (*path, "fields", str(index))
            found += self.field(field, writer, place)
        return found

    def field(self, field: RecordField, writer: Record, place: Path) -> Reasons:
        other = _writer_field(field, writer, place)
        if other is not None:
            return self.check(field.type, other.type, (*place, "type"))
        if field.default is not NO_DEFAULT:
            return ()
        if isinstance(field.type, Enum) and field.type.default is not None:
            # so does Java: it takes the enum's own default for the field's, and compares with the record
            return self.check(field.type, writer, (*place, "type"))
        return (_missing_default(field, place),)


def _writer_field(field: RecordField, writer: Record, place: Path) -> RecordField | None:
    # an alias that repeats the field's own name counts, as in Java, as a second match
    names = (field.name, *dict.fromkeys(field.aliases))
    found = [one for name in names for one in writer.fields if one.name == name]
    if len(found) > 1:
        raise _Ambiguous(_ambiguous(field, [one.name for one in found], place))
    return found[0] if found else None


def _names(reader: Named, writer: Named, path: Path) -> Reasons:
    if same_name(writer, reader):
        return ()
    return (_reason(NAME_MISMATCH, (*path, "name"), reader=reader.name, writer=writer.name),)


def _sizes(reader: Fixed, writer: Fixed, path: Path) -> Reasons:
    if reader.size == writer.size:
        return ()
    return (_reason(FIXED_SIZE_MISMATCH, (*path, "size"), reader=str(reader.size), writer=str(writer.size)),)


def _symbols(reader: Enum, writer: Enum, path: Path) -> Reasons:
    missing = ", ".join(sorted(set(writer.symbols) - set(reader.symbols)))
    if not missing or reader.default is not None:
        return ()
    return (_reason(MISSING_ENUM_SYMBOLS, (*path, "symbols"), writer=missing),)


def _type_mismatch(reader: AvroType, writer: AvroType, path: Path) -> Incompatibility:
    return _reason(TYPE_MISMATCH, path, reader=type_name(reader), writer=type_name(writer))


def _missing_branch(writer: AvroType, path: Path) -> Incompatibility:
    return _reason(MISSING_UNION_BRANCH, path, writer=type_name(writer))


def _missing_default(field: RecordField, place: Path) -> Incompatibility:
    return _reason(READER_FIELD_MISSING_DEFAULT_VALUE, place, reader=field.name)


def _ambiguous(field: RecordField, names: list[str], place: Path) -> Incompatibility:
    return _reason(AMBIGUOUS_FIELD, place, reader=field.name, writer=", ".join(names))


def _reason(kind: str, path: Path, *, reader: str = "", writer: str = "") -> Incompatibility:
    words = {"reader": reader, "writer": writer, "READER": reader.upper(), "WRITER": writer.upper()}
    detail, vi, en = (text.format(**words) for text in _WORDS[kind])
    return Incompatibility(kind, "/" + "/".join(path), detail, vi, en)


# what Java's library says, and what an administrator is told in Vietnamese and English
_WORDS: dict[str, tuple[str, str, str]] = {
    NAME_MISMATCH: (
        "expected: {writer}",
        "kiểu đọc tên là {reader}, kiểu ghi tên là {writer}, và không có bí danh nào nối hai tên",
        "the reader's type is called {reader}, the writer's {writer}, and no alias joins the two",
    ),
    FIXED_SIZE_MISMATCH: (
        "expected: {writer}, found: {reader}",
        "kiểu đọc dài {reader} byte, kiểu ghi dài {writer} byte",
        "the reader's type has {reader} bytes, the writer's {writer}",
    ),
    MISSING_ENUM_SYMBOLS: (
        "[{writer}]",
        "kiểu đọc thiếu các giá trị {writer} và không có giá trị mặc định",
        "the reader lacks the symbols {writer} and has no default symbol",
    ),
    TYPE_MISMATCH: (
        "reader type: {READER} not compatible with writer type: {WRITER}",
        "dữ liệu kiểu {writer} không đọc được bằng kiểu {reader}",
        "data of the type {writer} cannot be read as {reader}",
    ),
    MISSING_UNION_BRANCH: (
        "reader union lacking writer type: {WRITER}",
        "kiểu hợp của bên đọc không có nhánh nào nhận kiểu {writer}",
        "no branch of the reader's union takes the type {writer}",
    ),
    READER_FIELD_MISSING_DEFAULT_VALUE: (
        "{reader}",
        "trường {reader} không có trong dữ liệu được ghi và không có giá trị mặc định",
        "the field {reader} is not in the data written and has no default",
    ),
    AMBIGUOUS_FIELD: (
        "Reader field {reader} matches multiple fields in the writer: {writer}",
        "trường {reader} cùng bí danh của nó ứng với nhiều trường được ghi: {writer}",
        "the field {reader} and its aliases match several fields of the writer: {writer}",
    ),
}
