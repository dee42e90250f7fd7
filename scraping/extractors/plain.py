"""Plain text: lists of lines, labelled blocks, and columns set with spaces."""

from __future__ import annotations

import re
from itertools import pairwise

from .lines import Line, label_grid, line_grids, named_lines
from .reading import Document, Grid
from .recipe import Recipe
from .text import Decoded

_GAP = re.compile(r" {2,}|\t")
_RULE = re.compile(r"[\s|+:=_-]{3,}")
_HEADING = re.compile(r"#{1,6}\s+|\*\*(?=.+\*\*$)|__(?=.+__$)")


def open_text(decoded: Decoded) -> Document:
    raw = decoded.text.splitlines()
    lines = [_line(text) for text in raw]

    def grids(recipe: Recipe | None) -> list[Grid]:
        if recipe is not None:
            if recipe.place("lines"):
                return [named_lines(lines, recipe, "lines")]
            return _tables(raw, lines)
        return [*_tables(raw, lines), *line_grids(lines, "lines", {})]

    return Document("text", grids, decoded.encoding, text=lambda: decoded.text, warnings=decoded.warnings)


def _line(text: str) -> Line:
    stripped = text.strip()
    if found := _HEADING.match(stripped):
        return Line(stripped[found.end() :].strip("*_# "), True)
    return Line(stripped, False, float(len(text) - len(text.lstrip())))


def _tables(raw: list[str], lines: list[Line]) -> list[Grid]:
    found = []
    if (labels := label_grid(lines)) is not None:
        found.append(labels)
    for number, block in enumerate(_barred(raw)):
        found.append(Grid("bars", f"table {number + 1} of bars", block))
    if columns := _spaced(raw):
        found.append(Grid("columns", "columns set with spaces", columns))
    return found


def text_tables(parts: list[str]) -> list[Grid]:
    """The tables in text whose spaces count, as inside <pre>."""
    raw = "".join(parts).splitlines()
    return [grid for grid in _tables(raw, []) if len(grid.rows) >= 3] if len(raw) >= 3 else []


def _barred(raw: list[str]) -> list[list[list[str]]]:
    """Tables whose cells stand between bars, as in Markdown."""
    blocks: list[list[list[str]]] = []
    inside = False
    for text in raw:
        stripped = text.strip()
        if stripped.count("|") >= 2 and stripped.startswith("|"):
            if not inside:
                blocks.append([])
                inside = True
            if not _RULE.fullmatch(stripped):
                blocks[-1].append([cell.strip() for cell in stripped.strip("|").split("|")])
        elif not _RULE.fullmatch(stripped):
            inside = False
    return [block for block in blocks if len(block) >= 2]


_DASHES = re.compile(r"[-=]{2,}")


def _under_rules(raw: list[str]) -> list[list[str]]:
    """Columns as wide as the dashes that are drawn under their headings."""
    for i, text in enumerate(raw[:60]):
        edges = [hit.start() for hit in _DASHES.finditer(text)]
        if i and len(edges) >= 2 and not text.replace("-", "").replace("=", "").strip():
            cuts = [0, *edges[1:], 10_000]
            lines = [
                line.expandtabs()
                for line in [raw[i - 1], *raw[i + 1 :]]
                if line.strip() and not _RULE.fullmatch(line.strip())
            ]
            # A line with a sign where two columns meet is no row of the table.
            return [[line[a:b].strip() for a, b in pairwise(cuts)] for line in lines
                    if all(line[cut - 1 : cut] in ("", " ") for cut in edges[1:])]  # fmt: skip
    return []


def _spaced(raw: list[str]) -> list[list[str]]:
    """Columns set with two spaces or more: the places where every full line has a gap."""
    if ruled := _under_rules(raw):
        return ruled
    full = [text.expandtabs() for text in raw if text.strip() and not _RULE.fullmatch(text.strip())]
    parted = [text for text in full if len(_GAP.split(text.strip())) >= 2]
    if len(parted) < 3 or len(parted) < len(full) * 0.6:
        return []
    width = max(map(len, parted))
    cover = [0] * (width + 1)
    for text in parted:
        for i, sign in enumerate(text):
            if sign != " ":
                cover[i] += 1
    cuts, start = [], None
    for i in range(width):
        if cover[i] == 0:
            start = i if start is None else start
        elif start is not None:
            if i - start >= 1 and start > 0 and i - start >= 2:
                cuts.append(i)
            start = None
    if not cuts:
        return []
    edges = [0, *cuts, width + 1]
    return [[text[a:b].strip() for a, b in pairwise(edges)] for text in full]
