"""Without a recipe: which of the candidates is the list, and the recipe that reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log2

from .columns import Layout, Roles, assign, counts, is_number, layout, locate, section_needed
from .errors import NoListFound
from .reading import Grid, Table
from .recipe import SECTION, Column, Recipe, compiled, fold
from .words import names_firm

# Who makes or provides what a sentence speaks of; English is the only language in which lists are seen to do this.
_VERB = "produced|provided|supplied|manufactured|made|developed|offered|sold|delivered|operated"
_WORD = r"(?:[A-Z0-9][\w&'’.-]*\w|[A-Z0-9]|\([A-Z][\w .-]*\))"
MADE_BY = rf"\b(?:{_VERB})(?:,? (?:or|and|directly|indirectly|{_VERB}),?)* by (?:the )?({_WORD}(?:,? (?:of |and |& |the )?{_WORD})*)"
_LEAST = 1.8  # below this score, what looks like a list is more often something else
_SPREAD = 0.35  # a candidate that reaches this share of the best one's score makes the choice less sure


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


@dataclass(slots=True)
class Choice:
    recipe: Recipe
    tables: list[Table]
    confidence: float
    why: str
    warnings: list[str]


def choose(form: str, grids: list[Grid], locator: str = "") -> Choice:
    """Propose the recipe for the most list-like of the grids (or the one at `locator`). Raises NoListFound."""
    candidates = [weigh(grid) for grid in grids]
    usable = [
        c for c in candidates if c.main is not None and c.score > 0 and (not locator or c.grid.locator == locator)
    ]
    if locator and not usable:
        raise NoListFound(f"The page has no readable table or list at {locator!r}.")
    if not usable:
        raise NoListFound(
            "No list of vendors or products was found: no table, list or repeated block has names in it. "
            "If the page does hold one, say where in a recipe."
        )
    best = max(usable, key=lambda c: c.score)
    if best.score < _LEAST and not locator:
        raise NoListFound(
            "No list of vendors or products was found: what comes nearest reads like running text or furniture "
            f"({best.grid.locator}). If the page does hold a list, say where in a recipe."
        )
    recipe, family = propose(form, best, candidates, alone=bool(locator))
    chosen = {id(c.grid) for c in family}
    tables = [_described(c, id(c.grid) in chosen, best) for c in candidates]
    rival = max((c.score for c in usable if id(c.grid) not in chosen), default=0.0)
    return Choice(recipe, tables, _confidence(best, rival), _why(best, family, len(candidates)), _remarks(best, family))


def weigh(grid: Grid) -> Candidate:
    found = layout(grid)
    roles = assign(grid, found)
    rows = sum(1 for i, row in enumerate(grid.rows[found.body :], found.body) if i not in grid.spans and any(row))
    score = 0.0
    if roles.columns.keys() & {"vendor", "product"}:
        score = (
            roles.evidence + min(log2(1 + rows), 9) * 0.6
            if rows
            else roles.evidence * (0.9 if _certain(grid, roles) else 0.3)
        )
        if rows == 1 and grid.kind != "csv":
            score *= 0.7
        score *= grid.weight
    return Candidate(grid, found, roles, rows, score)


def _certain(grid: Grid, roles: Roles) -> bool:
    """Whether headings alone show that a table is the list, even when it has no rows today."""
    return grid.kind in ("table", "csv", "sheet", "json") and [*roles.by.values()].count("heading") >= 3


def propose(form: str, best: Candidate, candidates: list[Candidate], alone: bool) -> tuple[Recipe, list[Candidate]]:
    """The recipe for a candidate, and the candidates that it reads together (tables that share its columns)."""
    grid, found, roles = best.grid, best.layout, best.roles
    columns = {role: Column((found.headings[i],)) for role, i in roles.columns.items()}
    sets = [{fold(c.name)} for c in columns.values()]
    where = tuple(grid.where.items()) or (_place(grid, candidates) if alone else ())
    pattern: list[tuple[str, tuple[str, ...]]] = []
    split: list[tuple[str, tuple[str, ...]]] = []
    named = found.stated or grid.headings is not None
    together = [
        c
        for c in candidates
        if c is best
        or (
            not where
            and not alone
            and named
            and c.grid.kind == grid.kind
            and c.grid.weight >= 0.5
            and locate(c.grid, sets)
        )
    ]
    sections = {c.grid.section for c in together if c.rows}
    if "category" not in columns and (
        any(section_needed(roles, c.grid, c.layout) for c in together) or len(sections) > 1
    ):
        columns["category"] = Column((SECTION,))
    if (vendor := columns.get("vendor")) and vendor.name in grid.joined:
        split.append(("vendor", ("; ",)))
        if "category" not in columns and roles.columns.get("product") is not None:
            columns["category"] = columns.pop("product")  # a named group of vendors
    if _headed_by_firms(best):
        columns = {"vendor": Column((SECTION,)), "product": columns["vendor"]}
    body = [
        (i, row)
        for i, row in enumerate(grid.rows[found.body : found.body + 300], found.body)
        if i not in grid.spans and any(row)
    ]
    _sentences(best, body, columns, pattern)
    _numbered(best, body, pattern)
    _bilingual(best, body, pattern)
    _first_lines(best, body, columns, pattern, split)
    _several(best, body, split)
    ordered = tuple(
        (role, columns[role]) for role in ("vendor", "product", "category", "identifier", "origin") if role in columns
    )
    recipe = Recipe(
        format=form,
        where=where,
        columns=ordered,
        ignore=tuple(found.headings[i] for i in roles.ignore),
        fill=tuple(found.headings[i] for i in _as_above(best, body)),
        split=tuple(split),
        pattern=tuple(pattern),
    )
    return recipe, together


def _place(grid: Grid, candidates: list[Candidate]) -> tuple[tuple[str, str], ...]:
    """What tells a grid that a person picked from others with the same columns."""
    if grid.kind == "sheet":
        return (("sheet", grid.section),)
    alike = [c.grid for c in candidates if c.grid.kind == grid.kind]
    if len(alike) == 1:
        return ()
    if grid.kind == "table" and "#" in grid.locator:
        return (("table", "#" + grid.locator.partition("#")[2]),)
    return (("number", str(1 + next(i for i, one in enumerate(alike) if one is grid))),)


def _headed_by_firms(best: Candidate) -> bool:
    """Whether the headings over the items name firms, and the items their products."""
    grid, roles = best.grid, best.roles
    if grid.kind not in ("items", "lines") or len(grid.spans) < 2 or roles.by.get("vendor") != "values":
        return False
    place = roles.columns["vendor"]
    heads = sum(map(names_firm, grid.spans.values())) / len(grid.spans)
    items = [row[place] for i, row in enumerate(grid.rows) if i not in grid.spans and place < len(row)]
    return heads >= 0.5 and heads > 2 * sum(map(names_firm, items)) / max(1, len(items))


def _sentences(
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
FIRST_LINE = r"^[^\n]+"


def _numbered(best: Candidate, body: list[tuple[int, list[str]]], pattern: list[tuple[str, tuple[str, ...]]]) -> None:
    """Names with their row's number before them, in the same cell."""
    for role in ("vendor", "product"):
        place = best.roles.columns.get(role)
        values = [row[place] for _, row in body if place is not None and place < len(row) and row[place]]
        hits = [hit for value in values if (hit := _COUNT.match(value))]
        if len(values) >= 3 and len(hits) >= len(values) * 0.9 and counts([hit[1] for hit in hits]):
            pattern.append((role, (NUMBERED, r"^.+$")))


def _bilingual(best: Candidate, body: list[tuple[int, list[str]]], pattern: list[tuple[str, tuple[str, ...]]]) -> None:
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


def _first_lines(
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


def _several(best: Candidate, body: list[tuple[int, list[str]]], split: list[tuple[str, tuple[str, ...]]]) -> None:
    """Several vendors in one cell, on lines of their own or parted by semicolons."""
    vendor = best.roles.columns.get("vendor")
    if vendor is None or best.grid.kind == "pdf" or split:
        return
    cells = [row[vendor] for _, row in body if vendor < len(row) and row[vendor]]
    if _lists_firms(best, body):
        split.append(("vendor", ("lines",)))
        return
    for mark in (";", "；", "、"):
        marked = [cell for cell in cells if mark in cell]
        parts = [part.strip() for cell in marked for part in cell.split(mark)]
        if len(marked) >= 1 and parts and all(2 < len(p) <= 80 and not is_number(p) for p in parts if p):
            if sum(map(names_firm, parts)) >= len(parts) * 0.8:
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


def _as_above(best: Candidate, body: list[tuple[int, list[str]]]) -> list[int]:
    """Columns whose blank cells mean "as above": they begin a group and stay blank within it."""
    columns = best.roles.columns
    found = []
    for role in ("vendor", "category", "origin"):
        place = columns.get(role)
        others = [columns[r] for r in ("product", "vendor", "identifier") if r in columns and r != role]
        if place is None or not others or len(body) < 3:
            continue
        cells = [row[place] if place < len(row) else "" for _, row in body]
        given = [cell for cell in cells if cell]
        blank = len(cells) - len(given)
        filled = all(any(o < len(row) and row[o] for o in others) for _, row in body)
        repeated = sum(1 for a, b in zip(cells, cells[1:], strict=False) if a and a == b)
        if (
            cells[0]
            and blank >= max(1, len(cells) * 0.15)
            and filled
            and not repeated
            and len(set(given)) >= len(given) * 0.9
        ):
            found.append(place)
    return found


def _confidence(best: Candidate, rival: float) -> float:
    headed = [by == "heading" for role, by in best.roles.by.items() if role in ("vendor", "product")]
    value = 0.3 + 0.3 * any(headed) + 0.05 * (len(best.roles.columns) > 2) + 0.2 * min(1.0, best.roles.evidence / 6)
    value += 0.15 * (rival < best.score * (1 - _SPREAD))
    return round(min(value, 1.0) * (1 if best.rows > 1 else 0.5), 2)


def _why(best: Candidate, family: list[Candidate], count: int) -> str:
    said = [
        f"{role} by {'the heading' if best.roles.by[role] == 'heading' else 'the look of the values in'}"
        f" {best.layout.headings[i]!r}"
        for role, i in best.roles.columns.items()
    ]
    rows = sum(c.rows for c in family)
    which = f"{best.grid.locator}, the best of {count}" if count > 1 else best.grid.locator
    if len(family) > 1:
        which = f"{len(family)} tables that share their columns, beginning with {best.grid.locator}"
    return f"Chosen: {which}, with {rows} rows; {'; '.join(said)}."


def _remarks(best: Candidate, family: list[Candidate]) -> list[str]:
    warnings = []
    if not sum(c.rows for c in family):
        warnings.append("The table has its headings but no rows.")
    if len(family) > 1:
        warnings.append(f"{len(family)} tables with the same columns were read as one list.")
    return warnings


def _described(candidate: Candidate, chosen: bool, best: Candidate) -> Table:
    roles = candidate.roles
    if chosen:
        why = "chosen" if candidate is best else "has the columns of the chosen one"
    elif candidate.main is None:
        why = "no column looks like names"
    elif candidate.grid.weight < 0.5:
        why = "looks like navigation, layout, notes or an example"
    elif not candidate.rows:
        why = "no rows"
    else:
        why = f"less like a list ({candidate.score:.1f} against {best.score:.1f})"
    if roles.columns:
        why += ": " + ", ".join(f"{role} = {candidate.layout.headings[i]!r}" for role, i in roles.columns.items())
    return Table(candidate.grid.locator, candidate.layout.headings, candidate.rows, chosen, why)
