"""What publishing a snapshot would change: what a person looks at before deciding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from procurement import diff
from procurement.history import chunks
from procurement.models import Entry, Listing, Snapshot

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Rows:
    """Differences of one kind: how many there are, and the first of them."""

    kind: str
    count: int
    shown: list[diff.Difference[Any]]

    @property
    def more(self) -> int:
        return self.count - len(self.shown)


class Preview:
    """A snapshot that is not published, against what its list carries at its time without it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.previous = snapshot.list.snapshots.before(snapshot.captured_at).select_related("capture").first()

    @cached_property
    def _ids(self) -> tuple[set[int], set[int]]:
        """Entries that the list carries before, and those that the snapshot names."""
        carried: set[int] = set()
        if self.previous is not None:
            listings = Listing.objects.filter(list=self.snapshot.list).on(self.previous.captured_at)
            carried = set(listings.values_list("entry_id", flat=True))
        return carried, set(self.snapshot.named.values_list("pk", flat=True))

    @cached_property
    def differences(self) -> list[diff.Difference[Any]]:
        """By key; a partial snapshot proves no absence, so that nothing vanishes by it."""
        carried, named = self._ids
        came = _entries(named - carried)
        if self.snapshot.is_full:
            left = _entries(carried - named)
            lone = {entry.key for entry in left} ^ {entry.key for entry in came}
            both = carried & named
            stayed: dict[Any, Entry] = {entry.key: entry for entry in self._with_keys(lone) if entry.pk in both}
        else:
            present = {entry.key for entry in self._with_keys({e.key for e in came}) if entry.pk in carried}
            came = [entry for entry in came if entry.key not in present]
            left, stayed = [], {}
        return diff.differences(left, came, stayed=stayed, listed_before=self._listed_before({e.key for e in came}))

    def _with_keys(self, keys: set[Any]) -> list[Entry]:
        entries = Entry.objects.filter(list=self.snapshot.list).select_related("name__vendor")
        return [entry for chunk in chunks(keys) for entry in entries.filter(key__in=chunk)]

    def _listed_before(self, keys: set[Any]) -> set[Any]:
        """Keys that the list carried at some time before: they come back, and are not new."""
        if self.previous is None:
            return set()
        before = Entry.objects.filter(
            list=self.snapshot.list, listings__listed_from__lte=self.previous.captured_at
        ).values_list("key", flat=True)
        return {key for chunk in chunks(keys) for key in before.filter(key__in=chunk)}

    @cached_property
    def groups(self) -> list[Rows]:
        """The differences by kind, those that vanish first."""
        kinds = {kind: [d for d in self.differences if d.kind == kind] for kind, _ in _KINDS}
        return [Rows(kind, len(rows), rows[:SHOWN]) for kind, rows in kinds.items() if rows]

    @cached_property
    def vendors_leaving(self) -> list[str]:
        """Vendors, as curated or as printed, of which no entry would be left."""
        leaving = {_who(d.before) for d in self.differences if d.before and d.kind == "dropped"}
        named = self.snapshot.named.values_list("name__vendor__name", "vendor").distinct() if leaving else []
        return sorted(leaving - {curated or printed for curated, printed in named})

    @property
    def summary(self) -> str:
        """In one sentence: what publishing would do."""
        counts = Counter(d.kind for d in self.differences)
        said = [f"{counts[kind]:,} {word}" for kind, word in _KINDS if counts[kind]]
        if self.previous is None:
            return f"It would be the list's first published snapshot, with {self.snapshot.entry_count:,} entries."
        if not said:
            return "Nothing would change: it says what the list carries already."
        return f"{' · '.join(said)}."


_KINDS = [
    ("dropped", "would vanish"),
    ("added", "would come"),
    ("relisted", "would come back"),
    ("renamed", "would be renamed"),
    ("amended", "would be amended"),
]


def _entries(ids: set[int]) -> list[Any]:
    found = Entry.objects.select_related("name__vendor")
    return [entry for chunk in chunks(ids) for entry in found.filter(pk__in=chunk)]


def _who(entry: Entry) -> str:
    if entry.name and entry.name.vendor:
        return entry.name.vendor.name
    return entry.vendor or "(no vendor)"
