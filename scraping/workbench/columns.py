"""What each column of a page means: shown with samples, and set without writing a recipe. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from procurement.entries import Row
from scraping import extractors
from scraping.extractors.recipe import ROLES, SECTION, Column, fold

EXTRA, IGNORE, KEEP = "extra", "ignore", ""
_SAMPLES, _SAMPLE_LENGTH = 3, 90
_SECTIONED = ("html", "sheet", "pdf", "text")


class ColumnsError(Exception):
    """The roles cannot be given so. The message is a sentence that names the columns."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the page: `role` is what its only use is, or KEEP where the recipe uses it in several ways."""

    name: str
    role: str
    roles: tuple[str, ...]
    samples: list[str]

    @property
    def label(self) -> str:
        """The column for people."""
        return {SECTION: "The heading above the rows", ".": "The whole item"}.get(self.name, self.name)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What may be chosen for it: (value, label)."""
        kept = [(KEEP, f"{' and '.join(self.roles)}, as in the recipe")] if self.role == KEEP else []
        return [*kept, *((one, one) for one in ROLES), (EXTRA, "extra: kept beside them"), (IGNORE, "ignore")]


def headings(recipe: extractors.Recipe, rows: Iterable[Row], known: Iterable[str] = ()) -> list[Heading]:
    """The columns of a page with what the recipe makes of each, in the page's order as far as `known` gives it.

    Args:
        rows: what the page says if nothing is ignored; see `unabridged`.
        known: headings of the table that is read.
    """
    rows = list(rows)
    found: dict[str, str] = {}
    used = [name for _, column in recipe.columns for name in column.headings]
    mine = {fold(name) for name in used if name != SECTION}
    known = [name for name in known if name]
    listed = known if mine <= {fold(name) for name in known} else []
    extras = [name for row in rows[:200] for name in row.extra]
    for name in [*listed, *used, *extras, *(recipe.extra or ()), *recipe.ignore]:
        found.setdefault(fold(name), name)
    section = found.pop(fold(SECTION), None)
    if section or recipe.format in _SECTIONED:
        found[fold(SECTION)] = SECTION
    return [_heading(recipe, name, rows) for name in found.values()]


def unabridged(recipe: extractors.Recipe) -> extractors.Recipe:
    """The recipe with every further column kept, so that there are samples of what it leaves out."""
    return replace(recipe, extra=None, ignore=())


def _heading(recipe: extractors.Recipe, name: str, rows: list[Row]) -> Heading:
    folded = fold(name)
    roles = tuple(role for role, column in recipe.columns if folded in map(fold, column.headings))
    if len(roles) > 1:
        role = KEEP
    elif roles:
        role = roles[0]
    elif name == SECTION or folded in map(fold, recipe.ignore):
        role = IGNORE
    else:
        role = EXTRA if recipe.extra is None or folded in map(fold, recipe.extra) else IGNORE
    values = (getattr(row, roles[0]) if roles else row.extra.get(name, "") for row in rows)
    return Heading(name, role, roles, _samples(values))


def _samples(values: Iterable[str]) -> list[str]:
    found: list[str] = []
    for value in values:
        text = " ".join(value.split())
        text = text if len(text) <= _SAMPLE_LENGTH else f"{text[: _SAMPLE_LENGTH - 1]}…"
        if text and text not in found:
            found.append(text)
            if len(found) == _SAMPLES:
                break
    return found


def with_roles(recipe: extractors.Recipe, shown: Iterable[Heading], chosen: Mapping[str, str]) -> extractors.Recipe:
    """The recipe with other roles for some columns; what it says of the others stays.

    Args:
        shown: the columns as they were when they were chosen for.
        chosen: the role by heading; a heading that is left out keeps its own.

    Raises:
        ColumnsError: two columns have one role, or none says what an entry is.
    """
    shown = list(shown)
    changed = {one.name: chosen[one.name] for one in shown if chosen.get(one.name, one.role) != one.role}
    if not changed:
        return recipe
    final = {one.name: changed.get(one.name, one.role) for one in shown}
    _refuse_doubles(shown, final, changed)
    columns, lost = dict(recipe.columns), set()
    extra, ignore = recipe.extra, recipe.ignore
    for name, role in changed.items():
        folded = fold(name)
        for known, column in list(columns.items()):
            if folded not in map(fold, column.headings):
                continue
            others = tuple(one for one in column.headings if fold(one) != folded)
            if others:
                columns[known] = Column(others, column.select)
            else:
                del columns[known]
                lost.add(known)
        extra = None if extra is None else tuple(one for one in extra if fold(one) != folded)
        ignore = tuple(one for one in ignore if fold(one) != folded)
        if role == EXTRA and extra is not None and name != SECTION:
            extra = (*extra, name)
        elif role == IGNORE and name != SECTION:
            ignore = (*ignore, name)
    for name, role in changed.items():
        if role in ROLES:
            columns[role] = Column((name,))
    if not columns.keys() & {"vendor", "product"}:
        raise ColumnsError("No column is vendor or product: say which one names the entries. Nothing was changed.")
    return replace(
        recipe,
        columns=tuple((role, columns[role]) for role in ROLES if role in columns),
        extra=extra,
        ignore=ignore,
        # What was cut out of one column's text does not fit another's.
        split=tuple(pair for pair in recipe.split if pair[0] not in lost),
        pattern=tuple(pair for pair in recipe.pattern if pair[0] not in lost),
        _cache={},
    )


def _refuse_doubles(shown: list[Heading], final: Mapping[str, str], changed: Mapping[str, str]) -> None:
    labels = {one.name: one.label for one in shown}
    for role in ROLES:
        names = [
            one.name for one in shown if final[one.name] == role or (final[one.name] == KEEP and role in one.roles)
        ]
        if len(names) > 1 and any(name in changed for name in names):
            both = " and ".join(f"“{labels[name]}”" for name in names)
            raise ColumnsError(f"{both} are both {role}: one column can be. Choose another role for the rest.")
