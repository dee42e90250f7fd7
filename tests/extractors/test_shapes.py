# ruff: noqa: E501 - pages and files as they are written
"""The shapes that lists take on real pages, each read with no recipe, and read the same again by the recipe proposed."""

import pytest

from scraping.extractors import NoListFound, Recipe, read

HEAD = "<html><head><title>Approved suppliers</title></head><body><nav><ul><li><a href='/'>Home</a><li><a href='/a'>About us</a><li><a href='/c'>Contact</a></ul></nav><main>"
FOOT = "</main><footer><ul><li>Privacy</li><li>Terms of use</li><li>Imprint</li></ul></footer></body></html>"

CASES = {
    "spans": (
        "<table><thead><tr><th rowspan=2>Supplier<th colspan=2>Contract<th rowspan=2>Country</tr><tr><th>Number<th>Date</tr></thead>"
        "<tr><td rowspan=2>Acme Ltd<td>C-1<td>2020-01-01<td>France</tr><tr><td>C-2<td>2020-02-01<td>France</tr>"
        "<tr><td>Binary GmbH<td>C-3<td>2020-03-01<td>Germany</tr></table>",
        ["Acme Ltd", "Acme Ltd", "Binary GmbH"],
        [],
    ),
    "title above, headings in td, footer": (
        "<table><tr><td colspan=3>List of approved antivirus products</td></tr><tr><td>No.</td><td>Product name</td><td>Vendor</td></tr>"
        "<tr><td>1<td>Sentinel 5<td>Rising Inc.</tr><tr><td>2<td>Guard 3<td>Kingsoft Corp</tr><tr><td colspan=2>Total<td>2</tr></table>",
        ["Rising Inc.", "Kingsoft Corp"],
        ["Sentinel 5", "Guard 3"],
    ),
    "category rows and repeated headings": (
        "<table><tr><th>Company<th>Product<th>Valid until</tr><tr><td colspan=3><b>Firewalls</b></tr>"
        "<tr><td>Fortinet<td>FortiGate<td>2025</tr><tr><td>Sophos<td>XG<td>2026</tr>"
        "<tr><td colspan=3><b>Antivirus</b></tr><tr><th>Company<th>Product<th>Valid until</tr><tr><td>ESET<td>NOD32<td>2024</tr></table>",
        ["Fortinet", "Sophos", "ESET"],
        ["FortiGate", "XG", "NOD32"],
    ),
    "blank means as above": (
        "<table><tr><th>Vendor<th>Product</tr><tr><td>Huawei<td>S5700</tr><tr><td><td>S6700</tr><tr><td>ZTE<td>M6000</tr>"
        "<tr><td><td>C300</tr><tr><td>H3C<td>S5130</tr></table>",
        ["Huawei", "Huawei", "ZTE", "ZTE", "H3C"],
        ["S5700", "S6700", "M6000", "C300", "S5130"],
    ),
    "tables under headings": (
        "<h2>Servers</h2><table><tr><th>供应商名称<th>产品名称</tr><tr><td>联想<td>SR650</tr><tr><td>浪潮<td>NF5280</tr></table>"
        "<h2>Printers</h2><table><tr><th>供应商名称<th>产品名称</tr><tr><td>奔图<td>P3010</tr><tr><td>惠普<td>M405</tr></table>",
        ["联想", "浪潮", "奔图", "惠普"],
        ["SR650", "NF5280", "P3010", "M405"],
    ),
    "layout tables": (
        "<table width=100%><tr><td><table><tr><td><a href=/1>Home</a></td></tr><tr><td><a href=/2>News</a></td></tr></table></td>"
        "<td><h1>Suppliers</h1><table border=1><tr><td>S.No</td><td>Name of Firm</td><td>Address</td></tr>"
        "<tr><td>1</td><td>M/s Gupta Traders</td><td>12 MG Road, Delhi</td></tr><tr><td>2</td><td>M/s Rao &amp; Sons</td><td>4 Park St, Kolkata</td></tr></table></td></tr></table>",
        ["M/s Gupta Traders", "M/s Rao & Sons"],
        [],
    ),
    "flat list": (
        "<h1>Approved vendors</h1><ul><li>Cisco Systems, Inc.</li><li>Juniper Networks</li><li>Arista Networks</li><li>Extreme Networks</li></ul>",
        ["Cisco Systems, Inc.", "Juniper Networks", "Arista Networks", "Extreme Networks"],
        [],
    ),
    "nested list of vendors under categories": (
        "<ul class=list><li>Routers<ul><li>Cisco Systems, Inc.</li><li>Juniper Networks, Inc.</li></ul></li>"
        "<li>Storage<ul><li>NetApp, Inc.</li><li>Pure Storage, Inc.</li><li>Dell Inc.</li></ul></li></ul>",
        ["Cisco Systems, Inc.", "Juniper Networks, Inc.", "NetApp, Inc.", "Pure Storage, Inc.", "Dell Inc."],
        [],
    ),
    "definition list of terms": (
        "<dl><dt>Siemens AG</dt><dd>Automation, Munich</dd><dt>Bosch GmbH</dt><dd>Sensors, Stuttgart</dd><dt>SAP SE</dt><dd>Software, Walldorf</dd></dl>",
        ["Siemens AG", "Bosch GmbH", "SAP SE"],
        [],
    ),
    "definition list of groups": (
        "<dl><dt>Hardware</dt><dd>Siemens AG</dd><dd>Bosch GmbH</dd><dt>Software</dt><dd>SAP SE</dd><dd>Datev eG</dd></dl>",
        ["Siemens AG", "Bosch GmbH", "SAP SE", "Datev eG"],
        [],
    ),
    "cards": (
        "<div class=results>"
        + "".join(
            f"<div class=card><h3>{n}</h3><p class=desc>Provides cloud hosting and support to public bodies across the country.</p>"
            f"<p class=country>{c}</p><a href=#>Details</a></div>"
            for n, c in (("Alpha Cloud Ltd", "UK"), ("Beta Hosting", "France"), ("Gamma SaaS BV", "Netherlands"))
        )
        + "</div>",
        ["Alpha Cloud Ltd", "Beta Hosting", "Gamma SaaS BV"],
        [],
    ),
    "labelled cards": (
        "".join(
            f"<div class=entry><p><strong>Supplier:</strong> {n}</p><p><strong>Product:</strong> {p}</p><p><strong>Country:</strong> {c}</p></div>"
            for n, p, c in (("Alpha", "A1", "UK"), ("Beta", "B2", "France"), ("Gamma", "C3", "Spain"))
        ),
        ["Alpha", "Beta", "Gamma"],
        ["A1", "B2", "C3"],
    ),
    "bold paragraphs with items under them": (
        "<div id=content><p><b>Antivirus software</b></p><p>Rising Information Technology Co.</p><p>Jiangmin Technology Co.</p>"
        "<p><b>Firewalls</b></p><p>Venustech Group Inc.</p><p>Topsec Technologies Inc.</p><p>NSFOCUS Technologies</p></div>",
        [
            "Rising Information Technology Co.",
            "Jiangmin Technology Co.",
            "Venustech Group Inc.",
            "Topsec Technologies Inc.",
            "NSFOCUS Technologies",
        ],
        [],
    ),
    "numbered lines parted by br": (
        "<div class=text><p>The following companies are excluded from participation in tenders.</p>"
        "<p>1. Company Alpha LLC<br>2. Company Beta JSC<br>3. Company Gamma LLC<br></p></div>",
        ["Company Alpha LLC", "Company Beta JSC", "Company Gamma LLC"],
        [],
    ),
    "several vendors in one cell": (
        "<table><tr><th>Lot<th>Vendors</tr><tr><td>Laptops<td>Dell Inc.<br>HP Inc.<br>Lenovo Group</tr><tr><td>Servers<td>IBM Corp.<br>Inspur Group</tr></table>",
        ["Dell Inc.", "HP Inc.", "Lenovo Group", "IBM Corp.", "Inspur Group"],
        [],
    ),
    "vendors parted by semicolons": (
        "<table><tr><th>Category<th>Suppliers</tr><tr><td>PCs<td>Dell Inc.; HP Inc.; Acer Inc.</tr><tr><td>Phones<td>Apple Inc.; Nokia Corp.</tr></table>",
        ["Dell Inc.", "HP Inc.", "Acer Inc.", "Apple Inc.", "Nokia Corp."],
        [],
    ),
    "right to left": (
        "<table dir=rtl><tr><th>م</th><th>اسم الشركة</th><th>النشاط</th><th>المدينة</th></tr><tr><td>1<td>شركة الاتصالات السعودية<td>اتصالات<td>الرياض</tr>"
        "<tr><td>2<td>شركة علم<td>تقنية<td>الرياض</tr></table>",
        ["شركة الاتصالات السعودية", "شركة علم"],
        [],
    ),
    "hebrew": (
        "<table><tr><th>מס'</th><th>שם הספק</th><th>תחום</th><th>טלפון</th></tr><tr><td>1<td>אלביט מערכות בע\"מ<td>בטחון<td>04-1</tr>"
        '<tr><td>2<td>מטריקס בע"מ<td>תוכנה<td>09-2</tr></table>',
        ['אלביט מערכות בע"מ', 'מטריקס בע"מ'],
        [],
    ),
    "russian register": (
        "<table><tr><th>№ п/п<th>Рег. номер<th>Наименование ПО<th>Правообладатель<th>Класс ПО</tr>"
        "<tr><td>1<td>4013<td>Dr.Web<td>ООО «Доктор Веб»<td>Антивирусы</tr><tr><td>2<td>205<td>Kaspersky Endpoint<td>АО «Лаборатория Касперского»<td>Антивирусы</tr></table>",
        ["ООО «Доктор Веб»", "АО «Лаборатория Касперского»"],
        ["Dr.Web", "Kaspersky Endpoint"],
    ),
    "headings in rows of th beside data of another table": (
        "<table><tr><th>Contact</th><td>procurement@example.org</td></tr><tr><th>Phone</th><td>123 456</td></tr></table>"
        "<table><tr><th>Bidder<th>Amount</tr><tr><td>Strabag AG<td>1,000</tr><tr><td>Porr AG<td>2,000</tr></table>",
        ["Strabag AG", "Porr AG"],
        [],
    ),
    "no headings at all": (
        "<table><tr><td>1<td>Toyota Motor Corp<td>Nagoya</tr><tr><td>2<td>Honda Motor Co., Ltd.<td>Tokyo</tr><tr><td>3<td>Mazda Motor Corporation<td>Hiroshima</tr></table>",
        ["Toyota Motor Corp", "Honda Motor Co., Ltd.", "Mazda Motor Corporation"],
        [],
    ),
    "vendors as headings, products listed below": (
        "<h3>Microsoft Corporation</h3><ul><li>Windows 11</li><li>Office 2021</li></ul><h3>Oracle Corporation</h3><ul><li>Database 19c</li><li>Java SE</li><li>Solaris 11</li></ul>",
        [
            "Microsoft Corporation",
            "Microsoft Corporation",
            "Oracle Corporation",
            "Oracle Corporation",
            "Oracle Corporation",
        ],
        ["Windows 11", "Office 2021", "Database 19c", "Java SE", "Solaris 11"],
    ),
    "a table for each entry": (
        "".join(
            f"<table class=e><tr><th>Supplier</th><td>{n}</td></tr><tr><th>Product</th><td>{p}</td></tr><tr><th>Country</th><td>FR</td></tr></table>"
            for n, p in (("Alpha", "A1"), ("Beta", "B2"), ("Gamma", "C3"))
        ),
        ["Alpha", "Beta", "Gamma"],
        ["A1", "B2", "C3"],
    ),
    "headings with text below": (
        "".join(
            f"<h3>{n}</h3><p>Approved since 2012 for all of the lots, and open to every agency of the state.</p>"
            for n in ("Alpha Systems Inc.", "Beta GmbH", "Gamma Networks Ltd", "Delta Corp")
        ),
        ["Alpha Systems Inc.", "Beta GmbH", "Gamma Networks Ltd", "Delta Corp"],
        [],
    ),
    "numbers inside the cells": (
        "<table><tr><th>Name of firm<th>Date</tr><tr><td>1. Alpha<td>2020</tr><tr><td>2. Beta<td>2021</tr><tr><td>3. Gamma<td>2022</tr></table>",
        ["Alpha", "Beta", "Gamma"],
        [],
    ),
    "category rows of one cell": (
        "<table><tr><th>Company<th>City<th>Phone<th>Valid until</tr><tr><th>Firewalls</th></tr><tr><td>Fortinet<td>A<td>1<td>2025</tr>"
        "<tr><td>Sophos<td>B<td>2<td>2026</tr><tr><td><b>Antivirus</b></td></tr><tr><td>ESET<td>C<td>3<td>2024</tr></table>",
        ["Fortinet", "Sophos", "ESET"],
        [],
    ),
    "two heading rows with blanks": (
        "<table><tr><td>Firm Name</td><td>Address</td><td>Country</td><td colspan=2>Ineligibility Period</td><td>Grounds</td></tr>"
        "<tr><td></td><td></td><td></td><td>From Date</td><td>To Date</td><td></td></tr>"
        "<tr><td>ACME S.A.<td>1 Road<td>Peru<td>01-JAN-2020<td>Ongoing<td>Fraud</tr><tr><td>MR. JOHN DOE<td>2 Road<td>Chad<td>02-JAN-2020<td>Ongoing<td>Fraud</tr></table>",
        ["ACME S.A.", "MR. JOHN DOE"],
        [],
    ),
    "bilingual headings": (
        "<table><tr><th>No.<th>国名、地域名<br>Country or Region<th>企業名、組織名<br>Company or Organization<th>別名<br>Also Known As</tr>"
        "<tr><td>1<td>アフガニスタン<br>Afghanistan<td>Al Qa'ida/Islamic Army<td>・The Base</tr><tr><td>2<td>中国<br>China<td>13 Institute<td>・China Academy</tr></table>",
        ["Al Qa'ida/Islamic Army", "13 Institute"],
        [],
    ),
    "items of links with particulars": (
        "<ul class=vendors>"
        + "".join(
            f"<li><a href=/v/{i}>{n}</a> <span class=since>since {2000 + i}</span></li>"
            for i, n in enumerate(("Atos SE", "Capgemini", "Sopra Steria", "Thales SA"))
        )
        + "</ul>",
        ["Atos SE", "Capgemini", "Sopra Steria", "Thales SA"],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_shape(name):
    page, vendors, products = CASES[name]
    body = (HEAD + page + FOOT).encode()

    reading = read(body)

    def lists(text):
        return [" ".join(one.split()) for one in text]

    assert lists(row.vendor for row in reading.rows) == vendors, reading.recipe.to_text()
    if products:
        assert lists(row.product for row in reading.rows) == products, reading.recipe.to_text()
    recipe = Recipe.from_text(reading.recipe.to_text())
    assert recipe == reading.recipe
    assert read(body, recipe=recipe).rows == reading.rows


def test_the_next_page_is_found():
    page = "<table><tr><th>Supplier<th>City</tr><tr><td>Acme<td>Bonn</tr></table><ul class=pagination><li class=next><a href='?p=2'>›</a></ul>"
    reading = read((HEAD + page + FOOT).encode())
    assert reading.next_pages == ["?p=2"]
    assert "paging" in reading.recipe.to_text()


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Last updated: 12/18/2021", "2021-12-18"),
        ("Last updated: 12/10/2021", None),
        ("【发文日期】2025年04月04日", "2025-04-04"),
        ("Stand: 3. März 2020", "2020-03-03"),
        ("По состоянию на 5 мая 2022", "2022-05-05"),
        (
            "As of 1 June 2019, certificates that have expired were moved to another list, which the authority keeps on its own site and updates.",
            None,
        ),
        ("Published on 2020-02-30", None),
    ],
)
def test_the_printed_date(line, day):
    page = f"<p>{line}</p><table><tr><th>Supplier<th>City</tr><tr><td>Acme<td>Bonn</tr></table>"
    found = read((HEAD + page + FOOT).encode()).effective_on
    assert (found and found.isoformat()) == day


def test_a_notice_in_prose_is_no_list():
    page = "<p>The committee met in March. It decided to exclude some firms from tenders.</p><p>Their names follow in an annex.</p><p>Signed</p><p>The chair</p>"
    with pytest.raises(NoListFound):
        read((HEAD + page + FOOT).encode())


@pytest.mark.parametrize("cell", ['"Alpha Systems Ltd\nBeta Software Inc"', "Alpha Systems Ltd; Beta Software Inc"])
def test_a_record_with_an_identifier_is_one_entry_whatever_its_cells_hold(cell: str) -> None:
    lines = [f"A{n},{cell},Scanner {n},{'Network' if n % 3 == 0 else ''}" for n in range(8)]
    reading = read("\n".join(["id,vendor,product,category", *lines, ""]).encode())
    assert len(reading.rows) == 8
    assert [row.category for row in reading.rows] == ["Network", "", ""] * 2 + ["Network", ""]
    assert not reading.recipe.fill and not reading.recipe.split
