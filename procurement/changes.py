"""The changes that neighbouring published snapshots show: derived from the listings, kept for the feeds."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Min

from procurement.history import between, chunks
from procurement.models import Change, Entry, Listing, Snapshot, VendorList


def derive_changes(vendor_list: VendorList, snapshots: Sequence[Snapshot], *, curated: bool = False) -> None:
    """Write anew the changes that published snapshots show against the one before them.

    Args:
        curated: our curation is why they are derived anew: what an alias now makes a renaming has that as its cause.
            The cause of everything else follows from how the two snapshots were read.
    """
    for snapshot in snapshots:
        stale = Change.objects.filter(list=vendor_list, at=snapshot.captured_at)
        causes: dict[tuple[str, int, int | None], str] = {
            (kind, entry, former): known
            for kind, entry, former, known in stale.values_list("kind", "entry_id", "former_id", "cause")
        }
        stale.delete()
        previous = vendor_list.snapshots.before(snapshot.captured_at).first()
        if previous is None:
            continue
        fresh = []
        for d in between(vendor_list, previous, snapshot):
            if d.first_seen:
                continue
            former = d.before if d.after else None
            known = causes.get((d.kind, d.entry.pk, former.pk if former else None))
            by_alias = former is not None and former.key != d.entry.key
            if by_alias and (known == Change.Cause.CURATION or (curated and known is None)):
                why = Change.Cause.CURATION.value
            else:
                why = _cause(previous, snapshot)
            fresh.append(
                Change(
                    list=vendor_list,
                    kind=d.kind,
                    cause=why,
                    at=snapshot.captured_at,
                    earlier=d.earlier,
                    later=snapshot,
                    entry=d.entry,
                    former=former,
                )
            )
        Change.objects.bulk_create(fresh, batch_size=1000)


def judge_causes(vendor_list: VendorList, snapshots: Sequence[Snapshot]) -> None:
    """Say anew, of changes that stay as they are, whether the source or our recipe changed."""
    for snapshot in snapshots:
        if previous := vendor_list.snapshots.before(snapshot.captured_at).first():
            known = Change.objects.filter(list=vendor_list, at=snapshot.captured_at).exclude(
                cause=Change.Cause.CURATION
            )
            known.update(cause=_cause(previous, snapshot))


def _cause(earlier: Snapshot, later: Snapshot) -> str:
    """Two snapshots read by different recipes cannot tell our change from the publisher's, so it is no news."""
    same = earlier.recipe_id == later.recipe_id
    return (Change.Cause.SOURCE if same else Change.Cause.RECIPE).value


def reclassify_arrivals(vendor_list: VendorList, entry_ids: Collection[int], *, after: datetime) -> None:
    """What an earlier snapshot shows decides whether a later arrival of the same key is an addition or a return."""
    touched = {
        key for chunk in chunks(entry_ids) for key in Entry.objects.filter(pk__in=chunk).values_list("key", flat=True)
    }
    arrivals = Change.objects.filter(
        list=vendor_list, at__gt=after, kind__in=[Change.Kind.ADDED, Change.Kind.RELISTED]
    ).select_related("entry")
    for chunk in chunks(touched):
        affected = list(arrivals.filter(entry__key__in=chunk))
        first_listed = (
            dict(
                Listing.objects.filter(list=vendor_list, entry__key__in=chunk)
                .values_list("entry__key")
                .annotate(first=Min("listed_from"))
            )
            if affected
            else {}
        )
        for change in affected:
            returned = first_listed[change.entry.key] < change.at
            change.kind = Change.Kind.RELISTED if returned else Change.Kind.ADDED
        Change.objects.bulk_update(affected, ["kind"], batch_size=1000)
