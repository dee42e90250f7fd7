"""The admin's workbench, through its pages: from an address or a file to a list that is checked."""

import io
import stat
import time
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procurement.captures import CaptureError
from procurement.models import Authority, Capture, Entry, Recipe, Snapshot, VendorList
from scraping import pipeline
from scraping.models import Run, Source
from scraping.workbench import drafts, folders
from tests.admin.pages import filled, page, person, signed_in
from tests.extractors.make import xlsx
from tests.histories import day, make_list
from tests.loopback import Loopback, response

pytestmark = pytest.mark.django_db

VENDORS = ["Rising", "Kingsoft", "Jiangmin", "Qihoo 360", "Venustech", "Symantec", "Kaspersky"]


def table(*vendors: str, head: str = "<tr><th>Vendor</th><th>Product</th><th>Version</th></tr>") -> bytes:
    rows = "".join(
        f"<tr><td>{name} Co., Ltd.</td><td>{name} Antivirus</td><td>{n}.0</td></tr>" for n, name in enumerate(vendors)
    )
    return (
        f"<html><head><title>Approved antivirus</title></head><body><table>{head}{rows}</table></body></html>".encode()
    )


@pytest.fixture
def op() -> Client:
    return signed_in(person("op", "operator"))


@pytest.fixture
def site(settings):
    with Loopback() as loopback:
        settings.FETCH_ALLOW_PRIVATE = True
        settings.FETCH_PORTS = [loopback.port]
        yield loopback


@pytest.fixture
def eager(settings):
    """Tasks run where they are asked for."""
    from config.celery import app

    before = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before


def upload(client: Client, body: bytes, name: str = "2014-07-31.html", **more: str):
    fields = {f"file-{key}": value for key, value in more.items()}
    file = SimpleUploadedFile(name, body)
    return client.post(reverse("workbench"), {"bring-file": "1", "file-file": file, **fields}, follow=True)


def fetch(client: Client, url: str, **more: str):
    fields = {f"address-{key}": value for key, value in more.items()}
    return client.post(reverse("workbench"), {"bring-address": "1", "address-url": url, **fields}, follow=True)


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "lxml")


def errors(answer) -> list[str]:
    return [one.get_text(" ", strip=True) for one in soup(answer).select(".error")]


def rows(answer) -> list[list[str]]:
    return [[cell.get_text() for cell in row.select("td")] for row in soup(answer).select("table.rows tbody tr")]


def where(answer) -> str:
    return answer.request["PATH_INFO"]


def read_again(client: Client, answer, roles: dict[str, str] | None = None, **changes: str):
    """Post the form of the reading, as a browser would, with some columns given other roles."""
    form = soup(answer).find("form", id="reading-form")
    names = [one["value"] for one in form.select("input[name=heading]")]
    was = [one["value"] for one in form.select("input[name=was]")]
    chosen = [(roles or {}).get(name, role) for name, role in zip(names, was, strict=True)]
    recipe = form.textarea.text.removeprefix("\n")
    data = {"heading": names, "was": was, "role": chosen, "recipe": recipe, **changes}
    return client.post(where(answer), data, follow=True)


def go_on(client: Client, answer):
    return read_again(client, answer, on="1")


def new_list(answer, **changes: str) -> dict[str, str]:
    given = {
        "new-title": "Approved antivirus",
        "new-authority_name": "Central Procurement",
        "new-jurisdiction": "CN",
        "newsource-enabled": "on",
        "save-new": "1",
    }
    return {**filled(soup(answer), "new-form"), **given, **changes}


# Bringing it in


def test_a_fetched_page_becomes_a_checked_list_in_one_go(op, site):
    site.on("/list", response(table(*VENDORS)))
    seen = fetch(op, site.url("/list"))
    assert len(rows(seen)) == 7 and rows(seen)[0][:2] == ["Rising Co., Ltd.", "Rising Antivirus"]
    assert not Capture.objects.exists() and not VendorList.objects.exists() and not Run.objects.exists()
    asked = go_on(op, seen)
    assert where(asked).endswith("/list/")
    done = op.post(where(asked), new_list(asked, **{"new-kind": "approved", "newsource-every": "24"}), follow=True)
    made = VendorList.objects.get()
    run = Run.objects.get()
    assert (made.slug, made.authority.name, made.jurisdiction) == ("approved-antivirus", "Central Procurement", "CN")
    assert (run.outcome, run.trigger, run.by.username) == ("recorded", "person", "op")
    assert (run.capture.method, run.capture.body, run.snapshot.row_count) == ("fetched", table(*VENDORS), 7)
    source = Source.objects.get()
    assert source.enabled and source.interval == timedelta(days=1) and run.source == source
    assert source.next_due_at > datetime.now(UTC)  # not asked again at once
    assert "vendor: Vendor" in Recipe.objects.get().text
    assert "Recorded" in soup(done).get_text() and soup(done).find("a", href=run.snapshot.get_absolute_url())
    logged = {entry.content_type.model for entry in LogEntry.objects.all()}
    assert logged == {"authority", "vendorlist", "recipe", "source"}
    assert len([path for path in site.paths if path == "/list"]) == 1
    assert op.get(where(seen)).status_code == 404  # the draft is used up


def test_an_upload_takes_its_date_from_its_name_or_from_the_person(op):
    assert "31 Jul 2014" in soup(upload(op, table(*VENDORS))).get_text()
    assert errors(upload(op, table(*VENDORS), "list.html")) == [
        "The file's name gives no single date: say on which day the list was so."
    ]
    assert "3 Feb 2015" in soup(upload(op, table(*VENDORS), "list.html", at="2015-02-03")).get_text()
    assert "has not come yet" in errors(upload(op, table(*VENDORS), "list.html", at="2999-01-01"))[0]
    assert "is no date" in errors(upload(op, table(*VENDORS), "list.html", at="31 July"))[0]


def test_what_cannot_be_fetched_is_said_in_a_sentence(op, site):
    site.on("/gone", response(b"no", 404))
    for url, said in [
        (site.url("/gone"), "404"),
        ("ftp://example.org/list", "not an http or https address"),
        ("http://127.0.0.1:1/list", "only"),
        ("http://user@example.org/", "user name"),
    ]:
        answer = fetch(op, url)
        assert answer.status_code == 422 and said in " ".join(errors(answer)), url
        assert soup(answer).find("input", attrs={"name": "address-url"})["value"] == url
    assert not Session.objects.filter(session_data__contains="nothing").exists() and not Run.objects.exists()


def test_too_large_and_empty_files_are_refused(op, monkeypatch):
    monkeypatch.setattr("scraping.workbench.forms.LARGEST_FILE", 1000)
    answer = upload(op, b"x" * 1001)
    assert answer.status_code == 422 and "at most 1,000 are taken" in errors(answer)[0]
    assert "empty" in errors(upload(op, b""))[0]


def test_a_page_without_a_list_can_be_given_a_recipe(op):
    seen = upload(op, b"<html><body><h1>Hello</h1><p>There is nothing here at all.</p></body></html>")
    assert seen.status_code == 200 and "No list" in errors(seen)[0] and not rows(seen)
    again = read_again(op, seen, recipe="version: 1\nformat: html\nwhere: {items: p}\ncolumns: {vendor: '.'}\n")
    assert rows(again) == [["There is nothing here at all."]]


# Seeing it


def test_roles_are_set_by_column_and_written_into_the_recipe(op):
    seen = upload(op, table(*VENDORS))
    again = read_again(op, seen, {"Version": "identifier", "Product": "category"})
    recipe = soup(again).find("textarea").text
    assert "identifier: Version" in recipe and "category: Product" in recipe and "product:" not in recipe
    assert rows(again)[0] == ["Rising Co., Ltd.", "Rising Antivirus", "0.0"]
    ignored = read_again(op, again, {"Version": "ignore"})
    assert rows(ignored)[0] == ["Rising Co., Ltd.", "Rising Antivirus"]
    line = soup(ignored).find("input", value="Version").find_parent("tr")
    assert line.find("option", selected=True)["value"] == "ignore" and "0.0" in line.get_text()  # its samples stay
    twice = read_again(op, ignored, {"Product": "vendor"})
    assert twice.status_code == 422 and "are both vendor" in errors(twice)[0]
    none = read_again(op, ignored, {"Vendor": "extra"})
    assert "No column is vendor or product" in errors(none)[0]


def test_a_wrong_recipe_is_named_by_its_key_and_what_was_written_stays(op):
    seen = upload(op, table(*VENDORS))
    for text, said in [
        ("version: 1\nformat: html\ncolums: {}", "colums"),
        ("version: 1\nformat: html\ncolumns: {vendor: Vendor}\npattern: {vendor: '('}", "'vendor'"),
        ("version: 1\n  format: [", "not valid YAML"),
        ("", "blank"),
    ]:
        wrong = read_again(op, seen, recipe=text)
        assert wrong.status_code == 422 and said in errors(wrong)[0]
        assert soup(wrong).find("textarea").text.removeprefix("\n").strip() == text.strip()
        assert len(rows(wrong)) == 7  # of the last recipe that could be used


def test_a_recipe_that_does_not_fit_says_what_is_missing_and_goes_no_further(op):
    seen = upload(op, table(*VENDORS))
    misfit = read_again(op, seen, recipe="version: 1\nformat: html\ncolumns: {vendor: Supplier}\n")
    assert "no heading 'Supplier'" in errors(misfit)[0] and "'Vendor'" in errors(misfit)[0]
    assert not rows(misfit) and not soup(misfit).find("button", attrs={"name": "on"})
    refused = op.get(where(misfit) + "list/", follow=True)
    assert where(refused) == where(misfit)


def test_another_table_of_the_page_is_read_by_choice(op):
    other = table("Aladdin", "Bitdefender", "Comodo", head="<tr><th>Supplier</th><th>Software</th><th>Note</th></tr>")
    other = other[other.index(b"<table>") : other.index(b"</body>")]
    seen = upload(op, table(*VENDORS).replace(b"</body>", b"<h2>Others</h2>" + other + b"</body>"))
    locators = [one["value"] for one in soup(seen).select("button[name=table]")]
    answers = [op.post(where(seen), {"table": one}, follow=True) for one in locators]
    assert any(rows(one) and rows(one)[0][0] == "Aladdin Co., Ltd." and len(rows(one)) == 3 for one in answers)


def test_long_lists_are_shown_by_the_page(op):
    seen = upload(op, table(*[f"Firm {n}" for n in range(120)]))
    assert len(rows(seen)) == 50 and "120 rows" in soup(seen).h2.find_next("h2").get_text()
    last = op.get(where(seen) + "?page=3")
    assert len(rows(last)) == 20 and rows(last)[-1][0] == "Firm 119 Co., Ltd."


def test_the_number_of_queries_does_not_grow_with_rows(op):
    counts = []
    for size in (5, 300):
        answer = upload(op, table(*[f"Firm {n}" for n in range(size)]))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            op.get(where(answer))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("declared", ["gb2312", "gb18030"])
def test_encodings_are_shown_as_they_are_read(op, declared):
    body = (
        f'<html><head><meta charset="{declared}"></head><body><table><tr><th>供应商</th><th>产品</th></tr>'
        "<tr><td>北京瑞星信息技术有限公司</td><td>瑞星杀毒软件</td></tr><tr><td>金山软件股份有限公司</td><td>金山毒霸镕</td></tr>"
        "<tr><td>江民科技有限公司</td><td>江民杀毒</td></tr></table></body></html>"
    ).encode("gb18030")
    seen = upload(op, body)
    assert rows(seen)[1] == ["金山软件股份有限公司", "金山毒霸镕"] and "gb18030" in soup(seen).get_text()
    frame = op.get(soup(seen).iframe["src"])
    assert frame["Content-Type"] == "text/html; charset=utf-8" and "金山毒霸镕" in frame.content.decode()


HOSTILE = b"""<!doctype html><html><head><base href="http://evil.test/">
<meta http-equiv="refresh" content="0;url=http://evil.test/r"><link rel="preconnect" href="http://evil.test/">
<link rel="stylesheet" href="http://evil.test/s.css"><script>parent.document.title = "owned"</script>
<script src="http://evil.test/x.js"></script>
<style>@import "http://evil.test/i.css"; td { background: url(http://evil.test/b.png) }</style></head>
<body onload="alert(1)" background="http://evil.test/bg.png"><iframe src="http://evil.test/f"></iframe>
<img src="http://evil.test/p.png" onerror="alert(2)">
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<form action="http://evil.test/post"><button>go</button></form><object data="http://evil.test/o"></object>
<video poster="http://evil.test/v.png"></video><a href="http://evil.test/a" ping="http://evil.test/ping">a link</a>
<a href="javascript:alert(3)">another</a>
<svg><script>alert(4)</script><image href="http://evil.test/svg.png"/></svg>
<table><tr><th>Vendor</th><th>Product</th></tr>
<tr><td>Alpha Ltd</td><td><script>alert(5)</script>Tool &lt;script&gt;alert(6)&lt;/script&gt;</td></tr>
<tr><td>Beta GmbH</td><td>&lt;img src=x onerror=alert(7)&gt;</td></tr>
<tr><td>Gamma Inc</td><td>C</td></tr></table></body></html>"""


def test_a_hostile_page_is_inert_beside_its_rows(op):
    seen = upload(op, HOSTILE)
    own = seen.content.decode()
    assert "<script>alert" not in own and "<img src=x" not in own and "evil.test" not in own
    assert not soup(seen).select("script:not([src]):not([type]), style, [style]")
    assert (
        "frame-src 'self'" in seen["Content-Security-Policy"] and "script-src 'self'" in seen["Content-Security-Policy"]
    )
    iframe = soup(seen).iframe
    assert iframe.has_attr("sandbox") and not iframe["sandbox"] and "srcdoc" not in iframe.attrs
    frame = op.get(iframe["src"])
    policy = frame["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert (
        "allow-" not in policy
        and frame["X-Frame-Options"] == "SAMEORIGIN"
        and frame["X-Content-Type-Options"] == "nosniff"
    )
    inner = BeautifulSoup(frame.content, "lxml")
    assert not inner.select(
        "script, iframe, object, link, base, meta[http-equiv], [href], [onload], [onerror], [ping], [action]"
    )
    assert [one["src"] for one in inner.select("[src]")] == ["data:image/gif;base64,R0lGODlhAQABAAAAACw="]
    assert "Alpha Ltd" in inner.get_text() and "a link" in inner.get_text()
    saved = op.get(reverse("workbench-original", args=[where(seen).split("/")[-2]]))
    assert saved.content == HOSTILE and saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "body", "shown"),
    [
        ("2014-07-31.csv", b"Vendor,Product\nAlpha Ltd,A\nBeta GmbH,<b>B</b>\nGamma Inc,C\n", "text"),
        ("2014-07-31.json", b'[{"vendor":"Alpha Ltd","product":"A"},{"vendor":"Beta GmbH","product":"B"}]', "text"),
    ],
)
def test_text_is_shown_as_its_source(op, name, body, shown):
    seen = upload(op, body, name)
    assert soup(seen).select_one("pre.source").get_text().strip() == body.decode().strip() and not soup(seen).iframe


def test_sheets_are_named_and_offered_to_be_saved(op):
    sheet = xlsx({"List": [["Vendor", "Product"], ["Alpha Ltd", "A"], ["Beta GmbH", "B"], ["Gamma Inc", "C"]]})
    seen = upload(op, sheet, "2014-07-31.xls")
    assert "XLSX" in soup(seen).select_one(".received").get_text() and len(rows(seen)) == 3


def test_nobody_goes_on_with_rows_that_they_have_not_seen(op):
    seen = upload(op, table(*VENDORS))
    stopped = read_again(op, seen, {"Version": "identifier"}, on="1")
    assert where(stopped) == where(seen) and "look at the rows that it reads now" in soup(stopped).get_text()
    assert where(go_on(op, stopped)).endswith("/list/")


# Which list, and saving


@pytest.fixture
def antivirus() -> VendorList:
    made = make_list(slug="antivirus", title="Antivirus")
    assert pipeline.ingest(made, table(*VENDORS), at=day(0)).outcome == "recorded"
    return made


def test_what_saving_would_change_is_shown_before_it_and_nothing_is_stored(op, antivirus):
    seen = upload(op, table(*VENDORS[:5], "Antiy"), "2024-03-01.html", list="antivirus")
    before = (Capture.objects.count(), Snapshot.objects.count(), Entry.objects.count(), Run.objects.count())
    asked = go_on(op, seen)
    text = soup(asked).get_text(" ", strip=True)
    assert "2 would vanish · 1 would come" in text
    assert "nothing would be left: Kaspersky Co., Ltd., Symantec Co., Ltd." in text and "published at once" in text
    assert before == (Capture.objects.count(), Snapshot.objects.count(), Entry.objects.count(), Run.objects.count())
    done = op.post(where(asked), {**filled(soup(asked), "existing-form"), "save-existing": "1"}, follow=True)
    assert Snapshot.objects.published().count() == 2 and Recipe.objects.count() == 1 and not Source.objects.exists()
    assert Run.objects.latest("pk").trigger == "file" and "2" in soup(done).select_one(".figures").get_text()
    assert LogEntry.objects.filter(object_id=antivirus.pk, change_message__contains="2024-03-01.html").exists()


def test_what_the_guard_would_hold_is_said_before_and_held(op, antivirus):
    asked = go_on(op, upload(op, table(*VENDORS[:2]), "2024-03-01.html", list="antivirus"))
    assert "It will be held" in soup(asked).get_text() and "7 entries became 2" in soup(asked).get_text()
    done = op.post(where(asked), {**filled(soup(asked), "existing-form"), "save-existing": "1"}, follow=True)
    run = Run.objects.latest("pk")
    assert run.outcome == "held" and "7 entries became 2" in run.reason
    assert soup(done).find("a", href=reverse("admin:procurement_snapshot_change", args=[run.snapshot.pk]))


def test_a_changed_recipe_asks_why_and_becomes_the_next_version(op, antivirus):
    seen = upload(op, table(*VENDORS), "2024-03-01.html", list="antivirus")
    asked = go_on(op, read_again(op, seen, {"Version": "ignore"}))
    assert "Another one than the list's own (version 1)" in soup(asked).get_text(" ", strip=True)
    fields = {**filled(soup(asked), "existing-form"), "save-existing": "1"}
    refused = op.post(where(asked), fields)
    assert refused.status_code == 422 and "Say why" in errors(refused)[0] and Recipe.objects.count() == 1
    op.post(where(asked), {**fields, "source-why": "Versions are no part of it."})
    assert Recipe.objects.latest("version").note == "Versions are no part of it."
    assert Run.objects.latest("pk").snapshot.recipe.version == 2


def test_the_lists_own_recipe_reads_what_is_brought_in_for_it(op, antivirus):
    seen = upload(
        op, b"<table><tr><th>Supplier</th></tr><tr><td>Alpha Ltd</td></tr></table>", "2024-03-01.html", list="Antivirus"
    )
    assert "no heading 'Vendor'" in errors(seen)[0]


def test_a_list_has_one_switched_on_source(op, antivirus, site):
    Source.objects.create(list=antivirus, url="https://example.org/list", interval=timedelta(days=1))
    site.on("/list", response(table(*VENDORS)))
    asked = go_on(op, fetch(op, site.url("/list"), list="antivirus"))
    fields = {**filled(soup(asked), "existing-form"), "save-existing": "1"}
    assert "source-enabled" not in fields
    refused = op.post(where(asked), {**fields, "source-enabled": "on"})
    assert "is checked at https://example.org/list already" in errors(refused)[0] and Run.objects.count() == 1
    op.post(where(asked), fields)
    assert Run.objects.latest("pk").outcome in {"recorded", "unchanged"}
    assert [one.enabled for one in antivirus.sources.order_by("pk")] == [True, False]


def test_a_page_that_shows_a_part_takes_nobody_off(op, antivirus):
    seen = upload(op, table(*VENDORS[:2], "Antiy"), "2024-03-01.html", list="antivirus")
    asked = op.get(where(go_on(op, seen)) + "?list=antivirus&coverage=partial")
    text = soup(asked).get_text(" ", strip=True)
    assert "would vanish" not in text and "1 would come" in text and "published at once" in text
    op.post(where(asked), {**filled(soup(asked), "existing-form"), "save-existing": "1"})
    snapshot = Run.objects.latest("pk").snapshot
    assert snapshot.is_published and snapshot.coverage == "partial"
    assert not antivirus.changes.filter(kind="dropped").exists()


def test_a_list_over_several_pages_is_left_to_a_worker_who_reads_all(op, site, monkeypatch):
    hinted = []
    monkeypatch.setattr("scraping.dispatch._hint", hinted.append)
    first = table(*VENDORS).replace(b"</body>", b'<a rel="next" href="/list?page=2">Next</a></body>')
    site.on("/list", response(first))
    seen = fetch(op, site.url("/list"))
    assert "a worker reads all pages" in soup(seen).get_text(" ", strip=True)
    asked = go_on(op, seen)
    done = op.post(where(asked), new_list(asked), follow=True)
    run = Run.objects.get()
    assert run.outcome == "" and run.source and not Snapshot.objects.exists()
    assert "Waiting for a worker" in soup(done).get_text()


def test_mistakes_in_a_new_list_are_named_and_nothing_is_saved(op, antivirus):
    asked = go_on(op, upload(op, table(*VENDORS)))
    for changes, said in [
        ({"new-authority_name": ""}, "name it here"),
        ({"new-jurisdiction": ""}, "Choose the country"),
        ({"new-slug": "antivirus"}, "already"),
        ({"new-title": "病毒"}, "Latin letters"),
        ({"new-title": "", "new-slug": "x"}, "required"),
    ]:
        fields = new_list(asked, **{"new-slug": "", **changes})
        refused = op.post(where(asked), fields)
        assert refused.status_code == 422 and said in " ".join(errors(refused)), changes
    assert VendorList.objects.count() == 1 and Authority.objects.count() == 1
    known = op.get(where(asked) + "?list=nowhere")
    assert "There is no list “nowhere”" in errors(known)[0]


def test_all_of_it_or_nothing(op, monkeypatch):
    asked = go_on(op, upload(op, table(*VENDORS)))

    def lost(run, *args, **options):
        raise CaptureError("The store is full. Nothing was recorded.")

    monkeypatch.setattr(pipeline, "settle", lost)
    refused = op.post(where(asked), new_list(asked))
    assert "The store is full" in " ".join(errors(refused))
    for model in (VendorList, Authority, Recipe, Source, Run, LogEntry):
        assert not model.objects.exists(), model
    assert op.get(where(asked)).status_code == 200  # the draft is kept


# The catalogue


def press(client: Client, verb: str, slug: str) -> list[str]:
    answer = client.post(reverse("workbench-catalogue"), {verb: slug}, follow=True)
    return [one.get_text(strip=True) for one in soup(answer).select(".messagelist li")]


def test_ready_definitions_are_installed_and_switched_on_by_a_click(op):
    shown = page(op, reverse("workbench-catalogue"))
    slugs = [one["value"] for one in shown.select("button[name=install]")]
    assert len(slugs) >= 12 and not VendorList.objects.exists()
    slug = "us-fcc-covered-list"
    assert "is installed and switched off" in press(op, "install", slug)[0]
    made = VendorList.objects.get()
    assert made.slug == slug and not made.sources.get().enabled and made.recipes.count() == 1
    assert "was here already" in press(op, "install", slug)[0]
    assert "is switched on" in press(op, "switch-on", slug)[0] and made.sources.get().enabled
    assert made.sources.get().next_due_at and "already" in press(op, "switch-on", slug)[0]
    assert LogEntry.objects.filter(change_message__contains="catalogue").count() == 3
    assert "is not installed" in press(op, "switch-on", slugs[0])[0] and "has no list" in press(op, "install", "x")[0]
    states = {
        line.b.text: line.select_one(".outcome").text
        for line in page(op, reverse("workbench-catalogue")).select("tbody tr")
    }
    assert states.pop(made.title) == "switched on" and set(states.values()) == {"not installed"}


def test_the_pages_of_sources_lead_here(op, antivirus):
    source = Source.objects.create(list=antivirus, url="https://example.org/list?a=1&b=2", interval=timedelta(days=1))
    listed = page(op, reverse("admin:scraping_source_changelist"))
    for name in ("workbench", "workbench-catalogue", "workbench-folder"):
        assert listed.find("a", href=reverse(name))
    link = page(op, reverse("admin:scraping_source_change", args=[source.pk])).find(
        "a", string="Look at its page on the workbench"
    )
    begun = page(op, link["href"])
    assert begun.find("input", attrs={"name": "address-url"})["value"] == source.url
    assert begun.find("input", attrs={"name": "address-list"})["value"] == "antivirus"


# Who may, and for how long


def test_only_operators_may(client, op):
    addresses = [
        reverse("workbench"),
        reverse("workbench-folder"),
        reverse("workbench-catalogue"),
        where(upload(op, table(*VENDORS))),
    ]
    addresses += [addresses[-1] + "page", addresses[-1] + "original", addresses[-1] + "list/"]
    for address in addresses:
        assert client.get(address).status_code == 302 and "/admin/login/" in client.get(address)["Location"]
        for role in ("analyst", "curator"):
            assert signed_in(person(f"{role}{address}", role)).get(address).status_code == 403
        assert op.get(address).status_code == 200, address


def test_a_draft_is_its_makers_and_ends(op):
    address = where(upload(op, table(*VENDORS)))
    other = signed_in(person("other", "operator"))
    for path_ in ("", "page", "original", "list/"):
        assert other.get(address + path_).status_code == 404
    key = address.split("/")[-2]
    row = Session.objects.get(session_key=key)
    assert row.expire_date - datetime.now(UTC) > timedelta(hours=23)
    Session.objects.filter(pk=key).update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    answer = op.get(address)
    assert answer.status_code == 404 and "Begin again" in soup(answer).get_text()
    upload(op, table(*VENDORS))
    assert not Session.objects.filter(pk=key).exists()  # swept out


def test_a_persons_own_session_is_no_draft_and_a_draft_is_no_session(op):
    mine = op.session.session_key
    assert op.get(reverse("workbench-see", args=[mine])).status_code == 404
    key = where(upload(op, table(*VENDORS))).split("/")[-2]
    thief = Client()
    thief.cookies["sessionid"] = key
    assert thief.get(reverse("admin:index")).status_code == 302
    assert drafts.Draft.find(key, None) is not None or SessionStore(key).is_empty()


def test_forged_posts_are_refused():
    strict = signed_in(person("op", "operator"), enforce_csrf_checks=True)
    for address in (reverse("workbench"), reverse("workbench-folder")):
        assert strict.post(address, {"address-url": "https://example.org/"}).status_code == 403
        assert page(strict, address).select("input[name=csrfmiddlewaretoken]")


# A folder of dated files


def archive(files: dict[str, bytes], *more: zipfile.ZipInfo) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in files.items():
            target.writestr(name, body)
        for info in more:
            target.writestr(info, b"/etc/passwd")
    return made.getvalue()


def bring_in(client: Client, *files: tuple[str, bytes], slug: str = "antivirus"):
    chosen = [SimpleUploadedFile(name, body) for name, body in files]
    return client.post(reverse("workbench-folder"), {"list": slug, "chosen": chosen}, follow=True)


def outcomes(answer) -> list[tuple[str, str]]:
    lines = soup(answer).select("#progress tbody tr")
    return [(line.th.get_text(), line.select("td")[1].get_text(strip=True)) for line in lines]


HISTORY = {
    "2013-06-27.html": table(*VENDORS),
    "2014-07-31.html": table(*VENDORS[:5]),
    "2014-08-05.html": table("Rising"),
    "2014-08-06.html": b"<p>Under repair.</p>",
}


def test_several_files_become_the_history_of_a_list(op, eager):
    made = make_list(slug="antivirus")
    done = bring_in(op, *reversed(HISTORY.items()))
    assert outcomes(done) == [
        ("2013-06-27.html", "recorded"),
        ("2014-07-31.html", "recorded"),
        ("2014-08-05.html", "held"),
        ("2014-08-06.html", "held"),
    ]
    text = soup(done).get_text(" ", strip=True)
    assert "4 of 4 files" in text and "5 entries became 1" in text and "data-unfinished" not in done.content.decode()
    assert [f"{one.captured_at:%F}" for one in made.snapshots.published().order_by("captured_at")] == [
        "2013-06-27",
        "2014-07-31",
    ]
    assert outcomes(op.get(where(done))) == outcomes(done)  # kept
    assert LogEntry.objects.filter(change_message__contains="4 dated files").exists()
    again = bring_in(op, *HISTORY.items())
    assert [outcome for _, outcome in outcomes(again)][:2] == ["unchanged", "unchanged"]


def test_an_archive_is_the_same_as_its_files(op, eager):
    make_list(slug="antivirus")
    files = {f"lists/{name}": body for name, body in HISTORY.items()} | {"__MACOSX/._x": b"x", "lists/.DS_Store": b"x"}
    done = bring_in(op, ("all.zip", archive(files)))
    assert [name for name, _ in outcomes(done)] == list(HISTORY)


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("2014-01-01.html")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.zip", archive({"../2014-01-01.html": b"x"}), "leads out of it"),
        ("a.zip", archive({"/2014-01-01.html": b"x"}), "leads out of it"),
        ("a.zip", archive({}, _link()), "is a link"),
        ("a.zip", archive({"2014-01-01.html": b"0" * 200_000}), "unpacks to more than"),
        ("a.zip", archive({f"2014-01-{n:02}.html": b"0" * 90_000 for n in range(1, 9)}), "unpacks to more than"),
        ("a.zip", archive({"2014-01-01.html": b"0" * 5000})[:-60], "no date"),
        ("a.zip", b"PK\x03\x04" + b"\0" * 40, "no date"),
        ("a.zip", archive({"list.html": b"x"}), "no date"),
        ("list.html", b"x", "no date"),
        ("2014-01-01.html", b"0" * 100_001, "at most"),
    ],
)
def test_odd_uploads_are_refused_whole(op, eager, monkeypatch, name, body, said):
    monkeypatch.setattr(folders, "LARGEST_FILE", 100_000)
    monkeypatch.setattr(folders, "LARGEST_UNPACKED", 300_000)
    make_list(slug="antivirus")
    refused = bring_in(op, (name, body))
    assert refused.status_code == 422 and said in " ".join(errors(refused)), errors(refused)
    assert not Capture.objects.exists() and not Run.objects.exists()


def test_uploads_have_a_limit_and_a_list(op, monkeypatch):
    make_list(slug="antivirus")
    monkeypatch.setattr(folders, "LARGEST_UPLOAD", 10)
    assert "at most 10 are taken" in errors(bring_in(op, ("2014-01-01.html", b"0" * 11)))[0]
    assert "There is no list" in errors(bring_in(op, ("2014-01-01.html", b"0"), slug="nowhere"))[0]
    assert errors(op.post(reverse("workbench-folder"), {"list": "antivirus"}))


def test_an_import_that_stops_goes_on_where_it_was(op, monkeypatch):
    made = make_list(slug="antivirus")
    hinted: list[str] = []
    monkeypatch.setattr("scraping.workbench.folder_views._hint", hinted.append)
    waiting = bring_in(op, *HISTORY.items())
    assert "0 of 4 files" in soup(waiting).get_text(" ", strip=True) and "data-unfinished" in waiting.content.decode()
    [key] = hinted
    token = folders.step(key, seconds=0)
    assert token and len(folders.Import.find(key, None).results) == 1
    assert folders.step(key) == "" and made.snapshots.count() == 1  # somebody else is at it
    op.post(where(waiting))
    assert hinted == [key, key]
    job = folders.Import.find(key, None)
    job.heard_at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    job.store()
    assert "no worker may be running" in soup(op.get(where(waiting))).get_text()
    assert folders.step(key) == "" and folders.Import.find(key, None).is_done
    assert made.snapshots.published().count() == 2


# In a browser


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_script_runs_and_nothing_is_asked_for(live_server, settings):
    """The real thing: Chromium on a page that tries everything."""
    playwright = pytest.importorskip("playwright.sync_api")
    client = signed_in(person("op", "operator"))
    with Loopback() as evil:
        body = HOSTILE.replace(b"http://evil.test", f"http://127.0.0.1:{evil.port}".encode())
        address = where(upload(client, body))
        asked: list[str] = []
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            context = browser.new_context()
            context.add_cookies(
                [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
            )
            tab = context.new_page()
            dialogs: list[str] = []
            tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
            # What the policy refuses is announced as a request too, and never sent.
            tab.on("request", lambda request: asked.append(request.url))
            tab.on("requestfailed", lambda request: asked.remove(request.url) if request.failure == "csp" else None)
            for target in (address, address + "page"):  # beside the rows, and opened by itself
                tab.goto(live_server.url + target)
                tab.wait_for_timeout(1200)
                assert tab.url == live_server.url + target
                assert tab.title() != "owned" and not dialogs
            frame_text = tab.locator("body").inner_text()
            assert "Alpha Ltd" in frame_text
            browser.close()
        assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
        time.sleep(0.2)
        assert evil.connections == 0
