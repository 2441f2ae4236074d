"""What Avro's rules let through though it changes what stored data mean, or whom it reaches.

`schemas.compatibility` compares neither logical types nor the digits of decimals, units and namespaces; and an enum
with a default swallows the symbols it lost. Each of these is told here, with what would happen to the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.meanings import read_as
from schemas.model import Array, AvroType, Enum, Fixed, Logical, Map, Primitive, Record, RecordField
from schemas.pairing import Named, Path, is_promoted, pair_branches, pair_fields

DECIMAL_PRECISION = "decimal-precision"
DECIMAL_SCALE = "decimal-scale"
LOGICAL_TYPE = "logical-type"
UNIT = "unit"
NAMESPACE = "namespace"
ENUM_NARROWED = "enum-narrowed"


@dataclass(frozen=True, slots=True)
class SilentChange:
    """One change. `path` is a JSON pointer into the new schema, to the field or the type that changed."""

    code: str
    path: str
    message_vi: str
    message_en: str


def silent_changes(new: AvroType, old: AvroType) -> list[SilentChange]:
    """What changes between two versions without breaking a compatibility level."""
    return list(_Walk().types(new, old, (), ""))


class _Walk:
    """Goes through both schemas at once, each pair of types once."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, int]] = set()

    def types(self, new: AvroType, old: AvroType, path: Path, place: str) -> Iterator[SilentChange]:
        for one, other in pair_branches(new, old).pairs:
            pair = (id(one.type), id(other.type))
            # the same primitive, or the same type again: where it stands first it was told
            if pair not in self.seen:
                self.seen.add(pair)
                yield from self.pair(one.type, other.type, path + one.suffix, place)

    def pair(self, new: AvroType, old: AvroType, path: Path, place: str) -> Iterator[SilentChange]:
        yield from _namespace(new, old, path, place)
        match new, old:
            case Primitive(), Primitive() if is_promoted(new, old):
                yield from _logical(new.logical, old.logical, path, place)
            case Fixed(), Fixed() if new.size == old.size:
                yield from _logical(new.logical, old.logical, path, place)
            case Enum(), Enum():
                yield from _symbols(new, old, path, place)
            case Array(), Array():
                yield from self.types(new.items, old.items, (*path, "items"), f"{place}[]")
            case Map(), Map():
                yield from self.types(new.values, old.values, (*path, "values"), f"{place}{{}}")
            case Record(), Record():
                yield from self.fields(new, old, path, place)

    def fields(self, new: Record, old: Record, path: Path, place: str) -> Iterator[SilentChange]:
        index = {id(one): at for at, one in enumerate(new.fields)}
        for one, other in pair_fields(new, old):
            at, name = (*path, "fields", str(index[id(one)])), f"{place}.{one.name}" if place else one.name
            yield from _unit(one, other, at, name)
            yield from self.types(one.type, other.type, (*at, "type"), name)


def _logical(new: Logical | None, old: Logical | None, path: Path, place: str) -> Iterator[SilentChange]:
    if (new and new.name) != (old and old.name):
        vi, en = read_as(new, old)
        yield _change(
            LOGICAL_TYPE,
            path,
            place=place,
            vi=f"kiểu logic {_named(old, 'vi')} thành {_named(new, 'vi')}; {vi}",
            en=f"the logical type {_named(old, 'en')} becomes {_named(new, 'en')}; {en}",
        )
    elif new and old and new.name == "decimal":
        yield from _decimal(new, old, path, place)


def _decimal(new: Logical, old: Logical, path: Path, place: str) -> Iterator[SilentChange]:
    if new.scale != old.scale:
        told_vi, told_en = read_as(new, old)
        yield _change(
            DECIMAL_SCALE,
            path,
            place=place,
            vi=f"số chữ số thập phân từ {old.scale} thành {new.scale}; {told_vi}",
            en=f"the scale of the decimal goes from {old.scale} to {new.scale}; {told_en}",
        )
    if new.precision != old.precision:
        few, many = sorted((new.precision, old.precision))
        grows = new.precision > old.precision
        vi = ("dữ liệu mới", "bên đọc cũ") if grows else ("dữ liệu cũ", "bên đọc mới")
        en = ("new data", "old readers") if grows else ("old data", "new readers")
        yield _change(
            DECIMAL_PRECISION,
            path,
            place=place,
            vi=f"tổng số chữ số từ {old.precision} thành {new.precision}; {vi[0]} có thể có {many} chữ số, "
            f"{vi[1]} chỉ chờ {few}: có nơi từ chối, có nơi cắt bớt",
            en=f"the precision of the decimal goes from {old.precision} to {new.precision}; {en[0]} may have "
            f"{many} digits where {en[1]} expect {few}: some refuse such a value, some cut it",
        )


def _symbols(new: Enum, old: Enum, path: Path, place: str) -> Iterator[SilentChange]:
    lost = ", ".join(one for one in old.symbols if one not in new.symbols)
    if lost and new.default is not None:
        yield _change(
            ENUM_NARROWED,
            (*path, "symbols"),
            place=place,
            vi=f"{new.name} bỏ các giá trị {lost}; dữ liệu cũ mang giá trị đó sẽ được đọc thành "
            f"{new.default}, giá trị gốc mất đi mà không báo lỗi",
            en=f"{new.name} loses the symbols {lost}; data that carry them would be read as "
            f"{new.default}, and what they said is lost without an error",
        )


def _unit(new: RecordField, old: RecordField, path: Path, place: str) -> Iterator[SilentChange]:
    now, before = new.document.get("unit"), old.document.get("unit")
    if now != before:
        yield _change(
            UNIT,
            path,
            place=place,
            vi=f"đơn vị từ {before or 'không có'} thành {now or 'không có'}; các số đã lưu không đổi, "
            f"nên 100 {before or ''} sẽ được hiểu là 100 {now or ''}".rstrip(),
            en=f"the unit goes from {before or 'none'} to {now or 'none'}; stored numbers stay as they are, "
            f"so that 100 {before or ''} would be taken for 100 {now or ''}".rstrip(),
        )


def _namespace(new: AvroType, old: AvroType, path: Path, place: str) -> Iterator[SilentChange]:
    if not isinstance(new, Named) or not isinstance(old, Named) or new.name == old.name:
        return
    (now, name), (before, other) = _split(new.name), _split(old.name)
    if name == other:
        yield _change(
            NAMESPACE,
            (*path, "name"),
            place=place,
            vi=f"không gian tên của {name} từ {before or 'trống'} thành {now or 'trống'}; dữ liệu vẫn "
            f"đọc được bằng Java, nhưng chương trình tìm {old.name} sẽ không thấy, và có thư viện từ chối",
            en=f"the namespace of {name} goes from {before or 'none'} to {now or 'none'}; Java still "
            f"reads the data, but programs that look for {old.name} do not find it, and some libraries refuse it",
        )


def _split(full: str) -> tuple[str, str]:
    space, _, name = full.rpartition(".")
    return space, name


def _named(logical: Logical | None, language: str) -> str:
    if logical is None:
        return "không có" if language == "vi" else "none"
    return logical.name


def _change(code: str, path: Path, *, place: str, vi: str, en: str) -> SilentChange:
    at = f"{place}: " if place else ""
    return SilentChange(code, "/" + "/".join(path), at + vi, at + en)
