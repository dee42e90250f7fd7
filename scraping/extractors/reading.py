"""What passes between the stages of reading: candidate grids in, a reading out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procurement.entries import Row

    from .recipe import Recipe

# What one body may hold: a reader stops with a sentence before it fills the memory of a worker.
MAX_BODY = 256 * 1024 * 1024  # bytes
MAX_CELLS = 20_000_000
MAX_COLUMNS = 2_000


@dataclass(slots=True)
class Grid:
    """A candidate list as a matrix of verbatim cells, whatever it was drawn from.

    `rows` holds the heading rows too, except where `headings` states them (records, list items).
    `stated` counts the leading rows that the markup itself calls headings; -1 where it says nothing.
    `spans` maps a row's index to its text where one cell fills the whole row.
    `weight` (0 to 1) is lowered where the surroundings say navigation, layout, example or note.
    `ignore` names columns that are no extras unless a recipe asks for them, `joined` those whose cells join several
    values by "; ". `select` gives the texts of the parts of a cell that match a CSS selector: (row, column, selector).
    """

    kind: str
    locator: str
    rows: list[list[str]]
    headings: list[str] | None = None
    stated: int = -1
    spans: dict[int, str] = field(default_factory=dict)
    section: str = ""
    where: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    ignore: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    select: Callable[[int, int, str], list[str]] | None = None


@dataclass(slots=True)
class Document:
    """A body made ready to be searched for lists."""

    format: str
    grids: Callable[[Recipe | None], list[Grid]]
    encoding: str = ""
    title: str = ""
    language: str = ""
    text: Callable[[], str] = lambda: ""
    spare: Callable[[], list[Grid]] = list  # candidates that readers do not see, for where they see no list
    paging: Callable[[], dict[str, str]] = dict  # the rule by which the page itself names the next one
    next_pages: Callable[[Recipe], list[str]] = lambda _recipe: []
    warnings: list[str] = field(default_factory=list)
    native: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """A candidate among which a person may choose."""

    locator: str
    columns: list[str]
    rows: int
    chosen: bool
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says, and how it was read. `confidence` runs from 0 (a guess) to 1."""

    rows: list[Row]
    recipe: Recipe
    format: str
    encoding: str = ""
    tables: list[Table] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    title: str = ""
    language: str = ""
    effective_on: date | None = None
    confidence: float = 1.0
    why: str = ""
    next_pages: list[str] = field(default_factory=list)
