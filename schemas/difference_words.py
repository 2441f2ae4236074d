"""What each kind of change is called, in Vietnamese and English; `old` and `new` stand for its values."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "field-added": ("trường mới", "the field is new"),
    "field-removed": ("trường bị bỏ", "the field is gone"),
    "field-renamed": ("trường đổi tên từ {old} thành {new}", "the field was called {old} and is called {new}"),
    "fields-reordered": ("thứ tự các trường từ {old} thành {new}", "the fields stand in another order: {new}"),
    "type-changed": ("kiểu từ {old} thành {new}", "the type goes from {old} to {new}"),
    "branch-added": ("kiểu hợp nhận thêm {new}", "the type may now also be {new}"),
    "branch-removed": ("kiểu hợp không còn nhận {old}", "the type may no longer be {old}"),
    "branches-reordered": ("thứ tự các nhánh từ {old} thành {new}", "the branches stand in another order: {new}"),
    "default-added": ("giá trị mặc định mới là {new}", "the default is now {new}, there was none"),
    "default-removed": ("không còn giá trị mặc định {old}", "the default {old} is gone"),
    "default-changed": ("giá trị mặc định từ {old} thành {new}", "the default goes from {old} to {new}"),
    "doc-changed": ("mô tả từ “{old}” thành “{new}”", "the doc goes from “{old}” to “{new}”"),
    "label-changed": ("nhãn từ {old} thành {new}", "the label goes from {old} to {new}"),
    "unit-changed": (
        "đơn vị từ {old} thành {new}; các số đã lưu không đổi",
        "the unit goes from {old} to {new}; stored numbers stay as they are",
    ),
    "class-changed": ("lớp dữ liệu từ {old} thành {new}", "the class goes from {old} to {new}"),
    "order-changed": ("cách sắp xếp từ {old} thành {new}", "the sort order goes from {old} to {new}"),
    "attribute-changed": ("thuộc tính từ {old} thành {new}", "an attribute goes from {old} to {new}"),
    "aliases-changed": ("bí danh từ {old} thành {new}", "the aliases go from {old} to {new}"),
    "type-renamed": ("kiểu đổi tên từ {old} thành {new}", "the type was called {old} and is called {new}"),
    "namespace-changed": ("không gian tên đổi: {old} thành {new}", "the namespace changes: {old} becomes {new}"),
    "size-changed": ("độ dài từ {old} thành {new} byte", "the size goes from {old} to {new} bytes"),
    "logical-type-changed": (
        "kiểu logic từ {old} thành {new}; dữ liệu đã lưu không đổi",
        "the logical type goes from {old} to {new}; stored data stay as they are",
    ),
    "symbols-added": ("thêm các giá trị {new}", "the symbols {new} are new"),
    "symbols-removed": ("bỏ các giá trị {old}", "the symbols {old} are gone"),
    "symbols-reordered": ("thứ tự các giá trị từ {old} thành {new}", "the symbols stand in another order: {new}"),
    "enum-default-changed": (
        "giá trị thay cho giá trị lạ từ {old} thành {new}",
        "the symbol that stands in for unknown ones goes from {old} to {new}",
    ),
    "other-changed": (
        "chỉ cách viết, hoặc thuộc tính mà Avro không biết, thay đổi; việc đọc không bị ảnh hưởng",
        "only the way it is written changes, or attributes that Avro does not know; reading is not touched",
    ),
    "together": (
        "từng thay đổi riêng thì được, nhưng gộp lại thì không: {new}",
        "each change alone is fine, together they are not: {new}",
    ),
}
