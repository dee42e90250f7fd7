"""One search over vendors, lists, rows as printed and statements, in any script."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from procurement import searching
from procurement.entries import Row
from procurement.models import FOREVER, Report, Statement
from procurement.searching import LONGEST, search
from tests.histories import day, make_list, record
from tests.test_feed_page import make_vendor, text_of
from vendors.models import Alias

pytestmark = pytest.mark.django_db


def slugs(text: str) -> list[str]:
    return [hit.vendor.slug for hit in search(text).vendors]


def printed(text: str) -> list[str]:
    return [str(hit.entry) for hit in search(text).entries]


@pytest.fixture
def firms():
    make_vendor("kaspersky", "Kaspersky Lab", "RU", "Касперский", "卡巴斯基", "АО «Лаборатория Касперского»")
    make_vendor("symantec", "Symantec", "US", "赛门铁克")
    make_vendor("kingsoft", "Kingsoft", "CN", "金山")
    make_vendor("kingsoft-office", "Kingsoft Office", "CN", "金山办公")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("卡巴", ["kaspersky"]),
        ("巴斯", ["kaspersky"]),
        ("касперского", ["kaspersky"]),
        ("КАСПЕРСКИЙ", ["kaspersky"]),
        ("ｋａｓｐｅｒｓｋｙ", ["kaspersky"]),
        ("lab kaspersky", ["kaspersky"]),
        ("  Kaspersky   LAB ", ["kaspersky"]),
        ("賽門鐵克", ["symantec"]),
        ("金山", ["kingsoft", "kingsoft-office"]),
        ("kingsoft", ["kingsoft", "kingsoft-office"]),
        ("Kaspersky 卡巴斯基", ["kaspersky"]),
        ("sym", ["symantec"]),
        ("lab", ["kaspersky"]),
        ("man", []),
        ("mante", ["symantec"]),
        ("瑞星", []),
    ],
)
def test_a_vendor_is_found_by_any_of_its_names_the_exact_one_first(firms, text, found):
    assert slugs(text) == found


def test_the_name_by_which_it_was_found_is_told(firms):
    [hit] = search("卡巴斯基").vendors
    assert hit.alias == "卡巴斯基"
    [hit] = search("symantec").vendors
    assert hit.alias == ""


def test_an_identifier_finds_its_vendor(firms):
    vendor = make_vendor("x", "Xerox", "US")
    vendor.identifiers.create(scheme="lei", value="549300BCMXFYNG0LO541")
    assert slugs("549300bcmxfyng0lo541") == ["x"]


def test_likeness_only_suggests_and_only_where_nothing_matches(firms):
    results = search("Symantek")
    assert (results.vendors, results.vendor_count) == ([], 0)
    assert results.suggestions[0].vendor.slug == "symantec"
    assert search("Symantec").suggestions == []


@pytest.fixture
def register():
    listed = make_list("RU", slug="ru", title="Register of software", title_printed="Единый реестр ПО")
    rows = [
        Row("ООО «Ромашка»", "Система Защита-7", "ОС", "РИ-100"),
        Row("ＮＥＣ株式会社", "ＥＸＰＲＥＳＳ５８００／Ｒ", identifier="JP-1"),
        Row("北京瑞星", "瑞星杀毒软件 V16", "杀毒软件", "CN-7"),
        Row("Acme", "ÉLAN vital", identifier="F1209051525"),
    ]
    record(listed, day(0), rows)
    record(listed, day(1), rows[:3])
    return listed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ромашка", "ООО «Ромашка» · Система Защита-7 · РИ-100"),
        ("защита-7", "ООО «Ромашка» · Система Защита-7 · РИ-100"),
        ("СИСТЕМА", "ООО «Ромашка» · Система Защита-7 · РИ-100"),
        ("express5800", "ＮＥＣ株式会社 · ＥＸＰＲＥＳＳ５８００／Ｒ · JP-1"),
        ("nec", "ＮＥＣ株式会社 · ＥＸＰＲＥＳＳ５８００／Ｒ · JP-1"),
        ("杀毒", "北京瑞星 · 瑞星杀毒软件 V16 · CN-7"),
        ("瑞星 v16", "北京瑞星 · 瑞星杀毒软件 V16 · CN-7"),
        ("élan", "Acme · ÉLAN vital · F1209051525"),
        ("f1209051525", "Acme · ÉLAN vital · F1209051525"),
        ("acme vital", "Acme · ÉLAN vital · F1209051525"),
    ],
)
def test_rows_are_found_by_what_is_printed_in_any_script_case_and_width(register, text, found):
    assert printed(text) == [found]


def test_every_word_must_be_found(register):
    assert printed("acme ромашка") == []


def test_a_row_says_when_it_was_listed(register):
    [hit] = search("acme").entries
    assert (hit.listed_from, hit.listed_to) == (day(0), day(1))
    [hit] = search("ромашка").entries
    assert hit.listed_to == FOREVER


def test_what_is_only_held_has_no_time(client):
    record(make_list(), day(0), [Row("Heldfirm")], hold="odd")
    [hit] = search("heldfirm").entries
    assert hit.listed_from is None
    assert "only in a snapshot that is not published" in text_of(client.get("/search/?q=heldfirm"))


def test_wordings_of_one_entry_are_one_result_and_the_whole_text_comes_first():
    listed = make_list()
    for n in range(4):
        record(listed, day(n), [Row("Azure Arc", f"v{n}", identifier="1"), Row("Azure", identifier="2")])
    results = search("azure")
    assert results.entry_count == 2
    assert [hit.entry.vendor for hit in results.entries] == ["Azure", "Azure Arc"]


def test_of_very_many_rows_the_exact_one_still_comes_first(client, monkeypatch):
    monkeypatch.setattr(searching, "MOST_ENTRIES", 10)
    listed = make_list()
    record(
        listed, day(0), [*(Row("Firm", f"Azure {n}") for n in range(30)), Row("Azure"), Row("Zed", identifier="AZURE")]
    )
    results = search("azure")
    assert {results.entries[0].entry.vendor, results.entries[1].entry.vendor} == {"Azure", "Zed"}
    assert results.more_entries
    assert "at least 12 entries as printed" in text_of(client.get("/search/?q=azure"))


@pytest.mark.parametrize("text", ["antivirus", "杀毒软件", "АНТИВИРУС", "China", "procurement center"])
def test_lists_are_found_by_titles_authority_and_category(text):
    listed = make_list(title="Antivirus", title_printed="协议供货 杀毒软件", description="Антивирус")
    listed.authority.name = "Procurement Center"
    listed.authority.save()
    make_list("RU", title="Other")
    assert search(text).lists == [listed]


def test_statements_are_found_by_words_speaker_and_the_names_of_their_vendors(firms):
    report = Report.objects.create(publisher="新华社", title="名单")
    said = Statement.objects.create(report=report, speaker="Symantec", stance="denies", text="No Ban on its products.")
    said.vendors.add(Alias.objects.get(text="赛门铁克").vendor)
    for text in ("ban", "SYMANTEC", "赛门铁克", "新华", "名单"):
        assert search(text).statements == [said], text


@pytest.mark.parametrize("text", ["", "   ", "\0", "%", "_", "a\0b", "'; DROP TABLE", "\\", "💾", "​", "x" * 5000])
def test_odd_queries_are_harmless(client, register, text):
    response = client.get("/search/", {"q": text})
    assert response.status_code == 200
    assert len(search(text).text) <= LONGEST
    if text.strip():
        assert search("%").count == search("_").count == 0


def test_the_page_groups_with_counts_and_leads_on(client, firms, register):
    Statement.objects.create(
        report=Report.objects.create(publisher="P", title="T"), speaker="Acme", stance="asserts", text="x"
    )
    response = client.get("/search/", {"q": "acme"})
    assert "1 entry as printed, 1 statement." in text_of(response)
    page = html.fromstring(response.content)
    assert page.cssselect("#entries td a")[0].get("href") == "/lists/ru/"
    assert page.cssselect("input[name=q]")[0].get("value") == "acme"
    assert "Nothing holds “zzz”." in text_of(client.get("/search/", {"q": "zzz"}))
    assert "Symantec spelled much like" in text_of(client.get("/search/", {"q": "Symantek"}))


def test_many_vendors_lead_to_the_index(client):
    for n in range(30):
        make_vendor(f"v{n}", f"Dragon {n}", "CN")
    page = html.fromstring(client.get("/search/", {"q": "dragon"}).content)
    assert len(page.cssselect("#vendors tbody tr")) == 25
    assert page.cssselect("#vendors .more a")[0].text == "All 30 vendors"


def test_queries_do_not_grow_with_what_is_found():
    def queries(rows: int) -> int:
        listed = make_list(title=f"wolf {rows}")
        for n in range(rows):
            vendor = make_vendor(f"v{rows}-{n}", f"Wolf{rows} {n}", "US")
            report = Report.objects.create(publisher=f"P{rows} {n}", title="T")
            Statement.objects.create(
                report=report, speaker=f"wolf{rows}", stance="asserts", text="x", list=listed
            ).vendors.add(vendor)
        record(listed, day(0), [Row(f"Wolf{rows} {n}") for n in range(rows)])
        with CaptureQueriesContext(connection) as seen:
            assert search(f"wolf{rows}").vendor_count == rows
        return len(seen)

    assert queries(3) == queries(20)
