"""CSV, TSV and their kin: the dialect found, the rows as they stand."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter

from .errors import NoListFound, TooLarge, UnreadableFormat
from .reading import MAX_CELLS, Document, Grid
from .recipe import Recipe
from .text import Decoded

DELIMITERS = (",", ";", "\t", "|", "\x1f")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,10}\d{0,2});")
_SAMPLE = 64 * 1024  # characters
_BARRED = re.compile(r"^\s*\|.*\|\s*\n\s*\|?[\s|:=+-]*-[\s|:=+-]*$", re.M)  # a table as Markdown draws it
_EXCEL_SEP = re.compile(r"\Asep=(.)\r?\n", re.I)


def delimiter_of(text: str) -> str:
    """The delimiter that cuts a text into rows of one width; "" where none does."""
    if found := _EXCEL_SEP.match(text):
        return found[1]
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    if _BARRED.search(sample):
        return ""
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            rows = [
                row
                for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
                if any(map(str.strip, row))
            ]
        except csv.Error:
            continue
        widths = Counter(map(len, rows))
        if not widths:
            continue
        width, count = max(((w, n) for w, n in widths.items() if w > 1), key=lambda one: one[1], default=(1, 0))
        score = count / len(rows) * (1 + min(width, 8) * 0.05)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best if best_score >= 0.5 else ""


def open_delimited(decoded: Decoded, delimiter: str) -> Document:
    """Cut a text into rows. Raises UnreadableFormat where quotes do not close, TooLarge past the limits."""
    text = decoded.text
    if found := _EXCEL_SEP.match(text):
        text = text[found.end() :]
    # A quote that never closes swallows the rest of the file as one cell.
    csv.field_size_limit(10 * 1024 * 1024)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableFormat(f"The CSV breaks off: {error}. A quotation mark may not be closed.") from error
    if not rows:
        raise NoListFound("The file holds no rows.")
    if sum(map(len, rows)) > MAX_CELLS:
        raise TooLarge(f"The file holds more than {MAX_CELLS:,} cells.")
    if _ENTITY.search(text):
        rows = [[html.unescape(cell) if "&" in cell else cell for cell in row] for row in rows]
    if _loose(text, delimiter):
        rows = [list(map(str.strip, row)) for row in rows]
    grid = Grid(kind="csv", locator=f"rows parted by {_NAMES.get(delimiter, delimiter)}", rows=rows)

    def grids(_recipe: Recipe | None) -> list[Grid]:
        return [grid]

    return Document("tsv" if delimiter == "\t" else "csv", grids, decoded.encoding, warnings=decoded.warnings)


_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "\x1f": "unit separators"}


def _loose(text: str, delimiter: str) -> bool:
    """Whether white space stands at the edge of any cell: most files have none, and are spared the trimming."""
    if any(mark in text for mark in ("\u00a0", "\u3000", "\u2003", "\u2009", "\u202f", "\x0b", "\x0c", "\x85", "\x1c")):
        return True
    tight = text
    for space in " \t" if delimiter != "\t" else " ":
        for edge in (delimiter, '"', "\n", "\r"):
            if space + edge in tight or edge + space in tight:
                return True
    return (
        text[:1].isspace()
        or text[-2:-1].isspace()
        or ('"\n' in text and bool(re.search(r'"[^",]*\n\s*"', text[:_SAMPLE])))
    )
