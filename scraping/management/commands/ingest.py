"""manage.py ingest LIST FILE --at WHEN"""

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.db.models import Model
from django.utils import timezone

from procurement.captures import CaptureError
from procurement.lookup import find_list
from procurement.models import Authority, Capture, VendorList
from scraping import extractors, pipeline
from scraping.results import EXIT_CODES, result_of, sentence_of
from vendors import countries

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    help = "Record a file as what a list said at a time: the bytes as a capture, the rows as a snapshot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", help="the list's slug")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--at", required=True, metavar="WHEN", help="2014-07-31, or 2014-07-31T12:00Z")
        parser.add_argument("--url", default="", help="the address that the file came from")
        parser.add_argument(
            "--recipe", type=Path, metavar="FILE", help="how to read it; default: the list's own recipe"
        )
        parser.add_argument("--coverage", choices=["full", "partial"], default="full")
        parser.add_argument("--create", metavar="TITLE", help="make the list first, where there is none")
        parser.add_argument("--jurisdiction", metavar="CC", help="with --create: its country, ISO 3166-1 alpha-2")
        parser.add_argument("--kind", choices=VendorList.Kind.values, default="approved", help="with --create")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        at = parse_moment(options["at"])
        fits("--url", options["url"], Capture, "url")
        fits("The file's name", options["file"].name, Capture, "file_name")
        body = read_file(options["file"])
        recipe_text = read_recipe(options["recipe"]) if options["recipe"] else None
        vendor_list = create_list(options) if options["create"] else find_list(options["list"])
        try:
            run = pipeline.ingest(
                vendor_list,
                body,
                at=at,
                url=options["url"],
                file_name=options["file"].name,
                recipe_text=recipe_text,
                coverage=options["coverage"],
            )
        except CaptureError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result_of(run), ensure_ascii=False))
        elif run.outcome != "failed":
            self.stdout.write(sentence_of(run))
        if run.outcome in {"held", "failed"}:
            self.stderr.write(f"{options['file']}: {run.reason}")
        sys.exit(EXIT_CODES[run.outcome])


def parse_moment(text: str) -> datetime:
    """A date (its first moment, UTC) or a time (UTC unless it says otherwise), not in the future.

    Raises:
        CommandError: it is neither, or in the future.
    """
    try:
        if len(text) <= 10:
            moment = datetime.combine(date.fromisoformat(text), time.min, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CommandError(f"--at {text!r} is no date. Write it as 2014-07-31, or 2014-07-31T12:00Z.") from error
    if moment < EARLIEST:
        raise CommandError(f"--at {text} is before {EARLIEST.year}; check the year. Nothing was recorded.")
    if moment > timezone.now() + timedelta(minutes=5):
        raise CommandError(f"--at {text} has not come yet; a list cannot have been seen then. Nothing was recorded.")
    return moment


def read_file(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        CommandError: it is not there, cannot be read, or is empty.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was recorded.") from error
    if not body:
        raise CommandError(f"{path} is empty. Nothing was recorded; check how it was saved.")
    return body


def read_recipe(path: Path) -> str:
    """A recipe's text, checked.

    Raises:
        CommandError: it cannot be read, or is no recipe.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        extractors.Recipe.from_text(text)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The recipe {path} cannot be read: {error}. Nothing was recorded.") from error
    except extractors.RecipeError as error:
        raise CommandError(f"The recipe {path}: {error} Nothing was recorded.") from error
    return text


def create_list(options: dict[str, Any]) -> VendorList:
    """The list that --create asks for; one that exists with this title and jurisdiction is used.

    Raises:
        CommandError: no or an unknown jurisdiction, a slug that is none, or a slug that another list has.
    """
    slug, title, code = options["list"], options["create"], (options["jurisdiction"] or "").upper()
    if not countries.is_code(code):
        raise CommandError(
            "--create needs --jurisdiction CC, a country's ISO 3166-1 code such as CN. Nothing was recorded."
        )
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise CommandError(
            f"{slug!r} cannot name a list: use letters, digits, - and _. Nothing was recorded."
        ) from error
    for name, text in (("slug", slug), ("title", title)):
        fits(f"The list's {name}", text, VendorList, name)
    existing = VendorList.objects.select_related("authority").filter(slug=slug).first()
    if existing is not None:
        if (existing.title, existing.jurisdiction) != (title, code):
            raise CommandError(
                f"There is a list {slug!r} already: “{existing.title}” ({existing.jurisdiction}). "
                "Leave out --create to add to it, or choose another slug. Nothing was recorded."
            )
        return existing
    authority, _ = Authority.objects.get_or_create(
        jurisdiction=code, name=f"Authority not named ({countries.name(code)})"
    )
    return VendorList.objects.create(slug=slug, title=title, authority=authority, kind=options["kind"])


def fits(what: str, text: str, model: type[Model], column: str) -> None:
    """Refuse a text that its column cannot hold.

    Raises:
        CommandError: it is longer.
    """
    longest = getattr(model._meta.get_field(column), "max_length", None)
    if longest is not None and len(text) > longest:
        raise CommandError(
            f"{what} has {len(text):,} characters, and at most {longest:,} are kept. Nothing was recorded."
        )
