"""Sources, recipes and runs in the admin."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from procurement.models import Recipe
from scraping.models import Run, Source
from tests.admin.pages import change, changelist, filled, finished, page, person, signed_in
from tests.histories import day, make_capture, make_list

pytestmark = pytest.mark.django_db


RECIPE = "version: 1\nformat: csv\ncolumns:\n  vendor: Vendor\n"


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
