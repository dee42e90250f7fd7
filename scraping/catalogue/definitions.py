"""Reading the definitions, one YAML file a list. A wrong one says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError

from procurement.models import Snapshot, VendorList
from scraping import extractors
from scraping.models import Source
from vendors import countries

FOLDER = Path(__file__).parent / "lists"

_LIST = ("title", "title_printed", "language", "kind", "category", "binds", "binds_not", "description", "website")
_AUTHORITY = ("name", "name_printed", "jurisdiction", "website")
_SOURCE = ("url", "coverage", "interval_hours", "crontab", "timezone", "min_rows", "max_rows", "deadline", "licence",
           "note")  # fmt: skip
_KEYS = {*_LIST, "gap_after_days", "authority", "source", "recipe", "test", "misfit", "forms"}
_NEEDED = ("title", "kind", "authority", "source", "recipe", "binds")


class CatalogueError(Exception):
    """A definition that is wrong, or one that there is not. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as received on which a recipe is tested: paths below a folder of real lists.

    `vendor` and `product` name the column of the truth that a row's vendor or product is compared with; where they are
    blank, it is found by its usual names. `form` says by which of the definition's recipes it is read: "" is the main.
    """

    path: str
    truth: str = ""
    vendor: str = ""
    product: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """One list, ready to be installed. `forms` holds recipes for files in which the list is or was also published."""

    slug: str
    authority: Mapping[str, str]
    fields: Mapping[str, str]
    source: Mapping[str, Any]
    recipe: str
    licence: str
    gap_after: timedelta | None = None
    forms: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    misfits: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.fields["title"]

    @property
    def jurisdiction(self) -> str:
        return self.authority["jurisdiction"]

    def recipe_of(self, form: str) -> str:
        """The recipe for a form of the list; "" is the form at its address."""
        return self.forms[form] if form else self.recipe


@cache
def all_definitions() -> Mapping[str, Definition]:
    """Every definition by its slug, in order.

    Raises:
        CatalogueError: one is wrong.
    """
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def definition(slug: str) -> Definition:
    """The definition with that slug.

    Raises:
        CatalogueError: there is none; names those with a like slug.
    """
    found = all_definitions().get(slug)
    if found is None:
        near = get_close_matches(slug, all_definitions(), n=3, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else " See: manage.py catalogue list"
        raise CatalogueError(f"The catalogue has no list {slug!r}.{hint}")
    return found


def read(path: Path) -> Definition:
    """One definition, checked.

    Raises:
        CatalogueError: it is wrong.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _definition(path.stem, given)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, extractors.RecipeError, ValidationError) as error:
        said = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        raise CatalogueError(f"The catalogue's {path.name} is wrong: {said}") from error


def _definition(slug: str, given: dict[str, Any]) -> Definition:
    _known(given, _KEYS, "the definition")
    for key in _NEEDED:
        if not given.get(key):
            raise ValueError(f"it has no {key!r}.")
    authority, source = dict(given["authority"]), dict(given["source"])
    _known(authority, set(_AUTHORITY), "its authority")
    _known(source, set(_SOURCE), "its source")
    licence = str(source.pop("licence", "")).strip()
    if not licence:
        raise ValueError("its source has no 'licence': say what the publisher allows, or that nothing is stated.")
    if not countries.is_code(authority["jurisdiction"]):
        raise ValueError(f"{authority['jurisdiction']!r} is no ISO 3166 code.")
    fields = {key: str(given.get(key) or "").strip() for key in _LIST}
    if fields["kind"] not in VendorList.Kind.values:
        raise ValueError(f"its kind is {fields['kind']!r}.")
    forms = {name: str(form["recipe"]) for name, form in (given.get("forms") or {}).items()}
    for recipe in (given["recipe"], *forms.values()):
        extractors.Recipe.from_text(recipe)
    days = given.get("gap_after_days")
    pages = [
        *_pages(given, ""),
        *(page for name, form in (given.get("forms") or {}).items() for page in _pages(form, name)),
    ]
    return Definition(
        slug=slug,
        authority={key: str(authority.get(key) or "").strip() for key in _AUTHORITY},
        fields=fields,
        source=_source(source, licence),
        recipe=str(given["recipe"]),
        licence=licence,
        gap_after=timedelta(days=days) if days else None,
        forms=forms,
        pages=tuple(pages),
        misfits=tuple(given.get("misfit") or ()),
    )


def _known(given: Mapping[str, Any], keys: set[str], what: str) -> None:
    for key in given:
        if key not in keys:
            raise ValueError(f"{what} has an unknown key {key!r}.")


def _source(given: dict[str, Any], licence: str) -> dict[str, Any]:
    """The fields of a source, checked as the admin checks them."""
    hours = given.pop("interval_hours", None)
    note = str(given.pop("note", "")).strip()
    values = {
        **given,
        "coverage": Snapshot.Coverage(given.get("coverage", "full")).value,
        "interval": timedelta(hours=hours) if hours else None,
        "note": " ".join(filter(None, [f"Licence: {licence}", note])),
        "enabled": False,
    }
    source = Source(**values)
    source.clean_fields(exclude=["list"])
    source.clean()
    return values


def _pages(given: Mapping[str, Any], form: str) -> Iterator[Page]:
    for one in given.get("test") or ():
        values = {"page": one} if isinstance(one, str) else one
        _known(values, {"page", "truth", "vendor", "product"}, "a test")
        rest = {key: values.get(key, "") for key in ("truth", "vendor", "product")}
        yield Page(values["page"], form=form, **rest)
