"""Reading the recorded history: which entries differ between two moments, and what bounds each difference.

Every question is one indexed query on the span ends, and costs what changed in between.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db.models import Max

from procurement import diff
from procurement.models import Entry, Listing, Snapshot, VendorList

T = TypeVar("T")
_CHUNK = 5000


def chunks(items: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """Lists of at most `size` items: databases limit the number of parameters of one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


@dataclass(frozen=True, slots=True)
class Bounded:
    """A difference with the two snapshots between which it happened.

    `earlier` is the last to show the state before (last seen; for what came, last absent) and `later` the first to
    show the state after. `first_seen` marks what came without any earlier snapshot that proves it absent: it is
    no addition.
    """

    kind: str
    before: Entry | None
    after: Entry | None
    earlier: Snapshot | None
    later: Snapshot
    first_seen: bool = False

    @property
    def entry(self) -> Entry:
        """The entry that the difference is about: the later one where both exist."""
        entry = self.after or self.before
        assert entry is not None
        return entry


def between(vendor_list: VendorList, start: Snapshot, end: Snapshot) -> list[Bounded]:
    """The net differences between what the list carried at two published snapshots, each with its bounds.

    What left and came back in between cancels. `start` is not after `end`.
    """
    a, b = start.captured_at, end.captured_at
    spans = Listing.objects.filter(list=vendor_list)
    ends = list(spans.filter(listed_to__gt=a, listed_to__lte=b).values_list("entry_id", "listed_from", "listed_to"))
    begins = list(
        spans.filter(listed_from__gt=a, listed_from__lte=b).values_list("entry_id", "listed_from", "listed_to")
    )
    left_ids = {entry for entry, begun, _ in ends if begun <= a}
    came_ids = {entry for entry, _, ended in begins if ended > b}
    left_ids, came_ids = left_ids - came_ids, came_ids - left_ids
    if not left_ids and not came_ids:
        return []
    involved = {entry for entry, *_ in ends} | {entry for entry, *_ in begins}
    entries = {
        entry.pk: entry
        for chunk in chunks(involved)
        for entry in Entry.objects.filter(pk__in=chunk).select_related("name__vendor")
    }
    left, came = [entries[i] for i in left_ids], [entries[i] for i in came_ids]
    lone = {e.key for e in left} ^ {e.key for e in came}
    stayed, listed_before = _others_with(vendor_list, lone, a, b)
    # mypy takes a model for this protocol everywhere but in a type variable's bound.
    found = diff.differences(left, came, stayed=stayed, listed_before=listed_before)  # type: ignore[type-var]
    return _bounded(vendor_list, found, a, b, ends, begins, entries)


def _others_with(
    vendor_list: VendorList, keys: Collection[bytes], a: datetime, b: datetime
) -> tuple[dict[bytes, Entry], set[bytes]]:
    """What else the record knows of keys that only left or only came.

    Returns by key an entry that the list carried at both moments (of two rows with one key, one may stay), and the keys
    that it carried at some time up to the first.
    """
    with_key = {
        pk: key
        for chunk in chunks(keys)
        for pk, key in Entry.objects.filter(list=vendor_list, key__in=chunk).values_list("pk", "key")
    }
    at_both, before = set(), set()
    for pk, spans in spans_of(with_key).items():
        if any(begun <= a for begun, _ in spans):
            before.add(with_key[pk])
        if all(any(begun <= moment < ended for begun, ended in spans) for moment in (a, b)):
            at_both.add(pk)
    stayed: dict[bytes, Entry] = {}
    for chunk in chunks(at_both):
        for entry in Entry.objects.filter(pk__in=chunk).select_related("name__vendor").order_by("digest"):
            stayed.setdefault(entry.key, entry)
    return stayed, before


def spans_of(entries: Collection[int]) -> dict[int, list[tuple[datetime, datetime]]]:
    """The spans of these entries, asked by entry: its index is the narrow one, and a join may be planned otherwise."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for chunk in chunks(entries):
        for pk, begun, ended in Listing.objects.filter(entry__in=chunk).values_list(
            "entry_id", "listed_from", "listed_to"
        ):
            spans[pk].append((begun, ended))
    return spans


def carried_of(entries: Collection[int], moment: datetime) -> list[int]:
    """Those of these entries that their list carried at a moment."""
    return [
        pk
        for chunk in chunks(entries)
        for pk in Listing.objects.filter(entry__in=chunk).on(moment).values_list("entry_id", flat=True)
    ]


def _bounded(
    vendor_list: VendorList,
    found: list[diff.Difference[Entry]],  # type: ignore[type-var]
    a: datetime,
    b: datetime,
    ends: list[tuple[int, datetime, datetime]],
    begins: list[tuple[int, datetime, datetime]],
    entries: dict[int, Entry],
) -> list[Bounded]:
    timeline = Timeline(vendor_list, since=a, until=b)
    last_end: dict[bytes, datetime] = {}
    for entry_id, _, ended in ends:
        key = entries[entry_id].key
        last_end[key] = max(last_end.get(key, ended), ended)
    spells: dict[bytes, list[tuple[datetime, datetime]]] = {}
    for entry_id, begun, ended in begins:
        spells.setdefault(entries[entry_id].key, []).append((begun, ended))
    worded_at = {entry_id: begun for entry_id, begun, ended in begins if ended > b}

    bounds: list[tuple[int | None, int]] = []
    for _, before, after in found:
        if after is not None and before is None:
            moment = _run_start(spells[after.key])
            bounds.append((timeline.last_full(moment), timeline.at(moment)))
        else:
            assert before is not None
            moment = worded_at[after.pk] if after and after.pk in worded_at else last_end[before.key]
            bounds.append((timeline.last_naming(before.key, moment), timeline.at(moment)))
    snapshots = Snapshot.objects.select_related("capture").in_bulk({pk for pair in bounds for pk in pair if pk})
    return [
        Bounded(
            kind,
            before,
            after,
            snapshots[earlier] if earlier else None,
            snapshots[later],
            first_seen=before is None and earlier is None,
        )
        for (kind, before, after), (earlier, later) in zip(found, bounds, strict=True)
    ]


def _run_start(spells: list[tuple[datetime, datetime]]) -> datetime:
    """When the last unbroken presence among these spells of one key began: a new wording does not break it."""
    spells = sorted(spells, reverse=True)
    start = spells[0][0]
    for begun, ended in spells[1:]:
        if ended < start:
            break
        start = min(start, begun)
    return start


class Timeline:
    """The published snapshots of a list around a range, for finding what bounds a change inside it.

    Reaches back to the last full snapshot at or before the range: nothing earlier can bound a change in it.
    """

    def __init__(self, vendor_list: VendorList, *, since: datetime, until: datetime) -> None:
        published = vendor_list.snapshots.published()
        anchor = published.full().filter(captured_at__lte=since).aggregate(at=Max("captured_at"))["at"]
        if anchor:
            published = published.filter(captured_at__gte=anchor)
        rows = published.filter(captured_at__lte=until).order_by("captured_at")
        self._rows = list(rows.values_list("captured_at", "pk", "coverage"))
        self._times = [at for at, *_ in self._rows]
        self._named: dict[int, set[bytes]] = {}

    def at(self, moment: datetime) -> int:
        """The snapshot taken at that moment."""
        return self._rows[bisect_left(self._times, moment)][1]

    def last_full(self, moment: datetime) -> int | None:
        """The last full snapshot before a moment: the only kind that proves an absence."""
        return next((pk for pk, full in self._before(moment) if full), None)

    def last_naming(self, key: bytes, moment: datetime) -> int | None:
        """The last snapshot before a moment that shows a listed key: a partial one only where it names it."""
        return next((pk for pk, full in self._before(moment) if full or key in self._names(pk)), None)

    def _before(self, moment: datetime) -> Iterator[tuple[int, bool]]:
        for index in range(bisect_left(self._times, moment) - 1, -1, -1):
            _, pk, coverage = self._rows[index]
            yield pk, coverage == Snapshot.Coverage.FULL

    def _names(self, snapshot: int) -> set[bytes]:
        if snapshot not in self._named:
            keys = Entry.objects.filter(named_by=snapshot).values_list("key", flat=True)
            self._named[snapshot] = set(keys)
        return self._named[snapshot]
