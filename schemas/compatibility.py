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


def _names(reader: Record | Enum | Fixed, writer: Record | Enum | Fixed, path: Path) -> Reasons:
    if same_name(writer, reader):
        return ()
    reason = _reason(
        NAME_MISMATCH,
        (*path, "name"),
        detail=f"expected: {writer.name}",
        vi=f"kiểu đọc tên là {reader.name}, kiểu ghi tên là {writer.name}, và không có bí danh nào nối hai tên",
        en=f"the reader's type is called {reader.name}, the writer's {writer.name}, and no alias joins the two",
    )
    return (reason,)


def _sizes(reader: Fixed, writer: Fixed, path: Path) -> Reasons:
    if reader.size == writer.size:
        return ()
    reason = _reason(
        FIXED_SIZE_MISMATCH,
        (*path, "size"),
        detail=f"expected: {writer.size}, found: {reader.size}",
        vi=f"kiểu đọc dài {reader.size} byte, kiểu ghi dài {writer.size} byte",
        en=f"the reader's type has {reader.size} bytes, the writer's {writer.size}",
    )
    return (reason,)


def _symbols(reader: Enum, writer: Enum, path: Path) -> Reasons:
    missing = ", ".join(sorted(set(writer.symbols) - set(reader.symbols)))
    if not missing or reader.default is not None:
        return ()
    reason = _reason(
        MISSING_ENUM_SYMBOLS,
        (*path, "symbols"),
        detail=f"[{missing}]",
        vi=f"kiểu đọc thiếu các giá trị {missing} và không có giá trị mặc định",
        en=f"the reader lacks the symbols {missing} and has no default symbol",
    )
    return (reason,)


def _type_mismatch(reader: AvroType, writer: AvroType, path: Path) -> Incompatibility:
    wanted, given = type_name(reader), type_name(writer)
    return _reason(
        TYPE_MISMATCH,
        path,
        detail=f"reader type: {wanted.upper()} not compatible with writer type: {given.upper()}",
        vi=f"dữ liệu kiểu {given} không đọc được bằng kiểu {wanted}",
        en=f"data of the type {given} cannot be read as {wanted}",
    )


def _missing_branch(writer: AvroType, path: Path) -> Incompatibility:
    given = type_name(writer)
    return _reason(
        MISSING_UNION_BRANCH,
        path,
        detail=f"reader union lacking writer type: {given.upper()}",
        vi=f"kiểu hợp của bên đọc không có nhánh nào nhận kiểu {given}",
        en=f"no branch of the reader's union takes the type {given}",
    )


def _missing_default(field: RecordField, place: Path) -> Incompatibility:
    return _reason(
        READER_FIELD_MISSING_DEFAULT_VALUE,
        place,
        detail=field.name,
        vi=f"trường {field.name} không có trong dữ liệu được ghi và không có giá trị mặc định",
        en=f"the field {field.name} is not in the data written and has no default",
    )


def _ambiguous(field: RecordField, names: list[str], place: Path) -> Incompatibility:
    listed = ", ".join(names)
    return _reason(
        AMBIGUOUS_FIELD,
        place,
        detail=f"Reader field {field.name} matches multiple fields in the writer: {listed}",
        vi=f"trường {field.name} cùng bí danh của nó ứng với nhiều trường được ghi: {listed}",
        en=f"the field {field.name} and its aliases match several fields of the writer: {listed}",
    )


def _reason(kind: str, path: Path, *, detail: str, vi: str, en: str) -> Incompatibility:
    return Incompatibility(kind, "/" + "/".join(path), detail, vi, en)
