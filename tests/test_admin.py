"""Curating in the admin, through its pages."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from procurement.entries import Row
from procurement.models import Change, Decision, Listing, Recipe, Report, Snapshot, Statement, VendorList
from scraping import pipeline
from scraping.models import Run, Source
from tests.admin_pages import filled, messages_on, page, person, signed_in
from tests.histories import day, make_capture, make_list, make_recipe, record
from vendors import curation
from vendors.matching import link_names
from vendors.models import Alias, Ownership, PrintedName, Vendor

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def ann() -> Client:
    return signed_in(person("ann"))


@pytest.fixture
def bob() -> Client:
    return signed_in(person("bob"))


@pytest.fixture
def symantec() -> Vendor:
    vendor = Vendor.objects.create(slug="symantec", name="Symantec", country="US")
    curation.add_alias(vendor, "Symantec", language="en")
    return vendor


@pytest.fixture
def held() -> Snapshot:
    vendor_list = make_list()
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row(f"Vendor {n}", "Product") for n in range(12)])
    return record(
        vendor_list, day(1), [Row("Vendor 0", "Product"), Row("New", "Product")], hold="12 became 2."
    ).snapshot


def change(obj: object) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def changelist(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


# Two people


def test_second_of_two_who_edit_one_vendor_is_shown_the_conflict_and_overwrites_nothing(ann, bob, symantec):
    address = change(symantec)
    anns, bobs = (filled(page(client, address), "vendor_form") for client in (ann, bob))

    assert ann.post(address, anns | {"name": "Symantec Corporation"}).status_code == 302
    response = bob.post(address, bobs | {"country": "JP", "description": "Bob's own words"})

    assert response.status_code == 409
    symantec.refresh_from_db()
    assert (symantec.name, symantec.country, symantec.description) == ("Symantec Corporation", "US", "")
    soup = BeautifulSoup(response.content, "lxml")
    said = soup.select_one(".conflict").get_text(" ", strip=True)
    assert "ann" in said and "Changed Name" in said and "UTC" in said
    assert "Japan" in said and "Bob's own words" in said
    again = filled(soup, "vendor_form")
    assert again["name"] == "Symantec Corporation"

    assert bob.post(address, again | {"country": "JP"}).status_code == 302
    symantec.refresh_from_db()
    assert (symantec.name, symantec.country) == ("Symantec Corporation", "JP")


def test_conflict_covers_the_names_of_a_vendor_even_where_one_is_gone(ann, bob, symantec):
    address = change(symantec)
    anns, bobs = (filled(page(client, address), "vendor_form") for client in (ann, bob))

    ann.post(address, anns | {"aliases-0-DELETE": "on"})
    response = bob.post(address, bobs | {"aliases-0-text": "Symantec Corp of America", "aliases-1-text": "赛门铁克"})

    assert response.status_code == 409
    assert not Alias.objects.exists()
    assert "赛门铁克" in BeautifulSoup(response.content, "lxml").select_one(".conflict").get_text()


def test_a_form_without_its_version_saves_nothing(ann, symantec):
    data = filled(page(ann, change(symantec)), "vendor_form") | {"name": "Other"}
    del data["_version"]
    assert ann.post(change(symantec), data).status_code == 409
    symantec.refresh_from_db()
    assert symantec.name == "Symantec"


def test_conflicts_are_shown_for_lists_sources_and_statements(ann, bob):
    vendor_list = make_list()
    source = Source.objects.create(list=vendor_list, url="https://example.org/", interval=timedelta(days=1))
    report = Report.objects.create(publisher="P", title="T")
    statement = Statement.objects.create(report=report, speaker="S", stance="asserts", text="It is so.")
    for obj, field in [(vendor_list, "binds"), (source, "note"), (statement, "scope")]:
        address, form = change(obj), f"{obj._meta.model_name}_form"
        anns, bobs = (filled(page(client, address), form) for client in (ann, bob))
        assert ann.post(address, anns | {field: "Ann's"}).status_code == 302
        assert bob.post(address, bobs | {field: "Bob's"}).status_code == 409
        obj.refresh_from_db()
        assert getattr(obj, field) == "Ann's"


def test_a_scrape_between_opening_and_saving_a_source_loses_neither(ann):
    source = Source.objects.create(list=make_list(), url="https://example.org/", interval=timedelta(days=1))
    data = filled(page(ann, change(source)), "source_form")
    due = timezone.now() + timedelta(hours=7)
    Source.objects.filter(pk=source.pk).update(etag="fresh", next_due_at=due)

    assert ann.post(change(source), data | {"note": "curated"}).status_code == 302
    source.refresh_from_db()
    assert (source.etag, source.next_due_at, source.note) == ("fresh", due, "curated")


# Vendors and names


def test_a_name_added_to_a_vendor_links_what_lists_print_and_is_logged(ann, symantec):
    link_names(["赛门铁克公司"])
    data = filled(page(ann, change(symantec)), "vendor_form")
    ann.post(change(symantec), data | {"aliases-1-text": "赛门铁克", "aliases-1-language": "zh-Hans"})
    assert PrintedName.objects.get().vendor == symantec
    assert "赛门铁克" in LogEntry.objects.latest("action_time").get_change_message()


def test_a_name_of_another_vendor_and_an_empty_one_are_refused(ann, symantec):
    other = Vendor.objects.create(slug="norton", name="Norton")
    for text, said in [("SYMANTEC Inc.", "is a name of Symantec already"), ("\u200b", "shows nothing")]:
        data = filled(page(ann, change(other)), "vendor_form") | {"aliases-0-text": text}
        response = ann.post(change(other), data)
        assert response.status_code == 200 and said in response.content.decode()
    assert not other.aliases.exists()


def test_one_name_twice_is_refused_in_words(ann, symantec):
    data = filled(page(ann, change(symantec)), "vendor_form") | {"aliases-1-text": "Ｓymantec, Inc."}
    assert "The same name as" in ann.post(change(symantec), data).content.decode()


def test_a_new_name_leaves_a_vendors_address_as_it_was(ann, symantec):
    data = filled(page(ann, change(symantec)), "vendor_form")
    ann.post(change(symantec), data | {"name": "Gen Digital", "slug": "gen-digital"})
    symantec.refresh_from_db()
    assert (symantec.name, symantec.slug) == ("Gen Digital", "symantec")


@pytest.mark.parametrize("term", ["symantec", "赛门铁克", "賽門鐵克", "ＳＹＭＡＮＴＥＣ corp", "Q13977"])
def test_vendors_are_found_by_any_name_and_number(ann, symantec, term):
    curation.add_alias(symantec, "赛门铁克", language="zh-Hans")
    symantec.identifiers.create(scheme="wikidata", value="Q13977")
    Vendor.objects.create(slug="eset", name="ESET")
    found = page(ann, f"{changelist(Vendor)}?q={term}").select("th.field-name")
    assert [cell.text for cell in found] == ["Symantec"]
    query = {"app_label": "vendors", "model_name": "printedname", "field_name": "vendor", "term": term}
    assert [r["text"] for r in ann.get(reverse("admin:autocomplete"), query).json()["results"]] == ["Symantec"]


def test_a_vendors_page_says_its_origin_today(ann, symantec):
    owner = Vendor.objects.create(slug="owner", name="Owner", country="JP")
    Ownership.objects.create(vendor=symantec, owner=owner, country="JP", since=date(2020, 1, 1))
    assert "Japan, through Owner" in page(ann, change(symantec)).select_one(".field-origin").text


def test_unlinked_names_come_by_weight_and_a_press_links_them(ann, symantec):
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("Symantek", f"P{n}") for n in range(3)] + [Row("Zhong", "P")])
    soup = page(ann, changelist(PrintedName))
    assert [cell.text for cell in soup.select("th.field-text")] == ["Symantek", "Zhong"]
    button = soup.select_one("button[name=link]")
    assert "Symantec" in button.text

    response = ann.post(changelist(PrintedName), {"link": button["value"]}, follow=True)
    assert "linked to Symantec" in messages_on(response)[0]
    name = PrintedName.objects.get(text="Symantek")
    assert name.vendor == symantec
    assert [cell.text for cell in page(ann, changelist(PrintedName)).select("th.field-text")] == ["Zhong"]

    ann.post(changelist(PrintedName) + "?linked=yes", {"unlink": str(name.pk)})
    name.refresh_from_db()
    assert name.vendor is None
    said = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert "Symantek" in said[0] and "Unlinked" in said[-1]


def test_a_press_on_a_page_that_is_out_of_date_moves_no_link(ann, symantec):
    link_names(["Symantek"])
    name, other = PrintedName.objects.get(), Vendor.objects.create(slug="other", name="Other")
    curation.link(name, other)
    response = ann.post(changelist(PrintedName), {"link": f"{name.pk}:{symantec.pk}"}, follow=True)
    assert "was linked to Other meanwhile" in messages_on(response)[0]
    name.refresh_from_db()
    assert name.vendor == other


@pytest.mark.parametrize("value", ["", "x:y", "1", "999999:1", "1:" + "9" * 30])
def test_a_button_that_names_nothing_changes_nothing(ann, symantec, value):
    assert ann.post(changelist(PrintedName), {"link": value}).status_code == 302


def test_a_name_is_linked_moved_and_unlinked_on_its_own_page(ann, symantec):
    link_names(["Symantek"])
    name, other = PrintedName.objects.get(), Vendor.objects.create(slug="other", name="Other")
    for vendor in (symantec, other, None):
        data = filled(page(ann, change(name)), "printedname_form") | {"vendor": vendor.pk if vendor else ""}
        assert ann.post(change(name), data).status_code == 302
        name.refresh_from_db()
        assert name.vendor == vendor


def test_chosen_names_are_linked_together(ann, symantec):
    link_names(["Symantek", "Simantec"])
    chosen = list(PrintedName.objects.values_list("pk", flat=True))
    data = {"action": "link_chosen", "vendor": symantec.pk, "_selected_action": chosen}
    ann.post(changelist(PrintedName), data)
    assert PrintedName.objects.filter(vendor=symantec).count() == 2


def test_a_name_too_long_to_be_a_vendors_is_refused_in_words(ann, symantec):
    link_names(["x" * 350])
    name = PrintedName.objects.get()
    response = ann.post(changelist(PrintedName), {"link": f"{name.pk}:{symantec.pk}"}, follow=True)
    assert "at most 300" in messages_on(response)[0]
    data = filled(page(ann, change(name)), "printedname_form") | {"vendor": symantec.pk}
    assert "at most 300" in ann.post(change(name), data).content.decode()


# Snapshots


def test_a_held_snapshot_shows_its_reason_and_what_publishing_would_change(ann, held):
    soup = page(ann, change(held))
    text = soup.select_one(".decision-panel").get_text(" ", strip=True)
    assert "12 became 2." in text
    assert "11 would vanish · 1 would come" in text
    assert "Vendor 11" in text  # nothing of it would be left
    assert len(soup.select("section[aria-labelledby=group-dropped] tbody tr")) == 11
    assert held.get_absolute_url() in {a["href"] for a in soup.select("a[href]")}


def test_the_preview_is_what_publishing_does(ann):
    vendor_list = make_list()
    rows = [Row("A", "1", identifier="i1"), Row("B", "1"), Row("C", "1"), Row("C", "2")]
    record(vendor_list, day(0), [*rows, Row("Z", "9")])
    record(vendor_list, day(1), rows)
    new = [Row("A2", "1", identifier="i1"), Row("C", "1", origin="CN"), Row("Z", "9"), Row("D", "1")]
    snapshot = record(vendor_list, day(2), new, hold="why").snapshot
    shown = {
        section["aria-labelledby"].removeprefix("group-"): len(section.select("tbody tr"))
        for section in page(ann, change(snapshot)).select("section.differences")
    }
    ann.post(reverse("admin:procurement_snapshot_publish", args=[snapshot.pk]))
    kinds = list(Change.objects.filter(later=snapshot).values_list("kind", flat=True))
    assert shown == {kind: kinds.count(kind) for kind in set(kinds)}
    assert set(shown) == {"dropped", "added", "relisted", "renamed", "amended"}


def test_a_partial_snapshot_is_shown_to_drop_nothing(ann):
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("A"), Row("B")])
    snapshot = record(vendor_list, day(1), [Row("A", origin="US"), Row("C")], hold="why", coverage="partial").snapshot
    text = page(ann, change(snapshot)).select_one(".decision-panel").get_text(" ", strip=True)
    assert "1 would come" in text and "vanish" not in text and "amended" not in text


def test_one_press_publishes_with_its_person_and_its_reason(held):
    carla = person("carla", "curator")
    client = signed_in(carla)
    response = client.post(reverse("admin:procurement_snapshot_publish", args=[held.pk]), {"why": "Seen."}, follow=True)
    assert messages_on(response)[0].startswith("Published: ")
    held.refresh_from_db()
    assert held.is_published
    decision = Decision.objects.get()
    assert (decision.by, decision.why) == (carla, "Seen.")
    assert LogEntry.objects.get().get_change_message() == "Published: Seen."
    assert Listing.objects.filter(list=held.list, listed_to=day(1)).count() == 11


def test_withdrawing_needs_a_reason_and_restoring_undoes_it(ann, held):
    withdraw = reverse("admin:procurement_snapshot_withdraw", args=[held.pk])
    restore = reverse("admin:procurement_snapshot_restore", args=[held.pk])
    response = ann.post(withdraw, {"why": "  "})
    assert response.status_code == 200 and "Give a reason" in response.content.decode()
    ann.post(withdraw, {"why": "A broken page."})
    held.refresh_from_db()
    assert (held.status, held.reason) == ("withdrawn", "A broken page.")
    ann.post(restore)
    held.refresh_from_db()
    assert held.is_published
    assert [d.action for d in Decision.objects.all()] == ["withdraw", "restore"]


def test_a_decision_that_comes_too_late_is_answered_in_words(ann, bob, held):
    publish = reverse("admin:procurement_snapshot_publish", args=[held.pk])
    ann.post(publish)
    response = bob.post(publish, follow=True)
    assert "nothing was changed" in messages_on(response)[0]
    assert Decision.objects.count() == 1


def test_looking_at_a_decision_decides_nothing(ann, held):
    for step in ("publish", "withdraw", "restore"):
        assert ann.get(reverse(f"admin:procurement_snapshot_{step}", args=[held.pk])).status_code == 200
    held.refresh_from_db()
    assert held.status == "held"


def test_several_are_withdrawn_together_after_confirmation(ann, held):
    make_recipe(held.list)
    second = record(held.list, day(2), [Row("Only")], hold="12 became 1.").snapshot
    data = {"action": "withdraw_chosen", "_selected_action": [held.pk, second.pk]}
    first_answer = ann.post(changelist(Snapshot), data)
    assert "Withdraw 2 snapshots?" in first_answer.content.decode()
    assert Snapshot.objects.held().count() == 2
    ann.post(changelist(Snapshot), data | {"confirmed": "1", "why": "A broken page."})
    assert Snapshot.objects.filter(status="withdrawn").count() == 2


def test_held_snapshots_come_first(ann, held):
    record(held.list, day(5), [Row(f"Vendor {n}", "Product") for n in range(12)])
    statuses = [cell.text for cell in page(ann, changelist(Snapshot)).select("td.field-status")]
    assert statuses[0] == "Held for review" and set(statuses[1:]) == {"Published"}


# Sources and recipes

RECIPE = "version: 1\nformat: csv\ncolumns:\n  vendor: Vendor\n"


@pytest.fixture
def source() -> Source:
    return Source.objects.create(list=make_list(), url="https://example.org/list.csv", interval=timedelta(days=1))


def test_a_changed_recipe_is_a_new_version_with_its_reason(ann, source):
    data = filled(page(ann, change(source)), "source_form")
    ann.post(change(source), data | {"recipe_text": RECIPE})
    data = filled(page(ann, change(source)), "source_form")
    assert data["recipe_text"].strip() == RECIPE.strip()
    ann.post(change(source), data | {"note": "the same recipe", "recipe_text": RECIPE.replace("\n", "\r\n")})
    assert Recipe.objects.count() == 1

    changed = RECIPE.replace("Vendor", "Supplier")
    data = filled(page(ann, change(source)), "source_form") | {"recipe_text": changed}
    assert "Say why the recipe changes" in ann.post(change(source), data).content.decode()
    assert Recipe.objects.count() == 1
    ann.post(change(source), data | {"recipe_note": "The publisher renamed the column."})
    latest = source.list.recipes.first()
    assert (latest.version, latest.text, latest.note) == (2, changed, "The publisher renamed the column.")
    assert any("version 2" in entry.get_change_message() for entry in LogEntry.objects.all())


def test_two_who_edit_one_recipe_make_no_version_in_ignorance(ann, bob, source):
    anns, bobs = (filled(page(client, change(source)), "source_form") for client in (ann, bob))
    ann.post(change(source), anns | {"recipe_text": RECIPE})
    assert bob.post(change(source), bobs | {"recipe_text": RECIPE.replace("Vendor", "X")}).status_code == 409
    assert Recipe.objects.get().text == RECIPE


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"recipe_text": "version: 1\nformat: papyrus"}, "must be one of html"),
        ({"recipe_text": "a: [unclosed"}, "not valid YAML"),
        ({"crontab": "every day", "interval": ""}, "is no crontab"),
        ({"crontab": "0 6 * * *", "timezone": "Mars/Olympus"}, "is no time zone"),
        ({"crontab": "", "interval": ""}, "Give an interval or a crontab"),
        ({"interval": "00:00:10"}, "At least five minutes"),
        ({"min_rows": "9", "max_rows": "3"}, "upper bound is below"),
    ],
)
def test_a_source_that_cannot_work_is_refused_in_words(ann, source, fields, said):
    data = filled(page(ann, change(source)), "source_form") | fields
    response = ann.post(change(source), data)
    assert response.status_code == 200 and said in BeautifulSoup(response.content, "lxml").get_text()
    assert not Recipe.objects.exists()


def test_a_new_source_is_added_with_its_recipe(ann):
    vendor_list = make_list()
    data = filled(page(ann, reverse("admin:scraping_source_add")), "source_form")
    data |= {"list": vendor_list.pk, "url": "https://example.org/", "interval": "1 00:00:00", "recipe_text": RECIPE}
    assert ann.post(reverse("admin:scraping_source_add"), data).status_code == 302
    assert vendor_list.recipes.get().text == RECIPE
    response = ann.post(reverse("admin:scraping_source_add"), data)
    assert "has an enabled source already" in response.content.decode()


def test_scrape_now_makes_one_run_that_says_who_asked(source):
    otto = person("otto", "operator")
    client, scrape = signed_in(otto), reverse("admin:scraping_source_scrape", args=[source.pk])
    client.get(scrape)
    assert not Run.objects.exists()
    response = client.post(scrape, follow=True)
    run = Run.objects.get()
    assert (run.by, run.trigger, run.source) == (otto, "person", source)
    assert response.redirect_chain[-1][0] == change(run)
    assert f"run {run.pk}" in LogEntry.objects.latest("pk").get_change_message()
    client.post(changelist(Source), {"action": "scrape_chosen", "_selected_action": [source.pk]})
    assert Run.objects.count() == 1  # the first waits still


def finished(source: Source, outcome: str, reason: str = "") -> Run:
    run = Run.objects.create(list=source.list, source=source)
    pipeline.finish(run, outcome, reason=reason)
    return run


def test_sources_say_what_their_last_check_said_and_are_found_by_it(ann, source):
    well = Source.objects.create(list=make_list(), url="https://example.org/2", interval=timedelta(days=1))
    new = Source.objects.create(list=make_list(), url="https://example.org/3", interval=timedelta(days=1))
    finished(source, "recorded")
    finished(source, "failed", "The address has no DNS record.")
    finished(well, "unchanged")

    def shown(state: str) -> str:
        return page(ann, f"{changelist(Source)}?state={state}").select_one("#result_list").get_text()

    assert "no DNS record" in shown("failed") and str(well.list) not in shown("failed")
    assert str(well.list) in shown("unchanged") and str(source.list) not in shown("unchanged")
    assert str(new.list) in shown("never") and str(source.list) not in shown("never")


# The whole


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
    from django.contrib import admin

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


def test_lists_cost_the_same_number_of_queries_however_long(ann, django_assert_max_num_queries):
    from django.contrib import admin
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    models = [m for m in admin.site._registry if m._meta.app_label in {"vendors", "procurement", "scraping", "admin"}]
    addresses = {changelist(model) for model in models} | {reverse("admin:index")}

    def costs() -> dict[str, int]:
        found = {}
        for address in addresses:
            with CaptureQueriesContext(
                connection,
            ) as queries:
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


def test_a_recipe_is_tried_on_the_last_capture_and_nothing_is_saved(ann, source):
    address = change(source)
    data = filled(page(ann, address), "source_form") | {"_try": "1", "recipe_text": RECIPE, "note": "kept in the form"}
    assert "has no capture to try it on" in ann.post(address, data).content.decode()

    make_capture(source.list, day(0), b"Vendor,Product\nSymantec,SEP\n<script>alert(1)</script>,X\n")
    soup = BeautifulSoup(ann.post(address, data).content, "lxml")
    panel = soup.select_one("section[aria-labelledby=trial]")
    assert "2 rows" in panel.h2.text and panel.select_one("td").text == "Symantec" and not panel.select("script")
    assert filled(soup, "source_form")["note"] == "kept in the form"
    for text, said in [(RECIPE.replace("Vendor", "Nobody"), "Nobody"), ("format: papyrus", "must be one of")]:
        assert said in BeautifulSoup(ann.post(address, data | {"recipe_text": text}).content, "lxml").get_text()
    assert "format: csv" in BeautifulSoup(ann.post(address, data | {"recipe_text": ""}).content, "lxml").pre.text
    source.refresh_from_db()
    assert not Recipe.objects.exists() and source.note == ""
