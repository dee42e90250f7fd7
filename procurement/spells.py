"""A vendor's spells on lists: when each of its entries came and went, whatever it was called in between.

A listing holds one wording. A row that is amended or renamed ends one listing and begins another, but the vendor's
product never left: here the two are one spell.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from procurement.models import FOREVER, Change, Entry, Listing, Snapshot, VendorList
from vendors.models import Vendor


@dataclass(slots=True)
class Spell:
    """An unbroken presence of one entry on a list: the half-open span [listed_from, listed_to), UTC."""

    list_id: int
    entry_id: int  # in its latest wording
    first_listing: int
    last_listing: int
    listed_from: datetime
    listed_to: datetime
    wordings: int = 1
    # Entries under another vendor's name that this one continues, or that continue it.
    came_from_id: int | None = None
    went_on_id: int | None = None

    @property
    def is_open(self) -> bool:
        return self.listed_to == FOREVER


@dataclass(frozen=True, slots=True)
class BoundedSpell:
    """A spell with the entry that it is about and the snapshots that bound it.

    `last_absent` is None where nothing proves an earlier absence; `first_absent` where it is listed still.
    """

    spell: Spell
    list: VendorList
    entry: Entry
    came_from: Entry | None
    went_on: Entry | None
    last_absent: Snapshot | None
    first_seen: Snapshot | None
    last_seen: Snapshot | None
    first_absent: Snapshot | None


@dataclass(slots=True)
class _Run:
    """Listings that follow each other, in order of time."""

    rows: list[tuple[int, int, int, datetime, datetime]] = field(default_factory=list)


def spells_of(vendor: Vendor) -> list[Spell]:
    """Every spell of a vendor, those that are still listed first, then the latest to end. Three queries."""
    rows = list(
        Listing.objects.filter(entry__name__vendor=vendor)
        .order_by("listed_from", "pk")
        .values_list("pk", "list_id", "entry_id", "listed_from", "listed_to")
    )
    edits = Change.objects.filter(kind__in=[Change.Kind.RENAMED, Change.Kind.AMENDED]).order_by()
    columns = ("former_id", "entry_id", "at")
    onward = {(a, at): b for a, b, at in edits.filter(former__name__vendor=vendor).values_list(*columns)}
    origin = {(b, at): a for a, b, at in edits.filter(entry__name__vendor=vendor).values_list(*columns)}
    by_entry: dict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_entry[row[2]].append(index)

    run_of = list(range(len(rows)))  # each row's run, by the index of its first row
    for index, (_, _, entry, _, ended) in enumerate(rows):
        follower = onward.get((entry, ended))
        for other in by_entry.get(follower, ()) if follower else ():
            if rows[other][3] <= ended < rows[other][4]:
                a, b = _root(run_of, index), _root(run_of, other)
                run_of[max(a, b)] = min(a, b)
    runs: dict[int, _Run] = defaultdict(_Run)
    for index, row in enumerate(rows):
        runs[_root(run_of, index)].rows.append(row)
    spells = [_spell(run.rows, onward, origin) for run in runs.values()]
    return sorted(spells, key=lambda s: (s.listed_to, s.listed_from), reverse=True)


def _root(run_of: list[int], index: int) -> int:
    while run_of[index] != index:
        index = run_of[index]
    return index


def _spell(
    rows: Sequence[tuple[int, int, int, datetime, datetime]],
    onward: dict[tuple[int, datetime], int],
    origin: dict[tuple[int, datetime], int],
) -> Spell:
    first, last = rows[0], max(rows, key=lambda row: (row[4], row[3]))
    own = {row[2] for row in rows}
    came_from, went_on = origin.get((first[2], first[3])), onward.get((last[2], last[4]))
    return Spell(
        list_id=first[1],
        entry_id=last[2],
        first_listing=first[0],
        last_listing=last[0],
        listed_from=first[3],
        listed_to=last[4],
        wordings=len(own),
        came_from_id=None if came_from in own else came_from,
        went_on_id=None if went_on in own else went_on,
    )


def bounded(spells: Sequence[Spell]) -> list[BoundedSpell]:
    """Spells with what proves them, in the order given. Four queries, however many spells."""
    ends = {pk for s in spells for pk in (s.first_listing, s.last_listing)}
    listings = _with_bounds(Listing.objects.filter(pk__in=ends)).in_bulk()
    wanted = {pk for row in listings.values() for pk in _snapshot_ids(row)}
    snapshots = Snapshot.objects.in_bulk(wanted - {None})
    entry_ids = {pk for s in spells for pk in (s.entry_id, s.came_from_id, s.went_on_id) if pk}
    entries = Entry.objects.select_related("name__vendor").in_bulk(entry_ids)
    lists = VendorList.objects.with_authority().in_bulk({s.list_id for s in spells})

    def snapshot(pk: int | None) -> Snapshot | None:
        found = snapshots.get(pk or 0)
        if found is not None:
            found.list = lists[found.list_id]
        return found

    result = []
    for spell in spells:
        first, last = vars(listings[spell.first_listing]), vars(listings[spell.last_listing])
        seen = [s for s in (snapshot(last["seen_full"]), snapshot(last["seen_partial"])) if s]
        result.append(
            BoundedSpell(
                spell=spell,
                list=lists[spell.list_id],
                entry=entries[spell.entry_id],
                came_from=entries.get(spell.came_from_id or 0),
                went_on=entries.get(spell.went_on_id or 0),
                last_absent=snapshot(first["absent_before"]),
                first_seen=snapshot(first["at_start"]),
                last_seen=max(seen, key=lambda s: s.captured_at, default=None),
                first_absent=snapshot(last["at_end"]),
            )
        )
    return result


def _with_bounds(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """Each listing with the snapshots around its ends; a partial one shows presence only where it names the row."""
    published = Snapshot.objects.published().filter(list=OuterRef("list")).order_by("-captured_at")
    within = published.filter(captured_at__gte=OuterRef("listed_from"), captured_at__lt=OuterRef("listed_to"))
    partial = within.filter(coverage=Snapshot.Coverage.PARTIAL, named__key=OuterRef("entry__key"))

    def first(snapshots: QuerySet[Snapshot]) -> Subquery:
        return Subquery(snapshots.values("pk")[:1])

    return listings.annotate(
        absent_before=first(published.full().filter(captured_at__lt=OuterRef("listed_from"))),
        at_start=first(published.filter(captured_at=OuterRef("listed_from"))),
        seen_full=first(within.full()),
        seen_partial=first(partial),
        at_end=first(published.filter(captured_at=OuterRef("listed_to"))),
    )


def _snapshot_ids(listing: Listing) -> Iterable[int | None]:
    row = vars(listing)
    return (row[name] for name in ("absent_before", "at_start", "seen_full", "seen_partial", "at_end"))
