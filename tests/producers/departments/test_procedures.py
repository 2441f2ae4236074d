"""Procedures of the ministries' exports, with the details of the national portal."""

from __future__ import annotations

from pathlib import Path

from producers.departments.packaged import read_feed
from producers.departments.vpubnd.procedures import join_details
from producers.feed import Fact, Origin
from tests.producers.departments.mapped import facts_in, map_with, refusals_in, rules_in

ROW = {"ma_thu_tuc": "1.001193", "ten_thu_tuc": "Đăng ký khai sinh", "cap_thuc_hien": "Cấp xã"}


def test_nothing_known_is_null() -> None:
    findings = map_with("portal-crawl", ROW | {"linh_vuc": "Không có thông tin"})
    assert facts_in(findings)[0].fields["sector"] is None
    assert rules_in(findings) == {("sector", "stated-as-missing"): 1}


def test_levels_in_one_cell_become_a_list_of_codes() -> None:
    findings = map_with("portal-crawl", ROW | {"cap_thuc_hien": "Cấp bộ, Cấp tỉnh, Cấp xã, Cơ quan khác"})
    assert facts_in(findings)[0].fields["levels"] == ["MINISTRY", "PROVINCE", "COMMUNE", "OTHER"]


def test_a_code_of_another_form_is_refused() -> None:
    assert refusals_in(map_with("portal-crawl", ROW | {"ma_thu_tuc": "khai sinh"})) == [
        ("procedureCode", "unlike-pattern")
    ]


def exported(**fields: object) -> Fact:
    return Fact("ProcedurePublished", "1.001193", {"procedureCode": "1.001193", **fields}, Origin("export.xlsx", 3))


def test_details_are_added_and_names_are_not_overruled() -> None:
    detail = exported(nameVi="Sai tên", levels=["COMMUNE"])
    joined = facts_in(join_details([exported(nameVi="Đăng ký khai sinh")], {"1.001193": detail}, ["levels"]))[0]
    assert (joined.fields["nameVi"], joined.fields["levels"]) == ("Đăng ký khai sinh", ["COMMUNE"])


def test_authorities_come_from_the_portal_only_where_the_export_names_none() -> None:
    details = {"1.001193": exported(authorities=["Bộ Công an"])}
    taken = list(join_details([exported(authorities=None)], details, []))
    kept = list(join_details([exported(authorities=["Công an cấp xã"])], details, []))
    assert facts_in(taken)[0].fields["authorities"] == ["Bộ Công an"]
    assert rules_in(taken) == {("authorities", "authority-from-portal"): 1}
    assert (facts_in(kept)[0].fields["authorities"], rules_in(kept)) == (["Công an cấp xã"], {})


def test_a_procedure_that_the_portal_lacks_is_published_and_flagged() -> None:
    findings = list(join_details([exported(nameVi="Đăng ký khai sinh")], {}, ["levels"]))
    assert len(facts_in(findings)) == 1
    assert rules_in(findings) == {("procedureCode", "not-in-portal"): 1}


def test_the_real_exports_hold_2642_procedures(real_data: Path) -> None:
    findings = list(read_feed("procedures", real_data))
    facts = {one.key: one for one in facts_in(findings)}
    assert len(facts) == 2642
    assert refusals_in(findings) == []
    assert facts["3.000163"].fields["authorities"][-1] == "Tòa án nhân dân khu vực"
    # the portal's list names 1,057 authorities; the exports lack them for 247 of these
    assert rules_in(findings)["authorities", "authority-from-portal"] == 247


def test_the_portal_names_some_procedures_otherwise(real_data: Path) -> None:
    exports, portal = (
        {one.key: one for one in facts_in(read_feed(name, real_data))} for name in ("procedures", "portal-crawl")
    )
    differing = [key for key, one in portal.items() if one.fields["nameVi"] != exports[key].fields["nameVi"]]
    assert len(differing) == 17
