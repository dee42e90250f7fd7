"""The vendors' index and one vendor's page."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from procurement import recording
from procurement.entries import Row
from procurement.models import Report, Statement
from procurement.spells import bounded, spells_of
from procurement.views.vendors import origins_over_time
from tests.histories import day, make_list, record
from tests.test_feed_page import lines, make_vendor, text_of, words
from vendors.models import Alias, Ownership, Vendor

pytestmark = pytest.mark.django_db


# Spells


def test_a_reworded_entry_is_one_spell(client):
    vendor = make_vendor("v", "Veltrix", "US")
    listed = make_list()
    for n, product in enumerate(["Shield", "Shield 2", "Shield 3"]):
        record(listed, day(n), [Row("Veltrix", product, identifier="7")])
    record(listed, day(3), [])
    [spell] = bounded(spells_of(vendor))
    assert spell.spell.wordings == 3
    assert spell.entry.product == "Shield 3"
    assert (spell.first_seen.captured_at, spell.last_seen.captured_at) == (day(0), day(2))
    assert spell.first_absent.captured_at == day(3)
    assert spell.last_absent is None


def test_a_new_spelling_is_no_departure():
    vendor = make_vendor("v", "Symantec", "US", "赛门铁克")
    listed = make_list()
    record(listed, day(0), [Row("Symantec", "AV")])
    record(listed, day(1), [Row("赛门铁克", "AV")])
    [spell] = bounded(spells_of(vendor))
    assert spell.spell.is_open
    assert spell.entry.vendor == "赛门铁克"


def test_what_left_and_came_back_is_two_spells_with_their_own_bounds():
    vendor = make_vendor("v", "Veltrix", "US")
    listed = make_list()
    for n, rows in enumerate([[], ["Veltrix"], [], ["Veltrix"]]):
        record(listed, day(n), [Row(name) for name in rows])
    again, before = bounded(spells_of(vendor))
    assert again.spell.is_open
    assert [s and s.captured_at for s in (again.last_absent, again.first_seen, again.first_absent)] == [
        day(2), day(3), None,
    ]  # fmt: skip
    bounds = (before.last_absent, before.first_seen, before.last_seen, before.first_absent)
    assert [s.captured_at for s in bounds] == [day(0), day(1), day(1), day(2)]


def test_a_partial_snapshot_that_does_not_name_it_is_no_sighting():
    vendor = make_vendor("v", "Veltrix", "US")
    listed = make_list()
    record(listed, day(0), [Row("Veltrix")], coverage="partial")
    record(listed, day(1), [Row("Other")], coverage="partial")
    record(listed, day(2), [Row("Other")])
    [spell] = bounded(spells_of(vendor))
    assert spell.last_seen.captured_at == day(0)
    assert spell.first_absent.captured_at == day(2)


def test_an_entry_that_goes_on_under_another_vendor_is_not_absent(client):
    seller = make_vendor("seller", "Seller", "US")
    make_vendor("buyer", "Buyer", "JP")
    listed = make_list()
    record(listed, day(0), [Row("Seller", "Shield", identifier="7")])
    record(listed, day(1), [Row("Buyer", "Shield", identifier="7")])
    [spell] = bounded(spells_of(seller))
    assert spell.went_on.vendor == "Buyer"
    [line] = [line for line in lines(client.get("/vendors/seller/")) if "goes on as" in line]
    assert "goes on as Buyer ( Buyer )" in line
    assert "before as Seller" in text_of(client.get("/vendors/buyer/"))


# Origin


def test_origin_over_time_follows_its_owners():
    vendor = Vendor.objects.create(slug="arm", name="Arm", country="GB", country_source="https://example.org/gb")
    Ownership.objects.create(vendor=vendor, country="JP", owner_name="SoftBank", since=date(2016, 9, 5))
    Ownership.objects.create(vendor=vendor, country="US", since=date(2020, 1, 1), until=date(2021, 1, 1))
    spans = [(s.since, s.until, s.country) for s in origins_over_time(vendor)]
    assert spans == [
        (None, date(2016, 9, 5), "GB"),
        (date(2016, 9, 5), date(2020, 1, 1), "JP"),
        (date(2020, 1, 1), date(2021, 1, 1), "US"),
        (date(2021, 1, 1), None, "JP"),
    ]


def test_the_page_names_the_fact_that_decides_foreign_or_domestic(client):
    owner = make_vendor("avago", "Broadcom", "US")
    vendor = make_vendor("ca", "CA-Jinchen", "CN")
    Ownership.objects.create(
        vendor=vendor, owner=owner, country="US", since=date(2018, 11, 5), source="https://www.example.org/deal"
    )
    said = text_of(client.get("/vendors/ca/"))
    assert "Of United States: domestic on its lists, foreign on any other." in said
    assert "control by Broadcom from United States since 5 Nov 2018 (example.org)" in said
    make_vendor("nobody", "Nobody", "")
    assert "Its origin is unknown." in text_of(client.get("/vendors/nobody/"))


# The page


def test_names_by_language_with_sources_and_identifiers(client):
    vendor = make_vendor("k", "Kaspersky Lab", "RU")
    Alias.objects.create(vendor=vendor, text="Касперский", language="ru", source="https://ru.wikipedia.org/wiki/K")
    Alias.objects.create(vendor=vendor, text="卡巴斯基", language="zh-Hans", source="CCID, 4 August 2014")
    vendor.identifiers.create(scheme="ogrn", value="1027739867473")
    page = html.fromstring(client.get("/vendors/k/").content)
    names = words(page.cssselect("aside dl")[0])
    assert "Russian Касперский ru.wikipedia.org Simplified Chinese 卡巴斯基 CCID, 4 August 2014" in names
    assert page.cssselect("h1 [lang='zh-Hans']")[0].text == "卡巴斯基"
    assert "1027739867473" in page.text_content()
    [link] = [a for a in page.cssselect("aside a") if a.text == "ru.wikipedia.org"]
    assert set(link.get("rel").split()) >= {"nofollow", "noopener"}


def test_presence_on_every_list_with_what_is_not_observed(client):
    make_vendor("v", "Veltrix", "US")
    for n in range(2):
        listed = make_list(title=f"Strip {n}", gap_after=day(5) - day(0))
        record(listed, day(0), [Row("Veltrix")])
        record(listed, day(3), [Row("Veltrix")])
        record(listed, day(30), [])
    page = html.fromstring(client.get("/vendors/v/").content)
    lanes = page.cssselect(".strip svg[role=img]")
    assert len(lanes) == 2
    assert "not observed 4 Jan 2024 to 31 Jan 2024" in lanes[0].get("aria-label")
    assert "not on the list 31 Jan 2024" in lanes[0].get("aria-label")


def test_what_was_said_about_it_or_by_it(client):
    vendor = make_vendor("k", "Kaspersky Lab", "RU")
    report = Report.objects.create(publisher="Reuters", title="China", url="https://example.org/r")
    about = Statement.objects.create(report=report, speaker="People's Daily", stance="asserts", text="It is excluded.")
    about.vendors.add(vendor)
    Statement.objects.create(report=report, speaker="Kaspersky Lab", stance="qualifies", text="Only for some.")
    Statement.objects.create(report=report, speaker="Other", stance="asserts", text="Of something else.")
    said = text_of(client.get("/vendors/k/"))
    assert "It is excluded." in said
    assert "Only for some." in said
    assert "Of something else." not in said


def test_its_latest_changes_and_the_way_to_all(client):
    make_vendor("k", "Kaspersky Lab", "RU", "卡巴斯基")
    listed = make_list(slug="av")
    record(listed, day(0), [Row("卡巴斯基"), Row("x")])
    record(listed, day(1), [Row("x")])
    response = client.get("/vendors/k/")
    assert any("Dropped" in line and "first absent 2 Jan 2024" in line for line in lines(response))
    assert b'href="/changes/?vendor=k"' in response.content


def test_a_vendor_on_no_list_and_one_that_is_not_there(client):
    make_vendor("k", "Kaspersky Lab", "RU")
    assert "On no list that is recorded here." in text_of(client.get("/vendors/k/"))
    missing = client.get("/vendors/symantic/")
    assert missing.status_code == 404
    assert "There is no vendor “symantic” here." in text_of(missing)


def test_what_was_withdrawn_is_not_shown(client):
    vendor = make_vendor("k", "Kaspersky Lab", "RU")
    listed = make_list()
    recording.withdraw(record(listed, day(0), [Row("Kaspersky Lab")]).snapshot, why="wrong page")
    assert spells_of(vendor) == []
    assert client.get("/vendors/k/").status_code == 200


def test_queries_of_a_vendor_do_not_grow(client):
    def queries(slug: str, rows: int) -> int:
        make_vendor(slug, slug.title(), "US")
        for n in range(3):
            listed = make_list()
            before = [Row(slug.title(), f"product {k}") for k in range(rows)]
            record(listed, day(n), before)
            record(listed, day(n + 1), before[: rows // 2])
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/vendors/{slug}/").status_code == 200
        return len(seen)

    assert queries("few", 4) == queries("many", 40)


# The index


def test_the_index_says_country_names_lists_and_last_change(client):
    vendor = make_vendor("k", "Kaspersky Lab", "RU")
    Alias.objects.create(vendor=vendor, text="卡巴斯基", language="zh-Hans")
    one, two = make_list(), make_list()
    record(one, day(0), [Row("卡巴斯基"), Row("Unknown Ltd")])
    record(one, day(1), [Row("Unknown Ltd")])
    record(two, day(0), [Row("Kaspersky Lab")])
    response = client.get("/vendors/")
    [line] = lines(response)
    assert line == "Kaspersky Lab Russia 卡巴斯基 1 2 2 Jan 2024"
    assert "1 name on lists is linked to no vendor yet" in text_of(response)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"text": "касперский"}, ["k"]),
        ({"text": "ＫＡＳＰＥＲＳＫＹ"}, ["k"]),
        ({"text": "斯基"}, ["k"]),
        ({"text": "1027739867473"}, ["k"]),
        ({"country": "US"}, ["a", "s"]),
        ({"country": "GB"}, ["a"]),
        ({"listed": "now"}, ["s"]),
        ({"listed": "ever"}, ["k", "s"]),
        ({"listed": "never"}, ["a"]),
        ({"country": "US", "listed": "ever", "text": "sym"}, ["s"]),
        ({}, ["a", "k", "s"]),
    ],
)
def test_filters_of_the_index(client, query, found):
    k = make_vendor("k", "Kaspersky Lab", "RU", "Касперский", "卡巴斯基")
    k.identifiers.create(scheme="ogrn", value="1027739867473")
    make_vendor("s", "Symantec", "US")
    a = make_vendor("a", "arm", "GB")
    Ownership.objects.create(vendor=a, country="US", since=date(2016, 1, 1))
    listed = make_list()
    record(listed, day(0), [Row("卡巴斯基"), Row("Symantec")])
    record(listed, day(1), [Row("Symantec")])
    page = html.fromstring(client.get("/vendors/", query).content)
    assert [a.get("href") for a in page.cssselect("tbody th a")] == [f"/vendors/{slug}/" for slug in found]


def test_bad_filters_of_the_index_are_said(client):
    response = client.get("/vendors/", {"country": "Narnia", "listed": "maybe"})
    assert response.status_code == 400
    assert "No vendor here is of “Narnia”." in text_of(response)
    assert "“maybe” is none of now, ever, never." in text_of(response)
    assert client.get("/vendors/", {"text": "a\0b"}).status_code == 400


def test_queries_of_the_index_do_not_grow(client):
    def queries(rows: int) -> int:
        listed = make_list()
        for n in range(rows):
            make_vendor(f"v{rows}-{n}", f"Firm {rows} {n}", "US", f"公司{rows}号{n}")
        record(listed, day(0), [Row(f"Firm {rows} {n}") for n in range(rows)])
        record(listed, day(1), [])
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/vendors/").status_code == 200
        return len(seen)

    assert queries(3) == queries(40)
