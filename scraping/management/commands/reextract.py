"""manage.py reextract LIST [--dry-run]"""

import json
import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement.lookup import find_list
from scraping import extractors, rereading

_SUMMARY = {
    "superseded": "superseded by what it reads now",
    "same": "read the same",
    "published": "held before and published now",
    "recorded": "recorded for the first time",
    "held": "held for review",
    "kept": "left as they were",
}


class Command(BaseCommand):
    help = (
        "Read every stored capture of a list again by its latest recipe. What the recipe changes is no news; "
        "--dry-run shows it first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", help="the list's slug")
        parser.add_argument("--dry-run", action="store_true", help="show what would change; write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object a capture, and a summary")

    def handle(self, *args: Any, **options: Any) -> None:
        vendor_list = find_list(options["list"])
        try:
            if options["dry_run"]:
                done = list(rereading.foresee(vendor_list))
            else:
                done = rereading.reread(vendor_list, progress=self._progress)
        except (rereading.NothingToReadByError, extractors.RecipeError) as error:
            raise CommandError(str(error)) from error
        for one in done:
            self.stdout.write(json.dumps(_data(one), ensure_ascii=False) if options["json"] else _sentence(one))
        counts: Counter[str] = Counter(one.action for one in done)
        recipe = vendor_list.recipes.first()
        version = recipe.version if recipe else None
        if options["json"]:
            summary = {
                "list": vendor_list.slug,
                "recipe": version,
                "dry_run": options["dry_run"],
                "captures": len(done),
            }
            self.stdout.write(json.dumps({**summary, **{action: counts[action] for action in _SUMMARY}}))
        else:
            said = ", ".join(f"{counts[action]} {words}" for action, words in _SUMMARY.items() if counts[action])
            would = "Nothing was written. By recipe" if options["dry_run"] else "By recipe"
            self.stdout.write(f"{would} version {version}: {said or 'every capture was read by it already'}.")
        problems = [one for one in done if one.is_problem]
        for one in problems:
            self.stderr.write(f"{_when(one)}: {one.reason} Its snapshot stays as an older recipe read it.")
        sys.exit(1 if problems else 0)

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done}/{total} captures", ending="" if done < total else "\n")


def _when(one: rereading.Reread) -> str:
    return f"{one.capture.captured_at:%Y-%m-%d %H:%M:%S} UTC"


def _sentence(one: rereading.Reread) -> str:
    rows = f"{one.rows_before} rows → {one.rows_after}"
    head = f"{_when(one)}  {one.action:<10}  {rows}"
    counts = [(one.came, "came"), (one.gone, "gone"), (one.changed, "changed")]
    changes = ", ".join(f"{count} {word}" for count, word in counts if count)
    return "  ".join(filter(None, [head, changes, one.reason]))


def _data(one: rereading.Reread) -> dict[str, Any]:
    return {
        "captured_at": one.capture.captured_at.isoformat(),
        "sha256": one.capture.sha256,
        "action": one.action,
        "snapshot_before": one.before.pk if one.before else None,
        "snapshot_after": one.after.pk if one.after else None,
        "rows_before": one.rows_before,
        "rows_after": one.rows_after,
        "came": one.came,
        "gone": one.gone,
        "changed": one.changed,
        "reason": one.reason,
    }
