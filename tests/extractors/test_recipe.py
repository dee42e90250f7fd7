"""Recipes as text, and what they do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraping.extractors import ExtractionError, Recipe, RecipeError, RecipeMisfit, read

FULL = """\
version: 1
format: html
where: {table: "#list", section: Approved}
columns:
  vendor: [Vendor Name, Vendor]
  product: {heading: Covered Equipment, select: strong}
  identifier: No.
  extra: [Status, "2019"]
  ignore: ["#"]
fill: [Vendor Name]
split: {vendor: [lines, ;]}
pattern: {product: '^[^(]+'}
filters:
- drop: {column: Status, equals: Withdrawn}
- keep: {column: Status, matches: '(?i)ok'}
paging: {next: a.next}
"""


def test_text_and_back():
    recipe = Recipe.from_text(FULL)
    assert Recipe.from_text(recipe.to_text()) == recipe
    assert recipe.to_text() == Recipe.from_text(recipe.to_text()).to_text()
    assert Recipe.from_text('{"format": "csv", "columns": {"vendor": "Name"}}').role("vendor").name == "Name"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "version"),
        ("- a", "mapping"),
        ("version: 2\nformat: csv\ncolumns: {vendor: A}", "version"),
        ("format: docx\ncolumns: {vendor: A}", "format"),
        ("format: csv", "vendor"),
        ("format: csv\ncolumns: {category: A}", "vendor"),
        ("format: csv\ncolumns: {vendor: A}\nfoo: 1", "foo"),
        ("format: csv\ncolumns: {vendor: A, manufacturer: B}", "manufacturer"),
        ("format: csv\ncolumns: {vendor: ''}", "columns.vendor"),
        ("format: csv\ncolumns: {vendor: {select: b}}", "heading"),
        ("format: html\nwhere: {table: 'a[['}\ncolumns: {vendor: A}", "where.table"),
        ("format: html\nwhere: {items: 'li:nope(1)'}\ncolumns: {vendor: .}", "where.items"),
        ("format: csv\ncolumns: {vendor: A}\npattern: {vendor: '(a'}", "vendor"),
        ("format: csv\ncolumns: {vendor: A}\npattern: {vendor: '(?<=a)b'}", "vendor"),
        ("format: csv\ncolumns: {vendor: A}\nfilters: [{drop: {column: A}}]", "filters.drop"),
        ("format: csv\ncolumns: {vendor: A}\nfilters: [{hide: {column: A}}]", "filters"),
        ("format: csv\ncolumns: {vendor: A}\npaging: {cursor: c}", "parameter"),
        ("format: csv\ncolumns: {vendor: A}\nsplit: {vendor: []}", "split.vendor"),
        ("format: csv\ncolumns: {vendor: [1, [2]]}", "columns.vendor"),
        ("a: &x [1]\nb: *x", "alias"),
        ("a: [", "YAML"),
        ("!!python/object/apply:os.system [true]", "YAML"),
    ],
)
def test_a_wrong_recipe_says_which_key(text, names):
    with pytest.raises(RecipeError) as caught:
        Recipe.from_text(text)
    assert names in str(caught.value)


@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda b: b.decode("latin-1")))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_recipe_or_a_recipe_error(text):
    try:
        Recipe.from_text(text)
    except RecipeError as error:
        assert str(error)


heading = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    str.strip
)


@given(heading, heading, st.lists(heading, max_size=3), st.lists(heading, max_size=2))
@settings(max_examples=150, deadline=None)
def test_headings_of_any_script_survive_the_text(vendor, product, extra, ignore):
    from scraping.extractors.recipe import Column

    recipe = Recipe(
        "csv", (), (("vendor", Column((vendor,))), ("product", Column((product,)))), tuple(extra) or None, tuple(ignore)
    )
    assert Recipe.from_text(recipe.to_text()) == recipe


PAGE = b"""<html><body><h2>Approved</h2><table id=list>
<tr><th>Vendor Name<th>Covered Equipment<th>No.<th>Status</tr>
<tr><td>Acme<br>Beta<td>Radios by <strong>Alpha</strong> and <strong>Omega</strong><td>7<td>OK</tr>
<tr><td><td>Pumps by <strong>Alpha (old)</strong><td>8<td>ok</tr>
<tr><td>Gone<td>None<td>9<td>Withdrawn</tr></table>
<h2>Removed</h2><table id=other><tr><th>Vendor Name<th>Covered Equipment<th>No.<th>Status</tr>
<tr><td>Zeta<td>x<td>1<td>ok</tr></table><a class=next href="?page=2">Next</a></body></html>"""


def test_everything_a_recipe_can_ask():
    reading = read(PAGE, recipe=Recipe.from_text(FULL.replace("'^[^(]+'", "'^[^(]*[^( ]'")))
    assert [(r.vendor, r.product, r.identifier) for r in reading.rows] == [
        ("Acme", "Alpha", "7"),
        ("Beta", "Alpha", "7"),
        ("Acme", "Omega", "7"),
        ("Beta", "Omega", "7"),
        ("Acme", "Alpha", "8"),
        ("Beta", "Alpha", "8"),
    ]
    assert reading.next_pages == ["?page=2"]
    assert any("'2019'" in warning for warning in reading.warnings)


def test_items_with_selectors_attributes_and_labels():
    page = (
        b"<div class=v><h3>Acme</h3><a href='/v/1'>more</a><p>Country: France</p></div>"
        b"<div class=v><h3>Beta</h3><a href='/v/2'>more</a><p>Country: Spain</p></div>"
    )
    recipe = Recipe.from_text(
        "format: html\nwhere: {items: div.v}\ncolumns: {vendor: h3, identifier: a@href, origin: 'Country:', extra: []}"
    )
    assert [tuple(r)[:5] for r in read(page, recipe=recipe).rows] == [
        ("Acme", "", "", "/v/1", "France"),
        ("Beta", "", "", "/v/2", "Spain"),
    ]


def test_a_pattern_fills_several_roles_and_extras():
    recipe = Recipe.from_text(
        "format: text\nwhere: {lines: numbered}\ncolumns: {vendor: text}\n"
        r"pattern: {vendor: '^(?P<vendor>.+), (?P<origin>[A-Z]{2}) \((?P<since>\d{4})\)$'}"
    )
    (row,) = read(b"1. Acme, FR (2001)\n2. no match here\n", recipe=recipe).rows
    assert (row.vendor, row.origin, dict(row.extra)) == ("Acme", "FR", {"since": "2001"})


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ("format: html\ncolumns: {vendor: Maker}", "'Maker'"),
        ("format: html\nwhere: {table: '#gone'}\ncolumns: {vendor: Vendor Name}", "'#gone'"),
        ("format: html\nwhere: {section: Elsewhere}\ncolumns: {vendor: Vendor Name}", "'Elsewhere'"),
        ("format: html\ncolumns: {vendor: Vendor Name}\nfilters: [{drop: {column: Rank, blank: true}}]", "'Rank'"),
        ("format: html\nwhere: {lines: numbered, after: Annex 9}\ncolumns: {vendor: text}", "'Annex 9'"),
        ("format: json\nwhere: {path: data}\ncolumns: {vendor: name}", "JSON"),
    ],
)
def test_a_page_that_changed_says_what_is_missing(recipe, says):
    with pytest.raises(RecipeMisfit) as caught:
        read(PAGE, recipe=Recipe.from_text(recipe))
    assert says in str(caught.value)


def test_columns_come_and_go():
    recipe = Recipe.from_text("format: csv\ncolumns: {vendor: Vendor, extra: [Status]}")
    reading = read(b"New,Vendor\nx,Acme\n", recipe=recipe)
    assert [row.vendor for row in reading.rows] == ["Acme"]
    assert [(table.columns, table.rows, table.chosen) for table in reading.tables] == [(["New", "Vendor"], 1, True)]
    assert any("'Status'" in w for w in reading.warnings) and any("'New'" in w for w in reading.warnings)
    everything = Recipe.from_text("format: csv\ncolumns: {vendor: Vendor}")
    assert read(b"New,VENDOR\nx,Acme\n", recipe=everything).rows[0].extra == {"New": "x"}


def test_a_pattern_cannot_hang():
    recipe = Recipe.from_text("format: csv\ncolumns: {vendor: Vendor}\npattern: {vendor: '^(a+)+$'}")
    assert len(read(b"Vendor,x\n" + b"a" * 100_000 + b"!,1\n", recipe=recipe).rows) == 0


def test_a_candidate_can_be_picked():
    first = read(PAGE)
    other = next(table.locator for table in first.tables if "other" in table.locator)
    picked = read(PAGE, locator=other)
    assert [row.vendor for row in picked.rows] == ["Zeta"]
    with pytest.raises(ExtractionError):
        read(PAGE, locator="nowhere")
