"""Lists that a page keeps in its scripts, for programs to show: the last resort, for readers do not see them there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .errors import ExtractionError, RecipeMisfit
from .jsontree import parse, tree_grids
from .reading import Grid
from .recipe import Recipe, selector

_STATED = 'script[type="application/json"], script[type="application/ld+json"]'
_INLINE = "script:not([type]), script[type='text/javascript']"
_ARRAY = re.compile(r"[=(:]\s{0,20}(?=\[\s{0,20}[{\[])")
_MOST = 20  # arrays of one script that are tried


def grids(root: Any) -> Iterator[Grid]:
    """Candidates in the page's scripts: those that state that they are data first."""
    for css in (_STATED, _INLINE):
        for grid in tree_grids(_trees(root, css), None, "page's scripts"):
            if "." not in grid.locator and grid.locator != "*":
                continue  # the array of scripts itself
            grid.where = {"script": css, **grid.where}
            grid.locator = f"script: {grid.locator}"
            grid.weight *= 0.6
            yield grid


def named(root: Any, css: str, recipe: Recipe) -> list[Grid]:
    """What a recipe names in scripts. Raises RecipeMisfit where there is none."""
    trees = _trees(root, css)
    if not trees:
        raise RecipeMisfit(f"The page has no script with data at {css!r}, which the recipe names as where.script.")
    return tree_grids(trees, recipe, "page's scripts")


def _trees(root: Any, css: str) -> list[Any]:
    """The data of each script, in order; of programs, each array in them that is written as JSON."""
    found: list[Any] = []
    for tag in selector(css, "where.script")(root):
        text = "".join(tag.itertext())
        if "json" in (tag.get("type") or ""):
            try:
                found.append(parse(text))
            except ExtractionError:
                continue
        else:
            found += _arrays(text)
    return found


def _arrays(text: str) -> list[Any]:
    found: list[Any] = []
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
    place = 0
    for _ in range(_MOST):
        hit = _ARRAY.search(text, place)
        if hit is None:
            break
        try:
            value, place = decoder.raw_decode(text, hit.end())
            found.append(value)
        except (json.JSONDecodeError, RecursionError):
            place = hit.end()
    return found
