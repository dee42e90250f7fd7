"""CSV, JSON and Atom of every table and feed, through their addresses."""

import csv
import io
import json
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import etree

from procurement import recording
from procurement.comparison import compare
from procurement.entries import Row
from procurement.models import Report, Statement
from tests.histories import day, make_list, make_recipe, record
from vendors.models import Alias, Vendor

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
NASTY = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def case():
    symantec = Vendor.objects.create(slug="symantec", name="Symantec", country="US")
    Alias.objects.create(vendor=symantec, text="赛门铁克", language="zh-Hans")
    cn = make_list("CN", slug="antivirus", title="Antivirus & more", kind="approved")
    norton = Row("赛门铁克", "Norton", "杀毒", "A1", "美国", {"版本": "15"})
    record(cn, day(0), [norton, Row("瑞星", NASTY), Row("江民", '"quoted", and\nbroken', "网")], coverage="partial")
    record(cn, day(2), [norton, Row("瑞星", NASTY), Row("江民", '"quoted", and\nbroken', "网")])
    record(cn, day(10), [Row("瑞星", NASTY), Row("江民", '"quoted", and\nbroken', "网"), Row("金山", "<b>毒霸</b>")])
    report = Report.objects.create(publisher="Reuters", title="China drops", published_on="2014-08-05")
    Statement.objects.create(report=report, speaker="Symantec", stance="qualifies", text="Only some.", list=cn)
    return cn


def text_of(response) -> str:
    assert response.status_code == 200, b"".join(response)[:300]
    body = b"".join(response) if response.streaming else response.content
    return body.decode("utf-8")


def rows_of(client, address) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="')
    text = text_of(response)
    assert not text.startswith("\ufeff") and text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def items_of(client, address) -> dict:
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/json"
    answer = json.loads(text_of(response))
    assert answer["count"] == len(answer["items"]) and answer["next"] is None
    return answer


def test_changes_carry_bounds_relation_and_hashed_evidence(client, case):
    gone, came = sorted(
        rows_of(client, "/changes.csv?kind=added&kind=dropped"), key=lambda row: row["kind"], reverse=True
    )
    assert (gone["kind"], gone["vendor_slug"], gone["vendor_origin"]) == ("dropped", "symantec", "US")
    assert (gone["relation"], gone["before_vendor"], gone["after_vendor"]) == ("foreign", "赛门铁克", "")
    assert json.loads(gone["before_extra"]) == {"版本": "15"}
    assert (gone["last_seen"], gone["first_absent"]) == ("2024-01-03T00:00:00Z", "2024-01-11T00:00:00Z")
    earlier, later = case.snapshots.order_by("captured_at")[1:]
    assert gone["evidence_before_url"] == f"http://testserver/snapshots/{earlier.pk}/"
    assert gone["evidence_after_sha256"] == later.capture.sha256
    assert (came["last_absent"], came["first_seen"], came["relation"]) == (
        gone["last_seen"],
        gone["first_absent"],
        "unknown",
    )
    assert rows_of(client, "/changes.csv?relation=foreign") == [gone]
    assert rows_of(client, "/changes.csv?kind=&page=3&jurisdiction=US") == []


def test_cells_are_verbatim_but_no_spreadsheet_runs_them(client, case):
    rows = {row["vendor"]: row for row in rows_of(client, "/lists/antivirus.csv")}
    assert rows["瑞星"]["product"] == "'" + NASTY
    assert rows["江民"]["product"] == '"quoted", and\nbroken'
    record(case, day(11), [Row(sign + "cmd", "a=b", identifier=f"N{ord(sign)}") for sign in "=+-@\t\r"])
    cells = {row["vendor"] for row in rows_of(client, "/lists/antivirus.csv")}
    assert cells == {f"'{sign}cmd" for sign in "=+-@\t\r"}
    assert {item["vendor"][0] for item in items_of(client, "/lists/antivirus.json")["items"]} == set("=+-@\t\r")


def test_json_holds_what_the_api_gives(client, case):
    for export, api in [
        ("/lists.json", "/api/v1/lists"),
        ("/lists/antivirus.json", "/api/v1/lists/antivirus/entries"),
        ("/lists/antivirus/on/2024-01-05.json", "/api/v1/lists/antivirus/entries?on=2024-01-05"),
        ("/lists/antivirus/snapshots.json", "/api/v1/lists/antivirus/snapshots?status=any"),
        ("/changes.json?kind=dropped", "/api/v1/changes?kind=dropped"),
        ("/vendors.json?text=赛门铁克", "/api/v1/vendors?text=赛门铁克"),
        ("/vendors/symantec.json", "/api/v1/vendors/symantec/listings"),
        ("/statements.json?list=antivirus", "/api/v1/statements?list=antivirus"),
    ]:
        exported = items_of(client, export)
        assert exported == client.get(api).json(), export
        assert exported["items"]
    compared = client.get("/lists/antivirus/compare/2024-01-05..2024-01-31.json").json()
    assert compared == compare(case, "2024-01-05", "2024-01-31").as_json()


def test_every_table_has_a_csv_whose_rows_are_those_of_its_json(client, case):
    snapshot = case.snapshots.first()
    for address, keys in {
        "/lists": {"slug", "jurisdiction", "latest_sha256"},
        "/lists/antivirus": {"vendor", "relation", "as_of_url", "as_of_sha256", "first_seen_sha256"},
        "/lists/antivirus/on/2024-01-05": {"vendor", "as_of_coverage"},
        "/lists/antivirus/snapshots": {"captured_at", "coverage", "sha256", "capture_url"},
        "/vendors": {"slug", "names"},
        "/vendors/symantec": {"list", "last_seen", "first_absent", "first_absent_sha256", "relation"},
        f"/snapshots/{snapshot.pk}": {"vendor", "product", "sha256", "snapshot_url"},
        "/statements": {"speaker", "stance", "report_publisher"},
    }.items():
        rows = rows_of(client, f"{address}.csv")
        assert len(rows) == items_of(client, f"{address}.json")["count"] > 0, address
        assert keys <= rows[0].keys()
        for name, value in rows[0].items():
            assert not name.endswith("_url") or value.startswith("http://testserver/") or not value
            assert not name.endswith("sha256") or len(value) in {0, 64}


def test_a_pages_filters_are_its_exports_filters(client, case):
    def vendors(address):
        return [row["vendor"] for row in rows_of(client, address)]

    assert vendors("/lists/antivirus/on/2024-01-05.csv?q=symantec") == ["赛门铁克"]
    assert vendors("/lists/antivirus/on/2024-01-05.csv?q=norton+a1&page=2") == ["赛门铁克"]
    assert vendors("/lists/antivirus/on/2024-01-05.csv?category=网") == ["江民"]
    assert rows_of(client, "/vendors.csv?country=US&listed=ever")[0]["slug"] == "symantec"
    assert rows_of(client, "/vendors.csv?listed=now") == []
    (row,) = rows_of(client, "/lists/antivirus/compare/2024-01-05..2024-01-31.csv?kind=dropped")
    assert row["before_vendor"] == "赛门铁克"


def test_what_a_partial_snapshot_first_names_is_first_seen_not_added(client):
    partial = make_list(slug="partial")
    record(partial, day(0), [Row("A")], coverage="partial")
    record(partial, day(5), [Row("A"), Row("B")], coverage="partial")
    (row,) = rows_of(client, "/lists/partial/compare/2024-01-01..2024-01-31.csv")
    assert (row["kind"], row["after_vendor"], row["last_absent"]) == ("first_seen", "B", "")
    assert rows_of(client, "/changes.csv") == []


def test_rows_of_a_withdrawn_snapshot_can_still_be_had(client, case):
    snapshot = case.snapshots.first()
    recording.withdraw(snapshot, why="It was another page.")
    rows = rows_of(client, f"/snapshots/{snapshot.pk}.csv")
    assert {row["vendor"] for row in rows} == {"瑞星", "江民", "金山"}
    assert {row["status"] for row in rows} == {"withdrawn"}


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/lists/nowhere.csv", 404, "There is no list “nowhere” here."),
        ("/lists/nowhere.atom", 404, "There is no list “nowhere” here."),
        ("/vendors/nobody.json", 404, "There is no vendor “nobody” here."),
        ("/vendors/nobody.atom", 404, "There is no vendor “nobody” here."),
        ("/snapshots/0.csv", 404, "There is no snapshot 0 here."),
        ("/lists/antivirus/on/2001-01-01.csv", 404, "was first observed on 2024-01-01"),
        ("/lists/antivirus/on/31.7.2014.csv", 400, "'31.7.2014' is no date."),
        ("/lists/antivirus/compare/2024-02-01..2024-01-01.json", 400, "The first date is after the second."),
        ("/lists/antivirus/compare/x..2024-01-01.json", 400, "'x' is no date."),
        ("/lists/antivirus/compare/2024-01-01.csv", 400, "“2024-01-01” is no range."),
        ("/changes.csv?kind=vanished", 400, "kind: “vanished” is none of added, dropped, relisted, renamed, amended."),
        ("/changes.json?since=1.1.2014", 400, "since: This is no date."),
        ("/changes.atom?list=nowhere", 400, "list: No list has the slug “nowhere”."),
        ("/changes.csv?knid=dropped", 400, "“knid” is no filter of this export, so it would hold more than asked."),
        ("/vendors.csv?country=XX", 400, "country: "),
        ("/lists/antivirus.csv?q=%00", 400, "“q” holds a NUL"),
        ("/statements.csv?list=nowhere", 404, "There is no list “nowhere” here."),
    ],
)
def test_a_wrong_address_is_answered_in_a_sentence(client, case, address, status, said):
    response = client.get(address)
    assert response.status_code == status
    if address.partition("?")[0].endswith(".json"):
        assert said in response.json()["error"]
    else:
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert said in response.content.decode()


def test_exports_can_only_be_read_and_have_no_other_form(client, case):
    assert client.post("/changes.csv").status_code == 405
    assert client.head("/changes.csv").status_code == 200
    for address in (
        "/changes.xlsx",
        "/vendors.atom",
        "/lists.atom",
        "/snapshots/1.atom",
    ):
        assert client.get(address).status_code == 404
    assert reverse("changes-export", kwargs={"format": "atom"}) == "/changes.atom"
    assert reverse("list-export", kwargs={"slug": "x", "format": "csv"}) == "/lists/x.csv"


def test_an_export_costs_the_same_queries_for_many_rows(client, case):
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(client.get(address))
        return len(queries)

    addresses = [
        "/lists.csv",
        "/lists/antivirus.csv",
        "/changes.csv",
        "/changes.atom",
        "/vendors.json",
        "/vendors/symantec.csv",
    ]
    for n in range(3):
        record(make_list(), day(n), [Row("赛门铁克")])
    few = [cost(address) for address in addresses]
    for n in range(20, 40):
        Vendor.objects.create(slug=f"v{n}", name=f"V{n}")
        record(case, day(n), [Row("赛门铁克", f"N{n}"), *(Row(f"V{m}", f"P{m}") for m in range(n))])
        record(make_list(), day(n), [Row("赛门铁克")])
    assert [cost(address) for address in addresses] == few


# Atom


def feed_of(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(response.content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for required in ("id", "title", "updated", "author/a:name", "link[@rel='self']", "link[@rel='alternate']"):
        assert len(feed.findall(f"a:{required}", ATOM)) == 1, required
    assert feed.find("a:link[@rel='self']", ATOM).get("href") == f"http://testserver{address}"
    entries = feed.findall("a:entry", ATOM)
    for entry in entries:
        for required in ("id", "title", "updated", "published", "summary", "link[@rel='alternate']"):
            assert len(entry.findall(f"a:{required}", ATOM)) == 1, required
        assert entry.find("a:id", ATOM).text.startswith("tag:testserver,2026:")
    ids = [entry.find("a:id", ATOM).text for entry in entries]
    assert len(set(ids)) == len(ids)
    return feed, entries


def said(entry, name: str) -> str:
    return entry.find(f"a:{name}", ATOM).text


def test_a_feed_says_in_one_bounded_sentence_what_each_snapshot_changed(client, case):
    for address in ("/changes.atom", "/lists/antivirus.atom"):
        _, (entry,) = feed_of(client, address)
        assert said(entry, "title") == "Antivirus & more: 1 dropped, 1 added"
        assert said(entry, "summary") == (
            "1 dropped, foreign (Symantec); 1 added, of unknown origin (金山), between the snapshots of 2024-01-03 and "
            "2024-01-11 UTC of Authority of CN’s approved list (CN)."
        )
        assert said(entry, "published") == "2024-01-11T00:00:00+00:00"
        link = entry.find("a:link[@rel='alternate']", ATOM).get("href")
        assert link == "http://testserver/lists/antivirus/compare/2024-01-03T00:00:00Z..2024-01-11T00:00:00Z/"
        exported = client.get(link.removeprefix("http://testserver").rstrip("/") + ".json").json()
        assert (exported["summary"]["dropped"], exported["summary"]["added"]) == (1, 1)
    _, (entry,) = feed_of(client, "/vendors/symantec.atom")
    assert said(entry, "title") == "Antivirus & more: 1 dropped"
    assert "1 dropped, foreign (Symantec), between the snapshots of" in said(entry, "summary")


def test_a_mass_removal_stays_one_sentence(client):
    for n, country in enumerate(["US"] * 3 + ["CN"] * 2):
        vendor = Vendor.objects.create(slug=f"firm-{n}", name=f"Firm {n}", country=country)
        Alias.objects.create(vendor=vendor, text=f"Firm {n}")
    mass = make_list("CN", slug="mass", title="Mass")
    record(mass, day(0), [Row(f"Firm {n}", f"P{m}") for n in range(5) for m in range(5 - n)] + [Row("<i>X</i>")])
    record(mass, day(0).replace(hour=5), [Row("<i>X</i>")])
    record(mass, day(1), [Row("<i>Y</i>\x0b")])
    _, (last, first) = feed_of(client, "/lists/mass.atom")
    assert said(first, "summary") == (
        "15 dropped, 12 foreign, 3 domestic (Firm 0, Firm 1, Firm 2 and 2 more), between the snapshots of 2024-01-01 "
        "00:00:00 and 2024-01-01 05:00:00 UTC of Authority of CN’s approved list (CN)."
    )
    assert "&lt;i&gt;X&lt;/i&gt;" in said(last, "summary"), "a summary is HTML, in which names are text"


def test_entries_keep_their_ids_when_read_again_and_when_read_anew(client, case):
    before = [said(entry, "id") for entry in feed_of(client, "/lists/antivirus.atom")[1]]
    assert before == [said(entry, "id") for entry in feed_of(client, "/lists/antivirus.atom")[1]]
    for snapshot in case.snapshots.published():
        recipe = case.recipes.first() or make_recipe(case)
        rows = [Row(**{**item, "extra": item["extra"]}) for item in (e.as_json() for e in _entries(snapshot))]
        recording.supersede(snapshot, rows, recipe=recipe, why="A better recipe.")
    assert before == [said(entry, "id") for entry in feed_of(client, "/lists/antivirus.atom")[1]]


def _entries(snapshot):
    if snapshot.is_full:
        return [listing.entry for listing in snapshot.list.listings.on(snapshot.captured_at)]
    return list(snapshot.named.all())


def test_a_reader_that_has_the_feed_is_told_so(client, case):
    response = client.get("/changes.atom")
    etag, modified = response.headers["ETag"], response.headers["Last-Modified"]
    again = client.get("/changes.atom", headers={"If-None-Match": etag})
    assert again.status_code == 304 and again.content == b"" and again.headers["ETag"] == etag
    assert client.get("/changes.atom", headers={"If-Modified-Since": modified}).status_code == 304
    record(case, day(12), [Row("瑞星", NASTY)])
    assert client.get("/changes.atom", headers={"If-None-Match": etag}).status_code == 200


def test_an_empty_feed_is_a_feed_that_does_not_change(client):
    make_list(slug="quiet")
    for address in ("/changes.atom", "/changes.atom?kind=dropped", "/lists/quiet.atom"):
        _, entries = feed_of(client, address)
        first = client.get(address).content
        time.sleep(0.01)
        assert entries == [] and client.get(address).content == first


def test_only_news_is_in_a_feed(client):
    vendor_list = make_list(slug="reread")
    record(vendor_list, day(0), [Row("A"), Row("B")], recipe=make_recipe(vendor_list))
    record(vendor_list, day(1), [Row("A")], recipe=make_recipe(vendor_list))
    assert feed_of(client, "/lists/reread.atom")[1] == []
    assert len(feed_of(client, "/changes.atom?cause=any")[1]) == 1
