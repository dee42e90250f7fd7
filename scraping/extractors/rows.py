"""A recipe applied to grids: verbatim rows out, or a sentence that says what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from procurement.entries import Row

from .errors import RecipeMisfit
from .headings import Layout, locate
from .reading import Grid
from .recipe import ROLES, SECTION, Recipe, compiled, fold
from .values import is_ditto, is_number

_NEW: Callable[[type[Row], Iterable[Any]], Row] = tuple.__new__  # Row's own constructor takes twice the time
_TOTALS = frozenset(
    ("total", "subtotal", "grand total", "sum", "displayed", "gesamt", "summe", "suma", "totale", "итого", "всего",
     "المجموع", "الإجمالي", 'סה"כ', "合計", "总计", "合计", "小计", "計", "합계", "총계")
)  # fmt: skip


@dataclass(slots=True)
class Built:
    """Rows of one list, and what was remarkable about them. `used` are the grids that were read."""

    rows: list[Row] = field(default_factory=list)
    used: list[Grid] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def build(recipe: Recipe, grids: list[Grid]) -> Built:
    """Read every grid that has the recipe's columns. Raises RecipeMisfit naming what no grid has."""
    built = Built()
    wanted = [
        ({fold(h) for h in column.headings}, column.headings)
        for _role, column in recipe.columns
        if SECTION not in column.headings
    ]
    sets = [one for one, _ in wanted]
    section = recipe.place("section")
    if number := recipe.place("number"):
        if int(number) > len(grids) or int(number) < 1:
            raise RecipeMisfit(
                f"The page has {len(grids)} tables, and the recipe names number {number} (where.number)."
            )
        grids = [grids[int(number) - 1]]
    fitting: list[tuple[Grid, Layout]] = []
    for grid in grids:
        if section and fold(grid.section) != fold(section):
            continue
        if (found := locate(grid, sets)) is not None:
            fitting.append((grid, found))
    if any(grid.weight >= 0.5 for grid, _ in fitting):  # navigation, notes and examples only where there is no other
        fitting = [(grid, found) for grid, found in fitting if grid.weight >= 0.5]
    if not fitting:
        raise RecipeMisfit(_missing(recipe, grids, wanted, section))
    reported: set[str] = set()
    for grid, found in fitting:
        _read(recipe, grid, found, built, reported)
        built.used.append(grid)
    return built


def _missing(recipe: Recipe, grids: list[Grid], wanted: list[tuple[set[str], tuple[str, ...]]], section: str) -> str:
    if section and not any(fold(grid.section) == fold(section) for grid in grids):
        return f"The page has no part under the heading {section!r}, which the recipe names as where.section."
    if not grids:
        return "The page has no table or list where the recipe looks for one."
    best: tuple[int, list[str], list[str]] | None = None
    for grid in grids:
        closest = locate(grid, [])
        names = closest.headings if closest else []
        folded = {fold(name) for name in names}
        lacking = [" or ".join(repr(h) for h in shown) for one, shown in wanted if not one & folded]
        if best is None or len(lacking) < best[0]:
            best = (len(lacking), lacking, names)
    if best is None:
        return "The page has no table or list where the recipe looks for one."
    has = ", ".join(repr(name) for name in best[2][:12]) or "none"
    return (
        f"The recipe does not fit: no heading {', no heading '.join(best[1])}. The nearest table has {has}"
        f"{' and more' if len(best[2]) > 12 else ''}. If the page changed, correct the recipe's columns."
    )


def _read(recipe: Recipe, grid: Grid, found: Layout, built: Built, reported: set[str]) -> None:
    """Append the rows of one grid. The loop is the hot path of every large list: no call per cell."""
    headings = found.headings
    index = {fold(name): i for i, name in reversed(list(enumerate(headings)))}
    places: dict[str, int] = {}
    for role, column in recipe.columns:
        place = next((index[fold(h)] for h in column.headings if fold(h) in index), None)
        if place is not None:
            places[role] = place
    by_section = next(
        (role for role, column in recipe.columns if SECTION in column.headings and role not in places), ""
    )
    extras = _extras(recipe, headings, index, places, grid, built, reported)
    width = len(headings)
    order = [places.get(role, width) for role in ROLES]  # the cell past the last is always ""
    names = tuple(headings[i] for i in extras)
    pick = itemgetter(*extras) if len(extras) > 1 else lambda row: tuple([row[i] for i in extras])
    new, longer = _NEW, 0
    v, p, c, n, o = order
    main = [i for role, i in places.items() if role in ("vendor", "product", "identifier")]
    first = main[0] if main else 0
    tidy = _Tidy(recipe, grid, headings, places, index)
    spans, rows, append = grid.spans, grid.rows, built.rows.append
    current = grid.section
    body = found.body
    edges = {i for i in spans if i >= body}
    plain = not tidy.needed and not by_section
    tail = len(rows) - 5 if width > 1 else len(rows)
    head = headings[first] if headings else ""
    full, heads = _is_full(grid, body), []
    for number in range(body, len(rows)):
        row = rows[number]
        if len(row) == width:
            row.append("")  # the grid is read once, so no copy of each row is made
        elif len(row) < width:
            row = row + [""] * (width + 1 - len(row))
        else:
            row = [*row[:width], ""]
            longer += 1
        name = row[first]
        if edges and number in edges:
            if by_section or name != spans[number]:
                current = spans[number]
            continue
        if not name and not tidy.fills and not any([row[i] for i in main]):  # noqa: C419 - a list is quicker here
            if by_section and (text := _only(row)):
                current = text
            elif any(row):
                tidy.skipped.append(_only(row) or next(filter(None, row)))
            continue
        if (name == head and tidy.repeated(row)) or (number >= tail and _is_total(row)):
            continue
        if full and row.count("") == width:  # one cell in a row of a full table heads the rows below
            current = name
            heads.append(name)
            continue
        values = pick(row)
        if "" in values:
            extra = {key: text for key, text in zip(names, values) if text}  # noqa: B905 - of one length
        else:
            extra = dict(zip(names, values))  # noqa: B905 - of one length
        if plain:
            append(new(Row, (row[v], row[p], row[c], row[n], row[o], extra)))
        else:
            parts = dict(zip(ROLES, (row[v], row[p], row[c], row[n], row[o]), strict=True))
            if by_section:
                parts[by_section] = current
            for one in tidy.entries(parts, number, row):
                more = {key: text for key, text in one.items() if key not in ROLES and text}
                if one["vendor"] or one["product"] or one["identifier"]:
                    append(new(Row, (*(one[role] for role in ROLES), {**extra, **more} if more else extra)))
                else:
                    tidy.skipped.append(next(filter(None, row), ""))
    if heads:
        shown = "; ".join(repr(text[:60]) for text in heads[:3])
        built.warnings.append(f"{len(heads)} rows with one cell only were read as headings, not as entries: {shown}.")
    if longer:
        built.warnings.append(f"{longer} rows have cells past the last heading, which were left out.")
    if tidy.skipped:
        shown = "; ".join(repr(text[:60]) for text in tidy.skipped[:3])
        built.warnings.append(
            f"{len(tidy.skipped)} rows name neither vendor nor product and were passed over: {shown}."
        )


def _is_full(grid: Grid, body: int) -> bool:
    """Whether the rows of a table for readers fill four cells and more as a rule."""
    if grid.kind not in ("table", "sheet", "pdf"):
        return False
    filled = [sum(map(bool, row)) for row in grid.rows[body : body + 200]]
    return bool(filled) and sum(n >= 4 for n in filled) >= len(filled) * 0.8


def _only(row: list[str]) -> str:
    """The text of a row that holds one text only (in one cell, or repeated over spanned ones); "" for any other."""
    given = {cell for cell in row if cell}
    return given.pop() if len(given) == 1 else ""


def _is_total(row: list[str]) -> bool:
    """Whether a row at the end of a table sums it up ("Total", "Displayed: 12") and names no entry."""
    given = dict.fromkeys(filter(None, row))
    first = fold(next(iter(given), "")).rstrip(" :：.0123456789")
    if first in _TOTALS:
        return True
    # "Total number of firms | 12": a sentence about the list, and numbers only beside it.
    begins = first.startswith(tuple(f"{word} " for word in _TOTALS)) and first.count(" ") < 8
    return begins and len(given) == 2 and is_number(list(given)[1])


def _extras(
    recipe: Recipe,
    headings: list[str],
    index: dict[str, int],
    places: dict[str, int],
    grid: Grid,
    built: Built,
    reported: set[str],
) -> list[int]:
    ignored = {fold(name) for name in recipe.ignore} | {fold(name) for name in grid.ignore}
    used = set(places.values())
    if recipe.extra is None:
        return [i for i, name in enumerate(headings) if i not in used and fold(name) not in ignored]
    chosen = []
    for name in recipe.extra:
        if fold(name) in index:
            chosen.append(index[fold(name)])
        elif name not in reported:
            reported.add(name)
            built.warnings.append(f"The column {name!r}, which the recipe keeps as extra, is missing.")
    audit = [h for i, h in enumerate(headings) if i not in used and i not in chosen and fold(h) not in ignored]
    for name in audit:
        if name not in reported:
            reported.add(name)
            built.warnings.append(f"The recipe neither uses nor ignores the column {name!r}.")
    return chosen


class _Tidy:
    """What the recipe asks beyond copying cells: filling, filtering, selecting, patterns and splitting."""

    def __init__(self, recipe: Recipe, grid: Grid, headings: list[str], places: dict[str, int], index: dict[str, int]):
        self.recipe, self.grid, self.headings, self.places = recipe, grid, headings, places
        self.patterns = recipe.patterns
        self.split = dict(recipe.split)
        self.selects = {role: column.select for role, column in recipe.columns if column.select}
        self.filters = []
        for rule in recipe.filters:
            if fold(rule.column) not in index:
                raise RecipeMisfit(
                    f"The recipe filters by the column {rule.column!r}, which the page does not have: correct it."
                )
            self.filters.append(
                (rule, index[fold(rule.column)], compiled(rule.matches, "filters") if rule.matches else None)
            )
        self.fills = [index[fold(name)] for name in recipe.fill if fold(name) in index]
        self.above: dict[int, str] = {}
        self.skipped: list[str] = []
        self.needed = bool(self.filters or self.fills or self.patterns or self.split or self.selects)
        self._folded = [fold(h) for h in headings]

    def repeated(self, row: list[str]) -> bool:
        """Whether a row repeats the headings."""
        given = [(i, cell) for i, cell in enumerate(row[: len(self.headings)]) if cell]
        same = sum(1 for i, cell in given if self._folded[i].endswith(fold(cell)))
        return same >= max(1, len(given) * 0.8)

    def entries(self, parts: dict[str, str], number: int, row: list[str]) -> list[dict[str, str]]:
        """The entries that one row of the page holds: none (filtered), one, or several (split)."""
        for place in self.fills:
            if row[place] and not is_ditto(row[place]):
                self.above[place] = row[place]
            else:
                for role, where in self.places.items():
                    if where == place:
                        parts[role] = self.above.get(place, "")
        for rule, place, pattern in self.filters:
            hit = _passes(rule, pattern, row[place])
            if hit != rule.keep:
                return []
        found = [parts]
        for role, css in self.selects.items():
            texts = self.grid.select(number, self.places[role], css) if self.grid.select and role in self.places else []
            found = [{**one, role: text.replace("\n", " ")} for one in found for text in texts or [""]]
        for role, patterns in self.patterns.items():
            found = [changed for one in found for changed in _matched(one, role, patterns)]
        for role, marks in self.split.items():
            found = [{**one, role: text} for one in found for text in _cut(one[role], marks)]
        return found


def _passes(rule: Any, pattern: Any, text: str) -> bool:
    if rule.equals is not None:
        return fold(text) == fold(rule.equals)
    if pattern is not None:
        return bool(pattern.search(text))
    return (not text) == rule.blank


def _matched(parts: dict[str, str], role: str, patterns: list[Any]) -> list[dict[str, str]]:
    """Apply patterns to a role's text, the first that matches: named groups go to the roles that they name, other names
    are extra columns; else group 1, or the whole match, stays. Where nothing matches, the role is blank."""
    text = parts[role]
    for pattern in patterns:
        hits = list(pattern.finditer(text))[:1000]
        if not hits:
            continue
        found = []
        for hit in hits:
            named = {k: (t or "").strip() for k, t in hit.groupdict().items()}
            value = named.get(role) or (hit.group(1) if pattern.groups and not named else "" if named else hit.group(0))
            found.append({**parts, **named, role: (value or "").strip()})
        return found
    return [{**parts, role: ""}]


def _cut(text: str, marks: tuple[str, ...]) -> list[str]:
    pieces = [text]
    for mark in marks:
        cut = "\n" if mark == "lines" else mark
        pieces = [part for piece in pieces for part in piece.split(cut)]
    return [piece.strip() for piece in pieces if piece.strip()] or [""]
