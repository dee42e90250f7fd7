"""Which column plays which role: by headings first, by values second."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .headings import SAMPLE, Layout
from .reading import Grid
from .values import CODE, counts, is_date, likeness
from .words import aspects, bare_number, kind, names_firm, words


@dataclass(slots=True)
class Roles:
    """Columns by role (indexes), what to leave out, and how that was decided."""

    columns: dict[str, int] = field(default_factory=dict)
    ignore: list[int] = field(default_factory=list)
    by: dict[str, str] = field(default_factory=dict)  # role → "heading" or "values"
    evidence: float = 0.0


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
        told = ["status" if _only_answers(sample, i) else said for i, said in enumerate(kinds)]
        if grid.kind == "json":  # fields of objects around that are blank here belong to their other members
            told = [
                said if not headings[i].startswith("../") or any(r[i] for r in sample) else ""
                for i, said in enumerate(told)
            ]
        take("vendor", _best(headings, told, "vendor"), "heading")
        take("product", _best(headings, told, "product"), "heading")
        take("category", _best(headings, kinds, "category"), "heading")
        take("origin", _best(headings, kinds, "origin"), "heading")
        _names(headings, kinds, roles, sample, grid.section)
        _identifier(headings, kinds, roles, sample)
    if not roles.columns.keys() & {"vendor", "product"}:
        _by_values(headings, kinds, roles, sample, grid.kind)
    if grid.kind == "items" and "vendor" in roles.columns and "product" not in roles.columns:
        heads = [i for i, h in enumerate(headings) if _ENTRY_HEAD.match(h) and i not in roles.columns.values()]
        whole = [row for row in sample if len(row) > 1 and row[0]]
        if heads and sum(row[0].startswith(row[heads[0]]) for row in whole if row[heads[0]]) >= len(whole) * 0.8:
            take("product", heads[0], "values")  # an entry that names its maker apart is headed by what is made
    used = set(roles.columns.values())
    for i, heading in enumerate(headings):
        if i not in used and _left_out(heading, kinds[i], [row[i] for row in sample if i < len(row)]):
            roles.ignore.append(i)
    main = [headings[i] for role, i in roles.columns.items() if role in ("vendor", "product")]
    if main and all(heading.startswith("../") and heading != "../key" for heading in main):
        roles.columns.clear()  # the names are those of the objects around: this array is one of their fields
    roles.evidence = _evidence(roles, kinds, sample)
    return roles


_ANSWERS = frozenset(
    ("yes", "no", "y", "n", "true", "false", "oui", "non", "ja", "nein", "sí", "si", "sim", "não", "да", "нет", "是",
     "否", "有", "無", "无", "あり", "なし", "예", "아니오", "نعم", "لا", "כן", "לא", "evet", "hayır", "n/a", "-")
)  # fmt: skip


def _only_answers(sample: list[list[str]], i: int) -> bool:
    """Whether a column holds nothing but answers: "The contractor is an SME: yes" names no contractor."""
    given = [row[i].casefold() for row in sample if i < len(row) and row[i]]
    return bool(given) and _ANSWERS.issuperset(given)


_ENTRY_HEAD = re.compile(r"h[1-6](?:\.|$)")
# Words of a key that say only that it holds what is listed.
_HOLDERS = frozenset(
    ("item", "items", "list", "element", "elements", "entry", "entries", "row", "rows", "data", "record", "records")
)
# Steps of a path that only hold the record: what "item.name" names is no item.
_CONTAINERS = re.compile(
    r"^(?:(?:item|items|node|attributes|properties|fields|data|record|_source|content|row)\.)+(?=.)", re.I
)


def _json_kinds(grid: Grid, headings: list[str]) -> list[str]:
    """What fields are: those of objects around the records ("../name") group them; bare values are as their key."""
    kinds = []
    for heading in headings:
        said = kind(_CONTAINERS.sub("", heading.removeprefix("../")))
        if heading == "../key":
            said = ""  # an object whose keys name its members
        elif heading.startswith("../"):
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
_WEAK = frozenset(
    ("designation", "item", "service", "services", "application", "model", "project", "type", "kind", "art", "tipo",
     "area", "field", "group", "lot", "pool", "bezeichnung", "modelo", "modell", "вид", "тип", "النوع", "סוג",
     "区分", "种类", "類型", "类型", "型号", "型號", "项目名称", "件名", "구분", "유형")
)  # fmt: skip


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
        software = "description" in kinds
        told = "" if _HOLDERS.issuperset(words(grid_section)) else kind(grid_section)
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
        and sum(1 for v in given if CODE.fullmatch(v) and not is_date(v)) >= len(given) * 0.95
        and not counts(given)
    )


def _evidence(roles: Roles, kinds: list[str], sample: list[list[str]]) -> float:
    """How strongly a grid speaks for being the list: words of its headings, and the look of its names."""
    score = 0.0
    for role, points in (("vendor", 3.0), ("product", 2.5), ("identifier", 1.0), ("category", 0.5), ("origin", 0.5)):
        if role in roles.columns:
            if role == "vendor" and kinds[roles.columns[role]] == "brand":
                points = 1.0  # whose mark goods carry says little about who is listed
            score += points if roles.by[role] == "heading" else points * 0.3
    score += min(1.5, 0.25 * sum(1 for k in kinds if k in ("date", "status", "address", "firm", "buyer", "contact")))
    main = roles.columns.get("vendor", roles.columns.get("product"))
    if main is not None and sample:
        score += 3 * likeness([row[main].split("\n")[0] for row in sample if main < len(row)])
    return score


def section_needed(roles: Roles, grid: Grid, found: Layout) -> bool:
    """Whether rows that span the table are the categories of those below."""
    return "category" not in roles.columns and any(i >= found.body for i in grid.spans)
