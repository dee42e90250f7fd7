"""Keeping what rows say: one entry for each list and content, whatever the snapshots that say it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from procurement import entries as keys
from procurement.entries import Row
from procurement.history import chunks
from procurement.models import Entry, VendorList
from vendors.matching import link_names
from vendors.names import fold


@dataclass(frozen=True, slots=True)
class Stored:
    """The entries of a set of rows."""

    copies: dict[int, int]  # entry id: how often its row stood on the page
    digests: Collection[bytes]
    key_count: int


def store_entries(vendor_list: VendorList, rows: Sequence[Row], at: datetime) -> Stored:
    """Find or create the entry of each row; rows that say the same are one.

    An entry has the words of the earliest snapshot that says it, in whatever order snapshots arrive.
    """
    by_digest: dict[bytes, Row] = {}
    copies: Counter[bytes] = Counter()
    for digest, row in zip(keys.digests_of(rows), rows, strict=True):
        copies[digest] += 1
        by_digest.setdefault(digest, row)
    known: dict[bytes, tuple[int, datetime]] = {}
    for chunk in chunks(by_digest):
        found = Entry.objects.filter(list=vendor_list, digest__in=chunk).values_list("digest", "pk", "printed_at")
        known.update((digest, (pk, printed_at)) for digest, pk, printed_at in found)
    missing = [digest for digest in by_digest if digest not in known]
    reworded = {digest: pk for digest, (pk, printed_at) in known.items() if printed_at > at}
    names = link_names({by_digest[digest].vendor for digest in missing} - {""}) if missing else {}
    created = [_entry(vendor_list, digest, by_digest[digest], names, at) for digest in missing]
    Entry.objects.bulk_create(created, batch_size=1000)
    known.update((entry.digest, (entry.pk, at)) for entry in created)
    _reword(vendor_list, reworded, by_digest, at)
    return Stored(
        {known[digest][0]: count for digest, count in copies.items()},
        by_digest.keys(),
        keys.count_keys(rows),
    )


def _entry(vendor_list: VendorList, digest: bytes, row: Row, names: dict[str, int], at: datetime) -> Entry:
    return Entry(
        list=vendor_list,
        key=keys.key_of(row),
        digest=digest,
        name_id=names.get(fold(row.vendor)),
        printed_at=at,
        vendor=row.vendor,
        product=row.product,
        category=row.category,
        identifier=row.identifier,
        origin=row.origin,
        extra=dict(row.extra),
    )


def _reword(vendor_list: VendorList, entry_ids: dict[bytes, int], rows: dict[bytes, Row], at: datetime) -> None:
    """Give known entries the words, and the time, of an earlier snapshot. Most are printed alike: they cost no more
    than their time."""
    printed = {}
    for chunk in chunks(entry_ids.values()):
        printed.update({one[0]: one[1:] for one in Entry.objects.filter(pk__in=chunk).values_list("pk", *_WORDS)})
    differing = []
    for digest, pk in entry_ids.items():
        entry = _entry(vendor_list, digest, rows[digest], {}, at)
        if tuple(getattr(entry, word) for word in _WORDS) != printed[pk]:
            entry.pk = pk
            differing.append(entry)
    Entry.objects.bulk_update(differing, _WORDS, batch_size=100)
    for chunk in chunks(entry_ids.values()):
        Entry.objects.filter(pk__in=chunk).update(printed_at=at)


_WORDS = ("vendor", "product", "category", "identifier", "origin", "extra")
