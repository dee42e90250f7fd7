"""Lists that are split over pages: read as one snapshot or not at all, against a server on loopback."""

import json

import pytest
from django.core.cache import cache
from django.utils import timezone

from procurement.models import Capture, Recipe, Snapshot
from scraping import catalogue, dispatch, paging, pipeline
from scraping.models import Run, Source
from tests.histories import day, make_list
from tests.loopback import Loopback, drip, response
from tests.test_scheduling import HOUR, check

pytestmark = pytest.mark.django_db

HTML = "format: html\nwhere: {table: table}\ncolumns: {vendor: Vendor}\npaging: {%s}\n"
NEXT = HTML % "next: 'a[rel=next]'"
NUMBERS = HTML % "links: 'nav a'"
CURSOR = (
    "format: json\nwhere: {path: items}\ncolumns: {vendor: name}\npaging: {cursor: meta.cursor, parameter: after}\n"
)


def page(*vendors: str, then: str = "") -> bytes:
    rows = "".join(f"<tr><td>{vendor}</td></tr>" for vendor in vendors)
    return f"<table><tr><th>Vendor</th></tr>{rows}</table>{then}".encode()


def link(address: str) -> str:
    return f'<a rel=next href="{address}">next</a>'


@pytest.fixture
def site(settings):
    cache.clear()
    with Loopback() as site:
        settings.FETCH_ALLOW_PRIVATE = True
        settings.FETCH_PORTS = [site.port]
        yield site


@pytest.fixture
def source(site) -> Source:
    return make_source(site, NEXT)


def make_source(site: Loopback, recipe: str, path: str = "/list", **fields) -> Source:
    source = Source.objects.create(
        **{"list": make_list(), "url": site.url(path), "interval": HOUR, "next_due_at": timezone.now(), **fields}
    )
    Recipe.objects.create(list=source.list, version=1, text=recipe)
    return source


def vendors_of(run: Run) -> list[str]:
    assert run.snapshot is not None, run.reason
    return sorted(run.list.listings.values_list("entry__vendor", flat=True))


def test_next_links_are_followed_and_every_page_is_kept(site, source):
    site.on("/list", response(page("Rising", "Kingsoft", then=link("list?page=2"))))
    site.on("/list?page=2", response(page("Jiangmin", then=link("/list?page=3"))))
    site.on("/list?page=3", response(page("Symantec")))
    run = check(source)
    assert (run.outcome, run.snapshot.row_count) == ("recorded", 4)
    assert vendors_of(run) == ["Jiangmin", "Kingsoft", "Rising", "Symantec"]
    assert run.snapshot.capture.url == source.url
    further = run.snapshot.capture.pages.order_by("page")
    assert [(one.page, one.url.removeprefix(site.url("/"))) for one in further] == [
        (2, "list?page=2"),
        (3, "list?page=3"),
    ]
    assert b"Symantec" in further[1].body


def test_a_change_on_a_later_page_is_seen_and_the_same_pages_are_unchanged(site, source):
    first = page("Rising", then=link("list?page=2"))
    site.on("/list", response(first, headers={"ETag": '"one"'}))
    site.on("/list?page=2", response(page("Jiangmin", "Symantec")))
    check(source)
    assert check(source).outcome == "unchanged"
    site.on("/list?page=2", response(page("Jiangmin")))
    changed = check(source)
    assert changed.outcome == "recorded"
    assert [(c.kind, c.entry.vendor) for c in changed.snapshot.changes.all()] == [("dropped", "Symantec")]
    assert not any("if-none-match" in request.headers for request in site.requests)


def test_a_list_on_one_page_is_asked_for_conditionally_although_its_recipe_could_turn_pages(site, source):
    site.on("/list", response(page("Rising"), headers={"ETag": '"one"'}), response(status=304))
    check(source)
    assert check(source).outcome == "unchanged"
    assert site.requests[-1].headers["if-none-match"] == '"one"'


def test_page_numbers_that_stand_on_every_page_are_each_read_once_in_order(site):
    source = make_source(site, NUMBERS)
    numbers = "<nav><a href='/list'>1</a> <a href='/list?p=2#top'>2</a> <a href='/list?p=3'>3</a></nav>"
    site.on("/list", response(page("A", then=numbers)))
    site.on("/list?p=2", response(page("B", then=numbers)))
    site.on("/list?p=3", response(page("C", then=numbers)))
    assert vendors_of(check(source)) == ["A", "B", "C"]
    assert [path for path in site.paths if path != "/robots.txt"] == ["/list", "/list?p=2", "/list?p=3"]


def test_cursors_in_json_are_followed(site):
    def answer(*names: str, cursor: str | None) -> bytes:
        body = {"items": [{"name": name} for name in names], "meta": {"cursor": cursor}}
        return response(json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    source = make_source(site, CURSOR, "/list?limit=2")
    site.on("/list?limit=2", answer("A", "B", cursor="x y"))
    site.on("/list?limit=2&after=x+y", answer("C", "D", cursor="z"))
    site.on("/list?limit=2&after=z", answer("E", cursor=None))
    assert vendors_of(check(source)) == ["A", "B", "C", "D", "E"]


def test_real_answers_that_link_to_each_other_are_one_list(site, shared_data):
    folder = shared_data / "uk_gcloud_suppliers"
    names = ["fixture", "fixture_page_with_next_and_prev", "fixture_page_2"]
    bodies = [(folder / f"suppliers_by_prefix_{name}.json").read_bytes() for name in names]
    recipe = catalogue.definition("gb-gcloud-suppliers").recipe
    source = make_source(site, recipe, "/suppliers?prefix=A")
    for address, body in zip(["", "&page=2", "&page=3"], bodies, strict=True):
        body = body.replace(b"http://localhost:5000", site.url("").encode())
        site.on(f"/suppliers?prefix=A{address}", response(body, headers={"Content-Type": "application/json"}))
    run = check(source)
    assert (run.outcome, run.snapshot.row_count) == ("recorded", 300), run.reason
    assert run.snapshot.capture.pages.count() == 2


def test_a_page_that_fails_for_the_moment_is_tried_again_and_nothing_is_recorded_before(site, source):
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    site.on("/list?page=2", response(status=503), response(page("Jiangmin")))
    run = check(source)
    assert (run.outcome, run.error_code) == ("", "unavailable")
    assert not Capture.objects.exists() and not Snapshot.objects.exists()
    Run.objects.update(next_attempt_at=timezone.now())
    assert dispatch.work(run.pk) == "recorded"
    run.refresh_from_db()
    assert vendors_of(run) == ["Jiangmin", "Rising"]


def test_a_page_that_is_gone_fails_the_run(site, source):
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    run = check(source)
    assert (run.outcome, run.error_code) == ("failed", "not_found")
    assert not Snapshot.objects.exists()


def test_a_later_page_that_the_recipe_does_not_fit_holds_the_run_and_says_which(site, source):
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    site.on("/list?page=2", response(b"<p>Please come back later.</p>"))
    run = check(source)
    assert (run.outcome, run.error_code, run.snapshot) == ("held", "recipe_misfit", None)
    assert run.reason.startswith(f"Page 2, {site.url('/list?page=2')}: ")
    assert run.capture.pages.count() == 1


@pytest.mark.parametrize(
    ("last", "outcome"), [("list?page=2", "recorded"), ("list?page=2#end", "recorded"), ("list", "failed")]
)
def test_a_next_link_may_lead_to_its_own_page_but_not_back(site, source, last, outcome):
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    site.on("/list?page=2", response(page("Jiangmin", then=link(last))))
    run = check(source)
    assert run.outcome == outcome
    assert run.error_code == ("" if outcome == "recorded" else "paging_loop")


def test_a_site_that_gives_its_last_page_for_ever_is_found_out(site, source):
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    site.on("/list?page=2", response(page("Kingsoft", then=link("list?page=3"))))
    stuck = response(page("Jiangmin", then=link("list?page=4")))
    site.on("/list?page=3", stuck)
    site.on("/list?page=4", stuck)
    run = check(source)
    assert (run.outcome, run.error_code) == ("failed", "paging_loop")
    assert "byte for byte" in run.reason


def test_a_list_without_end_is_given_up(site, source, monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    for number in range(1, 6):
        path = "/list" if number == 1 else f"/list?page={number}"
        site.on(path, response(page(f"Vendor {number}", then=link(f"list?page={number + 1}"))))
    run = check(source)
    assert (run.outcome, run.error_code) == ("failed", "too_many_pages")
    assert len([path for path in site.paths if path != "/robots.txt"]) == 3


def test_the_deadline_is_for_all_pages_together(site, source):
    Source.objects.update(deadline=1)
    site.on("/list", response(page("Rising", then=link("list?page=2"))))
    slow = response(page("Jiangmin"))
    site.on("/list?page=2", drip(slow, at_once=len(slow) - 60, every=0.1))
    run = check(source)
    assert (run.outcome, run.error_code) == ("", "timeout")


def test_the_size_limit_is_for_all_pages_together(site, source):
    first = page("Rising", then=link("list?page=2"))
    Source.objects.update(max_bytes=len(first) + 10)
    site.on("/list", response(first))
    site.on("/list?page=2", response(page("Jiangmin")))
    assert check(source).error_code == "too_large"


def test_a_page_that_shows_only_the_newest_proves_presence_and_no_absence(site):
    source = make_source(site, NEXT, coverage="partial")
    site.on("/list", response(page("Rising", "Kingsoft")), response(page("Kingsoft", "Jiangmin")))
    check(source)
    run = check(source)
    assert (run.outcome, run.snapshot.coverage) == ("recorded", "partial")
    assert vendors_of(run) == ["Jiangmin", "Kingsoft", "Rising"]
    assert not run.list.changes.exists()


def test_one_page_from_a_file_is_held_unless_it_is_said_to_be_partial():
    vendor_list = make_list()
    body = page("Rising", then=link("list?page=2"))
    held = pipeline.ingest(vendor_list, body, at=day(1), url="https://example.org/list", recipe_text=NEXT)
    assert (held.outcome, held.error_code) == ("held", "pages_missing")
    assert "https://example.org/list?page=2" in held.reason
    # An earlier snapshot makes nothing of this better: it stays held.
    assert pipeline.ingest(vendor_list, page("Rising"), at=day(0)).outcome == "recorded"
    held.snapshot.refresh_from_db()
    assert held.snapshot.status == "held"
    partial = pipeline.ingest(vendor_list, body, at=day(2), url="https://example.org/list", coverage="partial")
    assert partial.outcome == "recorded"
