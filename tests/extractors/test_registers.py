# ruff: noqa: E501 - pages and files as they are written
"""Pages and files as registers of many countries print them, generated from the same few names."""

import json

import pytest

from scraping.extractors import NoListFound, Recipe, read

from .make import pdf

NAMES = ["Meridian Office Supplies Ltd", "Northgate Systems plc", "Caldwell & Sons", "Blue Harbour Consulting", "Pinnacle Facilities Management Limited", "Redfern Catering"]  # fmt: skip
CHINESE = ["北京中科信息技术有限公司", "上海远大医疗器械有限公司", "杭州西湖印务有限公司"]
PORTUGUESE = ["Construtora Alvorada Ltda", "J. R. Comércio de Alimentos ME", "Serviços Gerais União S/A"]


def page(inner):
    menu = "".join(f"<li><a href=/{i}>{name}</a></li>" for i, name in enumerate(("Home", "About", "News", "Contact")))
    return f"<!DOCTYPE html><html><head><meta charset=utf-8><title>Register</title></head><body><nav class=menu><ul>{menu}</ul></nav><div id=content>{inner}</div><footer><ul><li><a href=/p>Privacy</a></li><li><a href=/t>Terms</a></li><li><a href=/s>Map</a></li></ul></footer></body></html>"


def table(head, rows):
    return "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in [head, *rows]) + "</table>"  # fmt: skip


def each(make):
    return "".join(make(i, name.replace("&", "&amp;")) for i, name in enumerate(NAMES))


def wrapped():
    words, y = [(40, 60, "Company"), (260, 60, "Country"), (360, 60, "Certificate")], 76
    for i, name in enumerate(NAMES):
        parts = [name] if len(name) < 23 else [" ".join(name.split()[:2]), " ".join(name.split()[2:])]
        words += [(40, y, parts[0]), (260, y, "Ghana"), (360, y, f"C-{i}01")]
        words += [(40, y + 12, part) for part in parts[1:]]
        y += 18 + 12 * (len(parts) - 1)
    return pdf([words])


PAGES = {
    "a row that numbers the columns": (page(table(["№ п/п", "Наименование поставщика", "ИНН"], [["1", "2", "3"], *([str(i + 1), n, f"7701{i}"] for i, n in enumerate(NAMES))])), NAMES),
    "ditto marks": (page(table(["Sr", "Supplier", "Item"], [["1", NAMES[0], "Pens"], ["2", "-do-", "Ink"], ["3", NAMES[1], "Nibs"], ["4", '"', "Caps"]])), [NAMES[0]] * 2 + [NAMES[1]] * 2),
    "a total in words": (page(table(["Name", "Town"], [*([n, "Leeds"] for n in NAMES), ["Total number of contractors", "6"]])), NAMES),
    "awards above a larger table of goods": (page(table(["序号", "供应商名称", "地址"], [[str(i), n, "某路1号"] for i, n in enumerate(CHINESE, 1)]) + table(["序号", "货物名称", "品牌", "数量"], [[str(i), "计算机", "联想", "3"] for i in range(1, 10)])), CHINESE),
    "labels on paragraphs": (page("".join(f"<p>第{i}包</p><p>中标供应商：{n}</p><p>中标金额：{i}5000元</p>" for i, n in enumerate(CHINESE, 1))), CHINESE),
    "numbered labels": (page("".join(f"<p>{i}.成交供应商名称：{n}</p><p>地址：上海市{i}号</p>" for i, n in enumerate(CHINESE, 1))), CHINESE),
    "answers are no contractors": (page("".join(f"<div class=award>Official name: {n}<br>Country: Norway<br>The contractor is an SME: yes</div>" for n in NAMES)), NAMES),
    "cells by role": (page("<div role=table><div role=row><span role=columnheader>Vendor</span><span role=columnheader>Expiry</span></div>" + each(lambda i, n: f"<div role=row><span role=cell>{n}</span><span role=cell>2024-01-0{i + 1}</span></div>") + "</div>"), NAMES),
    "a table set with spaces": (page("<pre>\nFirm                                    Country\n--------------------------------------- -------\n" + each(lambda i, n: n + " " * (40 - len(n.replace("&amp;", "&"))) + "Ghana\n") + "</pre>"), NAMES),
    "names in three columns": (page("<table>" + "".join("<tr>" + "".join(f"<td>{n}</td>" for n in NAMES[i : i + 3]) + "</tr>" for i in (0, 3)) + "</table>"), NAMES),
    "entries under headings": (page(each(lambda i, n: f"<h3>{n}</h3><p>{i} Dock Street. Contact: Jane Roe.</p><p>Email: a{i}@b.example</p>")), NAMES),
    "lines under bold lines": (page("<p><strong>North</strong><br>" + "<br>".join(NAMES[:3]) + "</p><p><strong>South</strong><br>" + "<br>".join(NAMES[3:]) + "</p>"), NAMES),
    "headlines beside the list": (page("<ul>" + "".join(f"<li><a href=/n/{i}>Agency publishes report number {i} on procurement reform</a></li>" for i in range(8)) + "</ul><h2>Excluded suppliers</h2><ul>" + each(lambda _, n: f"<li>{n}</li>") + "</ul>"), NAMES),
    "sentences that begin with bold names": (page(each(lambda i, n: f"<p><strong>{n}</strong> – suspended from 1 May 202{i} for failing to deliver the goods under a contract.</p>")), NAMES),
    "names before dashes": (page(each(lambda i, n: f"<p>{n} – {i} Kampala, Uganda</p>")), NAMES),
    "names before commas": (page(each(lambda i, n: f"<p>{i + 1}. {n}, {i + 4} Airport Road, Lagos</p>")), NAMES),
    "data in a script": ("<html><body><div id=app>Loading…</div><script type=application/json>" + json.dumps({"props": {"suppliers": [{"id": i, "companyName": n} for i, n in enumerate(NAMES)]}}) + "</script></body></html>", NAMES),
    "data in a program": ("<html><body><div id=app></div><script>var a = {b: 1}; var rows = " + json.dumps([{"vendor_name": n, "city": "Pune"} for n in NAMES]) + "; draw(rows)</script></body></html>", NAMES),
    "XML": ("<?xml version='1.0'?><list>" + each(lambda i, n: f"<supplier id='{i}'><legalName>{n}</legalName><country>NO</country></supplier>") + "</list>", NAMES),
    "XML attributes": ("<list>" + each(lambda i, n: f"<row name='{n}' inn='77{i}'/>") + "</list>", NAMES),
    "JSON whose columns are described apart": (json.dumps({"meta": {"columns": [{"name": "sid"}, {"name": "Vendor"}, {"name": "City"}]}, "data": [[f"row-{i}", n, "Oslo"] for i, n in enumerate(NAMES)]}), NAMES),
    "JSON with markup": (json.dumps({"data": [[str(i), f"<a href='/v/{i}'>{n.replace('&', '&amp;')}</a>", "Active"] for i, n in enumerate(NAMES)]}), NAMES),
    "JSON keyed by name": (json.dumps({n: {"city": "Oslo", "since": 2020 + i} for i, n in enumerate(NAMES)}), NAMES),
    "blocks of address lines": ("\n\n".join(f"{n}\n{i} High Street\nLeeds LS{i} 1AA" for i, n in enumerate(NAMES)), NAMES),
    "western text": ('"NOME DO SANCIONADO";"UF"\r\n' + "".join(f'"{n}";"SP"\r\n' for n in PORTUGUESE), PORTUGUESE),
    "unruled PDF with names on two lines": (wrapped(), NAMES),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_read_with_no_recipe(name):
    text, names = PAGES[name]
    body = text if isinstance(text, bytes) else text.encode("latin-1" if name == "western text" else "utf-8")

    reading = read(body)

    assert [row.vendor for row in reading.rows] == names, reading.recipe.to_text()
    recipe = Recipe.from_text(reading.recipe.to_text())
    assert read(body, recipe=recipe).rows == reading.rows


def test_a_guess_says_that_it_is_one():
    reading = read(page("<ul>" + each(lambda _, n: f"<li>{n}</li>") + "</ul>").encode())
    assert reading.confidence < 0.5
    assert any("guess" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    "inner",
    [
        "<p>All heads of departments are informed that the procedure has been revised. Please read the rules.</p><ul><li>The notice must be served within ten days.</li><li>The firm may reply in writing.</li><li>The authority shall decide within a month.</li></ul>",
        "".join(f"<p>The minister said on {day} that the works had gone well, and thanked everyone who took part in them.</p>" for day in ("Monday", "Tuesday", "Friday")),
        "<table><tr><th>Office</th><th>Phone</th></tr><tr><td>Head office</td><td>123</td></tr><tr><td>North branch</td><td>456</td></tr></table>",
    ],
)  # fmt: skip
def test_prose_and_contacts_are_refused(inner):
    with pytest.raises(NoListFound):
        read(page(inner).encode())


def test_tables_by_role_nest_without_end():
    body = "<html><body>" + "<div role=table><div role=row>" * 300 + "<span role=cell>x</span>" * 300
    with pytest.raises(NoListFound):
        read(body.encode())
