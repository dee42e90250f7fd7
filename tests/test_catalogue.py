"""The catalogue: each definition is sound, reads the real pages of its list faultlessly, and installs harmlessly."""

import csv
import io
import json
import unicodedata
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from procurement.models import Authority, Recipe, VendorList
from scraping import catalogue, extractors
from scraping.catalogue import definitions
from scraping.models import Source
from tests.histories import make_list

ALL = catalogue.all_definitions()
PAGES = [pytest.param(one.slug, page, id=page.path) for one in ALL.values() for page in one.pages]
MISFITS = [(one.slug, path) for one in ALL.values() for path in one.misfits]

# By which names the truth's columns go.
VENDOR = ("vendor", "vendor_zh", "vendor_ja", "vendor_en", "entity", "name_cell", "name_en", "name_ja")
PRODUCT = ("product", "product_bold")


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def wanted(page: catalogue.Page, data: Path) -> tuple[str, list[set[str]]]:
    """Which role the truth names, and the names that each of its rows may go by."""
    path = data / page.path
    beside = [path.with_name(f"{path.name}.truth.csv"), path.with_name(f"{path.stem}.truth.csv")]
    beside.append(path.with_name(f"{path.stem.rsplit('.', 1)[0]}.truth.csv"))
    truth = data / page.truth if page.truth else next(one for one in beside if one.exists())
    with truth.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows, headings = list(reader), reader.fieldnames or []
    for role, given, usual in (("vendor", page.vendor, VENDOR), ("product", page.product, PRODUCT)):
        columns = [given] if given else [name for name in usual if name in headings]
        if columns and not (page.product and role == "vendor"):
            names = [{fold(row[column]) for column in columns} - {""} for row in rows]
            return role, [one for one in names if one]
    raise AssertionError(f"{truth} has no column of names")


def f1(found: list[str], truth: list[set[str]]) -> float:
    left = Counter(found)
    hits = 0
    for names in truth:
        if name := next((one for one in names if left[one] > 0), None):
            left[name] -= 1
            hits += 1
    if not found or not truth:
        return float(not found and not truth)
    precision, recall = hits / len(found), hits / len(truth)
    return 2 * precision * recall / (precision + recall) if hits else 0.0


@pytest.mark.parametrize(("slug", "sample"), PAGES)
def test_a_recipe_reads_the_real_pages_of_its_list_without_a_mistake(slug, sample, shared_data):
    recipe = extractors.Recipe.from_text(ALL[slug].recipe_of(sample.form))
    role, truth = wanted(sample, shared_data)
    reading = extractors.read((shared_data / sample.path).read_bytes(), recipe=recipe)
    found = [fold(row.vendor if role == "vendor" else row.product or row.vendor) for row in reading.rows]
    found = [name for name in found if name]
    assert f1(found, truth) == 1.0, Counter(found) - Counter(min(names) for names in truth)
    source = ALL[slug].source
    if not sample.form:
        assert len(reading.rows) <= source["max_rows"]


@pytest.mark.parametrize(("slug", "path"), MISFITS)
def test_a_page_that_changed_its_form_is_held_by_name(slug, path, shared_data):
    recipe = extractors.Recipe.from_text(ALL[slug].recipe)
    with pytest.raises(extractors.RecipeMisfit):
        extractors.read((shared_data / path).read_bytes(), recipe=recipe)


class TestDefinitions:
    def test_there_are_lists_of_many_jurisdictions_and_formats(self):
        assert len(ALL) >= 12
        assert len({one.jurisdiction for one in ALL.values()}) >= 7
        formats = {extractors.Recipe.from_text(one.recipe).format for one in ALL.values()}
        assert {"html", "csv", "json", "sheet", "pdf"} <= formats
        assert {one.fields["kind"] for one in ALL.values()} == {"approved", "preferred", "excluded"}

    @pytest.mark.parametrize("slug", ALL)
    def test_each_says_what_a_reader_must_know(self, slug):
        one = ALL[slug]
        assert one.source["url"].startswith(("http://", "https://"))
        assert one.licence and one.fields["binds"] and one.source["enabled"] is False
        assert one.source.get("min_rows") or one.source.get("max_rows")
        assert one.pages or "Not tested" in one.source["note"]

    def test_a_list_whose_page_rolls_proves_no_absence(self):
        assert ALL["cn-ccgp-central-awards"].source["coverage"] == "partial"

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"title": ""}, "no 'title'"),
            ({"kind": "good"}, "kind is 'good'"),
            ({"shape": 1}, "unknown key 'shape'"),
            ({"recipe": "format: tea"}, "format"),
            ({"authority": {"name": "A", "jurisdiction": "ZZ"}}, "no ISO 3166 code"),
            ({"source": {"url": "https://example.org", "interval_hours": 1}}, "no 'licence'"),
            ({"source": {"url": "https://example.org", "licence": "x"}}, "interval or a crontab"),
            ({"source": {"url": "https://example.org", "licence": "x", "crontab": "x"}}, "wrong"),
            ({"source": {"licence": "x", "interval_hours": 1}}, "blank"),
            (
                {"source": {"url": "https://example.org", "licence": "x", "crontab": "@daily", "timezone": "Mars"}},
                "Mars",
            ),
        ],
    )
    def test_a_wrong_one_says_what_is_wrong(self, tmp_path, change, said):
        given = {
            "title": "A list",
            "kind": "approved",
            "binds": "Nobody.",
            "authority": {"name": "An authority", "jurisdiction": "FR"},
            "source": {"url": "https://example.org", "interval_hours": 24, "licence": "None is stated."},
            "recipe": "format: csv\ncolumns: {vendor: Name}\n",
        }
        path = tmp_path / "a-list.yaml"
        path.write_text(json.dumps(given))
        assert definitions.read(path).source["interval"] == timedelta(days=1)
        path.write_text(json.dumps(given | change))
        with pytest.raises(catalogue.CatalogueError, match=r"a-list\.yaml") as caught:
            definitions.read(path)
        assert said in str(caught.value)


class TestPagesMadeByHand:
    """Lists of which no page as received is at hand: their recipes read a page of the shape that they expect."""

    def rows(self, slug: str, page: str, url: str = ""):
        return extractors.read(page.encode(), recipe=extractors.Recipe.from_text(ALL[slug].recipe), url=url)

    def test_chinas_award_notices(self):
        page = """<ul class="c_list_bid">
          <li><a href="./202608/t20260819_1.htm" title="甲中标公告">甲中标公告</a>
            发布时间：<em>2026-08-19 10:00</em> 地域：<em>北京</em> 采购人：<em>某大学</em></li>
          <li><a href="./202608/t20260819_2.htm" title="乙中标公告">乙中标公告</a>
            发布时间：<em>2026-08-19 09:00</em> 地域：<em>上海</em> 采购人：<em>某医院</em></li></ul>"""
        reading = self.rows("cn-ccgp-central-awards", page)
        assert [(row.product, row.identifier) for row in reading.rows] == [
            ("甲中标公告", "./202608/t20260819_1.htm"),
            ("乙中标公告", "./202608/t20260819_2.htm"),
        ]

    def test_russias_register_over_its_pages(self):
        page = """<a href="/reestr/">Реестр</a><div><a href="/reestr/301412/">Антивирус А</a></div>
          <div><a href="/reestr/1296490/?sphrase_id=1">Антивирус Б</a></div>
          <div class="page_nav_area"><a class="nav_item" href="/reestr/?PAGEN_1=2">2</a></div>"""
        reading = self.rows("ru-software-register-antivirus", page)
        assert [row.product for row in reading.rows] == ["Антивирус А", "Антивирус Б"]
        assert reading.next_pages == ["/reestr/?PAGEN_1=2"]

    def test_the_development_banks(self):
        page = """<table id="datatable-1"><tr><th>Type</th><th>Name</th><th>Nationality</th><th>Basis</th><th>From</th>
          <th>To</th></tr><tr><td>Firm</td><td>A Ltd</td><td>Kenya</td><td>Fraud</td><td>1-Jan-2024</td>
          <td>1-Jan-2027</td></tr></table>"""
        (row,) = self.rows("int-afdb-debarred", page).rows
        assert (row.vendor, row.origin, row.extra["To"]) == ("A Ltd", "Kenya", "1-Jan-2027")
        answer = {"response": {"ZPROCSUPP": [{"SUPP_NAME": "B LLC", "SUPP_ID": 12, "COUNTRY_NAME": "Peru"}]}}
        (row,) = self.rows("int-world-bank-debarred", json.dumps(answer)).rows
        assert (row.vendor, row.identifier, row.origin) == ("B LLC", "12", "Peru")


def run(*words: str) -> list[dict]:
    out = io.StringIO()
    call_command("catalogue", *words, "--json", stdout=out, stderr=io.StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.django_db
class TestInstalling:
    def test_all_are_installed_switched_off_and_again_changes_nothing(self):
        done = run("install", "--all")
        assert [one["slug"] for one in done] == list(ALL)
        assert all(one["made"] == {"list": True, "source": True, "recipe": True} for one in done)
        assert VendorList.objects.count() == Source.objects.count() == Recipe.objects.count() == len(ALL)
        assert not Source.objects.filter(enabled=True).exists()
        before = [list(t.objects.order_by("pk").values()) for t in (Authority, VendorList, Source, Recipe)]
        again = run("install", "--all")
        assert not any(any(one["made"].values()) for one in again)
        assert before == [list(t.objects.order_by("pk").values()) for t in (Authority, VendorList, Source, Recipe)]

    def test_one_is_installed_whole(self):
        run("install", "us-fcc-covered-list")
        source = Source.objects.select_related("list__authority").get()
        assert source.list.kind == "excluded" and source.list.jurisdiction == "US"
        assert source.url == "https://www.fcc.gov/supplychain/coveredlist"
        assert source.note.startswith("Licence: A work of the United States Government")
        assert (source.crontab, source.timezone, source.min_rows) == ("15 13 * * *", "America/New_York", 10)
        source.full_clean()

    def test_what_somebody_edited_stays(self):
        run("install", "fr-sill")
        VendorList.objects.update(title="Mine")
        Source.objects.update(url="https://example.org/mine", enabled=True)
        Recipe.objects.update(text="format: csv\ncolumns: {vendor: Mine}\n")
        run("install", "fr-sill")
        assert VendorList.objects.get().title == "Mine"
        assert Source.objects.get().url == "https://example.org/mine"
        assert "Mine" in Recipe.objects.get().text
        assert {one["slug"]: one["state"] for one in run("list")}["fr-sill"] == "switched on"

    def test_a_list_that_is_there_gets_the_source_only(self):
        there = make_list("US", slug="us-fcc-covered-list", title="Mine")
        Recipe.objects.create(list=there, version=1, text="format: csv\ncolumns: {vendor: Mine}\n")
        (done,) = run("install", "us-fcc-covered-list")
        assert done["made"] == {"list": False, "source": True, "recipe": False}
        there.refresh_from_db()
        assert there.title == "Mine" and there.sources.get().enabled is False

    def test_it_can_be_shown_and_an_unknown_one_is_named(self):
        (shown,) = run("show", "fr-sill")
        assert shown["recipe"].startswith("version: 1") and "edition of 2019 as PDF" in shown["forms"]
        with pytest.raises(CommandError, match="Did you mean fr-sill"):
            run("install", "fr-sil")
        with pytest.raises(CommandError, match="or give --all"):
            run("install")
        assert not VendorList.objects.exists()
        assert {one["state"] for one in run("list")} == {"not installed"}
