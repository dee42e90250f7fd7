"""Lists, definition lists, cards and paragraphs of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .reading import Grid
from .recipe import Recipe


def grids(root: Any) -> Iterator[Grid]:
    return iter(())


def records(root: Any, css: str, recipe: Recipe) -> Grid:
    raise NotImplementedError


def lines(root: Any, css: str) -> Grid:
    raise NotImplementedError
