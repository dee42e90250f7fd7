"""The comparison of a list between two dates: what the page, the API, the exports and the command all show."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from procurement.history import Bounded, between, carried_of
from procurement.models import Change, Entry, Listing, Snapshot, Statement, VendorList
from vendors import countries
from vendors.models import PrintedName, Vendor


class NotObservedError(Exception):
    """The list was not observed by the date that was asked for, or the date cannot be understood."""


def moment_of(text: str) -> datetime:
    """The last moment that a date or time stands for, UTC: a date means its end, a time means itself.

    Raises:
        NotObservedError: it is neither, or it has not come yet.
    """
    try:
        if len(text) <= 10:
            moment = datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotObservedError(f"{text!r} is no date. Write it as 2014-07-31, or 2014-07-31T12:00Z.") from error
    if moment > timezone.now() + timedelta(days=1):
        raise NotObservedError(f"{text} has not come yet. Give a date up to today, {timezone.now():%Y-%m-%d}.")
    return moment


def snapshot_on(vendor_list: VendorList, text: str) -> Snapshot:
    """The published snapshot that governs a date: the list as last observed on or before its end, UTC.

    Raises:
        NotObservedError: there is none, or the date cannot be understood.
    """
    snapshots = vendor_list.snapshots.select_related("capture", "recipe")
    found = snapshots.as_of(moment_of(text))
    if found is not None:
        return found
    first = vendor_list.snapshots.published().order_by("captured_at").first()
    if first is None:
        raise NotObservedError(f"“{vendor_list.title}” has no published snapshot yet.")
    raise NotObservedError(
        f"“{vendor_list.title}” was first observed on {first.captured_at:%Y-%m-%d}; nothing is recorded for {text}."
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of a comparison, with its vendor as curated and what bounds it."""

    bounded: Bounded
    vendor: Vendor | None
    origin: str
    relation: str
    cause: str

    @property
    def kind(self) -> str:
        return self.bounded.kind

    @property
    def printed(self) -> str:
        return self.bounded.entry.vendor

    def as_json(self) -> dict[str, Any]:
        """The change as the interfaces give it. A bound that does not apply is null."""
        b, left = self.bounded, self.bounded.after is None
        came = b.before is None
        earlier = b.earlier.captured_at if b.earlier else None
        return {
            "kind": "first_seen" if b.first_seen else b.kind,
            "cause": self.cause,
            "vendor": self.vendor
            and {"slug": self.vendor.slug, "name": self.vendor.name, "origin": self.origin, "relation": self.relation},
            "relation": self.relation,
            "before": b.before.as_json() if b.before else None,
            "after": b.after.as_json() if b.after else None,
            "last_seen": None if came else iso(earlier),
            "first_absent": iso(b.later.captured_at) if left else None,
            "last_absent": iso(earlier) if came else None,
            "first_seen": None if left else iso(b.later.captured_at),
            "evidence": {
                "before": b.earlier.get_absolute_url() if b.earlier else None,
                "after": b.later.get_absolute_url(),
            },
        }


@dataclass(frozen=True, slots=True)
class VendorTotal:
    """How many entries a vendor had at either end: "Cisco: 60 products to 0"."""

    name: str
    vendor: Vendor | None
    origin: str
    relation: str
    before: int
    after: int

    @property
    def outcome(self) -> str:
        """`added`, `dropped`, `reduced`, `increased` or `same`."""
        if self.before == self.after:
            return "same"
        if not self.before:
            return "added"
        if not self.after:
            return "dropped"
        return "reduced" if self.after < self.before else "increased"


class Comparison:
    """A list between two published snapshots. Everything is computed when it is first asked for."""

    def __init__(self, vendor_list: VendorList, start: Snapshot, end: Snapshot) -> None:
        if start.captured_at > end.captured_at:
            raise NotObservedError("The first date is after the second. Give the earlier one first.")
        self.list = vendor_list
        self.start = start
        self.end = end

    @cached_property
    def _bounded(self) -> list[Bounded]:
        return between(self.list, self.start, self.end)

    @cached_property
    def _all(self) -> list[Difference]:
        vendors = vendors_of(b.entry.vendor_id for b in self._bounded)
        return [self._difference(b, vendors) for b in self._bounded]

    def _difference(self, bounded: Bounded, vendors: dict[int, Vendor]) -> Difference:
        vendor = vendors.get(bounded.entry.vendor_id or 0)
        seen = bounded.earlier if bounded.after is None and bounded.earlier else bounded.later
        origin = vendor.origin_on(seen.captured_at.date()) if vendor else ""
        return Difference(
            bounded, vendor, origin, countries.relation(origin, self.list.jurisdiction), self._cause(bounded)
        )

    def _cause(self, bounded: Bounded) -> str:
        if (bounded.later.pk, bounded.entry.pk) in self._curated:
            return Change.Cause.CURATION.value
        same = bounded.earlier is None or bounded.earlier.recipe_id == bounded.later.recipe_id
        return (Change.Cause.SOURCE if same else Change.Cause.RECIPE).value

    @cached_property
    def _curated(self) -> set[tuple[int, int]]:
        """(later snapshot, entry) of the changes in the range that our curation brought to light, by an alias."""
        if not any(b.before and b.after and b.before.key != b.after.key for b in self._bounded):
            return set()
        in_range = Change.objects.filter(list=self.list, at__gt=self.start.captured_at, at__lte=self.end.captured_at)
        return set(in_range.filter(cause=Change.Cause.CURATION).values_list("later_id", "entry_id"))

    @cached_property
    def changes(self) -> list[Difference]:
        """What changed, by kind as people ask for it: dropped, added, relisted, renamed, amended."""
        order = ["dropped", "added", "relisted", "renamed", "amended"]
        return sorted((d for d in self._all if not d.bounded.first_seen), key=lambda d: order.index(d.kind))

    @cached_property
    def first_seen(self) -> list[Difference]:
        """What the later snapshot names and no earlier full one proves absent: neither added nor unchanged."""
        return [d for d in self._all if d.bounded.first_seen]

    def of_kind(self, *kinds: str) -> list[Difference]:
        return [d for d in self.changes if d.kind in kinds]

    @cached_property
    def summary(self) -> dict[str, int]:
        """Entries by key: how many of each kind, how many unchanged, and how many are first seen."""
        counts = Counter(d.kind for d in self.changes)
        gone_or_changed = counts["dropped"] + counts["renamed"] + counts["amended"]
        return {
            **{kind: counts[kind] for kind in ("added", "dropped", "relisted", "renamed", "amended")},
            "unchanged": key_count(self.start) - gone_or_changed,
            "first_seen": len(self.first_seen),
        }

    @cached_property
    def vendors(self) -> list[VendorTotal]:
        """Totals at both ends of every vendor that a change touches, those that left first."""
        names = {e.name for d in self._all for e in (d.bounded.before, d.bounded.after) if e and e.name}
        linked = {name.vendor_id for name in names if name.vendor_id}
        all_names = PrintedName.objects.filter(Q(pk__in=[n.pk for n in names]) | Q(vendor__in=linked))
        vendor_of_name = {pk: (vendor, text) for pk, vendor, text in all_names.values_list("pk", "vendor_id", "text")}
        entries = dict(Entry.objects.filter(list=self.list, name__in=vendor_of_name).values_list("pk", "name_id"))
        totals: dict[object, list[int]] = {}
        shown: dict[object, tuple[int | None, str]] = {}
        for side, snapshot in enumerate((self.start, self.end)):
            for entry in carried_of(entries, snapshot.captured_at):
                linked_to, text = vendor_of_name[entries[entry]]
                who: object = linked_to or (text,)
                shown.setdefault(who, (linked_to, text))
                totals.setdefault(who, [0, 0])[side] += 1
        vendors = vendors_of(vendor for vendor, _ in shown.values())
        result = []
        for who, (before, after) in totals.items():
            vendor_id, text = shown[who]
            vendor = vendors.get(vendor_id or 0)
            on = (self.end if after else self.start).captured_at.date()
            origin = vendor.origin_on(on) if vendor else ""
            result.append(
                VendorTotal(
                    vendor.name if vendor else text,
                    vendor,
                    origin,
                    countries.relation(origin, self.list.jurisdiction),
                    before,
                    after,
                )
            )
        order = ["dropped", "reduced", "added", "increased", "same"]
        return sorted(result, key=lambda t: (order.index(t.outcome), t.name.casefold()))

    @cached_property
    def vendor_summary(self) -> dict[str, int]:
        """Vendors whose first entry came, whose last one left, or whose entries became fewer; a new name is neither."""
        return {
            "added": len(self.vendors_that("came", "added", "relisted")),
            "dropped": len(self.vendors_that("left", "dropped")),
            "reduced": sum(total.outcome == "reduced" for total in self.vendors),
        }

    def vendors_that(self, way: Literal["came", "left"], *kinds: str) -> list[VendorTotal]:
        """Vendors all of whose entries came or left by changes of these kinds (or "first_seen") alone.

        A vendor whose last row was only renamed has not left.
        """
        counts = Counter(self._whose(d) for d in self.changes if d.kind in kinds)
        if "first_seen" in kinds:
            counts.update(self._whose(d) for d in self.first_seen)
        return [
            total
            for total in self.vendors
            if (total.before == 0) == (way == "came")
            and (total.after == 0) == (way == "left")
            and counts[self._who(total)] >= max(total.before, total.after)
        ]

    @staticmethod
    def _whose(difference: Difference) -> int | str:
        entry = difference.bounded.entry
        return difference.vendor.pk if difference.vendor else entry.name.text if entry.name else ""

    @cached_property
    def relations(self) -> dict[str, tuple[int, int]]:
        """Vendors on the list at either end by relation: {"foreign": (5, 0), …}."""
        before = vendors_on(self.start)
        names = set(before) | {self._who(total) for total in self.vendors if total.after}
        after = names - {self._who(total) for total in self.vendors if not total.after}
        counts = [
            relations_of(who, snapshot.captured_at.date(), self.list.jurisdiction)
            for who, snapshot in ((before, self.start), (after, self.end))
        ]
        return {relation: (counts[0][relation], counts[1][relation]) for relation in ("foreign", "domestic", "unknown")}

    @staticmethod
    def _who(total: VendorTotal) -> int | str:
        return total.vendor.pk if total.vendor else total.name

    @cached_property
    def statements(self) -> list[Statement]:
        """What was said about these changes: statements on this list that speak of a time in this range."""
        return list(statements_about(self.list, self.start.captured_at.date(), self.end.captured_at.date()))

    @property
    def ends(self) -> str:
        """The two ends as addresses write them."""
        return f"{stamp(self.start)}..{stamp(self.end)}"

    def as_json(self) -> dict[str, Any]:
        """The comparison as every interface gives it."""
        return {
            "list": {
                "slug": self.list.slug,
                "title": self.list.title,
                "kind": self.list.kind,
                "jurisdiction": self.list.jurisdiction,
            },
            "from": snapshot_json(self.start),
            "to": snapshot_json(self.end),
            "summary": self.summary,
            "vendors": self.vendor_summary,
            "changes": [d.as_json() for d in self.changes],
            "first_seen": [d.as_json() for d in self.first_seen],
        }


def compare(vendor_list: VendorList, start: str, end: str) -> Comparison:
    """Compare a list between two dates (or times), each as last observed on or before its end, UTC.

    Raises:
        NotObservedError: a date is wrong, in the future or before the first observation, or the second is the earlier.
    """
    return Comparison(vendor_list, snapshot_on(vendor_list, start), snapshot_on(vendor_list, end))


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "snapshot": snapshot.pk,
        "captured_at": iso(snapshot.captured_at),
        "coverage": snapshot.coverage,
        "basis": snapshot.basis,
        "sha256": snapshot.capture.sha256,
        "url": snapshot.get_absolute_url(),
    }


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def stamp(snapshot: Snapshot) -> str:
    """How addresses name a snapshot's time: its date, where it is the last of its day, else to the second."""
    at = snapshot.captured_at.astimezone(UTC)
    end_of_day = datetime.combine(at.date(), time.max, tzinfo=UTC)
    later = snapshot.list.snapshots.published().filter(captured_at__gt=at, captured_at__lte=end_of_day).exists()
    return (iso(at) or "") if later else f"{at:%Y-%m-%d}"


def key_count(snapshot: Snapshot) -> int:
    """How many different keys the list carried at a snapshot: a partial one adds to what stood before it."""
    if snapshot.is_full:
        return snapshot.entry_count
    carried = Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at)
    return carried.aggregate(n=Count("entry__key", distinct=True))["n"]


def relation_counts(snapshot: Snapshot) -> Counter[str]:
    """How many vendors the list carried at a snapshot by their relation to its jurisdiction on that day."""
    return relations_of(vendors_on(snapshot), snapshot.captured_at.date(), snapshot.list.jurisdiction)


def vendors_on(snapshot: Snapshot) -> set[int | str]:
    """Who the list carried at a snapshot: the ids of linked vendors, and the printed names that none is linked to."""
    carried = Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at).exclude(entry__name=None)
    names = PrintedName.objects.filter(pk__in=carried.values("entry__name"))
    return {vendor or text for vendor, text in names.values_list("vendor_id", "text")}


def relations_of(who: Iterable[int | str], on: date, jurisdiction: str) -> Counter[str]:
    """How many of these, as `vendors_on` gives them, are foreign, domestic or unknown to a jurisdiction on a day."""
    who = list(who)
    vendors = vendors_of(one for one in who if isinstance(one, int))
    counts: Counter[str] = Counter(
        countries.relation(vendor.origin_on(on), jurisdiction) for vendor in vendors.values()
    )
    counts["unknown"] += sum(isinstance(one, str) for one in who)
    return counts


def vendors_of(ids: Iterable[int | None]) -> dict[int, Vendor]:
    """Vendors by id with their ownerships, in two queries."""
    return Vendor.objects.prefetch_related("ownerships").in_bulk({pk for pk in ids if pk})


def statements_about(vendor_list: VendorList, since: date, until: date) -> QuerySet[Statement]:
    """Statements on a list that speak of a time between two days; one that names no time speaks of all."""
    return (
        Statement.objects.filter(list=vendor_list)
        .filter(Q(about_from=None) | Q(about_from__lte=until))
        .filter(Q(about_to=None) | Q(about_to__gte=since))
        .select_related("report")
        .prefetch_related(Prefetch("vendors", Vendor.objects.only("slug", "name")))
    )
