"""manage.py withdraw SNAPSHOT --why TEXT"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement import recording
from procurement.lookup import find_snapshot
from procurement.management.commands.publish import decided


class Command(BaseCommand):
    help = "Take a wrong snapshot out of the history. Its capture and its rows are kept, and it can be restored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("snapshot", metavar="SNAPSHOT", type=int)
        parser.add_argument("--why", required=True, help="the reason; it stands in the record")
        parser.add_argument("--undo", action="store_true", help="restore a withdrawn snapshot instead")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = find_snapshot(options["snapshot"])
        try:
            if options["undo"]:
                snapshot = recording.restore(snapshot, why=options["why"]).snapshot
            else:
                snapshot = recording.withdraw(snapshot, why=options["why"])
        except recording.RecordingError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(decided(snapshot), ensure_ascii=False))
            return
        self.stdout.write(f"Snapshot {snapshot.pk} is {'published again' if options['undo'] else 'withdrawn'}.")
