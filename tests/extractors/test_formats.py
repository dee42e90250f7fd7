# ruff: noqa: E501 - pages and files as they are written
"""Each format by its content, whatever it is called; its damage as a sentence."""

import io
import json
import zipfile
from contextlib import suppress

import pytest

from scraping.extractors import (
    EmptyBody,
    Encrypted,
    ExtractionError,
    NoListFound,
    Recipe,
    RecipeMisfit,
    TooLarge,
    UnreadableFormat,
    read,
)

from .make import pdf, ruled, xlsx

CSV = "id,vendor,product\nA1,Acme Ltd,Anvil\nB2,Binary GmbH,Bit\n"


def vendors(reading):
    return [row.vendor for row in reading.rows]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (CSV, "csv"),
        (CSV.replace(",", ";"), "csv"),
        (CSV.replace(",", "\t"), "tsv"),
        (CSV.replace(",", "|"), "csv"),
        ("sep=;\n" + CSV.replace(",", ";"), "csv"),
        (CSV.replace("\n", "\r\n"), "csv"),
        (CSV.replace("\n", "\r"), "csv"),
        ("\ufeff" + CSV, "csv"),
    ],
)
def test_dialects(text, form):
    reading = read(text.encode())
    assert (reading.format, vendors(reading)) == (form, ["Acme Ltd", "Binary GmbH"])
    assert [row.identifier for row in reading.rows] == ["A1", "B2"]


def test_cells_keep_their_text():
    body = 'Vendor,Product,Note\n" Ａｃｍｅ  Ltd ","A &amp; B","two\nlines"\n,,\n'.encode()
    (row,) = read(body).rows
    assert row == ("Ａｃｍｅ  Ltd", "A & B", "", "", "", {"Note": "two\nlines"})


def test_blank_extra_cells_are_left_out_and_counters_ignored():
    body = b"#,Vendor,Phone,Last updated\n1,Acme,,2020-01-01\n2,Beta,12,2020-01-01\n"
    reading = read(body)
    assert [dict(row.extra) for row in reading.rows] == [{}, {"Phone": "12"}]
    assert reading.recipe.ignore == ("#", "Last updated")


@pytest.mark.parametrize(
    "heading",
    ["#", "No.", "序号", "№ п/п", "S.No.", "Sr. No", "Lfd. Nr."],
)
def test_a_row_counter_is_no_identifier(heading):
    body = f"{heading},Supplier name\n1,Acme\n2,Beta\n3,Gamma\n".encode()
    reading = read(body)
    assert {row.identifier for row in reading.rows} == {""}
    assert reading.recipe.ignore == (heading,)


@pytest.mark.parametrize(
    "heading", ["id", "Package_ID", "Certificate No.", "登记号", "証明書番号", "номер реестровой записи", "Reg. no."]
)
def test_an_identifier_by_heading(heading):
    body = f"{heading},Supplier name\n7,Acme\n9,Beta\n12,Gamma\n".encode()
    assert [row.identifier for row in read(body).rows] == ["7", "9", "12"]


def test_roles_do_not_hang_on_values():
    full = b"id,csp,cso,status\n1,Acme,Cloud,ok\n2,Beta,Host,ok\n"
    blank = b"id,csp,cso,status\n1,,,ok\n2,,,ok\n"
    assert read(full).recipe == read(blank).recipe
    assert [row.identifier for row in read(blank).rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ([{"name": "Acme", "country": "FR"}, {"name": "Beta", "country": "DE"}], ["Acme", "Beta"]),
        ({"data": {"Providers": [{"Vendor_Name": "Acme"}, {"Vendor_Name": "Beta"}]}}, ["Acme", "Beta"]),
        ({"suppliers": ["Acme", "Beta", "Gamma"]}, ["Acme", "Beta", "Gamma"]),
        ([["Supplier", "City"], ["Acme", "Paris"], ["Beta", "Bonn"]], ["Acme", "Beta"]),
        (
            {"a1": {"vendor": "Acme", "n": 1}, "b2": {"vendor": "Beta", "n": 2}, "c": {"vendor": "C", "n": 3}},
            ["Acme", "Beta", "C"],
        ),
        (
            {"groups": [{"name": "AV", "vendors": ["Acme", "Beta"]}, {"name": "FW", "vendors": ["Gamma"]}]},
            ["Acme", "Beta", "Gamma"],
        ),
        (
            {
                "groups": [
                    {"title": "AV", "items": [{"vendor": "Acme"}]},
                    {"title": "FW", "items": [{"vendor": "Beta"}]},
                ]
            },
            ["Acme", "Beta"],
        ),
    ],
)
def test_json_shapes(tree, names):
    reading = read(json.dumps(tree).encode(), url="https://example.org/list.csv")
    assert (reading.format, vendors(reading)) == ("json", names)


@pytest.mark.parametrize(
    "body",
    [b'{"vendor": "Acme"}\n{"vendor": "Beta"}\n', b'callback([{"vendor": "Acme"}, {"vendor": "Beta"}]);', b'var list = [{"vendor":"Acme"},{"vendor":"Beta"}];',
     b'[{"vendor": "Acme", "note": "a\\sb"}, {"vendor": "Beta"}]'],
)  # fmt: skip
def test_json_as_it_is_found(body):
    assert vendors(read(body)) == ["Acme", "Beta"]


def test_json_numbers_stay_as_written():
    (row,) = read(b'[{"id": 12345678901234567890, "vendor": "Acme", "price": 1.10}]').rows
    assert (row.identifier, row.extra["price"]) == ("12345678901234567890", "1.10")


def test_json_pages_are_followed_by_rule():
    body = b'{"suppliers": [{"name": "Acme"}], "links": {"next": "https://example.org/s?page=2"}, "meta": {"cursor": "abc"}}'
    recipe = Recipe.from_text(
        "format: json\nwhere: {path: suppliers}\ncolumns: {vendor: name}\npaging: {next: links.next}"
    )
    assert read(body, recipe=recipe).next_pages == ["https://example.org/s?page=2"]
    recipe = Recipe.from_text(
        "format: json\nwhere: {path: suppliers}\ncolumns: {vendor: name}\npaging: {cursor: meta.cursor, parameter: after}"
    )
    assert read(body, recipe=recipe, url="https://example.org/s?q=1").next_pages == [
        "https://example.org/s?q=1&after=abc"
    ]


def test_workbook_with_titles_merged_headings_notes_and_numbers():
    sheets = {
        "Notes": [["Fill in the supplier name"], ["Item", "Explanation"], ["Supplier", "The firm"]],
        "Awards": [
            ["Awards in April", None, None, None],
            [None, None, None, None],
            ["Supplier name", "Contract no.", "Result", None],
            [None, None, "Amount", "Rank"],
            ["Acme Ltd", 12, 100.5, 1],
            ["Beta GmbH", 13, 2000.0, 2],
        ],
    }
    reading = read(xlsx(sheets, {"Awards": ["A1:D1", "A3:A4", "B3:B4", "C3:D3"]}), url="https://example.org/x.xls")
    assert (reading.format, vendors(reading)) == ("xlsx", ["Acme Ltd", "Beta GmbH"])
    assert [row.identifier for row in reading.rows] == ["12", "13"]
    assert dict(reading.rows[1].extra) == {"Result / Amount": "2000", "Result / Rank": "2"}


def test_ruled_pdf_joined_over_pages_with_a_row_cut_between_them():
    head = ["No", "Contract", "Supplier", "Amount"]
    one = ruled(
        [head, ["1", "Pumps", "Acme Ltd", "10"], ["2", "Long pipes", "Beta Trading\nCompany", "20"]], [30, 150, 150, 80]
    )
    two = ruled([head, ["", "for the dam", "", ""], ["3", "Valves", "Gamma Ltd", "30"]], [30, 150, 150, 80])
    reading = read(pdf([one, two]))
    assert (reading.format, vendors(reading)) == ("pdf", ["Acme Ltd", "Beta Trading Company", "Gamma Ltd"])
    assert reading.rows[1].extra["Contract"] == "Long pipes for the dam"


def test_unruled_pdf():
    rows = [("Supplier", "Country", "Certificate No."), ("Acme Limited", "France", "C-1"), ("Beta Industries", "Germany", "C-2"),
            ("Gamma Works Company", "Spain", "C-3"), ("Delta Ltd", "Italy", "C-4")]  # fmt: skip
    words = [(x, 60 + 20 * r, cell) for r, row in enumerate(rows) for x, cell in zip((50, 250, 400), row, strict=True)]
    reading = read(pdf([[(50, 30, "Register of approved suppliers"), *words]]))
    assert vendors(reading) == ["Acme Limited", "Beta Industries", "Gamma Works Company", "Delta Ltd"]
    assert [row.identifier for row in reading.rows] == ["C-1", "C-2", "C-3", "C-4"]
    assert [row.origin for row in reading.rows] == ["France", "Germany", "Spain", "Italy"]


def test_numbered_lines_of_a_pdf():
    lines = [
        (50, 40, "Annex: firms on the list"),
        (50, 70, "1. Acme Limited"),
        (50, 90, "2. Beta Industries Inc."),
        (50, 110, "3. Gamma Co."),
    ]
    assert vendors(read(pdf([lines]))) == ["Acme Limited", "Beta Industries Inc.", "Gamma Co."]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Excluded firms\n\n1. Acme LLC\n2. Beta JSC\n3. Gamma Ltd\n", ["Acme LLC", "Beta JSC", "Gamma Ltd"]),
        ("- Acme LLC\n- Beta JSC\n- Gamma Ltd\n", ["Acme LLC", "Beta JSC", "Gamma Ltd"]),
        ("Acme LLC\nBeta JSC\nGamma Ltd\nDelta Inc\n", ["Acme LLC", "Beta JSC", "Gamma Ltd", "Delta Inc"]),
        (
            "Supplier        Country\nAcme LLC        France\nBeta JSC        Russia\nGamma Ltd       UK\n",
            ["Acme LLC", "Beta JSC", "Gamma Ltd"],
        ),
        ("Supplier: Acme\nCountry: France\n\nSupplier: Beta\nCountry: Spain\n", ["Acme", "Beta"]),
        ("# Vendors\n\n| Vendor | Product |\n|---|---|\n| Acme | Anvil |\n| Beta | Bit |\n", ["Acme", "Beta"]),
    ],
)
def test_plain_text(text, names):
    assert vendors(read(text.encode())) == names


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        (
            "gb18030",
            "gb2312",
            "供应商名称,产品名称\n北京瑞星信息技术有限公司,瑞星杀毒㐀\n江民新科技术有限公司,江民杀毒\n",
        ),
        ("cp932", "", "商号又は名称,所在地\n㈱アーキジオ,富山県\n（株）髙橋組,北海道\n"),
        ("euc_jp", "iso-8859-1", "商号又は名称,所在地\n株式会社アーキジオ,富山県高岡市\n株式会社高橋組,北海道札幌市\n"),
        ("cp1251", "utf-8", "Наименование поставщика,Страна\nЛаборатория Касперского,Россия\nООО Доктор Веб,Россия\n"),
        ("big5", "", "廠商名稱,地址\n趨勢科技股份有限公司,臺北市\n中華電信股份有限公司,臺北市\n"),
        ("cp949", "", "업체명,주소\n삼성전자 주식회사,서울특별시\n주식회사 안랩,경기도 성남시\n"),
        ("cp1252", "", "Fournisseur,Pays\nSociété Générale d’Électricité,France\nMaçonnerie Évoluée,Belgique\n"),
        ("utf-16", "", "Vendor,Land\nMüller GmbH,Österreich\nГамма,Россия\n"),
        ("utf-8", "gb2312", "供应商名称,产品名称\n北京瑞星信息技术有限公司,瑞星杀毒\n江民新科技术有限公司,江民\n"),
    ],
)
def test_encodings_declared_missing_or_wrong(codec, label, text):
    rows = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert vendors(read(text.encode(codec), encoding=label)) == rows


def test_nul_is_replaced_and_said():
    reading = read(b"Vendor,Product\nAc\0me,Anvil\nBeta,Bit\n")
    assert vendors(reading) == ["Ac\ufffdme", "Beta"]
    assert any("NUL" in warning for warning in reading.warnings)


def _bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 * 1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (b"", EmptyBody, "empty"),
        (b" \n\t ", EmptyBody, "empty"),
        (b"\xef\xbb\xbf", EmptyBody, "empty"),
        (b"<html><body><p>We will be back soon.</p></body></html>", NoListFound, "recipe"),
        (b'{"error": "not found"}', NoListFound, "no array"),
        (b'[{"vendor": "Acme"}, {"vend', UnreadableFormat, "breaks off"),
        (b"PK\x03\x04 cut", UnreadableFormat, "damaged"),
        (b"%PDF-1.4 nothing", UnreadableFormat, "damaged"),
        (b"\x1f\x8b\x08 gzip", UnreadableFormat, "gzip"),
        (b"<div>" * 3000 + b"<table><tr><td>Acme Ltd", TooLarge, "deep"),
        (b"[" * 100_000, ExtractionError, ""),
        (_bomb(), TooLarge, "unpacks"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), Encrypted, "password"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(body, error, says):
    with pytest.raises(error) as caught:
        read(body)
    message = str(caught.value)
    assert says in message
    assert message[0].isupper() and message.rstrip().endswith((".", "!"))


def test_a_long_cell_and_a_deep_page_lose_no_row():
    page = (
        "<table><tr><th>Vendor<th>Note</tr><tr><td>Acme<td>" + "x" * 11_000_000 + "</tr><tr><td>Beta<td>y</tr></table>"
    )
    assert vendors(read(page.encode())) == ["Acme", "Beta"]
    page = "<div>" * 400 + "<table><tr><th>Vendor<th>Note</tr><tr><td>Acme<td>x</tr><tr><td>Beta<td>y</tr></table>"
    assert vendors(read(page.encode())) == ["Acme", "Beta"]


def test_spans_do_not_multiply_without_end():
    page = "<table><tr><th>Vendor<th>Note</tr>" + "<tr><td rowspan=65534 colspan=1000>Acme</td></tr>" * 300 + "</table>"
    with suppress(ExtractionError):
        assert len(read(page.encode()).rows) <= 300


def test_content_of_another_format_than_the_recipe_is_held_by_name():
    recipe = read(CSV.encode()).recipe
    with pytest.raises(RecipeMisfit, match="reads CSV, but the content is JSON"):
        read(b'[{"vendor": "Acme"}]', recipe=recipe)


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("vendor,product\nVendor 1,Product 1\nVendor 2,Product 2\n", ("Vendor 1", "Product 1"), 2),
        (
            "identifier,vendor,product\nA-1,Company A,Software X\nA-2,Company B,Software Y\n",
            ("Company A", "Software X"),
            2,
        ),
        ("供应商,产品\n供应商1,产品1\n供应商2,产品2\n", ("供应商1", "产品1"), 2),
        ("vendor\nVendor 1\nVendor 2\n", ("Vendor 1", ""), 2),
        ("vendor\nAcme\nBeta\nGamma\n", ("Acme", ""), 3),
        ("Products\nProduct 1\nProduct 2\n", ("", "Product 1"), 2),
    ],
)
def test_values_that_hold_words_of_headings_stay_below_them(text: str, first: tuple[str, str], count: int) -> None:
    rows = read(text.encode()).rows
    assert (rows[0].vendor, rows[0].product) == first
    assert len(rows) == count


def test_an_empty_array_where_the_list_stands_is_a_list_without_rows() -> None:
    recipe = read(
        b'{"data": {"items": [{"vendor": "Acme", "product": "Guard"}, {"vendor": "Beta", "product": "Wall"}]}}'
    ).recipe
    assert read(b'{"data": {"items": []}}', recipe=recipe).rows == []
    with pytest.raises(RecipeMisfit):
        read(b'{"data": {"items": null}}', recipe=recipe)
