"""Show how a page or a file would be read, with or without a recipe. Stores nothing and needs no database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scraping.extractors import ExtractionError, Reading, Recipe, read

_SHOWN = 20  # rows of the text form


class Command(BaseCommand):
    help = "Show the rows that a page or a file gives, the recipe that reads it, and why. Stores nothing."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("page", metavar="FILE_OR_URL", help="a file, or an address that begins with http")
        parser.add_argument("--recipe", metavar="FILE", help="read by this recipe instead of proposing one")
        parser.add_argument("--table", default="", metavar="LOCATOR", help="read this candidate instead of the best")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        page: str = options["page"]
        try:
            recipe = Recipe.from_text(_text(Path(options["recipe"]))) if options["recipe"] else None
            if page.lower().startswith(("http://", "https://")):
                reading = _read_url(page, recipe, options["table"])
            else:
                reading = read(_bytes(Path(page)), recipe=recipe, url=Path(page).name, locator=options["table"])
        except ExtractionError as error:
            raise CommandError(f"{page}: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(_data(reading), ensure_ascii=False))
        else:
            self._print(reading)

    def _print(self, reading: Reading) -> None:
        self.stdout.write(f"{reading.format.upper()} {reading.encoding}  {reading.title}".rstrip())
        self.stdout.write(f"{reading.why} Confidence {reading.confidence:.0%}.")
        for warning in reading.warnings:
            self.stdout.write(f"! {warning}")
        self.stdout.write(f"\n{reading.recipe.to_text()}")
        for row in reading.rows[:_SHOWN]:
            cells = [cell for cell in (row.identifier, row.vendor, row.product, row.category, row.origin) if cell]
            self.stdout.write(" | ".join(" ".join(cell.split()) for cell in cells))
        if len(reading.rows) > _SHOWN:
            self.stdout.write(f"… and {len(reading.rows) - _SHOWN} more of {len(reading.rows)} rows.")


def _read_url(url: str, recipe: Recipe | None, locator: str) -> Reading:
    from scraping import fetching  # only here: files are read without the machinery of the network

    try:
        fetched = fetching.fetch(url)
    except ExtractionError:
        raise
    except Exception as error:  # every failure to fetch carries its own sentence
        raise CommandError(f"{url}: {error}") from error
    return read(
        fetched.body,
        recipe=recipe,
        media_type=fetched.media_type,
        url=fetched.url,
        encoding=fetched.encoding,
        locator=locator,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"The file {str(path)!r} cannot be read: {error.strerror or error}.") from error


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"The recipe {str(path)!r} is not UTF-8 text: save it as UTF-8.") from error


def _data(reading: Reading) -> dict[str, Any]:
    return {
        "format": reading.format,
        "encoding": reading.encoding,
        "title": reading.title,
        "language": reading.language,
        "effective_on": reading.effective_on.isoformat() if reading.effective_on else None,
        "recipe": reading.recipe.to_text(),
        "rows": [{**row._asdict(), "extra": dict(row.extra)} for row in reading.rows],
        "tables": [
            {"locator": t.locator, "columns": t.columns, "rows": t.rows, "chosen": t.chosen, "why": t.why}
            for t in reading.tables
        ],
        "warnings": reading.warnings,
        "confidence": reading.confidence,
        "why": reading.why,
        "next_pages": reading.next_pages,
    }
