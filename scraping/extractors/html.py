"""HTML: the page as a tree, its tables as grids, the text of its cells as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from . import blocks
from .errors import NoListFound, RecipeMisfit, TooLarge, UnreadableFormat
from .reading import MAX_CELLS, MAX_COLUMNS, Document, Grid
from .recipe import Recipe, selector
from .text import decode
from .visible import collapse, heading_text, is_aside, lines_of, text_of

_TABLE_ROWS = etree.XPath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "caption", "legend", "summary")


def open_html(body: bytes, encoding: str) -> Document:
    """Parse a page. Raises TooLarge where the parser would drop part of it without a word."""
    decoded = decode(body, encoding)
    root = parse(decoded.text)
    title = root.findtext(".//title") or root.findtext(".//h1") or ""
    language = next((tag.get("lang", "") for tag in root.iter("html", "body") if tag.get("lang")), "")

    def grids(recipe: Recipe | None) -> list[Grid]:
        return _named(root, recipe) if recipe else [*table_grids(root), *blocks.grids(root)]

    def next_pages(recipe: Recipe) -> list[str]:
        found = []
        for key, css in recipe.paging:
            if key in ("next", "links"):
                found += [str(tag.get("href")) for tag in selector(css, f"paging.{key}")(root) if tag.get("href")]
        return list(dict.fromkeys(link.strip() for link in found if not link.strip().startswith(("#", "javascript:"))))

    return Document(
        format="html",
        grids=grids,
        encoding=decoded.encoding,
        title=collapse(title),
        language=language.strip(),
        text=lambda: "\n".join(lines_of(root)),
        next_pages=next_pages,
        warnings=decoded.warnings,
        native=root,
    )


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


def _named(root: Any, recipe: Recipe) -> list[Grid]:
    """The grids that a recipe names."""
    if css := recipe.place("items"):
        return [blocks.records(root, css, recipe)]
    if recipe.place("lines"):
        return [blocks.lines(root, recipe)]
    css = recipe.place("table")
    if not css:
        return list(table_grids(root))
    chosen = selector(css, "where.table")(root)
    tables = [tag if tag.tag == "table" else tag.find(".//table") for tag in chosen]
    if not (found := [tag for tag in tables if tag is not None]):
        raise RecipeMisfit(f"The page has no table at {css!r}, which the recipe names as where.table.")
    wanted = set(found)
    return [grid for grid, tag in _tables(root) if tag in wanted]


def table_grids(root: Any) -> Iterator[Grid]:
    """Every table of the page that could be a list, in the page's order."""
    return (grid for grid, _tag in _tables(root))


def _tables(root: Any) -> Iterator[tuple[Grid, Any]]:
    heading, number, cells = "", 0, 0
    for tag in root.iter("table", *_HEADINGS):
        if tag.tag != "table":
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


def _grid(table: Any, number: int) -> Grid:
    rows: list[list[str]] = []
    spans: dict[int, str] = {}
    elements: list[Any] = []
    stated, leading = 0, True
    carried: dict[int, tuple[int, str]] = {}  # column → rows that a cell from above still reaches into, its text
    budget = MAX_CELLS
    for tr in _TABLE_ROWS(table):
        cells = [cell for cell in tr if cell.tag == "td" or cell.tag == "th"]
        if not cells and not carried:
            continue
        row: list[str] = []
        plain = not carried
        if plain:
            for cell in cells:
                if len(cell.attrib) and ("colspan" in cell.attrib or "rowspan" in cell.attrib):
                    plain = False
                    break
        if plain:
            row = [_text(cell) for cell in cells]
        else:
            row = _spanned(cells, carried)
        budget -= len(row)
        if budget < 0:
            raise TooLarge(f"A table of the page spans more than {MAX_CELLS:,} cells.")
        parent = tr.getparent().tag
        if parent == "tfoot":
            continue
        if len(cells) == 1 and len(row) > 1 and not plain:
            spans[len(rows)] = row[0]
        if leading:
            if parent == "thead" or (cells and all(c.tag == "th" for c in cells)) or len(rows) in spans:
                stated = len(rows) + 1
            elif rows or any(row):
                leading = False
        rows.append(row)
        elements.append(tr)
    while stated and stated - 1 in spans:  # a spanning row below the headings is a category, not a heading
        stated -= 1
    if not stated and rows and _bold(elements[0]):
        stated = 1

    def select(row: int, column: int, css: str) -> list[str]:
        cells = [cell for cell in elements[row] if cell.tag in ("td", "th")]
        if column >= len(cells):
            return []
        return [text for part in selector(css, "select")(cells[column]) if (text := text_of(part))]

    return Grid(
        kind="table",
        locator=f"table {number}" + (f" #{table.get('id')}" if table.get("id") else ""),
        rows=rows,
        stated=stated if stated else -1,
        spans=spans,
        where={},
        weight=_weight(table, rows),
        select=select,
    )


def _text(cell: Any) -> str:
    if len(cell):
        return text_of(cell)
    text: str | None = cell.text
    return collapse(text) if text else ""


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
        text = _text(cell)
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


def _weight(table: Any, rows: list[list[str]]) -> float:
    weight = 0.3 if is_aside(table) else 1.0
    if table.find(".//table") is not None or table.get("role") == "presentation":
        inner = sum(len(cell) > 400 for row in rows[:20] for cell in row)
        if inner or len(rows) < 3 or table.get("role") == "presentation":
            weight *= 0.3  # a table of layout: its cells hold other tables
    return weight
