"""Ticket prices, visits and sales of the monuments."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from producers.departments.packaged import read_feed
from tests.producers.departments.mapped import facts_in, map_with, refusals_in


def test_a_price_is_kept_by_ticket_type_and_customer() -> None:
    row = {"name": "Đại Nội Huế/Hue Imperial City", "ticketTypeID": "1", "customerTypeID": "2", "price": "40000"}
    fact = facts_in(map_with("ticket-types", row))[0]
    assert fact.key == "ADMISSION~1~TRE_EM"
    assert (fact.fields["price"], fact.fields["placeIds"], fact.fields["nameEn"]) == (40000, ["5"], "Hue Imperial City")


def test_an_unknown_customer_type_is_refused() -> None:
    row = {"name": "Đại Nội", "ticketTypeID": "1", "customerTypeID": "9", "price": "1"}
    assert refusals_in(map_with("ticket-types", row)) == [("customerType", "unknown-code")]


def test_88_rows_are_80_prices_and_8_test_entries(real_data: Path) -> None:
    findings = list(read_feed("ticket-types", real_data))
    assert len({one.key for one in facts_in(findings)}) == 80
    assert refusals_in(findings) == [("nameVi", "test-entry")] * 8


def test_service_prices_stand_with_their_decision() -> None:
    facts = facts_in(read_feed("service-prices", None))
    assert {one.key: one.fields["price"] for one in facts} == {
        "SERVICE~guide-dai-noi~TAT_CA": 200000,
        "SERVICE~guide-tu-duc~TAT_CA": 150000,
        "SERVICE~guide-khai-dinh~TAT_CA": 150000,
        "SERVICE~guide-minh-mang~TAT_CA": 150000,
    }
    assert {one.fields["effectiveFrom"] for one in facts} == {date(2024, 1, 1)}
    assert all(one.legal_basis and one.legal_basis.startswith("1864/QĐ-BTDT") for one in facts)


def test_visits_are_cumulative_without_a_period() -> None:
    row = {"placeId": "5", "title": "Đại Nội", "soLuotTrongNuoc": "2932676", "soLuotQuocTe": "2383750"}
    fact = facts_in(map_with("visits-by-place", row))[0]
    assert fact.key == fact.identity == "VISITS~5~TAT_CA~2026-07-28"
    assert (fact.fields["domestic"], fact.fields["international"]) == (2932676, 2383750)
    assert fact.fields.get("periodStart") is None


def test_place_identifiers_are_read_under_both_spellings() -> None:
    sale = {"placeID": "5", "customerType": "1", "total": "405695377", "soVeDon": "1728", "soVeTuyen": "359"}
    visit = {"placeId": "5", "customerTypeId": "1", "displayName": "Đại Nội - Người lớn (NL)"}
    sold, visited = (
        facts_in(map_with(*one))[0] for one in (("ticket-sales", sale), ("visits-by-customer-type", visit))
    )
    assert sold.fields["placeId"] == visited.fields["placeId"] == "5"
    assert visited.fields["placeName"] == "Đại Nội"


def test_a_total_without_a_unit_is_revenue() -> None:
    row = {"placeID": "5", "customerType": "1", "total": "405695377", "soVeDon": "1728", "soVeTuyen": "359"}
    fields = facts_in(map_with("ticket-sales", row))[0].fields
    assert (fields["revenue"], fields["singleTickets"], fields["routeTickets"]) == (405695377, 1728, 359)


def test_a_file_of_17_o_clock_utc_counts_for_the_next_day_here() -> None:
    row = {"placeID": "5", "customerType": "1", "total": "1"}
    assert facts_in(map_with("ticket-sales", row))[0].fields["countedOn"] == date(2026, 7, 27)


def test_the_real_files_hold_13_52_and_22_counts(real_data: Path) -> None:
    feeds = ("visits-by-place", "visits-by-customer-type", "ticket-sales")
    assert [len(facts_in(read_feed(name, real_data))) for name in feeds] == [13, 52, 22]
