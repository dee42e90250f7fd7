"""Reading who was on a list when, for presence strips; and how many there were of whom, for the chart of sizes."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, date, datetime, time

from django.db.models import Count, Q

from procurement.comparison import Comparison, VendorTotal, vendors_of
from procurement.models import FOREVER, Listing, Snapshot, VendorList
from procurement.observations import Observed, Segment, Span, points, segments
from vendors import countries
from vendors.models import Vendor

Who = tuple[str, Hashable]  # ("vendor", id) or ("name", as printed)


def who(vendor_id: int | None, name: str) -> Who:
    return ("vendor", vendor_id) if vendor_id else ("name", name)


def segments_of(
    vendor_list: VendorList,
    observed: Observed,
    totals: Sequence[VendorTotal],
    *,
    since: datetime,
    until: datetime,
    checked: bool,
) -> list[list[Segment]]:
    """For each of these vendors, when it was on the list. Two queries.

    Args:
        since, until: the ends of the picture.
        checked: whether the list is still checked, so that the last observation holds for a while.
    """
    linked = {t.vendor.pk for t in totals if t.vendor}
    unlinked = {t.name for t in totals if not t.vendor}
    theirs = Q(entry__name__vendor__in=linked) | Q(entry__name__vendor=None, entry__name__text__in=unlinked)
    spans: dict[Who, list[Span]] = defaultdict(list)
    rows = Listing.objects.filter(theirs, list=vendor_list)
    for vendor, name, begun, ended in rows.values_list(
        "entry__name__vendor_id", "entry__name__text", "listed_from", "listed_to"
    ):
        spans[who(vendor, name)].append((begun, ended))
    named = named_at([o.pk for o in observed.observations if not o.full], theirs)
    return [
        segments(
            points(observed, spans[key], named[key]),
            gap_after=vendor_list.gap_after,
            since=since,
            until=until,
            missed=observed.missed,
            holds_until=until if checked else observed.last.at,
        )
        for key in (who(t.vendor.pk if t.vendor else None, t.name) for t in totals)
    ]


def named_at(partial: Iterable[int], theirs: Q) -> dict[Who, set[datetime]]:
    """When partial snapshots name those whom the condition on their entries picks."""
    snapshots = list(partial)
    found: dict[Who, set[datetime]] = defaultdict(set)
    if snapshots:
        named = Snapshot.named.through.objects.filter(theirs, snapshot__in=snapshots)
        for vendor, name, at in named.values_list(
            "entry__name__vendor_id", "entry__name__text", "snapshot__captured_at"
        ):
            found[who(vendor, name)].add(at)
    return found


def others(compared: Comparison) -> list[VendorTotal]:
    """The vendors at either end of a comparison that it does not touch, by name. Four queries."""
    touched = {who(t.vendor.pk if t.vendor else None, t.name) for t in compared.vendors}
    totals: dict[tuple[int | None, str], list[int]] = {}
    for side, snapshot in enumerate((compared.start, compared.end)):
        carried = Listing.objects.filter(list=compared.list).on(snapshot.captured_at).exclude(entry__name=None)
        for vendor, name, n in carried.values_list("entry__name__vendor_id", "entry__name__text").annotate(Count("pk")):
            if who(vendor, name) not in touched:
                totals.setdefault((vendor, "" if vendor else name), [0, 0])[side] += n
    vendors = vendors_of(vendor for vendor, _ in totals)
    found = []
    for (vendor_id, name), (before, after) in totals.items():
        vendor = vendors.get(vendor_id or 0)
        origin = vendor.origin_on(compared.end.captured_at.date()) if vendor else ""
        relation = countries.relation(origin, compared.list.jurisdiction)
        found.append(VendorTotal(vendor.name if vendor else name, vendor, origin, relation, before, after))
    return sorted(found, key=lambda t: t.name.casefold())


def size_series(vendor_list: VendorList, moments: Sequence[datetime]) -> list[tuple[datetime, dict[str, int]]]:
    """How many entries the list carried at each of these moments by their vendor's relation on that day. Three queries.

    The origin of a vendor follows its owners over time; entries without a known vendor count as unknown.
    """
    spans = list(
        Listing.objects.filter(list=vendor_list)
        .values("entry__name__vendor_id", "listed_from", "listed_to")
        .annotate(n=Count("pk"))
        .values_list("entry__name__vendor_id", "listed_from", "listed_to", "n")
    )
    vendors = vendors_of({vendor for vendor, *_ in spans})
    relations = {pk: _relation_over_time(v, vendor_list.jurisdiction) for pk, v in vendors.items()}
    steps: dict[datetime, Counter[str]] = defaultdict(Counter)
    for vendor, begun, ended, n in spans:
        for relation, a, b in _cut(relations.get(vendor or 0, [("unknown", None)]), begun, ended):
            steps[a][relation] += n
            steps[b][relation] -= n
    times = sorted(steps)
    running: Counter[str] = Counter()
    cumulated = []
    for at in times:
        running.update(steps[at])
        cumulated.append({r: running[r] for r in ("foreign", "domestic", "unknown")})
    nothing = {"foreign": 0, "domestic": 0, "unknown": 0}
    places = [bisect_right(times, moment) for moment in moments]
    return [(m, cumulated[i - 1] if i else nothing) for m, i in zip(moments, places, strict=True)]


def named_sizes(vendor_list: VendorList, observed: Observed) -> dict[datetime, dict[str, int]]:
    """How many entries each partial snapshot names, by relation: at least so many there were. Up to three queries."""
    partial = [o.pk for o in observed.observations if not o.full]
    if not partial:
        return {}
    rows = Snapshot.named.through.objects.filter(snapshot__in=partial).values_list(
        "snapshot__captured_at", "entry__name__vendor_id"
    )
    named = list(rows.annotate(n=Count("pk")).order_by())
    vendors = vendors_of({vendor for _, vendor, _ in named})
    found: dict[datetime, dict[str, int]] = defaultdict(lambda: {"foreign": 0, "domestic": 0, "unknown": 0})
    for at, vendor, n in named:
        origin = vendors[vendor].origin_on(at.date()) if vendor else ""
        found[at][countries.relation(origin, vendor_list.jurisdiction)] += n
    return found


def _relation_over_time(vendor: Vendor, jurisdiction: str) -> list[tuple[str, datetime | None]]:
    """(relation, from when) of a vendor in order; None where it has always been so."""
    turns = {day for o in vendor.ownerships.all() for day in (o.since, o.until) if day}
    result: list[tuple[str, datetime | None]] = []
    for day in [None, *sorted(turns)]:
        relation = countries.relation(vendor.origin_on(day or date.min), jurisdiction)
        if not result or result[-1][0] != relation:
            result.append((relation, datetime.combine(day, time.min, UTC) if day else None))
    return result


def _cut(
    relations: Sequence[tuple[str, datetime | None]], begun: datetime, ended: datetime
) -> Iterable[tuple[str, datetime, datetime]]:
    for index, (relation, since) in enumerate(relations):
        until = relations[index + 1][1] if index + 1 < len(relations) else FOREVER
        a, b = max(begun, since or begun), min(ended, until or ended)
        if a < b:
            yield relation, a, b
