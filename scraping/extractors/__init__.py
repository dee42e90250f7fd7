"""Reading lists: bytes in, rows out. Nothing here fetches, and nothing here knows the database."""

from __future__ import annotations

import gc
from dataclasses import replace

from .choose import Choice, choose
from .dates import printed_date
from .errors import (
    EmptyBody,
    Encrypted,
    ExtractionError,
    NoListFound,
    RecipeError,
    RecipeMisfit,
    TooLarge,
    UnreadableFormat,
)
from .headings import Layout, layout
from .reading import MAX_BODY, Document, Grid, Reading, Table
from .recipe import Recipe
from .rows import build
from .sniff import open_document

__all__ = [
    "EmptyBody",
    "Encrypted",
    "ExtractionError",
    "NoListFound",
    "Reading",
    "Recipe",
    "RecipeError",
    "RecipeMisfit",
    "Table",
    "TooLarge",
    "UnreadableFormat",
    "read",
]
# Which kind of recipe reads a format.
_RECIPE_FORMAT = {"tsv": "csv", "xlsx": "sheet", "xls": "sheet", "ods": "sheet", "xlsb": "sheet"}


def read(
    body: bytes,
    *,
    recipe: Recipe | None = None,
    media_type: str = "",
    url: str = "",
    encoding: str = "",
    locator: str = "",
) -> Reading:
    """Read the list in `body`: by `recipe`, or by the recipe that the content suggests, which the reading then holds.

    The format is decided by content; `media_type`, `url` and `encoding` (what the server said) only break ties.
    `locator` picks one of the candidates in `Reading.tables` in place of the best. The same bytes and recipe give the
    same rows. Raises ExtractionError, whose message says what is wrong and what to do, and nothing else.
    """
    # A reading makes a million objects that all live on: the cycle collector would walk them over and over in vain.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(body, recipe, media_type, url, encoding, locator)
    except ExtractionError:
        raise
    except (MemoryError, RecursionError) as error:
        raise TooLarge("The file could not be read within the memory that a reader may use.") from error
    except Exception as error:  # whatever a parser of foreign bytes raises must not stop a worker
        raise UnreadableFormat(
            f"The file is damaged or of an unknown kind: {type(error).__name__}: {error}."
        ) from error
    finally:
        if collecting:
            gc.enable()


def _read(body: bytes, recipe: Recipe | None, media_type: str, url: str, encoding: str, locator: str) -> Reading:
    if len(body) > MAX_BODY:
        raise TooLarge(f"The file has {len(body):,} bytes; at most {MAX_BODY:,} are read.")
    if not body.strip(b"\x00\t\n\x0b\x0c\r \xef\xbb\xbf\xff\xfe"):
        raise EmptyBody("The file is empty: the server or the person sent no text.")
    document = open_document(body, media_type, url, encoding, recipe.format if recipe else "")
    form = _RECIPE_FORMAT.get(document.format, document.format)
    if recipe is not None:
        if recipe.format != form:
            raise RecipeMisfit(
                f"The recipe reads {recipe.format.upper()}, but the content is {document.format.upper()}: the "
                "publisher changed the format, or the address gives another file. Correct the recipe or the address."
            )
        return _by_recipe(document, recipe)
    choice = _choice(form, document, locator)
    recipe = replace(choice.recipe, paging=tuple(document.paging().items()))
    reading = _by_recipe(document, recipe)
    return Reading(
        rows=reading.rows,
        recipe=recipe,
        format=document.format,
        encoding=document.encoding,
        tables=choice.tables,
        warnings=list(dict.fromkeys([*reading.warnings, *choice.warnings])),
        title=document.title,
        language=document.language,
        effective_on=reading.effective_on,
        confidence=choice.confidence,
        why=choice.why,
        next_pages=reading.next_pages,
    )


def _choice(form: str, document: Document, locator: str) -> Choice:
    """The best of what readers see; where that is nothing or a guess, of what the page keeps out of sight too."""
    grids = document.grids(None)
    try:
        choice = choose(form, grids, locator)
    except NoListFound:
        if not (spare := document.spare()):
            raise
        return choose(form, [*grids, *spare], locator)
    if choice.confidence < _SURE and not locator and (spare := document.spare()):
        return choose(form, [*grids, *spare])
    return choice


_SURE = 0.5


def _by_recipe(document: Document, recipe: Recipe) -> Reading:
    grids = document.grids(recipe)
    layouts = [layout(grid) for grid in grids]
    built = build(recipe, grids)
    used = {id(grid) for grid in built.used}
    tables = [_table(grid, found, id(grid) in used) for grid, found in zip(grids, layouts, strict=True)]
    warnings = [*document.warnings, *(note for grid in built.used for note in grid.notes), *built.warnings]
    if not built.rows:
        warnings.append("The recipe fits, but the list has no rows.")
    return Reading(
        rows=built.rows,
        recipe=recipe,
        format=document.format,
        encoding=document.encoding,
        tables=tables,
        warnings=warnings,
        title=document.title,
        language=document.language,
        effective_on=printed_date(document.title, document.text()),
        confidence=1.0,
        why="Read by the recipe given.",
        next_pages=document.next_pages(recipe),
    )


def _table(grid: Grid, found: Layout, used: bool) -> Table:
    why = "has the recipe's columns" if used else "lacks the recipe's columns"
    return Table(grid.locator, found.headings, len(grid.rows) - found.body - len(grid.spans), used, why)
