"""manage.py publish SNAPSHOT"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement import recording
from procurement.lookup import find_snapshot


class Command(BaseCommand):
    help = "Publish a held snapshot: a person has looked at it and it says what the list says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", metavar="SNAPSHOT", type=int)
        parser.add_argument("--why", default="", help="what was seen; it stands in the record")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            recorded = recording.publish(find_snapshot(options["snapshot"]), why=options["why"])
        except recording.RecordingError as error:
            raise CommandError(str(error)) from error
        changes = ", ".join(f"{n} {kind}" for kind, n in sorted(recorded.changes.items())) or "no changes"
        self.stdout.write(f"Snapshot {recorded.snapshot.pk} is published: {changes}.")
