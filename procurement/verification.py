"""Proving that the record still is what was recorded."""

from collections.abc import Iterator
from dataclasses import dataclass

from procurement import captures
from procurement.entries import content_hash
from procurement.models import Listing, Snapshot, VendorList


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, and what is wrong with it: "" where nothing is."""

    what: str
    problem: str


def verify(vendor_list: VendorList) -> Iterator[Finding]:
    """Recompute each snapshot's content hash from the spans (or its kept rows), and each capture's from its bytes."""
    for snapshot in vendor_list.snapshots.order_by("captured_at", "pk").iterator():
        found = content_hash(_digests(snapshot))
        problem = (
            "" if found == snapshot.content_hash else f"its rows hash to {found}, recorded was {snapshot.content_hash}"
        )
        yield Finding(f"snapshot {snapshot.pk}", problem)
    for digest in vendor_list.captures.order_by("sha256").values_list("sha256", flat=True).distinct().iterator():
        try:
            captures.read(digest)
            problem = ""
        except captures.CaptureError as error:
            problem = str(error)
        yield Finding(f"capture sha256:{digest}", problem)


def _digests(snapshot: Snapshot) -> Iterator[bytes]:
    if snapshot.is_published and snapshot.is_full:
        carried = Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at)
        return carried.values_list("entry__digest", flat=True).iterator()
    return snapshot.named.values_list("digest", flat=True).iterator()
