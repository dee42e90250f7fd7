"""What holds on every page of the admin: what waits, hostile text, the number of queries, search."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procurement.entries import Row
from procurement.models import Report, Snapshot, Statement, VendorList
from scraping import pipeline
from scraping.models import Source
from tests.admin.pages import change, changelist, finished, page
from tests.histories import day, make_list, make_recipe, record
from vendors import curation
from vendors.models import Ownership, PrintedName, Vendor

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def test_the_start_page_says_what_waits(ann, held, source):
    finished(source, "failed", "why")
    shown = {li.b.text: li.a["href"] for li in page(ann, reverse("admin:index")).select(".waiting li")}
    texts = [li.a.get_text(" ", strip=True) for li in page(ann, reverse("admin:index")).select(".waiting li")]
    assert texts == ["1 held snapshot", "1 failing source", "13 unlinked names"]
    for address in shown.values():
        assert page(ann, address).select("#result_list tbody tr")


@pytest.fixture
def hostile(symantec) -> VendorList:
    """A list with markup in every field that a publisher or an importer fills."""
    vendor_list = make_list(title=HOSTILE, title_printed=HOSTILE)
    make_recipe(vendor_list)
    row = Row(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE})
    record(vendor_list, day(0), [row, Row("B")])
    record(vendor_list, day(1), [Row("B")])
    snapshot = record(vendor_list, day(2), [row, Row("C")], hold=HOSTILE, label=HOSTILE, basis_note=HOSTILE).snapshot
    snapshot.capture.__class__.objects.update(headers={HOSTILE: HOSTILE}, url=HOSTILE, file_name=HOSTILE)
    source = Source.objects.create(list=vendor_list, url=HOSTILE, interval=timedelta(days=1))
    run = finished(source, "failed", HOSTILE)
    pipeline.note(run, HOSTILE)
    run.save()
    return vendor_list


def test_what_a_publisher_wrote_is_inert_on_every_page(ann, hostile):
    seen = 0
    addresses = [reverse("admin:index")]
    for model in admin.site._registry:
        if model._meta.app_label in {"vendors", "procurement", "scraping"}:
            addresses.append(changelist(model) + ("?linked=all" if model is PrintedName else ""))
            addresses += [change(obj) for obj in model._default_manager.all()]
    held = Snapshot.objects.held().get()
    addresses += [reverse(f"admin:procurement_snapshot_{step}", args=[held.pk]) for step in ("publish", "withdraw")]
    for address in addresses:
        response = ann.get(address)
        assert response.status_code == 200, address
        body = response.content.decode()
        assert "<script>alert" not in body and "<img src=x" not in body, address
        soup = BeautifulSoup(body, "lxml")
        assert not soup.select("script:not([src]):not([type])") and not soup.select("style, [style]"), address
        assert not any(name.startswith("on") for tag in soup.find_all(True) for name in tag.attrs), address
        seen += "&lt;script&gt;" in body
    assert seen > 20


def test_pages_hold_nothing_that_the_policy_refuses(ann, symantec):
    response = ann.get(reverse("admin:index"))
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    for address in [reverse("admin:vendors_vendor_delete", args=[symantec.pk]), reverse("admin:auth_user_changelist")]:
        soup = page(ann, address)
        assert not soup.select("style, [style]") and not soup.select("script:not([src]):not([type])")


def grow(number: int) -> None:
    """One more of everything that the lists of the admin show."""
    vendor = Vendor.objects.create(slug=f"v{number}", name=f"Vendor {number}", country="US")
    curation.add_alias(vendor, f"Name {number}")
    Ownership.objects.create(vendor=vendor, country="JP")
    vendor_list = make_list(jurisdiction="US")
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row(f"Name {number}"), Row(f"Unknown {number}")])
    record(vendor_list, day(1), [Row(f"Name {number}")])
    record(vendor_list, day(2), [Row(f"Other {number}")], hold="why")
    source = Source.objects.create(list=vendor_list, url="https://example.org/", interval=timedelta(days=1))
    finished(source, "failed", "why")
    report = Report.objects.create(publisher="P", title=f"Report {number}")
    statement = Statement.objects.create(report=report, speaker="S", stance="asserts", text="So.", list=vendor_list)
    statement.vendors.add(vendor)


def test_lists_cost_the_same_number_of_queries_however_long(ann):
    models = [m for m in admin.site._registry if m._meta.app_label in {"vendors", "procurement", "scraping", "admin"}]
    addresses = {changelist(model) for model in models} | {reverse("admin:index")}

    def costs() -> dict[str, int]:
        found = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert ann.get(address).status_code == 200
            found[address] = len(queries)
        return found

    grow(0)
    costs()  # content types and the like are remembered from the first time on
    few = costs()
    for number in range(1, 6):
        grow(number)
    assert costs() == few


def test_entries_listings_and_changes_are_found_by_any_name_or_an_identifier(ann, symantec):
    curation.add_alias(symantec, "赛门铁克")
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("赛门铁克", "SEP", identifier="GP-1"), Row("ESET", identifier="GP-2")])
    record(vendor_list, day(1), [Row("ESET", identifier="GP-2")])
    for name, expected in [("entry", 1), ("listing", 1), ("change", 1)]:
        for term in ("symantec", "赛门铁克", "gp-1"):
            address = f"{reverse(f'admin:procurement_{name}_changelist')}?q={term}"
            assert len(page(ann, address).select("#result_list tbody tr")) == expected, (name, term)


def test_captures_are_found_by_how_their_hash_begins(ann, held):
    capture = held.capture
    rows = page(ann, f"{reverse('admin:procurement_capture_changelist')}?q={capture.sha256[:8].upper()}")
    assert len(rows.select("#result_list tbody tr")) == 1
