"""manage.py scrape [LIST …] [--due] [--all]"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement.lookup import find_list
from scraping import dispatch
from scraping.models import Run, Source
from scraping.results import EXIT_CODES, result_of, sentence_of


class Command(BaseCommand):
    help = "Read sources now, in the foreground, through the same path as the scheduled checks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", nargs="*", help="slugs of lists")
        parser.add_argument("--due", action="store_true", help="those whose time has come")
        parser.add_argument("--all", action="store_true", help="every enabled source")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        worst = 0
        for run in self._runs(options):
            self.stdout.write(json.dumps(result_of(run), ensure_ascii=False) if options["json"] else sentence_of(run))
            if run.outcome in {"held", "failed"}:
                self.stderr.write(f"{run.list.slug}: {run.reason}")
            worst = max(worst, EXIT_CODES[run.outcome], key=lambda code: (code == 1, code))
        sys.exit(worst)

    def _runs(self, options: dict[str, Any]) -> Iterator[Run]:
        """The finished runs, one after the other as they are asked for."""
        if options["due"] and not options["list"]:
            for pk in dispatch.dispatch():
                dispatch.work(pk, last_attempt=True)
                yield Run.objects.select_related("list", "snapshot").get(pk=pk)
            return
        for source in self._chosen(options):
            yield dispatch.scrape(source)

    def _chosen(self, options: dict[str, Any]) -> list[Source]:
        sources = Source.objects.select_related("list__authority")
        if options["list"]:
            lists = [find_list(slug) for slug in options["list"]]
            chosen = [sources.filter(list=one).order_by("-enabled", "-pk").first() for one in lists]
            for one, source in zip(lists, chosen, strict=True):
                if source is None:
                    raise CommandError(
                        f"“{one.title}” has no source. Add one in the admin: /admin/scraping/source/add/"
                    )
            return [source for source in chosen if source is not None]
        if options["all"]:
            return list(sources.filter(enabled=True))
        raise CommandError("Name a list, or give --due or --all.")
