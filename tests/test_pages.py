"""Home, lists, a list now and on a date: what they say, what they cost, and what they do with bad addresses."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from procurement import recording
from procurement.entries import Row
from procurement.models import Report, Statement
from scraping.models import Run, Source
from tests.histories import day, make_list, make_recipe, record
from vendors.models import Alias, Vendor

pytestmark = pytest.mark.django_db


def make_vendor(name: str, country: str) -> Vendor:
    vendor = Vendor.objects.create(slug=name.lower(), name=name, country=country)
    Alias.objects.create(vendor=vendor, text=name)
    return vendor


def text_of(response) -> str:
    """What a reader sees: no tags, one space between words."""
    body = re.sub(r"<(script|style|title|option).*?</\1>", " ", response.content.decode(), flags=re.S)
    body = re.sub(r"</?(b|strong|em|time|small|span|a)\b[^>]*>", "", body)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def queries(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


class TestHome:
    def test_says_what_changed_by_list_and_snapshot(self, client):
        make_vendor("Symantec", "US")
        make_vendor("Kaspersky", "RU")
        vendor_list = make_list("CN", title="Antivirus")
        record(vendor_list, day(0), [Row("Symantec"), Row("Kaspersky"), Row("Rising")])
        record(vendor_list, day(10), [Row("Rising")])
        response = client.get("/")
        assert "2 dropped, both foreign" in text_of(response)
        assert f'href="/lists/{vendor_list.slug}/compare/2024-01-01..2024-01-11/"' in response.content.decode()

    def test_leaves_out_what_only_our_reading_changed(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A"), Row("B")], recipe=make_recipe(vendor_list))
        record(vendor_list, day(1), [Row("A")], recipe=make_recipe(vendor_list))
        assert "No list has changed" in text_of(client.get("/"))

    def test_names_the_lists_that_need_a_look_with_the_reason(self, client):
        failing, held = make_list(title="Failing one"), make_list(title="Held one")
        record(failing, day(0), [Row("A")])
        source = Source.objects.create(list=failing, url="https://example.org/", interval=timedelta(days=1))
        Run.objects.create(
            list=failing, source=source, outcome="failed", reason="The host is gone.", finished_at=timezone.now()
        )
        record(held, day(0), [Row("A")])
        record(held, day(1), [], hold="0 rows where there was 1.")
        text = text_of(client.get("/"))
        assert "Failing one Failing The host is gone." in text
        assert "Held one Held 0 rows where there was 1." in text

    def test_an_empty_record(self, client):
        assert "No list has changed" in text_of(client.get("/"))
        assert "No list is tracked yet" in text_of(client.get("/lists/"))


class TestLists:
    def test_tells_sizes_foreign_share_and_state(self, client):
        make_vendor("Symantec", "US")
        make_vendor("Rising", "CN")
        vendor_list = make_list("CN", title="Antivirus")
        record(vendor_list, day(0), [Row("Symantec"), Row("Rising")])
        text = text_of(client.get("/lists/"))
        assert "Antivirus" in text
        assert "1 50 %" in text
        assert "Not scheduled" in text

    def test_queries_do_not_grow_with_lists_or_rows(self, client):
        def fill(lists: int, rows: int) -> None:
            for _ in range(lists):
                vendor_list = make_list()
                record(vendor_list, day(0), [Row(f"V{i}", f"P{i}") for i in range(rows)])
                record(vendor_list, day(1), [Row(f"V{i}", f"P{i}") for i in range(rows // 2)])

        make_vendor("V0", "US")
        fill(2, 3)
        few = {url: queries(client, url) for url in ("/", "/lists/")}
        fill(6, 60)
        assert {url: queries(client, url) for url in few} == few


class TestList:
    def test_shows_entries_scope_snapshots_and_why_some_do_not_count(self, client):
        vendor_list = make_list(binds="Central agencies.", binds_not="Regional governments.")
        record(vendor_list, day(0), [Row("Alpha", "One"), Row("Beta", "Two")], label="issue 1")
        record(vendor_list, day(1), [Row("Alpha", "One")], hold="1 row where there were 2.")
        gone = record(vendor_list, day(2), [Row("Gamma", "Three")]).snapshot
        recording.withdraw(gone, why="The wrong page.")
        text = text_of(client.get(vendor_list.get_absolute_url()))
        assert "Binds: Central agencies. Does not bind: Regional governments." in text
        assert "Beta Two" in text
        assert "Gamma" not in text
        assert "held 1 row where there were 2." in text
        assert "withdrawn The wrong page." in text
        assert "issue 1" in text

    def test_says_that_the_scope_is_not_known(self, client):
        assert "Whom it binds is not recorded." in text_of(client.get(make_list().get_absolute_url()))

    def test_without_a_snapshot(self, client):
        assert "has no published snapshot yet" in text_of(client.get(make_list().get_absolute_url()))

    def test_pages_a_large_list_and_filters_it(self, client):
        vendor_list = make_list()
        rows = [Row("Acme", f"Product {i:03}", category="router" if i % 2 else "switch") for i in range(450)]
        record(vendor_list, day(0), [*rows, Row("Zenith", "Solo", category="router")])
        url = vendor_list.get_absolute_url()
        assert "1–200 of 451 entries" in text_of(client.get(url))
        assert "Zenith" in text_of(client.get(url, {"page": 3}))
        assert client.get(url, {"q": "zenith solo"}).context["page"].paginator.count == 1
        assert client.get(url, {"category": "switch"}).context["page"].paginator.count == 225
        assert "No entry matches these words" in text_of(client.get(url, {"q": "nobody"}))
        assert client.get(url, {"page": "nonsense"}).status_code == 200

    def test_finds_a_printed_name_by_the_vendors_other_names(self, client):
        vendor = make_vendor("Symantec", "US")
        Alias.objects.create(vendor=vendor, text="赛门铁克")
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("赛门铁克"), Row("瑞星")])
        page = client.get(vendor_list.get_absolute_url(), {"q": "symantec"}).context["page"]
        assert [listing.entry.vendor for listing in page] == ["赛门铁克"]

    def test_queries_do_not_grow_with_rows_or_snapshots(self, client):
        make_vendor("V1", "US")
        few, many = make_list(), make_list()
        for vendor_list, rows, snapshots in ((few, 3, 3), (many, 60, 9)):
            for number in range(snapshots):
                record(vendor_list, day(number), [Row(f"V{i}", f"P{i}") for i in range(number % 2, rows)])
        for path in ("", "on/2024-01-02/"):
            a, b = (queries(client, f"{x.get_absolute_url()}{path}") for x in (few, many))
            assert a == b, path

    def test_nothing_that_a_list_prints_is_markup(self, client):
        vendor_list = make_list(title="<b>bold</b>")
        record(vendor_list, day(0), [Row("<script>alert(1)</script>", "<img src=x>", extra={"<i>": "<u>"})])
        body = client.get(vendor_list.get_absolute_url()).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "<b>bold" not in body

    def test_opens_where_no_snapshot_is_full(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A")], coverage="partial")
        record(vendor_list, day(9), [Row("A"), Row("B")], coverage="partial")
        assert client.get(vendor_list.get_absolute_url()).status_code == 200


class TestAsOf:
    def test_says_which_snapshot_governs_and_when_it_was_next_observed(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A"), Row("B")])
        record(vendor_list, day(20), [Row("A")])
        text = text_of(client.get(f"{vendor_list.get_absolute_url()}on/2024-01-05/"))
        assert "2 entries, as last observed on 1 Jan 2024. Next observed on 21 Jan 2024." in text

    def test_a_partial_snapshot_proves_no_absence(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A")], coverage="partial", basis="reported", basis_note="The press names one.")
        text = text_of(client.get(f"{vendor_list.get_absolute_url()}on/2024-01-01/"))
        assert "This snapshot is partial. The press names one." in text

    def test_the_form_leads_to_the_address(self, client):
        vendor_list = make_list()
        response = client.get(f"{vendor_list.get_absolute_url()}on/", {"date": "2024-01-05"})
        assert response.headers["Location"] == f"{vendor_list.get_absolute_url()}on/2024-01-05/"


class TestNotFound:
    def test_an_unknown_list(self, client):
        for path in ("", "on/2024-01-01/", "compare/2024-01-01..2024-01-02/", "compare/"):
            response = client.get(f"/lists/nowhere/{path}")
            assert response.status_code == 404
            assert "There is no list “nowhere” here." in text_of(response)

    @pytest.mark.parametrize(
        ("date", "sentence"),
        [
            ("2023-12-31", "was first observed on 2024-01-01; nothing is recorded for 2023-12-31"),
            ("2024-02-30", "&#x27;2024-02-30&#x27; is no date. Write it as 2014-07-31"),
            ("9998-01-01", "9998-01-01 has not come yet."),
        ],
    )
    def test_a_date_of_which_nothing_is_recorded(self, client, date, sentence):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A")])
        for path in (f"on/{date}/", f"compare/{date}..2024-01-01/", f"compare/2024-01-01..{date}/"):
            response = client.get(vendor_list.get_absolute_url() + path)
            assert response.status_code == 404
            assert sentence in text_of(response)
            assert f'href="{vendor_list.get_absolute_url()}on/2024-01-01/"' in response.content.decode()

    def test_a_form_with_something_else_than_a_date(self, client):
        at = make_list().get_absolute_url()
        for url, query in ((f"{at}on/", {"date": "a/b"}), (f"{at}compare/", {"from": "a/b", "to": "2024-01-01"})):
            response = client.get(url, query)
            assert response.status_code == 404
            assert "is no date." in text_of(response)

    def test_any_other_address(self, client):
        response = client.get("/no/such/page/")
        assert response.status_code == 404
        assert "There is no such page" in text_of(response)


def test_no_page_carries_inline_script_or_style(client):
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("A", "P"), Row("B", "Q")])
    record(vendor_list, day(5), [Row("A", "P"), Row("C", "Q")])
    report = Report.objects.create(publisher="A paper", title="On it")
    Statement.objects.create(report=report, speaker="A speaker", stance="asserts", text="So it is.", list=vendor_list)
    at = vendor_list.get_absolute_url()
    for url in ("/", "/lists/", at, f"{at}on/2024-01-03/", f"{at}compare/2024-01-01..2024-01-06/", "/nowhere/"):
        body = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", body), url
        assert body.count("<h1") == 1, url


def test_dates_are_for_people_and_for_machines(client):
    vendor_list = make_list()
    record(vendor_list, datetime(2024, 7, 31, 12, 30, tzinfo=UTC), [Row("A")])
    body = client.get(vendor_list.get_absolute_url()).content.decode()
    assert '<time datetime="2024-07-31T12:30:00Z">31 Jul 2024</time>' in body
