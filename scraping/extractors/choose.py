"""Without a recipe: which of the candidates is the list, and the recipe that reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from math import log2

from .columns import Roles, assign, section_needed
from .errors import NoListFound
from .finish import (
    Candidate,
    as_above,
    bilingual,
    first_lines,
    followed,
    headed_by_firms,
    numbered,
    sentences,
    several,
)
from .headings import layout, locate
from .reading import Grid, Table
from .recipe import SECTION, Column, Recipe, fold
from .words import kind

_CLASS = re.compile(r"[.#]([\w-]+)")
_LEAST = 1.8  # below this score, what looks like a list is more often something else
_DOUBT = 0.5  # below this confidence, a person is told to look
_SPREAD = 0.35  # a candidate that reaches this share of the best one's score makes the choice less sure


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
    confidence = _confidence(best, rival)
    return Choice(recipe, tables, confidence, _why(best, family, len(candidates)), _remarks(best, family, confidence))


def weigh(grid: Grid) -> Candidate:
    found = layout(grid)
    roles = assign(grid, found)
    rows = sum(1 for i, row in enumerate(grid.rows[found.body :], found.body) if i not in grid.spans and any(row))
    score = 0.0
    headed = "heading" in (roles.by.get("vendor"), roles.by.get("product"))
    if roles.columns.keys() & {"vendor", "product"}:
        score = (
            roles.evidence + min(log2(1 + rows), 9) * (0.6 if headed else 0.4)
            if rows
            else roles.evidence * (0.9 if _certain(grid, roles) else 0.3)
        )
        if rows == 1 and grid.kind != "csv":
            score *= 0.7
        if grid.kind in ("items", "lines") and any(
            kind(text) == "vendor" for text in (grid.section, *islice(grid.spans.values(), 20)) if len(text) < 80
        ):
            score += 1.0  # the heading above says that these are vendors
        if grid.kind == "items" and any(kind(word) == "vendor" for word in _CLASS.findall(grid.locator)):
            score += 0.7  # so does what the page calls them in its markup
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
    if headed_by_firms(best):
        columns = {"vendor": Column((SECTION,)), "product": columns["vendor"]}
    body = [
        (i, row)
        for i, row in enumerate(grid.rows[found.body : found.body + 300], found.body)
        if i not in grid.spans and any(row)
    ]
    sentences(best, body, columns, pattern)
    numbered(best, body, pattern)
    followed(best, body, pattern)
    bilingual(best, body, pattern)
    first_lines(best, body, columns, pattern, split)
    several(best, body, split)
    ordered = tuple(
        (role, columns[role]) for role in ("vendor", "product", "category", "identifier", "origin") if role in columns
    )
    recipe = Recipe(
        format=form,
        where=where,
        columns=ordered,
        ignore=tuple(found.headings[i] for i in roles.ignore),
        fill=tuple(found.headings[i] for i in as_above(best, body)),
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


def _remarks(best: Candidate, family: list[Candidate], confidence: float) -> list[str]:
    warnings = []
    if not sum(c.rows for c in family):
        warnings.append("The table has its headings but no rows.")
    if len(family) > 1:
        warnings.append(f"{len(family)} tables with the same columns were read as one list.")
    if confidence < _DOUBT:
        warnings.append("This choice is little more than a guess: no heading says what the list holds. Check the rows.")
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
