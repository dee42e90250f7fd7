"""Recipes: where the rows of a page are and which column is what, as short text that a person edits."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import re2
import yaml
from lxml.cssselect import CSSSelector

from .errors import RecipeError

ROLES = ("vendor", "product", "category", "identifier", "origin")
FORMATS = ("html", "csv", "sheet", "pdf", "json", "xml", "text")
WHERE = ("table", "items", "lines", "sheet", "script", "path", "section", "number", "after", "before")
LINES = ("numbered", "bulleted", "first", "all", "labels")
PAGING = ("next", "links", "cursor", "parameter")
SECTION = "@section"  # the heading above a table, or the row that spans it
MAX_TEXT = 64 * 1024
MAX_PATTERN = 2_000


def fold(text: str) -> str:
    """A heading or name as compared: width, case, accents' composition and white space do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class Column:
    """One role's source: a heading (or its alternatives), and the part of the cell that holds the value."""

    headings: tuple[str, ...]
    select: str = ""

    @property
    def name(self) -> str:
        return self.headings[0]


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps or drops rows by one column."""

    keep: bool
    column: str
    equals: str | None = None
    matches: str | None = None
    blank: bool | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one list is read. Two recipes with the same content are equal."""

    format: str
    where: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, Column], ...] = ()
    extra: tuple[str, ...] | None = None  # None: every further column ("*")
    ignore: tuple[str, ...] = ()
    fill: tuple[str, ...] = ()
    split: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pattern: tuple[tuple[str, tuple[str, ...]], ...] = ()
    filters: tuple[Filter, ...] = ()
    paging: tuple[tuple[str, str], ...] = ()
    version: int = 1
    _cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def place(self, key: str) -> str:
        """The value of a key of `where`; "" where it is not given."""
        return dict(self.where).get(key, "")

    def role(self, role: str) -> Column | None:
        return dict(self.columns).get(role)

    @property
    def patterns(self) -> Mapping[str, list[Any]]:
        """Compiled patterns by role (re2: time linear in the text)."""
        if "patterns" not in self._cache:
            self._cache["patterns"] = {role: [compiled(p, role) for p in texts] for role, texts in self.pattern}
        found: Mapping[str, list[Any]] = self._cache["patterns"]
        return found

    @classmethod
    def from_text(cls, text: str) -> Recipe:
        """Read a recipe from YAML (JSON is a part of it). Raises RecipeError with a sentence that names the key."""
        if len(text) > MAX_TEXT:
            raise RecipeError(f"The recipe is longer than {MAX_TEXT // 1024} KB: shorten it.")
        try:
            _refuse_aliases(text)
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" near line {mark.line + 1}" if mark else ""
            raise RecipeError(f"The recipe is not valid YAML{line}: {getattr(error, 'problem', error)}.") from error
        except (ValueError, RecursionError, TypeError) as error:
            raise RecipeError(f"The recipe is not valid YAML: {error}.") from error
        return _parse(data)

    def to_text(self) -> str:
        """The recipe as YAML in a fixed order; `from_text` gives an equal recipe."""
        data: dict[str, Any] = {"version": self.version, "format": self.format}
        if self.where:
            data["where"] = dict(self.where)
        columns: dict[str, Any] = {}
        for role, column in self.columns:
            headings: Any = column.headings[0] if len(column.headings) == 1 else list(column.headings)
            columns[role] = {"heading": headings, "select": column.select} if column.select else headings
        columns["extra"] = "*" if self.extra is None else list(self.extra)
        if self.ignore:
            columns["ignore"] = list(self.ignore)
        data["columns"] = columns
        if self.fill:
            data["fill"] = list(self.fill)
        for key, pairs in (("split", self.split), ("pattern", self.pattern)):
            if pairs:
                data[key] = {role: one[0] if len(one) == 1 else list(one) for role, one in pairs}
        if self.filters:
            data["filters"] = [_filter_data(f) for f in self.filters]
        if self.paging:
            data["paging"] = dict(self.paging)
        dumped: str = yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
        return dumped


class _Dumper(yaml.SafeDumper):
    """Plain lists inside columns stay on one line, as a person would write them."""


def _short_list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=all(isinstance(x, str) for x in data))


_Dumper.add_representer(list, _short_list)


def compiled(pattern: str, key: str) -> Any:
    """A pattern on an engine that cannot hang. Raises RecipeError naming the key."""
    if len(pattern) > MAX_PATTERN:
        raise RecipeError(f"The pattern of {key!r} is longer than {MAX_PATTERN} characters: shorten it.")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        raise RecipeError(f"The pattern of {key!r} does not parse: {_plain(error)}.") from error


def selector(css: str, key: str) -> Callable[[Any], list[Any]]:
    """A CSS selector, compiled. Raises RecipeError naming the key."""
    try:
        return cast("Callable[[Any], list[Any]]", CSSSelector(css, translator="html"))
    except Exception as error:  # cssselect and libxml2 raise many kinds; every one means that it does not parse
        raise RecipeError(f"The selector of {key!r} does not parse: {css!r} ({_plain(error)}).") from error


def _plain(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)).rstrip(".")


def _refuse_aliases(text: str) -> None:
    # Anchors let a short text stand for a huge one ("billion laughs"); no recipe needs them.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise RecipeError("The recipe uses a YAML alias (*name): write the value out instead.")


def _parse(data: Any) -> Recipe:
    if not isinstance(data, dict):
        raise RecipeError('The recipe must be a mapping that begins with "version: 1".')
    known = ("version", "format", "where", "columns", "fill", "split", "pattern", "filters", "paging")
    _keys(data, known, "the recipe")
    version = data.get("version", 1)
    if version != 1 or isinstance(version, bool):
        raise RecipeError(f'"version" is {version!r}: this program reads version 1.')
    form = data.get("format")
    if form not in FORMATS:
        raise RecipeError(f'"format" is {form!r}: it must be one of {", ".join(FORMATS)}.')
    where = _mapping(data, "where")
    _keys(where, WHERE, '"where"')
    places = tuple((key, _text(where[key], f"where.{key}")) for key in WHERE if key in where)
    if where.get("lines") not in (None, *LINES):
        raise RecipeError(f'"where.lines" is {where["lines"]!r}: it must be one of {", ".join(LINES)}.')
    if not dict(places).get("number", "1").isdecimal():
        raise RecipeError(
            f'"where.number" is {where["number"]!r}: it must be 1 for the first table, 2 for the second, ….'
        )
    for key in ("table", "items", "script"):
        if key in where:
            selector(where[key], f"where.{key}")
    spec = _mapping(data, "columns")
    _keys(spec, (*ROLES, "extra", "ignore"), '"columns"')
    columns = tuple((role, _column(spec[role], role, "items" in where)) for role in ROLES if role in spec)
    if not any(role in ("vendor", "product") for role, _ in columns):
        raise RecipeError('"columns" must say which column is "vendor" or "product".')
    extra = spec.get("extra", "*")
    filters = data.get("filters", [])
    if not isinstance(filters, list):
        raise RecipeError('"filters" must be a list of {keep: {...}} or {drop: {...}}.')
    recipe = Recipe(
        format=form,
        where=places,
        columns=columns,
        extra=None if extra == "*" else _texts(extra, "columns.extra"),
        ignore=_texts(spec.get("ignore", []), "columns.ignore"),
        fill=_texts(data.get("fill", []), "fill"),
        split=_by_role(data, "split"),
        pattern=_by_role(data, "pattern"),
        filters=tuple(_filter(one) for one in filters),
        paging=_paging(_mapping(data, "paging"), form),
        version=1,
    )
    _ = recipe.patterns
    return recipe


def _keys(data: Mapping[Any, Any], known: tuple[str, ...], owner: str) -> None:
    for key in data:
        if key not in known:
            raise RecipeError(
                f"{owner[0].upper() + owner[1:]} has an unknown key {key!r}: it may have {', '.join(known)}."
            )


def _mapping(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise RecipeError(f'"{key}" must be a mapping of keys to values.')
    return found


def _text(value: Any, key: str) -> str:
    # YAML reads a heading such as 2018 as a number: written plainly it still means the text.
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise RecipeError(f'"{key}" must be a text that is not empty (put it in quotes), not {value!r}.')
    return value


def _texts(value: Any, key: str) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(one if one == "" else _text(one, key) for one in value)
    return (_text(value, key),)


def _column(value: Any, role: str, items: bool) -> Column:
    key = f"columns.{role}"
    if isinstance(value, dict):
        _keys(value, ("heading", "select"), f'"{key}"')
        if "heading" not in value:
            raise RecipeError(f'"{key}" must name its "heading".')
        column = Column(_texts(value["heading"], f"{key}.heading"), _text(value.get("select", " * "), key).strip(" *"))
        if column.select:
            selector(column.select, f"{key}.select")
    else:
        column = Column(_texts(value, key))
    if not column.headings:
        raise RecipeError(f'"{key}" names no heading.')
    if items:
        for heading in column.headings:
            css = heading.partition("@")[0]
            if heading != SECTION and css not in (".", "") and not heading.endswith((":", "：")):
                selector(css, key)
    return column


def _by_role(data: Mapping[str, Any], key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    given = _mapping(data, key)
    _keys(given, ROLES, f'"{key}"')
    found = []
    for role in ROLES:
        if role in given:
            values = given[role] if isinstance(given[role], list) else [given[role]]
            if not values or not all(isinstance(v, str) and v for v in values):
                raise RecipeError(f'"{key}.{role}" must be a text or a list of texts.')
            found.append((role, tuple(values)))
    return tuple(found)


def _filter(value: Any) -> Filter:
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in ("keep", "drop"):
        raise RecipeError('Each of "filters" must be {keep: {...}} or {drop: {...}}.')
    kind, rule = next(iter(value.items()))
    if not isinstance(rule, dict):
        raise RecipeError(f'"filters.{kind}" must be a mapping with "column".')
    _keys(rule, ("column", "equals", "matches", "blank"), f'"filters.{kind}"')
    column = _text(rule.get("column"), f"filters.{kind}.column")
    if len(rule) != 2:
        raise RecipeError(f'"filters.{kind}" must have "column" and one of "equals", "matches", "blank".')
    matches = rule.get("matches")
    if matches is not None:
        compiled(_text(matches, f"filters.{kind}.matches"), f"filters.{kind}.matches")
    if "blank" in rule and not isinstance(rule["blank"], bool):
        raise RecipeError(f'"filters.{kind}.blank" must be true or false.')
    equals = _text(rule["equals"], f"filters.{kind}.equals") if "equals" in rule else None
    return Filter(kind == "keep", column, equals, None if matches is None else str(matches), rule.get("blank"))


def _filter_data(rule: Filter) -> dict[str, Any]:
    body: dict[str, Any] = {"column": rule.column}
    for key in ("equals", "matches", "blank"):
        if (value := getattr(rule, key)) is not None:
            body[key] = value
    return {"keep" if rule.keep else "drop": body}


def _paging(given: dict[str, Any], form: str) -> tuple[tuple[str, str], ...]:
    _keys(given, PAGING, '"paging"')
    found = tuple((key, _text(given[key], f"paging.{key}")) for key in PAGING if key in given)
    if ("cursor" in given) != ("parameter" in given):
        raise RecipeError('"paging" needs "cursor" and "parameter" together.')
    for key in ("next", "links"):
        if key in given and form == "html":
            selector(given[key], f"paging.{key}")
    return found
