"""Real pages against hand-checked truth, and versions of one list against the recipe made on the first of them.

The pages are no part of the project; where they are absent these tests are skipped.
"""

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from scraping.extractors import EmptyBody, RecipeMisfit, read

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pages are not beside the project")

WHOLE = [
    ("fr_sill/2018-edition.csv", "fr_sill/2018-edition.truth.csv", "product"),
    ("fr_sill/2018-edition.html", "fr_sill/2018-edition.truth.csv", "product"),
    ("in_medicines_approved_pdf/2014-02-05.pdf", "in_medicines_approved_pdf/2014-02-05.truth.csv", "product"),
    ("common_criteria/cc_products_active.html", "common_criteria/cc_products_active.truth.csv", "vendor"),
    ("nist_cmvp_iut/2020-10-25.html", "nist_cmvp_iut/2020-10-25.truth.csv", "vendor"),
    ("nist_cmvp_mip/2021-12-19.html", "nist_cmvp_mip/2021-12-19.truth.csv", "vendor"),
    ("nist_cmvp_search/fips_modules_historical.html", "nist_cmvp_search/fips_modules_historical.truth.csv", "vendor"),
    *[
        (f"jp_mlit_bids_xlsx/{name}", f"jp_mlit_bids_xlsx/{name}.truth.csv", "vendor")
        for name in (
            "hokkaido_construction_201804.xls",
            "kinki_consulting_202111.xlsx",
            "tohoku_consulting_202111.xlsx",
        )
    ],
    (
        "uk_gcloud_suppliers/suppliers_by_prefix_fixture.json",
        "uk_gcloud_suppliers/suppliers_by_prefix_fixture.truth.csv",
        "vendor",
    ),
]


def fold(text):
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@pytest.mark.parametrize(("page", "truth", "role"), WHOLE)
def test_every_name_and_no_other_without_a_recipe(page, truth, role):
    with (SHARED / truth).open(encoding="utf-8-sig") as lines:
        wanted = Counter(fold(row[role]) for row in csv.DictReader(lines) if row[role])
    reading = read((SHARED / page).read_bytes())
    assert Counter(fold(getattr(row, role)) for row in reading.rows) == wanted


def test_a_notice_that_declares_the_wrong_encoding():
    reading = read((SHARED / "derived_encodings/cn_notice_2025-04-04.gb18030.html").read_bytes())
    assert reading.encoding == "gb18030"
    assert len(reading.rows) == 11
    assert (reading.rows[0].vendor, reading.rows[0].extra["other_name"]) == ("斯凯迪奥公司", "Skydio Inc.")


def test_one_recipe_reads_every_day_of_a_history():
    files = sorted((SHARED / "fedramp_marketplace/products_csv").glob("*.csv"))
    recipes = set()
    for path in files:
        reading = read(path.read_bytes())
        recipes.add(reading.recipe.to_text())
        assert {role: column.name for role, column in reading.recipe.columns}.items() >= {
            "identifier": "id",
            "vendor": "csp",
            "product": "cso",
        }.items()
    assert len(recipes) == 1


DRIFT = {
    "gsa_it_standards/raw/*": {"2020-11-24.csv"},
    "fedramp_18f/raw/*": {"2016-08-03.json", "2018-07-04.json", "2020-04-09.json", "2023-11-29.json"},
    "fedramp_marketplace/raw/*": {"2023-02-15_empty.json"},
    "nist_cmvp_iut/*.html": set(),
    "nist_cmvp_mip/*.html": set(),
    "fr_sill/20[12]?-*.csv": None,
}


@pytest.mark.parametrize("pattern", DRIFT)
def test_a_changed_layout_is_read_right_or_held_by_name(pattern):
    files = sorted(p for p in SHARED.glob(pattern) if ".truth" not in p.name)
    recipe = read(next(p for p in files if p.stat().st_size > 10).read_bytes()).recipe
    held = set()
    for path in files:
        try:
            rows = read(path.read_bytes(), recipe=recipe).rows
        except (RecipeMisfit, EmptyBody) as error:
            assert "no heading" in str(error) or "content is" in str(error) or "empty" in str(error)
            held.add(path.name)
        else:
            named = sum(1 for row in rows if row.vendor or row.product)
            assert rows and named == len(rows)
    assert DRIFT[pattern] is None or held == DRIFT[pattern]
