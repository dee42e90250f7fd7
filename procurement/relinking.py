"""What a curator's decision about a name changes in the recorded history: how it reads, never what it says."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from procurement.changes import derive_changes
from procurement.history import chunks
from procurement.models import FOREVER, Listing, VendorList
from vendors.curation import names_relinked


@receiver(names_relinked)
def derive_changes_anew(names: list[int], **_: Any) -> None:
    """Where entries under these names came or left, the changes are derived anew, with our curation as their cause."""
    moments: dict[int, set[datetime]] = defaultdict(set)
    for chunk in chunks(names):
        spans = Listing.objects.filter(entry__name__in=chunk).values_list("list", "listed_from", "listed_to")
        for pk, begun, ended in spans:
            moments[pk] |= {begun, ended} - {FOREVER}
    for vendor_list in VendorList.objects.filter(pk__in=moments).order_by("pk"):
        vendor_list.lock()
        at = vendor_list.snapshots.published().filter(captured_at__in=moments[vendor_list.pk]).order_by("captured_at")
        derive_changes(vendor_list, list(at), curated=True)
