"""manage.py demo: load the demonstration through the pipeline, and show the founding case."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement import narrative
from procurement.captures import CaptureError
from procurement.comparison import Comparison, compare
from procurement.lookup import find_list
from procurement.management.commands.compare import lines
from scraping.demonstration import loading
from scraping.results import result_of
from vendors.register_csv import RegisterError


class Command(BaseCommand):
    help = "Load the demonstration's lists, vendors and statements, and print the founding comparison. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line: what was loaded, then the comparison"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._load(as_json=options["json"])
        except (loading.DemonstrationError, RegisterError, CaptureError) as error:
            raise CommandError(str(error)) from error
        slug, start, end = loading.FOUNDING
        comparison = compare(find_list(slug), start, end)
        if options["json"]:
            self._json({"comparison": comparison.as_json()})
        else:
            self.stdout.write("\n" + "\n".join(founding_case(comparison)))

    def _load(self, *, as_json: bool) -> None:
        facts = loading.load_vendors()
        recorded: Counter[str] = Counter()
        known: Counter[str] = Counter()
        for loaded in loading.load_lists():
            (known if loaded.run is None else recorded)[loaded.vendor_list.title] += 1
            if loaded.run is not None and as_json:
                self._json(result_of(loaded.run))
        statements = loading.load_statements()
        if as_json:
            self._json({"vendor_facts": facts, "snapshots": recorded.total(), "statements": statements})
            return
        self.stdout.write(f"Loaded {facts:,} facts on vendors and {statements} statements; snapshots by list:")
        for title in sorted({*recorded, *known}):
            self.stdout.write(f"  {title}: {recorded[title]} recorded, {known[title]} there already")

    def _json(self, value: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(value, ensure_ascii=False))


def founding_case(comparison: Comparison) -> Iterator[str]:
    """The founding comparison as people read it: the sentence, each change with its bounds, and whom the list binds."""
    yield narrative.plain(narrative.sentence(comparison)).strip()
    yield ""
    yield from lines(comparison)
    yield ""
    sightings = (change.bounded.earlier for change in comparison.changes if change.bounded.earlier)
    for snapshot in {s.pk: s for s in sightings if s != comparison.start}.values():
        yield (
            f"Seen in between: {snapshot.captured_at:%Y-%m-%d %H:%M} UTC, {snapshot.coverage}, "
            f"{snapshot.get_basis_display().lower()}, sha256:{snapshot.capture.sha256}"
        )
    yield f"It binds: {comparison.list.binds}"
    yield f"It does not bind: {comparison.list.binds_not}"
    yield (
        f"{len(comparison.statements)} statements speak of it, and stand beside it at "
        f"/lists/{comparison.list.slug}/compare/{comparison.ends}/"
    )
