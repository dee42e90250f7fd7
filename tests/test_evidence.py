"""The evidence of a snapshot, and the raw bytes of a capture."""

import hashlib
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from procurement import captures, recording
from procurement.entries import Row
from procurement.models import Capture, Recipe, VendorList
from scraping.models import Run
from tests.histories import day, make_list, record
from tests.test_feed_page import lines, make_vendor, text_of, words

pytestmark = pytest.mark.django_db


def make_capture(listed: VendorList, body: bytes, at=None, **fields) -> Capture:
    fields = {"method": "fetched", "media_type": "text/html", "status": 200, **fields}
    return Capture.objects.create(
        list=listed, captured_at=at or day(0), sha256=captures.keep(body), size=len(body), **fields
    )


def facts(response) -> dict[str, str]:
    """The terms and values on the page."""
    page = html.fromstring(response.content)
    return {words(dt): words(dt.getnext()) for dt in page.cssselect("dl dt")}


# The page


def test_it_says_what_proves_it(client):
    listed = make_list(slug="av", title="Antivirus")
    body = "<td>瑞星</td>".encode("gb18030")
    capture = make_capture(
        listed, body, url="https://example.cn/list", encoding="gb2312", headers={"Server": "nginx", "ETag": '"7"'}
    )
    recipe = Recipe.objects.create(list=listed, version=3, text="format: html\nrows: td", note="New columns.")
    snapshot = recording.record(
        capture, [Row("瑞星"), Row("瑞星"), Row("金山")], recipe=recipe, label="issue 21", effective_on=day(0).date()
    ).snapshot
    response = client.get(snapshot.get_absolute_url())
    said = facts(response)
    assert said["SHA-256"].startswith(hashlib.sha256(body).hexdigest())
    assert said["Captured"] == "1 Jan 2024, 00:00 UTC"
    assert said["Page says"] == "1 Jan 2024"
    assert said["Address"] == "https://example.cn/list"
    assert (said["HTTP status"], said["Media type"], said["Encoding"]) == ("200", "text/html", "gb2312")
    assert said["Size"] == f"{len(body)} bytes"
    assert (said["Server"], said["ETag"]) == ("nginx", '"7"')
    text = text_of(response)
    assert "issue 21" in text
    assert "Recipe version 3" in text
    assert "New columns." in text
    assert "2 different, of 3 on the page" in text
    assert f"/captures/{capture.pk}/raw" in text
    assert "sha256sum av_20240101T000000Z_" in text
    assert f"Whitelist Tracker, snapshot {snapshot.pk}, http://testserver/snapshots/{snapshot.pk}/" in text


def test_it_shows_the_rows_of_its_own_time_with_their_origin_then(client):
    make_vendor("k", "Kaspersky Lab", "RU", "卡巴斯基")
    listed = make_list()
    first = record(listed, day(0), [Row("卡巴斯基", "KAV", "av", "1", extra={"Licence": "yes"})]).snapshot
    second = record(listed, day(1), [Row("Other", "X")]).snapshot
    [line] = lines(client.get(first.get_absolute_url()))
    assert line == "卡巴斯基 KAV av 1 yes Kaspersky Lab Russia foreign"
    [line] = lines(client.get(second.get_absolute_url()))
    assert line == "Other X no vendor"


def test_it_leads_to_its_neighbours_and_says_in_short_what_differs(client):
    listed = make_list(slug="av")
    first = record(listed, day(0), [Row("A"), Row("B")]).snapshot
    second = record(listed, day(1), [Row("A"), Row("C")]).snapshot
    third = record(listed, day(2), [Row("A"), Row("C")]).snapshot
    response = client.get(second.get_absolute_url())
    assert "Since 1 Jan 2024: 1 dropped, 1 added." in text_of(response)
    page = html.fromstring(response.content)
    steps = [a.get("href") for a in page.cssselect(".top-steps a")]
    assert steps == [
        first.get_absolute_url(),
        third.get_absolute_url(),
        "/lists/av/compare/2024-01-01..2024-01-02/",
        "/lists/av/on/2024-01-02/",
    ]
    assert "It is the first of this list." in text_of(client.get(first.get_absolute_url()))
    assert "Nothing changed since 2 Jan 2024." in text_of(client.get(third.get_absolute_url()))


def test_a_held_one_says_why_and_what_it_would_do(client):
    listed = make_list()
    record(listed, day(0), [Row("A"), Row("B"), Row("C")])
    held = record(listed, day(1), [Row("A"), Row("D")], hold="2 rows after 3.").snapshot
    response = client.get(held.get_absolute_url())
    text = text_of(response)
    assert "Held for review: not part of the history" in text
    assert "2 rows after 3." in text
    assert "Published, it would drop 2 entries and add 1, against 1 Jan 2024." in text
    assert [line.split()[0] for line in lines(response)] == ["A", "D"]


def test_a_withdrawn_one_keeps_its_rows_its_reason_and_the_decision(client):
    listed = make_list()
    snapshot = record(listed, day(0), [Row("A")]).snapshot
    curator = get_user_model().objects.create_user("wang", is_staff=True)
    recording.withdraw(snapshot, why="Cut off at row 80.", by=curator)
    response = client.get(snapshot.get_absolute_url())
    assert text_of(response).count("Cut off at row 80.") == 2
    assert len(lines(response)) == 1
    assert "wang" not in text_of(response)
    client.force_login(curator)
    assert "wang" in text_of(client.get(snapshot.get_absolute_url()))


def test_a_superseded_one_and_its_successor_lead_to_each_other(client):
    listed = make_list()
    old = record(listed, day(0), [Row("A"), Row("Total")]).snapshot
    recipe = Recipe.objects.create(list=listed, version=2, text="drop: Total")
    fresh = recording.supersede(old, [Row("A")], recipe=recipe, why="Leaves out the sum.")
    assert f'href="{fresh.get_absolute_url()}"'.encode() in client.get(old.get_absolute_url()).content
    assert f'href="{old.get_absolute_url()}"'.encode() in client.get(fresh.get_absolute_url()).content
    assert len(lines(client.get(old.get_absolute_url()))) == 2


def test_a_partial_one_proves_no_absence_and_names_its_basis(client):
    listed = make_list()
    record(listed, day(0), [Row("A"), Row("B")])
    partial = record(
        listed, day(1), [Row("C")], coverage="partial", basis="reported", basis_note="Reuters names one of five."
    ).snapshot
    response = client.get(partial.get_absolute_url())
    text = text_of(response)
    assert "Names 1 entry of the list, and proves no absence." in text
    assert "Compiled from reports, not captured from the publisher. Reuters names one of five." in text
    assert "as reported for 2024-01-02T00:00:00Z (partial)" in text
    assert len(lines(response)) == 1


def test_the_further_pages_of_a_split_list_are_there_too(client):
    listed = make_list()
    first = make_capture(listed, b"one", url="https://example.org/?page=1")
    second = make_capture(listed, b"two", url="https://example.org/?page=2", first_page=first, page=2)
    snapshot = recording.record(first, [Row("A"), Row("B")], recipe=None).snapshot
    page = html.fromstring(client.get(snapshot.get_absolute_url()).content)
    [row] = page.cssselect("#check ~ .scroll tbody tr")
    assert words(row) == f"2 https://example.org/?page=2 {second.sha256} Raw bytes of page 2"
    assert row.cssselect("a")[-1].get("href") == second.get_absolute_url()


def test_runs_and_their_log(client):
    listed = make_list()
    snapshot = record(listed, day(0), [Row("A")]).snapshot
    Run.objects.create(
        list=listed, trigger="file", outcome="recorded", snapshot=snapshot, capture=snapshot.capture,
        log=[["2024-01-01T06:00:00+00:00", "Read 1 row."], ["no time", "Odd."], "broken"],
    )  # fmt: skip
    log = html.fromstring(client.get(snapshot.get_absolute_url()).content).cssselect(".log li")
    assert [words(step) for step in log] == ["1 Jan 2024, 06:00 UTC Read 1 row.", "no time Odd."]


def test_rows_come_by_the_hundred_and_queries_do_not_grow(client):
    for n in range(45):
        make_vendor(f"v{n}", f"firm {n}", "US")

    def queries(rows: int) -> int:
        listed = make_list()
        record(listed, day(0), [Row("x")])
        found = record(listed, day(1), [Row(f"firm {n}") for n in range(rows)]).snapshot
        with CaptureQueriesContext(connection) as seen:
            assert client.get(found.get_absolute_url()).status_code == 200
        return len(seen)

    assert queries(3) == queries(40)
    listed = make_list()
    long = record(listed, day(0), [Row(f"firm {n}") for n in range(120)]).snapshot
    assert len(lines(client.get(long.get_absolute_url()))) == 100
    assert len(lines(client.get(long.get_absolute_url(), {"page": 2}))) == 20


@pytest.mark.parametrize("address", ["/snapshots/9/", "/captures/9/raw", f"/snapshots/{10**30}/"])
def test_what_is_not_there_is_said(client, address):
    assert client.get(address).status_code == 404


# Raw bytes


def test_raw_bytes_come_back_as_received_and_cannot_run(client):
    body = "<script>alert('瑞星')</script>".encode("gb18030")
    capture = make_capture(make_list(slug="av"), body, encoding="GB18030", media_type="text/html; charset=GB18030")
    response = client.get(capture.get_absolute_url())
    assert response.content == body
    assert response["Content-Type"] == "text/plain; charset=GB18030"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].endswith('.html.txt"')


@pytest.mark.parametrize(
    "media_type",
    ["application/pdf", "image/svg+xml", "", "text/html-\r\nX: y", "text/", "video/mp4"],
)
def test_what_is_no_text_is_only_saved(client, media_type):
    capture = make_capture(make_list(), b"<svg onload=alert(1)>", media_type=media_type)
    response = client.get(capture.get_absolute_url())
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("", "瑞星".encode(), "text/plain; charset=utf-8"),
        ("", "瑞星".encode("gb18030"), "text/plain"),
        ("utf-8\r\nSet-Cookie: a=b", b"a", "text/plain; charset=utf-8"),
        ('x"; y', b"\xff", "text/plain"),
    ],
)
def test_a_declared_encoding_is_not_believed_blindly(client, encoding, body, expected):
    capture = make_capture(make_list(), body, encoding=encoding, media_type="text/csv")
    assert client.get(capture.get_absolute_url())["Content-Type"] == expected


def test_bytes_that_no_longer_have_their_hash_are_not_served(client):
    capture = make_capture(make_list(), b"true")
    path = captures.path_of(capture.sha256)
    path.write_bytes(b"false")
    response = client.get(capture.get_absolute_url())
    assert response.status_code == 500
    assert "is missing from the store, or no longer has its hash" in text_of(response)
    assert str(Path(path).parent) not in response.content.decode()
