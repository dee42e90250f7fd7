"""Which rows of a grid are its headings, and what they say together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from .reading import Grid
from .recipe import fold
from .values import is_plain
from .words import aspects, kind, words

SAMPLE = 400  # rows looked at when values decide
_SEARCH = 40  # rows among which headings are looked for
# Names of firms hold words of headings too ("… Technology Co., Ltd"), but no heading has a legal form in it.
_LEGAL = re.compile(
    r"..(?:公司|集团|集團|株式会社|\(株\)|（株）|주식회사)$|\b(?:inc|ltd|llc|llp|plc|corp|gmbh|s\.?a\.?r\.?l|pty|b\.v|co)\b\.?,?"
    r"(?: ltd\.?)?$|^(?:株式会社|ооо|ао|зао|пао)\W",
    re.I,
)


@dataclass(slots=True)
class Layout:
    """Where a grid's headings end, and what they say. `body` is the index of the first row of the list."""

    headings: list[str]
    body: int
    stated: bool  # the markup, or words known from headings, say that these are headings


def layout(grid: Grid) -> Layout:
    """Find a grid's headings. A grid without any gets the names "column 1", "column 2", …"""
    if grid.headings is not None:
        return Layout(_unique(grid.headings), 0, True)
    rows = grid.rows
    if grid.stated > 0:
        start = next((i for i in range(grid.stated) if i not in grid.spans and any(rows[i])), None)
        if start is not None:
            last = max(i for i in range(start, grid.stated) if i not in grid.spans and any(rows[i]))
            last = _further(rows, start, last, grid)
            if not (grid.stated >= len(rows) and len(rows) > 3 and not _known(rows[start])):
                return Layout(_composed(rows, start, last), _past_numbers(rows, last + 1), True)
    found = _guess(grid)
    if found is None:
        width = max((len(row) for row in rows[:SAMPLE]), default=0)
        return Layout([f"column {i + 1}" for i in range(width)], 0, False)
    start = found
    while start and start - 1 not in grid.spans and len(set(filter(None, rows[start - 1]))) > 1:
        if _further(rows, start - 1, start - 1, grid) < start:
            break
        start -= 1  # the row above groups these headings
    last = _further(rows, found, found, grid)
    return Layout(_composed(rows, start, last), _past_numbers(rows, last + 1), _known(rows[found]) > 0)


def locate(grid: Grid, wanted: list[set[str]]) -> Layout | None:
    """The headings of a grid such that each set of alternatives (folded) has one among them; None if it has not."""

    def has(found: Layout) -> bool:
        names = {fold(h) for h in found.headings}
        return all(one & names for one in wanted)

    usual = layout(grid)
    if has(usual):
        return usual
    if grid.headings is None:
        for i, row in enumerate(grid.rows[:_SEARCH]):
            for end in (i, i + 1, i + 2):
                if (
                    end < len(grid.rows)
                    and any(row)
                    and has(found := Layout(_composed(grid.rows, i, end), _past_numbers(grid.rows, end + 1), True))
                ):
                    return found
    return None


def _past_numbers(rows: list[list[str]], body: int) -> int:
    """The row after one that only numbers the columns below their headings: 1 | 2 | 3 | 4."""
    row = [cell.strip("()[]") for cell in rows[body]] if body < len(rows) else []
    if len(row) >= 3 and all(cell.isdecimal() for cell in row):
        numbers = list(dict.fromkeys(map(int, row)))
        if len(numbers) >= 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1):
            return body + 1
    return body


def _known(row: list[str]) -> int:
    """How many cells of a row are headings by their words."""
    return sum(
        1
        for cell in set(row)
        if cell and len(cell) <= 60 and len(words(cell)) <= 8 and kind(cell) and not _LEGAL.search(cell)
    )


def only_headings(row: list[str]) -> int:
    """How many cells of a row say what headings say and nothing besides: "Vendor" does, "Vendor 1" is a value."""
    return sum(
        1
        for cell in set(row)
        if cell
        and len(cell) <= 60
        and not any(sign.isdecimal() for sign in cell)
        and kind(cell)
        and all(aspects(word) for word in words(cell))
    )


def _guess(grid: Grid) -> int | None:
    rows = grid.rows
    filled = [(i, row) for i, row in enumerate(rows[: _SEARCH + 20]) if any(row)]
    if not filled:
        return None
    width = median(sum(1 for cell in row if cell) for _, row in filled)
    best, best_score = None, 0.0
    counted = [_known(row) for _, row in filled]
    alone = [only_headings(row) for _, row in filled]
    full_above = 0
    for place, (i, row) in enumerate(filled[:_SEARCH]):
        if full_above > 3:
            break  # what stands above headings is sparse: this far down it is the list itself
        cells = [cell for cell in row if cell]
        full_above += len(cells) >= width * 0.8
        if i in grid.spans or (len(cells) < 2 and width >= 2) or len(set(cells)) < min(2, width):
            continue
        if any(len(cell) > 160 for cell in cells) or len(cells) < width * 0.5:
            continue
        plain = sum(map(is_plain, cells)) / len(cells)
        if plain < 0.7:
            continue
        if place and place == len(filled) - 1:
            continue
        known, below = counted[place], counted[place + 1 : place + 11]
        usual = sum(below) / len(below) if below else 0.0
        if known and known <= 1.5 * usual and alone[place] >= len(cells) / 2:
            # The values hold words of headings too: then those tell that stand alone.
            known, below = alone[place], alone[place + 1 : place + 11]
            usual = sum(below) / len(below)
        score = known - 1.5 * usual if known else 0.0
        score = score / max(3, len(cells)) + (0.15 if place == 0 else 0) - place * 0.004
        if known >= 1 and known > 1.5 * usual and score > best_score and (known >= 2 or len(cells) <= 4):
            best, best_score = i, score
    if best is not None:
        return best
    # No word is known: the first full row heads the others if they hold numbers or dates where it holds text.
    first, head = filled[0]
    body = [row for _, row in filled[1:30]]
    if len(body) >= 2 and len(head) > 1 and all(head[1:]) and len(set(head)) == len(head) and all(map(is_plain, head)):
        for column in range(len(head)):
            values = [row[column] for row in body if column < len(row) and row[column]]
            if len(values) >= 2 and all(not is_plain(v) for v in values):
                return first
    return None


def _further(rows: list[list[str]], start: int, last: int, grid: Grid) -> int:
    """The last of the heading rows: rows below that name the parts of a heading that spans columns."""
    while last + 1 < len(rows) and last + 1 not in grid.spans and last - start < 4:
        head, below = rows[last], rows[last + 1]
        new, same = 0, 0
        for column, text in enumerate(below):
            above = head[column] if column < len(head) else ""
            if not text or text == above:
                same += 1
                continue
            left = head[column - 1] if 0 < column <= len(head) else ""
            right = head[column + 1] if column + 1 < len(head) else ""
            if (above and above not in (left, right)) or not is_plain(text) or len(text) > 60:
                return last
            new += 1
        if not new or not same or not any(below):
            return last
        last += 1
    return last


def _composed(rows: list[list[str]], start: int, last: int) -> list[str]:
    """Headings of several rows as one: "Result / First round / Amount"."""
    width = max(len(row) for row in rows[start : last + 1])
    for row in rows[last + 1 : last + 1 + SAMPLE]:
        width = max(width, len(row))
    names = []
    for column in range(width):
        parts: list[str] = []
        for row in rows[start : last + 1]:
            part = row[column].replace("\n", " ").strip() if column < len(row) else ""
            if part and part not in parts:
                parts.append(part)
        names.append(" / ".join(parts))
    return _unique(names)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for i, name in enumerate(names):
        name = " ".join(name.split()) or f"column {i + 1}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
