"""Every table that the API and the exports give: which rows, and how a run of rows becomes items.

A table is read a page or a chunk at a time; making items of a chunk costs the same few queries however long it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Generic, TypeVar

from django.db.models import (
    Count,
    DateField,
    IntegerField,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce

from procurement import items, origins
from procurement.filters import ChangeFilter, holding
from procurement.history import chunks
from procurement.items import Item
from procurement.models import Capture, Change, Entry, Listing, Snapshot, Statement, VendorList
from procurement.spells import Spell, bounded, spells_of
from vendors.models import Vendor

T = TypeVar("T")
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Rows in a fixed order, and what makes items of a run of them."""

    rows: "QuerySet[Any] | Sequence[T]"
    to_items: Callable[[Sequence[T]], list[Item]]

    def count(self) -> int:
        return self.rows.count() if isinstance(self.rows, QuerySet) else len(self.rows)

    def page(self, offset: int, limit: int) -> list[Item]:
        return self.to_items(list(self.rows[offset : offset + limit]))

    def all(self) -> Iterator[Item]:
        """Every item, a chunk in memory at a time."""
        rows = self.rows.iterator(_CHUNK) if isinstance(self.rows, QuerySet) else self.rows
        for chunk in chunks(rows, _CHUNK):
            yield from self.to_items(chunk)


def _snapshots(ids: set[int]) -> dict[int, Snapshot]:
    return Snapshot.objects.select_related("list__authority", "capture").defer("capture__headers").in_bulk(ids)


def lists(rows: QuerySet[VendorList] | None = None) -> Table[VendorList]:
    """Lists with how often and when they were observed."""
    published = Snapshot.objects.published().filter(list=OuterRef("pk")).order_by()
    number = published.values("list").annotate(n=Count("pk")).values("n")
    rows = (VendorList.objects.all() if rows is None else rows).with_authority()  # type: ignore[attr-defined]
    annotated = rows.annotate(
        snapshot_count=Coalesce(Subquery(number), 0, output_field=IntegerField()),
        first_at=Subquery(published.order_by("captured_at").values("captured_at")[:1]),
        latest_pk=Subquery(published.order_by("-captured_at").values("pk")[:1]),
    ).order_by("authority__jurisdiction", "title", "pk")

    def to_items(chunk: Sequence[VendorList]) -> list[Item]:
        latest = _snapshots({pk for row in chunk if (pk := vars(row)["latest_pk"])})
        return [items.list_item(row, latest.get(vars(row)["latest_pk"] or 0)) for row in chunk]

    return Table(annotated, to_items)


def entries_on(snapshot: Snapshot, text: str = "", category: str = "") -> Table[Listing]:
    """What a list carried when a published snapshot was taken, in the order of vendor and product as printed.

    Args:
        text: words that all stand in a row as printed, or in a name of its vendor.
        category: as printed.
    """
    rows = holding(Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at), text, "entry")
    if category:
        rows = rows.filter(entry__category=category)
    carried = (
        rows.select_related("entry__name__vendor")
        .annotate(day=_day_of(snapshot))
        .annotate(vendor_origin=origins.origin("entry__name__vendor", "day"))
        .annotate(relation=origins.relation("vendor_origin", Value(snapshot.list.jurisdiction)))
        .order_by("entry__vendor", "entry__product", "pk")
    )

    def to_items(chunk: Sequence[Listing]) -> list[Item]:
        begun = snapshot.list.snapshots.published().filter(captured_at__in={row.listed_from for row in chunk})
        first_seen = {s.captured_at: s for s in begun.select_related("capture").defer("capture__headers")}
        return [items.entry_item(row, first_seen.get(row.listed_from)) for row in chunk]

    return Table(carried, to_items)


def rows_of(snapshot: Snapshot) -> Table[Entry]:
    """What a snapshot of any status itself says, each different row once."""
    if snapshot.is_published and snapshot.is_full:
        carried = Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at)
        said = Entry.objects.filter(pk__in=carried.values("entry"))
    else:
        said = Entry.objects.filter(named_by=snapshot)
    annotated = (
        said.select_related("name__vendor")
        .annotate(day=_day_of(snapshot))
        .annotate(vendor_origin=origins.origin("name__vendor", "day"))
        .annotate(relation=origins.relation("vendor_origin", Value(snapshot.list.jurisdiction)))
        .order_by("vendor", "product", "pk")
    )
    return Table(annotated, lambda chunk: [items.row_item(entry) for entry in chunk])


def _day_of(snapshot: Snapshot) -> Value:
    return Value(snapshot.captured_at.astimezone(UTC).date(), output_field=DateField())


def snapshots(vendor_list: VendorList, status: str = Snapshot.Status.PUBLISHED) -> Table[Snapshot]:
    """The snapshots of a list, the latest first; of every status where that is blank."""
    rows = vendor_list.snapshots.select_related("capture").defer("capture__headers").order_by("-captured_at", "-pk")
    if status:
        rows = rows.filter(status=status)
    return Table(rows, lambda chunk: [items.snapshot_item(row) for row in chunk])


def changes(feed: ChangeFilter) -> Table[Change]:
    """What a valid filter lets through."""
    return Table(
        feed.qs, lambda chunk: [items.change_item(items.difference_of(change), change.list) for change in chunk]
    )


def vendors(rows: QuerySet[Vendor] | None = None) -> Table[Vendor]:
    """Vendors with their names, identifiers and owners."""
    rows = Vendor.objects.all() if rows is None else rows
    found = rows.prefetch_related("aliases", "identifiers", "ownerships__owner").order_by("name", "pk")
    return Table(found, lambda chunk: [items.vendor_item(vendor) for vendor in chunk])


def spells(vendor: Vendor) -> Table[Spell]:
    """A vendor's spells on lists, those that are listed still first."""

    def to_items(chunk: Sequence[Spell]) -> list[Item]:
        found = bounded(chunk)
        ends = [s for b in found for s in (b.last_absent, b.first_seen, b.last_seen, b.first_absent) if s]
        prefetch_related_objects(ends, Prefetch("capture", Capture.objects.defer("headers")))
        return [items.spell_item(vendor, spell) for spell in found]

    return Table(spells_of(vendor), to_items)


def statements(rows: QuerySet[Statement] | None = None) -> Table[Statement]:
    """Statements, the earliest first."""
    rows = Statement.objects.all() if rows is None else rows
    found = rows.select_related("report", "list").prefetch_related("vendors")
    return Table(found, lambda chunk: [items.statement_item(statement) for statement in chunk])
