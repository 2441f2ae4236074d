from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from producers.csv_source import CsvOptions, parse_csv
from producers.errors import DeclarationError, EncodingUnknown, SourceError
from producers.excel_source import ExcelOptions, parse_excel
from producers.json_source import JsonOptions, inflate, parse_json
from producers.source import open_source, read_file
from tests.producers.workbooks import make_workbook


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_tells_its_delimiter_by_its_header(delimiter: str) -> None:
    content = f"ten{delimiter}gia\nHuế{delimiter}5\n".encode()
    assert [dict(row.values) for row in parse_csv(content, "a.csv")] == [{"ten": "Huế", "gia": "5"}]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    (row,) = parse_csv("\ufeffTên,Giá\nHuế,5\n".encode(), "a.csv")
    assert set(row.values) == {"Tên", "Giá"}


def test_text_of_a_csv_stays_as_it_was_read_and_names_of_columns_are_nfc() -> None:
    (row,) = parse_csv("te\u0302n,x\nHue\u0302\u0301,1\n".encode(), "a.csv")
    assert row.values["tên"] == "Hue\u0302\u0301"


def test_a_csv_in_tcvn3_is_recognised() -> None:
    content = b"T\xaan,Huy\xd6n\nX\xb7 Qu\xb6ng Ph\xf3,Qu\xb6ng \xa7i\xd2n\n"
    (row,) = parse_csv(content, "a.csv")
    assert row.values == {"Tên": "Xã Quảng Phú", "Huyện": "Quảng Điền"}


def test_the_encoding_can_be_stated() -> None:
    (row,) = parse_csv(b"a,b\n\xb5,1\n", "a.csv", CsvOptions(encoding="tcvn3"))
    assert row.values["a"] == "à"


def test_a_wrong_byte_is_refused_with_file_and_row() -> None:
    with pytest.raises(SourceError, match=r"a\.csv, row 3.*utf-8") as caught:
        list(parse_csv(b"a,b\n1,2\n\xff,3\n", "a.csv", CsvOptions(encoding="utf-8")))
    assert caught.value.row == 3


def test_an_encoding_in_doubt_is_refused_with_the_way_out() -> None:
    with pytest.raises(EncodingUnknown, match="name it as encoding"):
        list(parse_csv(b"caf\xe9,b\n1,2\n", "a.csv"))


def test_a_row_with_more_cells_than_columns_is_refused_by_its_number() -> None:
    with pytest.raises(SourceError, match=r"row 3: has 3 cells under 2 columns"):
        list(parse_csv(b"a,b\n1,2\n1,2,3\n", "a.csv"))


def test_a_row_has_the_number_of_the_line_it_begins_on() -> None:
    rows = list(parse_csv(b'a,b\n"1\n1",2\n3,4\n', "a.csv"))
    assert [row.origin.row for row in rows] == [2, 4]


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(SourceError, match="several columns are named a"):
        list(parse_csv(b"a,a\n1,2\n", "a.csv"))


def test_empty_cells_are_absent() -> None:
    (row,) = parse_csv(b"a,b\n,2\n", "a.csv")
    assert row.values == {"b": "2"}


def test_the_header_of_a_csv_may_stand_below_titles() -> None:
    (row,) = parse_csv(b"A list\n\na,b\n1,2\n", "a.csv", CsvOptions(header_row=3))
    assert row.values == {"a": "1", "b": "2"}
    assert row.origin.row == 4


def test_ndjson_rows_are_lines() -> None:
    rows = list(parse_json(b'{"a": 1}\n\n{"a": null, "b": "Hue\xcc\x82\xcc\x81"}\n', "a.ndjson"))
    assert [(row.origin.row, dict(row.values)) for row in rows] == [(1, {"a": 1}), (3, {"b": "Hue\u0302\u0301"})]


def test_a_broken_line_of_ndjson_is_refused_by_its_number() -> None:
    with pytest.raises(SourceError, match=r"a\.ndjson, row 2: is not JSON"):
        list(parse_json(b'{"a": 1}\n{"a": \n', "a.ndjson"))


def test_the_records_of_a_json_document_stand_at_a_path() -> None:
    content = gzip.compress(b'{"data": {"items": [{"a": 1}, {"a": 2}]}}')
    rows = list(parse_json(content, "a.json.gz", JsonOptions(records="data.items")))
    assert [row.values["a"] for row in rows] == [1, 2]


def test_a_missing_records_path_is_named() -> None:
    with pytest.raises(SourceError, match="'items' is missing"):
        list(parse_json(b'{"data": {}}', "a.json", JsonOptions(records="data.items")))


def test_torn_gzip_is_refused() -> None:
    with pytest.raises(SourceError, match="not whole gzip"):
        list(parse_json(gzip.compress(b"[1]" * 1000)[:20], "a.json.gz"))


def test_gzip_past_the_limit_is_refused() -> None:
    with pytest.raises(SourceError, match="more than 10 bytes"):
        inflate(gzip.compress(b"0" * 11), "a.gz", limit_bytes=10)


def test_titles_above_the_header_of_a_workbook_are_passed_over() -> None:
    content = make_workbook({"Danh sách": [["TITLE", None], ["Mã", "Tên"], [101, "Huế"]]}, merged=["A1:B1"])
    (row,) = parse_excel(content, "a.xlsx", ExcelOptions(header_row=2))
    assert dict(row.values) == {"Mã": 101, "Tên": "Huế"}
    assert str(row.origin) == "a.xlsx, sheet Danh sách, row 3"


def test_a_header_of_two_lines_is_joined_over_its_merged_cells() -> None:
    content = make_workbook(
        {"S": [["Tên", "Năm", None], [None, "2023", "2024"], ["Huế", 1.5, 2]]}, merged=["A1:A2", "B1:C1"]
    )
    (row,) = parse_excel(content, "a.xlsx", ExcelOptions(header_height=2))
    assert dict(row.values) == {"Tên": "Huế", "Năm / 2023": 1.5, "Năm / 2024": 2}


def test_an_old_font_in_a_workbook_is_recognised_by_its_words() -> None:
    header, cells = ["TØnh", "HuyÖn"], ["Thõa Thiªn HuÕ", "Qu¶ng §iÒn"]
    (row,) = parse_excel(make_workbook({"S": [header, cells]}), "a.xlsx")
    assert dict(row.values) == {"Tỉnh": "Thừa Thiên Huế", "Huyện": "Quảng Điền"}


def test_a_missing_sheet_is_refused_with_those_there_are() -> None:
    with pytest.raises(SourceError, match="its sheets are S"):
        list(parse_excel(make_workbook({"S": [["a"], ["b"]]}), "a.xlsx", ExcelOptions(sheet="T")))


def test_a_file_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(SourceError, match="is no workbook"):
        list(parse_excel(b"PK\x03\x04 not one", "a.xlsx"))


def test_an_xls_is_read_like_an_xlsx(real_data: Path) -> None:
    file = "19-legacy-encodings-tcvn3-vni/corpus/vni__2006-Mau21_CKTC_NSH.xls"
    rows = list(read_file(real_data, file, sheet=0, header_row=10))
    assert rows[0].values == {"STT": "A", "NỘI DUNG": "Tổng thu NSNN trên địa bàn", "NĂM 2004": 15237170}


def test_a_pattern_reads_its_files_by_name_and_tells_them_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b", "a"):
        (tmp_path / "sub" / f"{name}.ndjson").write_text(f'{{"n": "{name}"}}')
    rows = list(open_source({"file": "sub/*.ndjson"}, tmp_path))
    assert [(row.values["n"], row.origin.file) for row in rows] == [("a", "sub/a.ndjson"), ("b", "sub/b.ndjson")]


def test_a_source_outside_the_data_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="below the data folder"):
        list(open_source({"file": "../x.csv"}, tmp_path))


def test_an_unknown_option_of_a_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DeclarationError, match="colour"):
        list(open_source({"file": "a.csv", "colour": "red"}, tmp_path))
