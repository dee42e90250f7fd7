"""manage.py import_folder LIST FOLDER"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from procurement.lookup import find_list
from procurement.models import VendorList
from scraping import importing
from scraping.management.commands.ingest import create_list, read_recipe
from scraping.results import EXIT_CODES, result_of


class Command(BaseCommand):
    help = (
        "Import a folder of dated files (2014-07-31.html, list-20140731.xlsx, …) as the history of a list, in one go. "
        "Doing it again changes nothing, so that it can be stopped and resumed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", help="the list's slug")
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--only", default="*", metavar="PATTERN", help="the files to import, such as '*.html'")
        parser.add_argument(
            "--recipe", type=Path, metavar="FILE", help="how to read them; default: the list's own recipe"
        )
        parser.add_argument("--url", default="", help="the address that the files came from")
        parser.add_argument("--create", metavar="TITLE", help="make the list first, where there is none")
        parser.add_argument("--jurisdiction", metavar="CC", help="with --create: its country, ISO 3166-1 alpha-2")
        parser.add_argument("--kind", choices=VendorList.Kind.values, default="approved", help="with --create")
        parser.add_argument("--dry-run", action="store_true", help="show how each file would be read; record nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object a file, and a summary")

    def handle(self, *args: Any, **options: Any) -> None:
        recipe_text = read_recipe(options["recipe"]) if options["recipe"] else None
        try:
            files = importing.dated(importing.files_in(options["folder"], options["only"]), timezone.now())
        except importing.ImportRefusedError as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            vendor_list = VendorList.objects.filter(slug=options["list"]).first()
            if vendor_list is None and not options["create"]:
                find_list(options["list"])
            done = importing.foresee(vendor_list, files, recipe_text=recipe_text, url=options["url"])
        else:
            vendor_list = create_list(options) if options["create"] else find_list(options["list"])
            done = importing.bring_in(vendor_list, files, recipe_text=recipe_text, url=options["url"])
        counts: Counter[str] = Counter()
        for number, one in enumerate(done, 1):
            self._progress(number, len(files), one.file.name)
            self.stdout.write(json.dumps(_data(one), ensure_ascii=False) if options["json"] else _sentence(one))
            if one.outcome in {"held", "failed"}:
                self.stderr.write(f"{one.file.name}: {one.reason}")
            counts[one.outcome] += 1
        self._summary(options, files, counts)
        sys.exit(max((EXIT_CODES[outcome] for outcome in counts), key=lambda code: (code == 1, code)))

    def _summary(self, options: dict[str, Any], files: list[importing.DatedFile], counts: Counter[str]) -> None:
        first, last = files[0].at.date(), files[-1].at.date()
        if options["json"]:
            summary = {"list": options["list"], "files": len(files), "from": f"{first}", "to": f"{last}"}
            outcomes = {outcome: counts[outcome] for outcome in EXIT_CODES}
            self.stdout.write(json.dumps({**summary, **outcomes, "dry_run": options["dry_run"]}))
            return
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        done = "Nothing was recorded; of" if options["dry_run"] else "Of"
        self.stdout.write(f"{done} {len(files)} files from {first} to {last}: {said}.")

    def _progress(self, number: int, total: int, name: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{number}/{total} {name}", ending="" if number < total else "\r\033[K")


def _sentence(one: importing.Imported) -> str:
    result = result_of(one.run) if one.run else {}
    kinds = ("added", "dropped", "relisted", "renamed", "amended")
    changes = ", ".join(f"{result[kind]} {kind}" for kind in kinds if result.get(kind))
    parts = [f"{one.file.at:%Y-%m-%d %H:%M}", f"{one.outcome:<9}", f"{one.rows:>6} rows", one.file.name, changes]
    return "  ".join(filter(None, parts))


def _data(one: importing.Imported) -> dict[str, Any]:
    result = result_of(one.run) if one.run else {"outcome": one.outcome, "rows": one.rows, "reason": one.reason}
    snapshot = {"snapshot": one.snapshot.pk if one.snapshot else None}
    return {"file": one.file.name, "at": one.file.at.isoformat(), **result, **snapshot}
