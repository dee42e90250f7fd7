"""The changes feed as a page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from procurement import recording
from procurement.entries import Row
from procurement.models import Snapshot
from tests.histories import day, make_list, record
from vendors.models import Alias, Ownership, Vendor

pytestmark = pytest.mark.django_db


def make_vendor(slug: str, name: str, country: str, *aliases: str) -> Vendor:
    vendor = Vendor.objects.create(slug=slug, name=name, country=country)
    for text in (name, *aliases):
        Alias.objects.create(vendor=vendor, text=text)
    return vendor


def words(element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def text_of(response) -> str:
    return " ".join(html.fromstring(response.content).text_content().split())


def lines(response) -> list[str]:
    return [words(row) for row in html.fromstring(response.content).cssselect("table tbody tr")]


@pytest.fixture
def founding():
    """Five vendors, of which the two foreign ones leave between day 10 and day 40."""
    make_vendor("symantec", "Symantec", "US", "赛门铁克")
    make_vendor("kaspersky", "Kaspersky Lab", "RU", "卡巴斯基")
    make_vendor("rising", "Rising", "CN", "瑞星")
    antivirus = make_list(slug="av", title="Antivirus", category="antivirus")
    record(antivirus, day(10), [Row("赛门铁克"), Row("卡巴斯基"), Row("瑞星")])
    record(antivirus, day(40), [Row("瑞星"), Row("江民")])
    return antivirus


def test_a_line_says_what_who_where_from_and_between_which_observations(client, founding):
    response = client.get("/changes/")
    shown = next(line for line in lines(response) if "Kaspersky" in line)
    for part in ("Dropped", "卡巴斯基", "Russia", "foreign", "last seen 11 Jan 2024", "first absent 10 Feb 2024"):
        assert part in shown
    assert "3 changes: 2 dropped, 1 added." in text_of(response)
    page = html.fromstring(response.content)
    links = {a.get("href") for a in page.cssselect("td a") if a.text_content().startswith("Evidence")}
    assert links == {"/lists/av/compare/2024-01-11..2024-02-10/"}


def test_the_evidence_is_the_comparison_of_exactly_the_two_snapshots_of_one_day(client):
    listed = make_list(slug="busy")
    morning = day(0)
    record(listed, morning, [Row("A"), Row("B")])
    record(listed, morning.replace(hour=9), [Row("A")])
    record(listed, morning.replace(hour=17), [Row("A")])
    page = html.fromstring(client.get("/changes/").content)
    [link] = [a.get("href") for a in page.cssselect("td a") if a.text_content().startswith("Evidence")]
    assert link == "/lists/busy/compare/2024-01-01T00:00:00Z..2024-01-01T09:00:00Z/"


def test_changes_are_grouped_by_day_and_list_with_counts(client, founding):
    other = make_list("RU", slug="ru", title="Register")
    record(other, day(0), [Row("Эл-Брус")])
    record(other, day(40), [])
    response = client.get("/changes/")
    page = html.fromstring(response.content)
    assert [h.text_content().strip() for h in page.cssselect(".day > h2")] == ["10 Feb 2024"]
    groups = [" ".join(h.text_content().split()) for h in page.cssselect(".changes-of-list > h3")]
    assert "Register Russia 1 dropped" in groups
    assert "Antivirus China 2 dropped, 1 added" in groups


def test_an_edit_shows_what_it_changed(client):
    listed = make_list()
    record(listed, day(0), [Row("A", "Shield 1", identifier="7")])
    record(listed, day(1), [Row("A", "Shield 2", identifier="7")])
    page = html.fromstring(client.get("/changes/").content)
    assert page.cssselect("del.was")[0].text_content() == "Shield 1"
    assert page.cssselect(".edits ins")[0].text_content() == "Shield 2"


def test_origin_is_that_of_the_day(client):
    vendor = make_vendor("arm", "Arm", "GB")
    Ownership.objects.create(vendor=vendor, country="JP", since=day(5).date())
    listed = make_list("GB")
    record(listed, day(0), [Row("Arm", "old")])
    record(listed, day(1), [Row("Arm", "new")])
    record(listed, day(9), [Row("Arm", "newest")])
    shown = lines(client.get("/changes/"))
    assert any("newest" in line and "Japan foreign" in line for line in shown)
    assert any("old" in line and "United Kingdom domestic" in line for line in shown)


def test_only_what_the_source_changed_stands_there_by_default(client):
    listed = make_list()
    first = listed.recipes.create(version=1, text="format: csv")
    second = listed.recipes.create(version=2, text="format: csv\n")
    record(listed, day(0), [Row("A"), Row("B")], recipe=first)
    record(listed, day(1), [Row("A")], recipe=second)
    assert lines(client.get("/changes/")) == []
    [line] = lines(client.get("/changes/", {"cause": "any"}))
    assert "Our reading changed" in line


def test_filters_are_kept_in_the_form_in_the_exports_and_in_the_steps(client, founding):
    response = client.get("/changes/", {"relation": "foreign", "kind": ["dropped", "added"], "text": "卡巴"})
    page = html.fromstring(response.content)
    assert len(lines(response)) == 1
    assert [box.get("value") for box in page.cssselect("input[name=kind][checked]")] == ["added", "dropped"]
    assert page.cssselect("input[name=text]")[0].get("value") == "卡巴"
    [csv] = [a.get("href") for a in page.cssselect(".exports a") if a.text_content() == "CSV"]
    assert csv == "/changes.csv?relation=foreign&kind=dropped&kind=added&text=%E5%8D%A1%E5%B7%B4"


def test_an_empty_page_says_which_filter_to_loosen(client, founding):
    response = client.get("/changes/", {"relation": "foreign", "text": "nowhere", "jurisdiction": "CN"})
    assert response.status_code == 200
    page = html.fromstring(response.content)
    [hint] = page.cssselect(".note li")
    assert " ".join(hint.text_content().split()) == "Without Text nowhere: 2 changes"
    assert hint.cssselect("a")[0].get("href") == "?relation=foreign&jurisdiction=CN"


def test_an_empty_record_says_so(client):
    assert "Nothing has changed between published snapshots so far." in text_of(client.get("/changes/"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"since": "2014-13-01"}, "Since: This is no date. Write it as 2014-07-31."),
        ({"since": "2015-01-01", "until": "2014-01-01"}, "Until: It is before the first day"),
        ({"origin": "Russia"}, "is no country code"),
        ({"kind": "vanished"}, "vanished"),
        ({"list": "none"}, "No list has the slug “none”."),
        ({"vendor": "nobody"}, "No vendor has the slug “nobody”."),
        ({"text": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_a_bad_filter_is_said_and_kept_from_the_database(client, founding, query, said):
    response = client.get("/changes/", query)
    assert response.status_code == 400
    assert said in text_of(response)
    assert lines(response) == []


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", ""])
def test_a_page_that_is_not_there_leads_to_one_that_is(client, founding, page):
    assert len(lines(client.get("/changes/", {"page": page}))) == 3


def test_a_hundred_on_a_page_and_counts_of_all(client):
    listed = make_list(title="Long")
    record(listed, day(0), [Row("stays")])
    record(listed, day(1), [Row("stays"), *(Row(f"firm {n}") for n in range(130))])
    first, second = (client.get("/changes/", {"page": n}) for n in (1, 2))
    assert (len(lines(first)), len(lines(second))) == (100, 30)
    assert "130 added; 30 on this page" in text_of(second)


def test_changes_leave_when_their_snapshot_is_withdrawn(client, founding):
    recording.withdraw(Snapshot.objects.get(captured_at=day(40)), why="cut off")
    assert lines(client.get("/changes/")) == []


def test_queries_do_not_grow_with_changes(client):
    def queries(rows: int) -> int:
        listed = make_list()
        record(listed, day(0), [])
        record(listed, day(1), [Row(f"firm {rows} {n}", "product") for n in range(rows)])
        record(listed, day(2), [Row(f"firm {rows} {n}", "another") for n in range(rows)])
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/changes/", {"list": listed.slug}).status_code == 200
        return len(seen)

    for n in range(45):
        make_vendor(f"v{n}", f"firm 40 {n}", "US")
    assert queries(3) == queries(40)
