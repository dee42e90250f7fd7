"""PDF: ruled tables joined over pages, tables without rules by where their words stand, else lines."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from .errors import Encrypted, NoListFound, TooLarge, UnreadableFormat
from .lines import Line, line_grids, named_lines
from .reading import Document, Grid
from .recipe import Recipe, fold

WALL = 110  # seconds
MAX_PDF = 64 * 1024 * 1024  # bytes
_CHILD = Path(__file__).with_name("pdf_child.py")


def open_pdf(body: bytes) -> Document:
    """Read a PDF in a child process with limits on time and memory. Every failure is an ExtractionError."""
    if len(body) > MAX_PDF:
        raise TooLarge(f"The PDF has {len(body):,} bytes; at most {MAX_PDF:,} are read.")
    answer = _child(body)
    pages: list[dict[str, Any]] = answer["pages"]
    if not any(page["words"] or page["tables"] for page in pages):
        raise NoListFound(
            "The PDF holds no text: its pages are pictures. Ask the publisher for the original, or run text "
            "recognition on it and read the result."
        )
    lines = [Line(line.text, line.bold, line.indent) for page in pages for line in _lines(page)]

    def grids(recipe: Recipe | None) -> list[Grid]:
        if recipe is not None and recipe.place("lines"):
            return [named_lines(lines, recipe, "lines of the PDF")]
        tables = [*_joined(pages), *_unruled(pages)]
        return tables if recipe is not None else [*tables, *line_grids(lines, "lines of the PDF", {})]

    return Document(
        "pdf", grids, title=answer["title"], text=lambda: "\n".join(line.text for line in lines), native=pages
    )


def _child(body: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-I", str(_CHILD)], input=body, capture_output=True, timeout=WALL, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise TooLarge(f"The PDF took more than {WALL} seconds to read, so reading was stopped.") from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise TooLarge("The PDF used more time or memory than a reader may use, so reading was stopped.") from error
    match answer.get("error"):
        case None:
            return answer
        case "encrypted":
            raise Encrypted("The PDF is protected by a password: ask the publisher for an open copy.")
        case "memory":
            raise TooLarge("The PDF needs more memory than a reader may use.")
        case "pages":
            raise TooLarge(f"The PDF has {answer['detail']} pages, more than are read.")
        case _:
            raise UnreadableFormat(f"The PDF is damaged: {answer.get('detail', '')}. Fetch it again.")


def _cell(text: str | None) -> str:
    """A cell's wrapped lines as one: no space after a hyphen, nor between signs of scripts that write none."""
    if not text:
        return ""
    joined = ""
    for line in text.split("\n"):
        line = line.strip()
        if not joined or not line or joined[-1] in "-‐/" or (joined[-1] > "\u2e80" and line[0] > "\u2e80"):
            joined += line
        else:
            joined += " " + line
    return joined


def _joined(pages: list[dict[str, Any]]) -> list[Grid]:
    """Ruled tables; one that goes on over pages is one, its headings once and rows that a page cuts made whole."""
    grids: list[Grid] = []
    last_page = -1
    for number, page in enumerate(pages):
        for place, table in enumerate(page["tables"]):
            rows = [[_cell(cell) if cell is not None else None for cell in row] for row in table["rows"]]
            rows = [row for row in rows if any(row)]
            if not rows:
                continue
            width = max(map(len, rows))
            previous = grids[-1] if grids else None
            follows = previous is not None and number - last_page <= 1 and place == 0
            if previous is not None and follows and width == max(map(len, previous.rows)):
                _continue(previous, rows)
            else:
                grid = Grid("pdf", f"table {place + 1} on page {number + 1}", [])
                _fill(grid, rows, [])
                grids.append(grid)
            last_page = number
    return grids


def _continue(grid: Grid, rows: list[list[str | None]]) -> None:
    repeated = 0
    heads = [[fold(cell) for cell in row] for row in grid.rows[:5]]
    while repeated < len(rows) and [fold(cell or "") for cell in _across(rows[repeated])] in heads:
        repeated += 1
    rest = rows[repeated:]
    if rest and grid.rows:
        first, last = rest[0], grid.rows[-1]
        blank = [i for i, cell in enumerate(first) if not cell]
        # A row that a page cuts goes on without its number and most of its cells.
        if len(blank) >= len(first) * 0.5 and not first[0] and any(last[i] and cell for i, cell in enumerate(first)):
            named = [i for i, cell in enumerate(first) if cell]
            if not _starts(first, grid):
                for i in named:
                    grid.rows[-1][i] = _cell(f"{last[i]}\n{first[i]}")
                rest = rest[1:]
    _fill(grid, rest, grid.rows[-1] if grid.rows else [])


def _starts(row: list[str | None], grid: Grid) -> bool:
    """Whether a row with blanks still begins an entry: rows of this table usually fill the very cells that it fills."""
    usual = [sum(1 for other in grid.rows[-20:] if other[i]) for i in range(len(row))]
    count = len(grid.rows[-20:])
    must = [i for i, n in enumerate(usual) if n == count and i < len(row)]
    return all(row[i] or row[i] is None for i in must)


def _across(row: list[str | None]) -> list[str]:
    """A row with cells that span columns repeated over them."""
    found: list[str] = []
    for cell in row:
        found.append(cell if cell is not None else "")
    return found


def _fill(grid: Grid, rows: list[list[str | None]], above: list[str]) -> None:
    """Append rows; a cell that is part of the one above it, or left of it, takes its text."""
    for row in rows:
        given = [cell for cell in row if cell]
        filled: list[str] = []
        spanning = len(given) == 1 and row[0] and all(cell is None for cell in row[1:]) and len(row) > 2
        heading = len(grid.rows) < 4
        for i, cell in enumerate(row):
            if cell is None:
                left = row[i - 1] if i else ""
                if spanning:
                    cell = row[0] or ""
                elif heading and left and i and _group(row, i):
                    cell = filled[-1]
                else:
                    cell = above[i] if i < len(above) else ""
            filled.append(cell)
        if spanning:
            grid.spans[len(grid.rows)] = row[0] or ""
        grid.rows.append(filled)
        above = filled if not spanning else above


def _group(row: list[str | None], i: int) -> bool:
    """Whether the blank at i belongs to the heading on its left (it spans columns) and not to one above."""
    return (any(row[:i]) and row[i - 1] is not None) or (i > 1 and row[i - 1] is None and any(row[: i - 1]))


# --- words into lines ---


class _Segments:
    """One line of a page: its words joined where they stand close, apart where a gap parts them."""

    def __init__(self, words: list[list[Any]]):
        words.sort(key=lambda w: w[1])
        self.top, self.bottom = min(w[3] for w in words), max(w[4] for w in words)
        size = max(4.0, max(w[4] - w[3] for w in words))
        self.parts: list[tuple[str, float, float]] = []
        for text, x0, x1, *_ in words:
            if self.parts and x0 - self.parts[-1][2] < size * 0.75:
                before, start, end = self.parts[-1]
                glue = "" if x0 - end < size * 0.12 and before[-1] > "\u2e80" else " "
                self.parts[-1] = (before + glue + text, start, x1)
            else:
                self.parts.append((text, x0, x1))
        self.text = " ".join(part[0] for part in self.parts)
        self.bold = all(w[5] for w in words)
        self.indent = words[0][1]
        self.size = size


def _lines(page: dict[str, Any], boxes: list[list[float]] | None = None) -> list[_Segments]:
    rows: list[list[list[Any]]] = []
    for word in sorted(page["words"], key=lambda w: ((w[3] + w[4]) / 2, w[1])):
        middle = (word[3] + word[4]) / 2
        if boxes and any(b[0] <= word[1] <= b[2] and b[1] <= middle <= b[3] for b in boxes):
            continue
        if rows and abs(middle - (rows[-1][-1][3] + rows[-1][-1][4]) / 2) < (word[4] - word[3]) * 0.5:
            rows[-1].append(word)
        else:
            rows.append([word])
    return [_Segments(row) for row in rows]


def _unruled(pages: list[dict[str, Any]]) -> list[Grid]:
    """A table without rules: columns where many lines begin a part at the same place."""
    lines: list[_Segments] = []
    for page in pages:
        lines += _lines(page, [table["box"] for table in page["tables"]])
    parted = [line for line in lines if len(line.parts) >= 2]
    if len(parted) < 4:
        return []
    gaps = _gaps(parted)
    if not gaps:
        return []
    rows: list[list[str]] = []
    tops: list[tuple[float, float]] = []
    steps = [b.top - a.top for a, b in pairwise(lines) if len(a.parts) > 1 and len(b.parts) > 1 and b.top > a.top]
    pitch = median(steps) if steps else 0.0
    for line in lines:
        row = [""] * (len(gaps) + 1)
        for text, x0, x1 in line.parts:
            place = sum(1 for gap in gaps if (x0 + min(x1, x0 + 20)) / 2 > gap)
            row[place] = f"{row[place]} {text}".strip()
        close = tops and 0 <= line.top - tops[-1][1] < line.size * 0.45
        if (
            rows
            and close
            and not row[0]
            and sum(map(bool, row)) < len(row)
            and any(rows[-1][i] for i, c in enumerate(row) if c)
        ):
            rows[-1] = [_cell(f"{a}\n{b}") if a and b else a or b for a, b in zip(rows[-1], row, strict=True)]
        elif tops and row[0] and not any(row[1:]) and sum(map(bool, rows[-1])) > 1 and _wraps(tops[-1][0], line, pitch):
            rows[-1][0] = _cell(f"{rows[-1][0]}\n{row[0]}")
        else:
            rows.append(row)
        tops.append((line.top, line.bottom))
    return [Grid("pdf", "columns of words without rules", rows, weight=0.8)]


def _wraps(above: float, line: _Segments, pitch: float) -> bool:
    """Whether a line stands so close below the one above that it goes on with its first cell: rows stand further."""
    return 0 < line.top - above < pitch * 0.8


def _gaps(lines: list[_Segments]) -> list[float]:
    """The places between columns: where nearly no line has a word, and words stand on both sides."""
    right = int(max(line.parts[-1][2] for line in lines)) + 2
    cover = [0] * (right + 1)
    for line in lines:
        for _, x0, x1 in line.parts:
            for x in range(max(0, int(x0)), min(int(x1) + 1, right)):
                cover[x] += 1
    limit = max(1, len(lines) * 0.06)
    gaps: list[float] = []
    start = None
    for x in range(int(min(line.parts[0][1] for line in lines)), right):
        if cover[x] <= limit:
            start = x if start is None else start
        elif start is not None:
            if x - start >= 3:
                gaps.append((start + x) / 2)
            start = None
    return gaps
