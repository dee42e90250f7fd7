"""manage.py publish SNAPSHOT"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement import recording
from procurement.lookup import find_snapshot
from procurement.models import Change, Snapshot


class Command(BaseCommand):
    help = "Publish a held snapshot: a person has looked at it and it says what the list says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", metavar="SNAPSHOT", type=int)
        parser.add_argument("--why", default="", help="what was seen; it stands in the record")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            recorded = recording.publish(find_snapshot(options["snapshot"]), why=options["why"])
        except recording.RecordingError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(decided(recorded.snapshot), ensure_ascii=False))
            return
        changes = ", ".join(f"{n} {kind}" for kind, n in sorted(recorded.changes.items())) or "no changes"
        self.stdout.write(f"Snapshot {recorded.snapshot.pk} is published: {changes}.")


def decided(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot after a person's decision: its status, and what it changed on its list by kind."""
    kinds = list(snapshot.changes.values_list("kind", flat=True))
    return {
        "list": snapshot.list.slug,
        "snapshot": snapshot.pk,
        "status": snapshot.status,
        "rows": snapshot.row_count,
        **{kind: kinds.count(kind) for kind in Change.Kind.values},
        "reason": snapshot.reason,
    }
