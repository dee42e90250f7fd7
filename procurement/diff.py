"""What differs between two states of a list. Pure: it knows no database.

Entries are matched by key, never by position. What remains is matched by vendor, product and category where a confirmed
alias says that two printed names are one vendor.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from vendors.names import fold


class Entry(Protocol):
    """What comparing needs to know of an entry."""

    @property
    def key(self) -> bytes: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def vendor(self) -> str: ...
    @property
    def product(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def identifier(self) -> str: ...
    @property
    def vendor_id(self) -> int | None:
        """The vendor that an alias links the printed name to."""


E = TypeVar("E", bound=Entry)


class Difference(NamedTuple, Generic[E]):
    """One difference: `before` is None for what came, `after` is None for what left."""

    kind: str
    before: E | None
    after: E | None


def differences(
    left: Iterable[E],
    came: Iterable[E],
    *,
    stayed: Mapping[bytes, E] | None = None,
    listed_before: Iterable[bytes] = (),
) -> list[Difference[E]]:
    """Classify the entries that left and those that came between two states.

    Args:
        left: entries of the earlier state that the later one does not carry in the same words.
        came: entries of the later state that the earlier one does not carry in the same words.
        stayed: by key, an entry that both states carry: of two rows with one key, one may leave and the other stay.
        listed_before: keys that were on the list at some time before the earlier state; those that come are relisted.

    Returns:
        One difference a key, ordered by vendor, product and identifier as printed.
    """
    stayed = stayed or {}
    before, after = _by_key(left), _by_key(came)
    found: list[Difference[E]] = []
    for key in before.keys() & after.keys():
        old, new = before.pop(key)[0], after.pop(key)[0]
        found.append(Difference(_kind_of_edit(old, new), old, new))
    for key in before.keys() & stayed.keys():
        found.append(Difference("amended", before.pop(key)[0], stayed[key]))
    for key in after.keys() & stayed.keys():
        found.append(Difference("amended", stayed[key], after.pop(key)[0]))
    found += _renamed_by_alias(before, after)
    known = set(listed_before)
    found += (Difference("dropped", entries[0], None) for entries in before.values())
    found += (Difference("relisted" if key in known else "added", None, entries[0]) for key, entries in after.items())
    return sorted(found, key=_order)


def _by_key(entries: Iterable[E]) -> dict[bytes, Sequence[E]]:
    grouped: dict[bytes, list[E]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: e.digest):
        grouped[entry.key].append(entry)
    return dict(grouped)


def _kind_of_edit(old: Entry, new: Entry) -> str:
    """With one identifier: another printed vendor is a new name, anything else an amendment. A blank is no name."""
    before, after = fold(old.vendor), fold(new.vendor)
    return "renamed" if before and after and before != after else "amended"


def _renamed_by_alias(before: dict[bytes, Sequence[E]], after: dict[bytes, Sequence[E]]) -> Iterable[Difference[E]]:
    """Take out of both the pairs that are one vendor's product under two printed names.

    Rows with an identifier of their own are told apart by it and never paired.
    """
    candidates: dict[tuple[int, str, str], list[bytes]] = defaultdict(list)
    for key, entries in before.items():
        entry = entries[0]
        if entry.vendor_id is not None and not entry.identifier.strip():
            candidates[entry.vendor_id, fold(entry.product), fold(entry.category)].append(key)
    for key in list(after):
        entry = after[key][0]
        if entry.vendor_id is None or entry.identifier.strip():
            continue
        if keys := candidates.get((entry.vendor_id, fold(entry.product), fold(entry.category))):
            yield Difference("renamed", before.pop(keys.pop(0))[0], after.pop(key)[0])


def _order(difference: Difference[E]) -> tuple[str, str, str, str, bytes]:
    entry = difference.after or difference.before
    assert entry is not None
    return (fold(entry.vendor), fold(entry.product), fold(entry.category), fold(entry.identifier), entry.key)
