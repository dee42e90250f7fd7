"""What a proposed recipe asks beyond its columns: names inside cells, several in one, blanks that mean "as above"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .columns import Roles
from .headings import Layout
from .reading import Grid
from .recipe import Column, compiled
from .values import counts, is_ditto, is_number, likeness
from .words import names_firm

# Who makes or provides what a sentence speaks of; English is the only language in which lists are seen to do this.
_VERB = "produced|provided|supplied|manufactured|made|developed|offered|sold|delivered|operated"
_WORD = r"(?:[A-Z0-9][\w&'’.-]*\w|[A-Z0-9]|\([A-Z][\w .-]*\))"
_NAME = rf"{_WORD}(?:,? (?:of |and |& |the )?{_WORD})*"
MADE_BY = rf"\b(?:{_VERB})(?:,? (?:or|and|directly|indirectly|{_VERB}),?)* by (?:the )?({_NAME})"


@dataclass(slots=True)
class Candidate:
    grid: Grid
    layout: Layout
    roles: Roles
    rows: int
    score: float

    @property
    def main(self) -> int | None:
        return self.roles.columns.get("vendor", self.roles.columns.get("product"))


def headed_by_firms(best: Candidate) -> bool:
    """Whether the headings over the items name firms, and the items their products."""
    grid, roles = best.grid, best.roles
    if grid.kind not in ("items", "lines") or len(grid.spans) < 2 or roles.by.get("vendor") != "values":
        return False
    place = roles.columns["vendor"]
    heads = sum(map(names_firm, grid.spans.values())) / len(grid.spans)
    items = [row[place] for i, row in enumerate(grid.rows) if i not in grid.spans and place < len(row)]
    return heads >= 0.5 and heads > 2 * sum(map(names_firm, items)) / max(1, len(items))


def sentences(
    best: Candidate,
    body: list[tuple[int, list[str]]],
    columns: dict[str, Column],
    pattern: list[tuple[str, tuple[str, ...]]],
) -> None:
    """Names inside sentences: by their emphasis, else by the words that say who made it."""
    main = best.main
    if main is None or not body:
        return
    texts = [row[main] for _, row in body if main < len(row) and row[main]]
    long = sum(1 for text in texts if len(text) > 60 and text.count(" ") >= 7)
    if not texts or long < len(texts) * 0.6:
        return
    heading = best.layout.headings[main]
    if best.roles.columns.get("vendor") not in (None, main):
        return
    if best.grid.select:
        for css in ("strong", "b"):
            hits = sum(1 for i, row in body if main < len(row) and best.grid.select(i, main, css))
            if hits >= len(texts) * 0.6:
                columns["vendor"] = Column((heading,), css)
                columns["product"] = Column((heading,))
                return
    maker = compiled(MADE_BY, "vendor")
    if sum(1 for text in texts if maker.search(text)) >= len(texts) * 0.5:
        columns["vendor"] = columns["product"] = Column((heading,))
        pattern.append(("vendor", (MADE_BY,)))


_COUNT = re.compile(r"\s*[(（]?(\d{1,4})\s?[.．)）、]")
_LATIN = re.compile(r"[A-Za-z]")
_OTHER = re.compile(r"[\u0400-\u04ff\u0590-\u06ff\u3040-\u9fff\uac00-\ud7af]")
TWO_NAMES = r"^(?P<vendor>[^()（）]+?)\s*[(（](?P<other_name>[^（）()]+(?:[（(][^（）()]*[)）][^（）()]*)*)[)）]$"
NUMBERED = r"^\s*[(（]?\d{1,4}\s?[.．)）、]\s*(.+)$"
_LEGAL = (
    r"(?:inc|incorporated|ltd|limited|llc|l\.l\.c|llp|lp|plc|corp|co|s\.?a|s\.?l|s\.?r\.?l|gmbh|jr|s\.?a\.? de c\.?v)"
    r"\b\.?"
)
WHOLE = rf"(?i)^[^,，、]+(?:,\s+{_LEGAL}[^,，、]{{0,12}})+$"  # a comma that only parts a name from its legal form
BEFORE = {
    "dash": r"^(.+?)\s+[–—-]\s+\S",
    "comma": rf"(?i)^([^,，、]+(?:,\s+{_LEGAL}[^,，、]{{0,12}})*)[,，、]\s?\S",
}
FIRST_LINE = r"^[^\n]+"


def numbered(best: Candidate, body: list[tuple[int, list[str]]], pattern: list[tuple[str, tuple[str, ...]]]) -> None:
    """Names with their row's number before them, in the same cell."""
    for role in ("vendor", "product"):
        place = best.roles.columns.get(role)
        values = [row[place] for _, row in body if place is not None and place < len(row) and row[place]]
        hits = [hit for value in values if (hit := _COUNT.match(value))]
        if len(values) >= 3 and len(hits) >= len(values) * 0.9 and counts([hit[1] for hit in hits]):
            pattern.append((role, (NUMBERED, r"^.+$")))


def followed(best: Candidate, body: list[tuple[int, list[str]]], pattern: list[tuple[str, tuple[str, ...]]]) -> None:
    """Lines of a name and, past a dash or a comma on nearly each line, its address, number or reason."""
    vendor = best.roles.columns.get("vendor")
    if vendor is None or pattern or best.grid.kind not in ("lines", "items") or best.roles.by["vendor"] != "values":
        return
    values = [row[vendor] for _, row in body if vendor < len(row) and row[vendor]]
    if len(values) < 3 or sum("\n" in value for value in values) > len(values) * 0.2:
        return
    whole = compiled(WHOLE, "vendor")
    for mark, text in BEFORE.items():
        maker = compiled(text, "vendor")
        hits = [
            (hit[1], value[hit.end(1) :])
            for value in values
            if (hit := maker.search(value)) and not (mark == "comma" and whole.search(value))
        ]
        if len(hits) < len(values) * 0.8 or likeness([name for name, _ in hits]) < 0.3:
            continue
        told = sum(1 for _, rest in hits if any(c.isdigit() for c in rest) or rest.count(" ") > 5)
        alike = len({rest.split()[-1] for _, rest in hits}) <= len(hits) * 0.5  # the same town or land again
        if mark == "dash" or told >= len(hits) * 0.6 or alike:
            pattern.append(("vendor", (text, r"^.+$") if mark == "dash" else (WHOLE, text, r"^.+$")))
            return


def bilingual(best: Candidate, body: list[tuple[int, list[str]]], pattern: list[tuple[str, tuple[str, ...]]]) -> None:
    """A name, and in brackets the same name in another script: only the first can be an alias by itself."""
    vendor = best.roles.columns.get("vendor")
    values = [row[vendor] for _, row in body if vendor is not None and vendor < len(row) and row[vendor]]
    if len(values) < 2 or pattern:
        return
    both = compiled(TWO_NAMES, "vendor")
    hits = 0
    for value in values:
        found = both.match(value)
        if found and bool(_OTHER.search(found[1])) != bool(_OTHER.search(found[2])) and _LATIN.search(value):
            hits += 1
    if hits >= len(values) * 0.8:
        pattern.append(("vendor", (TWO_NAMES, r"^.+$")))


def first_lines(
    best: Candidate,
    body: list[tuple[int, list[str]]],
    columns: dict[str, Column],
    pattern: list[tuple[str, tuple[str, ...]]],
    split: list[tuple[str, tuple[str, ...]]],
) -> None:
    """Cells whose first line is the name and whose further lines are particulars: addresses, documents, remarks."""
    if best.grid.kind not in ("table", "items") or pattern or any(c.select for c in columns.values()):
        return
    for role in ("vendor", "product"):
        place = best.roles.columns.get(role)
        if place is None or (role == "vendor" and _lists_firms(best, body)):
            continue
        cells = [row[place] for _, row in body if place < len(row) and row[place]]
        if sum("\n" in cell for cell in cells) >= max(1, len(cells) * 0.4):
            pattern.append((role, (FIRST_LINE,)))


_PART = re.compile(r"\d|@|www\.|https?:|\b(?:tel|fax|street|road|box|suite|floor|ave|blvd)\b|[路街号區区市県丁]", re.I)


def several(best: Candidate, body: list[tuple[int, list[str]]], split: list[tuple[str, tuple[str, ...]]]) -> None:
    """Several vendors in one cell, on lines of their own or parted by semicolons.

    A record of a delimited file that has an identifier is one entry, whatever its cells hold.
    """
    vendor = best.roles.columns.get("vendor")
    record = best.grid.kind == "csv" and "identifier" in best.roles.columns
    if vendor is None or best.grid.kind == "pdf" or record or split:
        return
    cells = [row[vendor] for _, row in body if vendor < len(row) and row[vendor]]
    if _lists_firms(best, body):
        split.append(("vendor", ("lines",)))
        return
    for mark in (";", "；", "、"):
        marked = [cell for cell in cells if mark in cell]
        parts = [part.strip() for cell in marked for part in cell.split(mark)]
        brief = all(2 < len(part) <= 80 and not is_number(part) for part in parts if part)
        if marked and brief and sum(map(names_firm, parts)) >= len(parts) * 0.8:
            split.append(("vendor", (mark,)))
            return


def _lists_firms(best: Candidate, body: list[tuple[int, list[str]]]) -> bool:
    """Whether the further lines of vendors' cells name vendors too, and not streets or remarks."""
    vendor = best.roles.columns["vendor"]
    cells = [row[vendor] for _, row in body if vendor < len(row) and row[vendor]]
    later = [line for cell in cells if "\n" in cell for line in cell.split("\n")[1:]]
    if not later or not all(len(line) > 1 and not _PART.search(line) and not line[0].islower() for line in later):
        return False
    firms = sum(map(names_firm, later)) / len(later)
    return firms >= 0.6 * sum(1 for cell in cells if names_firm(cell)) / len(cells)


def as_above(best: Candidate, body: list[tuple[int, list[str]]]) -> list[int]:
    """Columns whose blank cells mean "as above": they begin a group and stay blank within it.

    A page is laid out for readers; a delimited file is not, and its rows may come in any order. There only a column of
    vendors without identifiers is one, since such a row would otherwise be nobody's.
    """
    columns = best.roles.columns
    delimited = best.grid.kind == "csv"
    found = []
    for role in ("vendor", "category", "origin"):
        place = columns.get(role)
        others = [columns[r] for r in ("product", "vendor", "identifier") if r in columns and r != role]
        if place is None or not others or len(body) < 3:
            continue
        cells = [row[place] if place < len(row) else "" for _, row in body]
        if cells[0] and any(map(is_ditto, cells)):
            found.append(place)
            continue
        if delimited and (role != "vendor" or "identifier" in columns):
            continue
        given = [cell for cell in cells if cell]
        blank = len(cells) - len(given)
        filled = all(any(o < len(row) and row[o] for o in others) for _, row in body)
        repeated = sum(1 for a, b in pairwise(cells) if a and a == b)
        if (
            cells[0]
            and blank >= max(1, len(cells) * 0.15)
            and filled
            and not repeated
            and len(set(given)) >= len(given) * 0.9
        ):
            found.append(place)
    return found
