"""Curating vendors and names in the admin, and two people who edit one record."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from procurement.entries import Row
from procurement.models import Report, Statement
from scraping.models import Source
from tests.admin.pages import change, changelist, filled, messages_on, page
from tests.histories import day, make_list, record
from vendors import curation
from vendors.matching import link_names
from vendors.models import Alias, Ownership, PrintedName, Vendor

pytestmark = pytest.mark.django_db


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
    Source.objects.filter(pk=source.pk).update(next_due_at=due)

    assert ann.post(change(source), data | {"note": "curated"}).status_code == 302
    source.refresh_from_db()
    assert (source.next_due_at, source.note) == (due, "curated")


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
