"""Keeping the listings in step with the published snapshots.

A full snapshot carries what it names and nothing else; a partial one adds what it names and ends nothing. Whatever
changes (a snapshot recorded, backfilled, published, withdrawn, restored or read anew), the list is painted anew from
that moment to the next full snapshot, and spans are split and joined at its ends.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from procurement.changes import derive_changes, reclassify_arrivals
from procurement.history import chunks
from procurement.models import FOREVER, Change, Entry, Listing, Snapshot, VendorList


def paint(
    vendor_list: VendorList, start: datetime, named: dict[int, int] | None = None, *, changes: bool = True
) -> None:
    """Make the listings and changes agree with the published snapshots again after the one at `start` came or went.

    The caller holds the list's lock. `named` gives the entries (and copies) of the snapshot at `start`, where there is
    one. What is painted reaches to the next full snapshot, before which nothing else can be different. Without
    `changes` the caller derives those of the whole list once all is painted.
    """
    published = vendor_list.snapshots.published()
    following = list(published.filter(captured_at__gte=start).order_by("captured_at")[:1])
    here = following[0] if following and following[0].captured_at == start else None
    next_full = published.full().filter(captured_at__gt=start).order_by("captured_at").first()
    stop = next_full.captured_at if next_full else FOREVER
    partials = list(
        published.filter(coverage=Snapshot.Coverage.PARTIAL, captured_at__gt=start, captured_at__lt=stop).order_by(
            "captured_at"
        )
    )
    spans: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    touching = Listing.objects.filter(list=vendor_list, listed_from__lte=stop, listed_to__gte=start)
    for pk, entry, begun, ended in touching.values_list("pk", "entry_id", "listed_from", "listed_to").iterator(10_000):
        spans[entry].append((pk, begun, ended))

    if here is not None and here.is_full:
        arrivals = dict.fromkeys(named or {}, start)
    else:
        before = (e for e, held in spans.items() if any(begun < start <= ended for _, begun, ended in held))
        arrivals = dict.fromkeys(before, start)
        if here is not None:
            partials.insert(0, here)
    _add_partials(arrivals, partials)
    repainted = _repaint(vendor_list, spans, arrivals, start, stop, named or {})
    if not changes:
        return

    boundaries = [s for s in (here, *partials, next_full) if s is not None]
    derive_changes(vendor_list, list(dict.fromkeys(boundaries)))
    Change.objects.filter(list=vendor_list, at=start).exclude(later__in=boundaries).delete()
    if next_full is not None:
        reclassify_arrivals(vendor_list, repainted, after=stop)


def _add_partials(arrivals: dict[int, datetime], partials: Sequence[Snapshot]) -> None:
    """Let each partial snapshot add, from its time on, the entries that it names under keys not yet present."""
    if not partials:
        return
    present = {
        key for chunk in chunks(arrivals) for key in Entry.objects.filter(pk__in=chunk).values_list("key", flat=True)
    }
    for snapshot in partials:
        added = {pk: key for pk, key in snapshot.named.values_list("pk", "key") if key not in present}
        arrivals.update(dict.fromkeys(added, snapshot.captured_at))
        present.update(added.values())


def _repaint(
    vendor_list: VendorList,
    spans: dict[int, list[tuple[int, datetime, datetime]]],
    arrivals: dict[int, datetime],
    start: datetime,
    stop: datetime,
    copies: dict[int, int],
) -> set[int]:
    """Replace what the list carried in [start, stop): each arriving entry from its time to `stop`, joined with what
    touches it on either side. Returns the entries whose listings changed."""
    repainted: set[int] = set()
    created: list[Listing] = []
    deleted: list[int] = []
    moved: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for entry in spans.keys() | arrivals.keys():
        old = sorted(spans.get(entry, ()), key=lambda span: span[1])
        arrival = arrivals.get(entry)
        if len(old) == 1 and arrival == start and old[0][1] <= start and old[0][2] >= stop:
            continue  # carried before, during and after: the common case
        wanted = _wanted([(begun, ended) for _, begun, ended in old], arrival, start, stop)
        if wanted != [(begun, ended) for _, begun, ended in old]:
            repainted.add(entry)
        for (pk, begun, ended), (new_begun, new_ended) in zip(old, wanted, strict=False):
            if begun != new_begun:
                moved["listed_from", new_begun].append(pk)
            if ended != new_ended:
                moved["listed_to", new_ended].append(pk)
        deleted += (pk for pk, *_ in old[len(wanted) :])
        created += (
            Listing(list=vendor_list, entry_id=entry, listed_from=begun, listed_to=ended, copies=copies.get(entry, 1))
            for begun, ended in wanted[len(old) :]
        )
    for (column, moment), pks in moved.items():
        for chunk in chunks(pks):
            Listing.objects.filter(pk__in=chunk).update(**{column: moment})
    for chunk in chunks(deleted):
        Listing.objects.filter(pk__in=chunk).delete()
    Listing.objects.bulk_create(created, batch_size=2000)
    return repainted


def _wanted(
    old: Sequence[tuple[datetime, datetime]], arrival: datetime | None, start: datetime, stop: datetime
) -> list[tuple[datetime, datetime]]:
    pieces = [(begun, min(ended, start)) for begun, ended in old if begun < start]
    if arrival is not None:
        pieces.append((arrival, stop))
    pieces += [(max(begun, stop), ended) for begun, ended in old if ended > stop]
    joined: list[tuple[datetime, datetime]] = []
    for begun, ended in pieces:
        if joined and joined[-1][1] >= begun:
            joined[-1] = (joined[-1][0], max(ended, joined[-1][1]))
        else:
            joined.append((begun, ended))
    return joined
