"""manage.py verify [LIST …]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement import verification
from procurement.lookup import find_list
from procurement.models import VendorList


class Command(BaseCommand):
    help = "Recompute the hash of every snapshot from the recorded spans, and of every capture from its bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", nargs="*", help="slugs; all lists without any")

    def handle(self, *args: Any, **options: Any) -> None:
        lists = [find_list(slug) for slug in options["list"]] or list(VendorList.objects.order_by("pk"))
        checked, wrong = 0, []
        for vendor_list in lists:
            for finding in verification.verify(vendor_list):
                checked += 1
                if finding.problem:
                    wrong.append(finding)
                    self.stderr.write(f"{vendor_list.slug}: {finding.what}: {finding.problem}")
        if wrong:
            raise CommandError(
                f"{len(wrong)} of {checked} hashes are wrong. Restore what is named above from a backup."
            )
        self.stdout.write(f"{checked} hashes are right, in {len(lists)} lists.")
