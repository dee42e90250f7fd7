"""The changes feed's filters, and the origin in SQL that they rest on."""

from datetime import UTC, date, datetime

import pytest
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from procurement.comparison import compare
from procurement.entries import Row
from procurement.filters import changes, changes_feed
from procurement.models import Change
from tests.histories import day, make_list, make_recipe, record
from vendors.models import Alias, Ownership, Vendor

pytestmark = pytest.mark.django_db


def make_vendor(slug: str, country: str = "", *names: str) -> Vendor:
    vendor = Vendor.objects.create(slug=slug, name=slug.title(), country=country)
    for name in names or (slug.title(),):
        Alias.objects.create(vendor=vendor, text=name)
    return vendor


@pytest.fixture
def antivirus():
    """Symantec and an unlinked firm leave China's list; Rising's product is amended; Huawei leaves an American list."""
    make_vendor("symantec", "US", "Symantec", "赛门铁克")
    make_vendor("rising", "CN", "瑞星")
    make_vendor("huawei", "CN")
    cn = make_list("CN", slug="antivirus", title="Antivirus", category="antivirus software")
    record(cn, day(0), [Row("赛门铁克", "Norton", identifier="A1"), Row("瑞星", "V15"), Row("无名", "Каспер")])
    record(cn, day(10), [Row("瑞星", "V15", origin="中国")])
    us = make_list("US", slug="covered", kind="preferred")
    record(us, day(5), [Row("Huawei", "AR", "Routers"), Row("Cisco", "ISR")])
    record(us, day(20), [Row("Cisco", "ISR")])
    return cn, us


def found(query: str) -> list[tuple[str, str]]:
    feed = changes_feed(QueryDict(query))
    assert not feed.problem
    return [(change.kind, change.entry.vendor) for change in feed.qs]


HUAWEI, SYMANTEC, NAMELESS = ("dropped", "Huawei"), ("dropped", "赛门铁克"), ("dropped", "无名")
RISING = ("amended", "瑞星")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {HUAWEI, SYMANTEC, NAMELESS, RISING}),
        ("jurisdiction=CN", {SYMANTEC, NAMELESS, RISING}),
        ("jurisdiction=cn", {SYMANTEC, NAMELESS, RISING}),
        ("jurisdiction=FR", set()),
        ("list=covered", {HUAWEI}),
        ("list_kind=preferred", {HUAWEI}),
        ("kind=amended", {RISING}),
        ("kind=amended&kind=dropped&jurisdiction=CN", {SYMANTEC, NAMELESS, RISING}),
        ("relation=foreign", {HUAWEI, SYMANTEC}),
        ("relation=domestic", {RISING}),
        ("relation=unknown", {NAMELESS}),
        ("origin=US", {SYMANTEC}),
        ("category=antivirus+software", {SYMANTEC, NAMELESS, RISING}),
        ("category=routers", {HUAWEI}),
        ("vendor=symantec", {SYMANTEC}),
        ("text=norton", {SYMANTEC}),
        ("text=SYMANTEC", {SYMANTEC}),
        ("text=a1", {SYMANTEC}),
        ("text=huawei+ar", {HUAWEI}),
        ("text=huawei+norton", set()),
        ("text=100%25", set()),
        ("text=каспер", {NAMELESS}),
        ("text=ＮＯＲＴＯＮ", {SYMANTEC}),
        ("kind=&relation=&list=", {HUAWEI, SYMANTEC, NAMELESS, RISING}),
        ("since=2024-01-11", {HUAWEI, SYMANTEC, NAMELESS, RISING}),
        ("since=2024-01-12", {HUAWEI}),
        ("until=2024-01-11", {SYMANTEC, NAMELESS, RISING}),
        ("until=2024-01-10", set()),
        ("until=9999-12-31&since=0001-01-01", {HUAWEI, SYMANTEC, NAMELESS, RISING}),
    ],
)
def test_each_filter(antivirus, query, expected):
    assert set(found(query)) == expected


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("list=nowhere", "list: No list has the slug “nowhere”."),
        ("vendor=nobody", "vendor: No vendor has the slug “nobody”."),
        ("kind=vanished", "kind: “vanished” is none of added, dropped, relisted, renamed, amended."),
        ("relation=hostile", "relation: “hostile” is none of foreign, domestic, unknown."),
        ("jurisdiction=China", "jurisdiction: “CHINA” is no country code. Write two letters, such as CN."),
        ("since=31.7.2014", "since: This is no date. Write it as 2014-07-31."),
        ("since=2014-02-30", "since: This is no date. Write it as 2014-07-31."),
        ("since=2014-02-02&until=2014-02-01", "until: It is before the first day, 2014-02-02. Give a later one."),
        ("cause=weather", "cause: “weather” is none of source, recipe, curation, any."),
        ("text=%00", "text: Null characters are not allowed."),
    ],
)
def test_a_wrong_value_is_named_in_a_sentence(antivirus, query, problem):
    assert changes_feed(QueryDict(query)).problem == problem


def test_a_row_that_passes_to_another_vendor_is_news_of_both():
    make_vendor("seller", "US")
    make_vendor("buyer", "CN")
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("Seller", "Firewall", identifier="F1")])
    record(vendor_list, day(1), [Row("Buyer", "Firewall", identifier="F1")])
    assert found("vendor=seller") == found("vendor=buyer") == [("renamed", "Buyer")]


def test_only_what_the_source_changed_is_news():
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("A"), Row("B")], recipe=make_recipe(vendor_list))
    record(vendor_list, day(1), [Row("A")], recipe=make_recipe(vendor_list))
    assert found("") == []
    assert found("cause=recipe") == found("cause=any") == [("dropped", "B")]
    assert found("cause=curation") == []


def test_origin_is_the_owners_on_the_day_and_the_same_as_a_comparison_says():
    lenovo = make_vendor("thinkpad", "US", "ThinkPad")
    Ownership.objects.create(vendor=lenovo, country="US", until=date(2024, 1, 6))
    Ownership.objects.create(vendor=lenovo, country="CN", since=date(2024, 1, 6), until=date(2024, 1, 21))
    Ownership.objects.create(vendor=lenovo, country="", since=date(2024, 1, 15), until=date(2024, 1, 18))
    Ownership.objects.create(vendor=lenovo, owner_name="A Dutch fund", country="NL", since=date(2024, 1, 21))
    eu = make_list("EU")
    states = [
        (0, True),
        (4, False),
        (6, True),
        (14, False),
        (15, True),
        (19, False),
        (20, True),
        (25, False),
        (30, True),
    ]
    for number, present in states:
        record(eu, day(number), [Row("Other"), *([Row("ThinkPad", "T")] if present else [])])
    seen = {c.at: (c.kind, c.origin, c.relation) for c in changes()}
    assert len(seen) == len(states) - 1
    for change in Change.objects.select_related("earlier", "later"):
        compared = compare(eu, change.earlier.captured_at.isoformat(), change.later.captured_at.isoformat())
        (difference,) = compared.changes
        assert seen[change.at] == (difference.kind, difference.origin, difference.relation)
    assert seen[datetime(2024, 1, 31, tzinfo=UTC)] == ("relisted", "NL", "domestic")
    assert {origin for _, origin, _ in seen.values()} == {"US", "CN", "NL"}


def test_reading_a_page_of_changes_costs_one_query_however_many_there_are(django_assert_num_queries, antivirus):
    from django.db import connection

    for number in range(30, 60):
        record(antivirus[0], day(number), [Row("瑞星", f"V{number}"), Row("赛门铁克", f"N{number % 7}")])
    with django_assert_num_queries(1):
        for change in changes_feed(QueryDict("relation=foreign")).qs[:50]:
            assert change.list.jurisdiction and change.entry.vendor and change.earlier.capture.sha256
            assert change.relation == "foreign" and change.origin
            assert change.former is None or change.former.vendor
    with CaptureQueriesContext(connection) as queries:
        assert changes_feed(QueryDict("")).qs.count() > 60
    assert "vendors_ownership" not in queries.captured_queries[0]["sql"], "a plain count needs no origins"
