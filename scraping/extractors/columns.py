"""Which rows of a grid are headings, and which column plays which role: by headings first, by values second."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median

from .reading import Grid
from .recipe import SECTION, fold
from .words import aspects, bare_number, kind, names_firm, words

SAMPLE = 400  # rows looked at when values decide
_SEARCH = 40  # rows among which headings are looked for
_NUMBER = re.compile(r"[-+(]?[\s$€£¥]*\d[\d\s.,'’/%:()+-]*(?:[a-z%€$£¥]{0,3})", re.I)
_DATE = re.compile(
    r"\d{4}[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?)?(?:[T ].*)?|\d{1,2}[-/. ]\w{2,9}[-/., ]+\d{2,4}|\w{3,9}\.? \d{1,2},? \d{4}|"
    r"(?:19|20)\d{6}"
)
_CODE = re.compile(r"(?=.*\d)[\w./-]{4,30}", re.ASCII)
_CJK_NAME = re.compile(r"公司$|集团$|集團$|株式会社|\(株\)|（株）|주식회사")
_LINK = re.compile(r"https?://|www\.|\S+@\S+\.\S+", re.I)


@dataclass(slots=True)
class Layout:
    """Where a grid's headings end, and what they say. `body` is the index of the first row of the list."""

    headings: list[str]
    body: int
    stated: bool  # the markup, or words known from headings, say that these are headings


@dataclass(slots=True)
class Roles:
    """Columns by role (indexes), what to leave out, and how that was decided."""

    columns: dict[str, int] = field(default_factory=dict)
    ignore: list[int] = field(default_factory=list)
    by: dict[str, str] = field(default_factory=dict)  # role → "heading" or "values"
    evidence: float = 0.0


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text))


def _plain(text: str) -> bool:
    """Whether a cell could be a heading or a name: neither a number, a date nor a link."""
    return not (is_number(text) or is_date(text) or _LINK.match(text))


# --- headings ---


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
                return Layout(_composed(rows, start, last), last + 1, True)
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
    return Layout(_composed(rows, start, last), last + 1, _known(rows[found]) > 0)


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
                    and has(found := Layout(_composed(grid.rows, i, end), end + 1, True))
                ):
                    return found
    return None


def _known(row: list[str]) -> int:
    """How many cells of a row are headings by their words."""
    return sum(
        1
        for cell in set(row)
        if cell
        and len(cell) <= 60
        and len(words(cell)) <= 8
        and kind(cell)
        and not (_CJK_NAME.search(cell) and len(cell) > 6)
    )


def _guess(grid: Grid) -> int | None:
    rows = grid.rows
    filled = [(i, row) for i, row in enumerate(rows[: _SEARCH + 20]) if any(row)]
    if not filled:
        return None
    width = median(sum(1 for cell in row if cell) for _, row in filled)
    best, best_score = None, 0.0
    counted = [_known(row) for _, row in filled]
    for place, (i, row) in enumerate(filled[:_SEARCH]):
        cells = [cell for cell in row if cell]
        if i in grid.spans or (len(cells) < 2 and width >= 2) or len(set(cells)) < min(2, width):
            continue
        if any(len(cell) > 160 for cell in cells) or len(cells) < width * 0.5:
            continue
        plain = sum(map(_plain, cells)) / len(cells)
        if plain < 0.7:
            continue
        if place and place == len(filled) - 1:
            continue
        known, below = counted[place], counted[place + 1 : place + 11]
        usual = sum(below) / len(below) if below else 0.0
        score = known - 1.5 * usual if known else 0.0
        score = score / max(3, len(cells)) + (0.15 if place == 0 else 0) - place * 0.004
        if known >= 1 and known > 1.5 * usual and score > best_score and (known >= 2 or len(cells) <= 4):
            best, best_score = i, score
    if best is not None:
        return best
    # No word is known: the first full row heads the others if they hold numbers or dates where it holds text.
    first, head = filled[0]
    body = [row for _, row in filled[1:30]]
    if len(body) >= 2 and len(head) > 1 and all(head[1:]) and len(set(head)) == len(head) and all(map(_plain, head)):
        for column in range(len(head)):
            values = [row[column] for row in body if column < len(row) and row[column]]
            if len(values) >= 2 and all(not _plain(v) for v in values):
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
            if (above and above not in (left, right)) or not _plain(text) or len(text) > 60:
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


# --- roles ---


def assign(grid: Grid, found: Layout) -> Roles:
    """Decide the roles. What headings decide depends on headings alone, so it is the same for every version."""
    headings = found.headings
    kinds = [kind(h) for h in headings] if grid.kind != "json" else _json_kinds(grid, headings)
    sample = _sample(grid, found)
    roles = Roles()

    def take(role: str, index: int | None, by: str) -> None:
        if index is not None:
            roles.columns[role] = index
            roles.by[role] = by

    if found.stated or grid.headings is not None:
        take("vendor", _best(headings, kinds, "vendor"), "heading")
        take("product", _best(headings, kinds, "product"), "heading")
        take("category", _best(headings, kinds, "category"), "heading")
        take("origin", _best(headings, kinds, "origin"), "heading")
        _names(headings, kinds, roles, sample, grid.section)
        _identifier(headings, kinds, roles, sample)
    if not roles.columns.keys() & {"vendor", "product"}:
        _by_values(headings, kinds, roles, sample, grid.kind)
    used = set(roles.columns.values())
    for i, heading in enumerate(headings):
        if i not in used and _left_out(heading, kinds[i], [row[i] for row in sample if i < len(row)]):
            roles.ignore.append(i)
    main = [headings[i] for role, i in roles.columns.items() if role in ("vendor", "product")]
    if main and all(heading.startswith("../") for heading in main):
        roles.columns.clear()  # the names are those of the objects around: this array is one of their fields
    roles.evidence = _evidence(roles, kinds, sample)
    return roles


def _json_kinds(grid: Grid, headings: list[str]) -> list[str]:
    """What fields are: those of objects around the records ("../name") group them; bare values are what their key says."""
    kinds = []
    for heading in headings:
        said = kind(heading.removeprefix("../"))
        if heading.startswith("../"):
            said = {"name": "category", "product": "category", "vendor": "vendor", "category": "category"}.get(
                said, "parent"
            )
        elif heading == "value":
            said = kind(grid.section) if kind(grid.section) in ("vendor", "product") else ""
        kinds.append(said)
    return kinds


def _sample(grid: Grid, found: Layout) -> list[list[str]]:
    rows = []
    for i, row in enumerate(grid.rows[found.body : found.body + SAMPLE], found.body):
        if i not in grid.spans and any(row):
            rows.append(row)
    return rows


# Words that head a column of the wanted kind only where no plainer word does.
_WEAK = frozenset({"designation", "item", "service", "services", "application", "model", "project", "type", "kind", "art",
                   "tipo", "area", "field", "group", "lot", "pool", "вид", "тип", "区分", "种类", "類型", "类型", "型号",
                   "型號", "项目名称", "件名", "النوع", "סוג", "구분", "유형", "bezeichnung", "modelo", "modell"})  # fmt: skip


def _best(headings: list[str], kinds: list[str], wanted: str) -> int | None:
    """The column whose heading says most plainly that it is the wanted one."""

    def plainness(i: int) -> tuple[bool, bool, int, int, int]:
        said, parts = aspects(headings[i]), words(headings[i])
        return (not _WEAK.issuperset(parts), "name" in said, -len(said.keys() - {"name"}), -len(parts), -i)

    return max((i for i, k in enumerate(kinds) if k == wanted), key=plainness, default=None)


def _names(headings: list[str], kinds: list[str], roles: Roles, sample: list[list[str]], grid_section: str) -> None:
    """Give columns that say only "name" to the role that is still free."""
    names = [i for i, k in enumerate(kinds) if k == "name"]
    have = roles.columns.keys() & {"vendor", "product"}
    if names and len(have) == 1:
        free = "product" if "vendor" in have else "vendor"
        # Beside a product, "title" or "name" is the vendor only if its values are not the product's again.
        roles.columns[free], roles.by[free] = names[0], "heading"
    elif names and not have:
        values = [row[names[0]] for row in sample if names[0] < len(row) and row[names[0]]]
        firms = sum(map(names_firm, values)) / len(values) if values else 1.0
        software = {"description", "version"} & {k for k in kinds}
        told = kind(grid_section)
        role = told if told in ("vendor", "product") else "product" if firms < 0.1 and software else "vendor"
        roles.columns[role], roles.by[role] = names[0], "heading"
    if "vendor" not in roles.columns:
        brand = next((i for i, k in enumerate(kinds) if k == "brand"), None)
        if brand is not None:
            roles.columns["vendor"], roles.by["vendor"] = brand, "heading"


def _identifier(headings: list[str], kinds: list[str], roles: Roles, sample: list[list[str]]) -> None:
    taken = set(roles.columns.values())
    wanted = [i for i, k in enumerate(kinds) if k == "id" and i not in taken]
    clear = [i for i in wanted if not bare_number(headings[i])]
    bare = [i for i in wanted if bare_number(headings[i]) and _entry_numbers([r[i] for r in sample if i < len(r)])]
    firm = [] if "product" in roles.columns else [i for i, k in enumerate(kinds) if k == "firm" and i not in taken]
    for columns in (clear, bare, firm):
        if columns:
            roles.columns["identifier"] = min(columns, key=lambda i: (len(words(headings[i])) > 4, i))
            roles.by["identifier"] = "heading"
            return


def _entry_numbers(values: list[str]) -> bool:
    """Whether numbers name entries: nearly each its own, and not a count from 1 on."""
    given = [v for v in values if v]
    return (
        bool(given) and len(given) >= len(values) * 0.9 and len(set(given)) >= len(given) * 0.95 and not counts(given)
    )


def counts(values: list[str]) -> bool:
    """Whether values only count rows: 1, 2, 3, … (or from 0)."""
    numbers = [int(v.rstrip(".)")) for v in values if v and v.rstrip(".)").isdecimal() and len(v) < 8]
    if len(numbers) < 2 or len(numbers) < sum(1 for v in values if v) * 0.9:
        return False
    steps = sum(1 for a, b in zip(numbers, numbers[1:], strict=False) if b in (a, a + 1, 0, 1))
    return numbers[0] in (0, 1) and steps >= (len(numbers) - 1) * 0.9


def _left_out(heading: str, said: str, values: list[str]) -> bool:
    """Whether a column changes with every visit or only counts rows."""
    given = [v for v in values if v]
    if said == "volatile":
        return True
    if said == "counter" or heading.startswith("column "):
        return (said == "counter" and not given) or counts(given)
    if said == "id" and bare_number(heading):
        return counts(given)
    if said == "date" and len(words(heading)) == 1 and len(given) >= 5 and len(given) == len(values):
        return len(set(given)) == 1 and is_date(given[0])  # the day of the list itself, on every row
    return False


def likeness(values: list[str]) -> float:
    """How much values look like names, 0 to 1."""
    given = [v for v in values if v]
    if not given:
        return 0.0
    good = sum(
        0.4 if _CODE.fullmatch(v) else 1.0
        for v in given
        if 2 <= len(v) <= 90 and _plain(v) and any(c.isalpha() for c in v)
    )
    share = good / len(given)
    distinct = len(set(given)) / len(given)
    firms = sum(1 for v in given if len(v) <= 120 and names_firm(v)) / len(given)
    length = median(map(len, given))
    brief = 0.6 if length <= 3 and not any(c > "\u3000" for c in given[0]) else 1.0
    return (
        share
        * (0.35 + 0.35 * min(1.0, distinct * 1.5) + 0.3 * min(1.0, firms * 2))
        * brief
        * (0.5 if length > 70 else 1.0)
    )


_NOT_NAMES = frozenset({"date", "status", "address", "contact", "link", "amount", "description", "counter", "volatile",
                        "firm", "buyer", "category", "origin", "id", "parent"})  # fmt: skip


def _head_of_entry(sample: list[list[str]], i: int) -> float:
    """How much a part of an entry (column i) is its head, against the entry as a whole (column 0)."""
    if i == 0:
        return -0.2 if sum("\n" in row[0] for row in sample) >= len(sample) * 0.4 else 0.0
    whole = sum(1 for row in sample if row[i] == row[0])
    begins = sum(1 for row in sample if row[i] and row[0].startswith(row[i].split("\n")[0]))
    return 0.25 if begins >= len(sample) * 0.7 and whole < len(sample) * 0.5 else 0.0


def _by_values(headings: list[str], kinds: list[str], roles: Roles, sample: list[list[str]], kind_of_grid: str) -> None:
    """With no word to go by: the column that looks most like firms' names is the vendor."""
    taken = set(roles.columns.values())
    best, best_score = None, 0.0
    for i in range(len(headings)):
        if i in taken or kinds[i] in _NOT_NAMES:
            continue
        values = [row[i].split("\n")[0] for row in sample if i < len(row)]
        if not values or sum(1 for v in values if v) < len(values) * 0.3:
            continue
        score = likeness(values) - i * 0.01
        if kind_of_grid == "items":
            score += _head_of_entry(sample, i)
        if score > best_score:
            best, best_score = i, score
    if best is not None and best_score > 0.3:
        roles.columns["vendor"], roles.by["vendor"] = best, "values"
        taken.add(best)
        if "identifier" not in roles.columns:
            for i in range(len(headings)):
                values = [row[i] for row in sample if i < len(row)]
                if i not in taken and kinds[i] in ("id", "") and len(values) >= 5 and _codes(values):
                    roles.columns["identifier"], roles.by["identifier"] = i, "values"
                    break


def _codes(values: list[str]) -> bool:
    given = [v for v in values if v]
    return (
        len(given) >= len(values) * 0.95
        and len(set(given)) >= len(given) * 0.98
        and sum(1 for v in given if _CODE.fullmatch(v) and not is_date(v)) >= len(given) * 0.95
        and not counts(given)
    )


def _evidence(roles: Roles, kinds: list[str], sample: list[list[str]]) -> float:
    """How strongly a grid speaks for being the list: words of its headings, and the look of its names."""
    score = 0.0
    for role, points in (("vendor", 3.0), ("product", 2.5), ("identifier", 1.0), ("category", 0.5), ("origin", 0.5)):
        if role in roles.columns:
            score += points if roles.by[role] == "heading" else points * 0.3
    score += min(1.5, 0.25 * sum(1 for k in kinds if k in ("date", "status", "address", "firm", "buyer", "contact")))
    main = roles.columns.get("vendor", roles.columns.get("product"))
    if main is not None and sample:
        score += 3 * likeness([row[main].split("\n")[0] for row in sample if main < len(row)])
    return score


def section_needed(roles: Roles, grid: Grid, found: Layout) -> bool:
    """Whether rows that span the table are the categories of those below."""
    return "category" not in roles.columns and any(i >= found.body for i in grid.spans)


__all__ = ["SECTION", "Layout", "Roles", "assign", "layout", "likeness", "locate", "section_needed"]
