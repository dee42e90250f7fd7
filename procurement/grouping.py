"""A comparison's differences as people read them: by kind, then by vendor, with what exactly an edit changed. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from procurement.comparison import Comparison, Difference, VendorTotal
from procurement.models import Entry, Snapshot
from procurement.presence import Who, who
from vendors.names import fold

KINDS = ("dropped", "added", "relisted", "renamed", "amended", "first_seen")


class Edit(NamedTuple):
    """One column that says something else than before; blank where there was or is nothing."""

    column: str
    before: str
    after: str


def edits(before: Entry, after: Entry) -> list[Edit]:
    """The columns in which two wordings of an entry differ, presentation aside, in the order of the list's columns."""
    columns: list[tuple[str, str, str]] = [
        (name.capitalize(), getattr(before, name), getattr(after, name))
        for name in ("vendor", "product", "category", "identifier", "origin")
    ]
    headings = dict.fromkeys([*after.extra, *before.extra])
    columns += [(h, str(before.extra.get(h, "")), str(after.extra.get(h, ""))) for h in headings]
    return [Edit(*column) for column in columns if fold(column[1]) != fold(column[2])]


@dataclass(frozen=True)
class Item:
    """One difference as a row shows it."""

    difference: Difference

    @property
    def entry(self) -> Entry:
        return self.difference.bounded.entry

    @property
    def title(self) -> str:
        """What the entry is called beside its vendor."""
        return self.entry.product or self.entry.identifier

    @cached_property
    def edits(self) -> list[Edit]:
        bounded = self.difference.bounded
        return edits(bounded.before, bounded.after) if bounded.before and bounded.after else []


@dataclass(frozen=True)
class Group:
    """The differences of one kind and one vendor."""

    name: str
    items: Sequence[Item]
    total: VendorTotal | None

    @property
    def difference(self) -> Difference:
        """The first difference, which stands for its vendor, origin and relation."""
        return self.items[0].difference

    @cached_property
    def printed(self) -> list[str]:
        """The names that the list prints where they are not the vendor's own."""
        names = dict.fromkeys(i.difference.printed for i in self.items)
        return [name for name in names if name and fold(name) != fold(self.name)]

    @cached_property
    def bounds(self) -> tuple[Snapshot | None, Snapshot] | None:
        """(earlier, later) where all the differences share them."""
        all_bounds = {(b.earlier and b.earlier.pk, b.later.pk): b for b in (i.difference.bounded for i in self.items)}
        if len(all_bounds) != 1:
            return None
        bounded = next(iter(all_bounds.values()))
        return bounded.earlier, bounded.later

    @property
    def has_titles(self) -> bool:
        return any(item.title for item in self.items)

    @property
    def tells_total(self) -> bool:
        """Whether the vendor's totals say more than this row: it had, or has, several entries."""
        total = self.total
        return total is not None and total.before != total.after and max(total.before, total.after) > 1

    @property
    def causes(self) -> set[str]:
        return {item.difference.cause for item in self.items}


@dataclass(frozen=True)
class Section:
    """Everything of one kind in a comparison."""

    kind: str
    groups: Sequence[Group]
    entries: int

    @property
    def is_edit(self) -> bool:
        """Whether entries stayed and say something else."""
        return self.kind in {"renamed", "amended"}

    @cached_property
    def vendor_count(self) -> int:
        """How many vendors it names; rows that name none stand in a group of their own."""
        return sum(bool(group.name) for group in self.groups)

    @cached_property
    def has_titles(self) -> bool:
        return any(group.has_titles for group in self.groups)

    @cached_property
    def has_basis(self) -> bool:
        """Whether anything here rests on other than captures, so that the basis of each is told."""
        return any(
            snapshot is not None and snapshot.basis != Snapshot.Basis.CAPTURED
            for group in self.groups
            for item in group.items
            for snapshot in (item.difference.bounded.earlier, item.difference.bounded.later)
        )


def sections(comparison: Comparison) -> list[Section]:
    """The kinds that occur, in the order in which people ask for them."""
    totals = {key_of_total(total): total for total in comparison.vendors}
    by_kind: dict[str, list[Difference]] = defaultdict(list)
    for difference in comparison.changes:
        by_kind[difference.kind].append(difference)
    by_kind["first_seen"] = comparison.first_seen
    return [Section(kind, groups(by_kind[kind], totals), len(by_kind[kind])) for kind in KINDS if by_kind[kind]]


def groups(differences: Iterable[Difference], totals: Mapping[Who, VendorTotal]) -> list[Group]:
    """Differences by vendor: those that left or came altogether first, foreign before domestic, the largest first."""
    grouped: dict[Who, list[Item]] = defaultdict(list)
    for difference in differences:
        grouped[key_of(difference)].append(Item(difference))
    found = []
    for key, items in grouped.items():
        vendor = items[0].difference.vendor
        found.append(Group(vendor.name if vendor else items[0].difference.printed, items, totals.get(key)))
    return sorted(found, key=_order)


def _order(group: Group) -> tuple[bool, int, int, str]:
    whole = group.total is not None and group.total.outcome in {"dropped", "added"}
    relation = ("foreign", "domestic", "unknown").index(group.difference.relation)
    return (not whole, relation, -len(group.items), group.name.casefold())


def key_of(difference: Difference) -> Who:
    entry = difference.bounded.entry
    return who(entry.vendor_id, entry.name.text if entry.name else "")


def key_of_total(total: VendorTotal) -> Who:
    return who(total.vendor.pk if total.vendor else None, total.name)
