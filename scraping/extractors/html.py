"""HTML: the page as a tree, its tables as grids, the text of its cells as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from lxml import etree

from . import blocks, scripts
from .errors import NoListFound, RecipeMisfit, TooLarge, UnreadableFormat
from .plain import text_tables
from .reading import MAX_CELLS, MAX_COLUMNS, Document, Grid
from .recipe import Recipe, selector
from .text import decode
from .visible import INTRICATE, collapse, flat_cells, heading_text, is_aside, text_of

_TABLE_ROWS: Any = etree.XPath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
_FOOTERS: Any = etree.XPath("./tfoot/tr")
_HOLDS_TABLES: Any = etree.XPath("boolean(.//table)")
_GRIDS = ("table", "grid", "treegrid")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "caption", "legend", "summary")


def open_html(body: bytes, encoding: str) -> Document:
    """Parse a page. Raises TooLarge where the parser would drop part of it without a word."""
    decoded = decode(body, encoding)
    root = parse(decoded.text)
    title = root.findtext("head/title") or root.findtext("body//h1") or ""
    inner = root.find("body")
    language = root.get("lang") or (inner.get("lang") if inner is not None else "") or ""

    found: list[tuple[Grid, Any]] = []  # the tables, once they were looked for

    def tables() -> list[tuple[Grid, Any]]:
        if not found:
            found.extend(_tables(root, bool(_ROW_ROLE.search(decoded.text))))
        return found

    def grids(recipe: Recipe | None) -> list[Grid]:
        return _named(root, recipe, tables) if recipe else [*(grid for grid, _ in tables()), *blocks.grids(root)]

    def next_pages(recipe: Recipe) -> list[str]:
        found = []
        for key, css in recipe.paging:
            if key in ("next", "links"):
                found += [str(tag.get("href")) for tag in selector(css, f"paging.{key}")(root) if tag.get("href")]
        return list(dict.fromkeys(link.strip() for link in found if not link.strip().startswith(("#", "javascript:"))))

    def spare() -> list[Grid]:
        return list(scripts.grids(root))

    return Document(
        spare=spare,
        format="html",
        grids=grids,
        encoding=decoded.encoding,
        title=collapse(title),
        language=language.strip(),
        text=lambda: "\n".join(line.text for line in blocks.page_lines(root)),
        paging=lambda: _paging(root) if "next" in decoded.text or "Next" in decoded.text else {},
        next_pages=next_pages,
        warnings=decoded.warnings,
        native=root,
    )


# How pages mark the link to the next one of a long list, most telling first.
_NEXT = ('a[rel~="next"]', 'link[rel~="next"]', ".pagination .next a", "li.next > a", "a.next", ".pager-next a",
         ".pager__item--next a", 'a[aria-label="Next"]', 'a[aria-label="Next page"]')  # fmt: skip


_SAYS_NEXT: Any = etree.XPath(
    "boolean(//*[contains(@rel, 'next') or contains(@class, 'next') or starts-with(@aria-label, 'Next')])"
)


def _paging(root: Any) -> dict[str, str]:
    if not _SAYS_NEXT(root):  # one walk through a large page in place of nine
        return {}
    for css in _NEXT:
        links = {tag.get("href", "") for tag in selector(css, "paging.next")(root)}
        if len(links) == 1 and not links.pop().startswith(("#", "javascript:")):
            return {"next": css}
    return {}


def parse(text: str) -> Any:
    """The tree of a page. Depth and length limits of the parser, which it passes over silently, are errors here."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True, recover=True
    )
    try:
        # Lone surrogates cannot be written as UTF-8; they come from escapes in broken pages only.
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise UnreadableFormat(f"The page could not be parsed as HTML: {error}.") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise TooLarge("The page nests its tags too deeply to be read whole, so nothing was read from it.")
    if root is None:
        raise NoListFound("The page holds no text.")
    return root


def _named(root: Any, recipe: Recipe, tables: Callable[[], list[tuple[Grid, Any]]]) -> list[Grid]:
    """The grids that a recipe names."""
    if css := recipe.place("script"):
        return scripts.named(root, css, recipe)
    if css := recipe.place("items"):
        return [blocks.records(root, css, recipe)]
    if recipe.place("lines"):
        return [blocks.lines(root, recipe)]
    css = recipe.place("table")
    if not css:
        return [grid for grid, _ in tables()]
    chosen = selector(css, "where.table")(root)
    named = [tag if tag.tag == "table" else tag.find(".//table") for tag in chosen]
    if not (found := [tag for tag in named if tag is not None]):
        raise RecipeMisfit(f"The page has no table at {css!r}, which the recipe names as where.table.")
    wanted = set(found)
    return [grid for grid, tag in tables() if tag in wanted]


def _tables(root: Any, drawn: bool) -> Iterator[tuple[Grid, Any]]:
    heading, number, cells = "", 0, 0
    inner: set[Any] = set()  # tables by role within others: part of their cells
    for tag in (
        root.iter("table", "pre", *_HEADINGS)
        if not drawn
        else root.iter("table", "pre", "div", "section", "ul", *_HEADINGS)
    ):
        if tag.tag == "pre" or (drawn and tag.tag != "table" and tag.get("role") in _GRIDS):
            if tag in inner:
                continue
            inner.update(part for part in tag.iter("div", "section", "ul") if part.get("role") in _GRIDS)
            table = _by_roles(tag) if tag.tag != "pre" else None
            made = text_tables(list(tag.itertext())) if table is None else [_grid(table, number + 1)]
            for grid in made:
                number += 1
                grid.locator = f"table {number}"
                grid.section = heading
                grid.weight *= 0.3 if is_aside(tag) else 1.0
                yield grid, tag
            continue
        if tag.tag != "table":
            if tag.tag not in _HEADINGS:
                continue
            if tag.tag != "caption":
                heading = heading_text(tag) or heading
            continue
        number += 1
        grid = _grid(tag, number)
        cells += sum(map(len, grid.rows))
        if cells > MAX_CELLS:
            raise TooLarge(f"The page's tables hold more than {MAX_CELLS:,} cells.")
        caption = tag.find("./caption")
        grid.section = (heading_text(caption) if caption is not None else "") or heading
        yield grid, tag


_ROW_ROLE = re.compile(r"""role=["']?row\b""")


def _by_roles(tag: Any) -> Any:
    """A table that is drawn with other elements, by the roles that they state, as a table of its own.

    Rows within rows and cells within cells are not looked for: each element is copied once at most.
    """
    table = etree.Element("table")
    tr = None
    stack = list(reversed(tag))
    while stack:
        part = stack.pop()
        role = part.get("role")
        if role in ("cell", "gridcell", "columnheader", "rowheader") and tr is not None:
            cell = deepcopy(part)
            cell.tag, cell.tail = ("th" if role == "columnheader" else "td"), None
            cell.attrib.pop("role")
            tr.append(cell)
            continue
        if role == "row":
            tr = etree.SubElement(table, "tr")
        stack.extend(reversed(part))
    return table


def _grid(table: Any, number: int) -> Grid:
    rows: list[list[str]] = []
    spans: dict[int, str] = {}
    places: list[int] = []  # the row of the page that each row of the grid is
    stated, leading = 0, True
    carried: dict[int, tuple[int, str]] = {}  # column → rows that a cell from above still reaches into, its text
    budget = MAX_CELLS
    flat = next(table.iterdescendants(*INTRICATE), None) is None
    lines = _rows(table)
    for place, tr in enumerate(lines):
        if flat and not leading and not carried and (quick := flat_cells(tr)):  # nearly all of a large table
            rows.append(quick)
            places.append(place)
            budget -= len(quick)
            continue
        cells = [cell for cell in tr if cell.tag in ("td", "th")]
        if not cells and not carried:
            continue
        plain = not (carried or any("colspan" in c.attrib or "rowspan" in c.attrib for c in cells))
        row = [text_of(cell) for cell in cells] if plain else _spanned(cells, carried)
        budget -= len(row)
        if budget < 0:
            raise TooLarge(f"A table of the page spans more than {MAX_CELLS:,} cells.")
        if len(cells) == 1 and len(row) > 1 and not plain:
            spans[len(rows)] = row[0]
        if leading:
            if tr.getparent().tag == "thead" or (cells and all(c.tag == "th" for c in cells)) or len(rows) in spans:
                stated = len(rows) + 1
            elif rows or any(row):
                leading = False
        rows.append(row)
        places.append(place)
    if spare := [i for i, row in enumerate(rows) if len(row) == 1 and row[0] and i >= max(stated, 1)]:
        usual = sorted(map(len, rows))[len(rows) // 2]
        spans.update({i: rows[i][0] for i in spare} if usual >= 3 else {})
    while stated and stated - 1 in spans:  # a spanning row below the headings is a category, not a heading
        stated -= 1
    if not stated and rows and _bold(lines[places[0]]):
        stated = 1

    def select(row: int, column: int, css: str) -> list[str]:
        cells = [cell for cell in _rows(table)[places[row]] if cell.tag in ("td", "th")]
        if column >= len(cells):
            return []
        return [text for part in selector(css, "select")(cells[column]) if (text := text_of(part))]

    return Grid(
        kind="table",
        locator=f"table {number}" + (f" #{table.get('id')}" if table.get("id") else ""),
        rows=rows,
        stated=stated if stated else -1,
        spans=spans,
        weight=_weight(table, rows, flat),
        select=select,
    )


def _rows(table: Any) -> list[Any]:
    """A table's own rows, without its footer's. Not kept: 25,000 of them slow every collection of garbage."""
    footers = set(_FOOTERS(table))
    rows: list[Any] = _TABLE_ROWS(table)
    return [tr for tr in rows if tr not in footers] if footers else rows


def _spanned(cells: list[Any], carried: dict[int, tuple[int, str]]) -> list[str]:
    """A row with its cells repeated over the columns, and from above over the rows, that they span."""
    row: list[str] = []
    waiting = iter(cells)
    while len(row) < MAX_COLUMNS:
        column = len(row)
        if column in carried:
            left, text = carried[column]
            row.append(text)
            if left > 1:
                carried[column] = (left - 1, text)
            else:
                del carried[column]
            continue
        cell = next(waiting, None)
        if cell is None:
            if not any(place > column for place in carried):
                break
            row.append("")
            continue
        text = text_of(cell)
        down = _span(cell.get("rowspan"), 65_534)
        for place in range(column, min(column + _span(cell.get("colspan"), 1000), MAX_COLUMNS)):
            if place in carried:
                break
            row.append(text)
            if down > 1:
                carried[place] = (down - 1, text)
    return row


_DIGITS = re.compile(r"\s*\+?(\d{1,6})")


def _span(value: str | None, most: int) -> int:
    found = _DIGITS.match(value or "")
    if not found:
        return 1
    number = int(found[1])
    return most if number == 0 and most > 1000 else max(1, min(number, most))


def _bold(tr: Any) -> bool:
    """Whether each cell of a row holds bold text only: headings that are not marked as such."""
    cells = [cell for cell in tr if cell.tag == "td"]
    if len(cells) < 2:
        return False
    for cell in cells:
        text = text_of(cell)
        bold = "".join(text_of(part) for part in cell.iter("b", "strong"))
        if len(bold) < len(text) or (not text and len(cells) < 3):
            return False
    return True


def _weight(table: Any, rows: list[list[str]], flat: bool) -> float:
    weight = 0.3 if is_aside(table) else 1.0
    if (not flat and _HOLDS_TABLES(table)) or table.get("role") == "presentation":
        inner = sum(len(cell) > 400 for row in rows[:20] for cell in row)
        if inner or len(rows) < 3 or table.get("role") == "presentation":
            weight *= 0.3  # a table of layout: its cells hold other tables
    return weight
