# ruff: noqa: E501 - pieces of pages as they are written
"""What must hold for any input: no crash, the same rows again, verbatim text, one meaning for the quick and the long way."""

import csv
import html
import io
import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraping.extractors import ExtractionError, Recipe, read
from scraping.extractors.html import parse
from scraping.extractors.visible import flat_cells, text_of

relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SEEDS = (
    b"id,vendor,product\n1,Acme,Anvil\n2,Beta,Bit\n",
    b"<table><tr><th>Vendor<th>Product<tr><td rowspan=2>Acme<td>A<tr><td>B</table><ul><li>x<li>y<li>z</ul>",
    b'{"data": [{"vendor": "Acme", "n": [1, {"a": 2}]}, {"vendor": "Beta"}]}',
    b"1. Acme Ltd\n2. Beta GmbH\n3. Gamma\n",
    "供应商名称,产品\n北京公司,甲\n".encode("gb18030"),
    b"<dl><dt>A Inc<dd>b<dt>C Ltd<dd>d<dt>E Co<dd>f</dl><p><b>Head</b></p><p>x</p>",
    b"PK\x03\x04", b"%PDF-1.4\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
)  # fmt: skip
PIECES = st.sampled_from(
    [b"<table>", b"</table>", b"<tr>", b"<td colspan=9>", b"<td rowspan=0>", b"<li>", b"</li>", b"<ul>", b"<dt>", b"<dd>", b"<br>",
     b"<b>", b"</b>", b'"', b",", b";", b"\t", b"\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b":", b"\\",
     b"&#0;", b"&amp;", b"<!--", b"-->", b"<script>", b"1. ", b"- ", b"Vendor", b"Total", b"|"]
)  # fmt: skip


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 200), PIECES | st.binary(max_size=6)), max_size=12))
@relaxed
def test_any_bytes_are_read_or_refused_and_read_the_same_again(body, changes):
    for place, piece in changes:
        body = body[:place] + piece + body[place:]
    try:
        reading = read(body)
    except ExtractionError as error:
        assert str(error)
        return
    recipe = Recipe.from_text(reading.recipe.to_text())
    assert recipe == reading.recipe
    assert read(body, recipe=recipe).rows == reading.rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=25,
)


@given(json_values)
@relaxed
def test_any_json_is_read_or_refused(tree):
    body = json.dumps(tree).encode()
    with suppress(ExtractionError):
        reading = read(body)
        assert read(body, recipe=Recipe.from_text(reading.recipe.to_text())).rows == reading.rows


cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\ufeff\ufdd0", exclude_categories=["Cs"]), max_size=20
)


@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=8))
@relaxed
def test_csv_text_is_verbatim(rows):
    out = io.StringIO()
    csv.writer(out).writerows([("id", "vendor", "product"), *rows])
    recipe = Recipe.from_text("format: csv\ncolumns: {vendor: vendor, product: product, identifier: id}")
    found = read(out.getvalue().encode(), recipe=recipe).rows
    wanted = [tuple(html.unescape(text).strip() for text in row) for row in rows]
    last = [row for row in wanted if any(row)]
    assert [(r.identifier, r.vendor, r.product) for r in found] == [
        row
        for row in last
        if row[1].casefold() not in ("vendor",) and row[0].casefold().strip(" :：.0123456789") not in TOTALS
    ]


TOTALS = {"total", "sum", "計", "总计", "合计", "小计", "合計"}
markup = st.recursive(
    st.text(st.sampled_from("ab \n\t<>&é中\u00a0;\"'"), max_size=6).map(html.escape),
    lambda inner: (
        st.builds(
            lambda tag, attributes, parts: f"<{tag}{attributes}>{''.join(parts)}</{tag}>",
            st.sampled_from(["a", "b", "span", "p", "div", "strong", "ul", "li", "font"]),
            st.sampled_from(
                [
                    "",
                    " class='x'",
                    " class='sr-only'",
                    " style='display:none'",
                    " hidden",
                    " title='a>b'",
                    " role=button",
                ]
            ),
            st.lists(inner, max_size=3),
        )
        | st.just("<br>")
    ),
    max_leaves=8,
)


@given(st.lists(markup, min_size=1, max_size=4))
@relaxed
def test_the_quick_way_through_a_row_gives_what_the_long_way_gives(cells):
    page = "<table><tr>" + "".join(f"<td>{one}</td>" for one in cells) + "</tr></table>"
    for tr in parse(page).iter("tr"):
        quick = flat_cells(tr)
        if quick is not None:
            assert quick == [text_of(td) for td in tr]
