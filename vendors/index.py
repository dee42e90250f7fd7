"""The index over aliases: which aliases share fragments with a name, found without reading all of them.

A fragment is a pair of characters of a key in a wide script, three of any other, three of its Latin spelling, three
consonants of its sound, or its initials. ``NameFragment`` keeps, for each, the aliases that hold it. The index is
derived: ``rebuild`` makes it again from the aliases at any time.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connection, transaction

from vendors import names, sounds
from vendors.models import Alias, NameFragment

_CHUNK = 5000
# A name is looked up by its rarest fragments, until they lead to this many aliases.
_REACH = 1500
# Marks in front of consonants: a Chinese name looks for others' sounds, and they for a Chinese name's.
_CHINESE, _FOREIGN = "~", "≈"


def _runs(text: str, length: int) -> set[str]:
    marked = f"^{text}$"
    return {marked[i : i + length] for i in range(len(marked) - length + 1)}


def _by_sound(key: str, mark: str) -> set[str]:
    consonants = sounds.skeleton(key)
    if len(consonants) < 2:
        return set()
    return {mark + consonants[i : i + 3] for i in range(max(1, len(consonants) - 2))}


def _by_spelling(key: str) -> set[str]:
    fragments = _runs(sounds.latin(key).replace(" ", ""), 3)
    if not key.isascii():
        fragments |= _runs(key.replace(" ", ""), 2 if sounds.has_han(key) else 3)
    return fragments


def _by_initials(key: str) -> set[str]:
    initials = names.initials(key)
    return {f"!{initials}"} if 2 <= len(initials) <= 6 else set()


def _kept_for(key: str) -> set[str]:
    """The fragments under which an alias is kept."""
    return _by_spelling(key) | _by_initials(key) | _by_sound(key, _CHINESE if sounds.has_han(key) else _FOREIGN)


def _sought_for(key: str) -> set[str]:
    """The fragments by which a name looks for aliases."""
    return _by_spelling(key) | _by_initials(key) | _by_sound(key, _FOREIGN if sounds.has_han(key) else _CHINESE)


def _chunks(items: Iterable[str]) -> Iterable[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _unpack(packed: bytes | memoryview) -> array[int]:
    ids = array("I")
    ids.frombytes(packed)
    return ids


def _fragments_of(aliases: Iterable[tuple[int, str]]) -> dict[str, array[int]]:
    kept: dict[str, array[int]] = defaultdict(lambda: array("I"))
    for pk, key in aliases:
        for fragment in _kept_for(key):
            kept[fragment].append(pk)
    return kept


def _store(rows: Iterable[tuple[str, array[int]]]) -> None:
    NameFragment.objects.bulk_create(
        [NameFragment(fragment=f, count=len(ids), aliases=ids.tobytes()) for f, ids in rows],
        update_conflicts=True,
        unique_fields=["fragment"],
        update_fields=["count", "aliases"],
        batch_size=_CHUNK,
    )


def add(aliases: Sequence[tuple[int, str]]) -> None:
    """Takes up aliases, given as (primary key, key). Taking one up twice is harmless."""
    if not aliases:
        return
    new = _fragments_of(aliases)
    with transaction.atomic():
        # Rows first, then their locks: two curators who add the same fragment wait for each other here.
        NameFragment.objects.bulk_create(
            [NameFragment(fragment=f, count=0, aliases=b"") for f in sorted(new)],
            ignore_conflicts=True,
            batch_size=_CHUNK,
        )
        for fragments in _chunks(sorted(new)):
            held = NameFragment.objects.select_for_update().filter(fragment__in=fragments).order_by("fragment")
            _store([(row.fragment, array("I", sorted({*_unpack(row.aliases), *new[row.fragment]}))) for row in held])


def remove(aliases: Sequence[tuple[int, str]]) -> None:
    """Drops aliases, given as (primary key, key)."""
    old = _fragments_of(aliases)
    with transaction.atomic():
        for fragments in _chunks(sorted(old)):
            held = NameFragment.objects.select_for_update().filter(fragment__in=fragments).order_by("fragment")
            _store([(row.fragment, array("I", sorted({*_unpack(row.aliases)} - {*old[row.fragment]}))) for row in held])


def rebuild() -> int:
    """Makes the index again from all aliases. Returns how many there are."""
    with transaction.atomic():
        aliases = list(Alias.objects.order_by("pk").values_list("pk", "key"))
        NameFragment.objects.all().delete()
        _store(_fragments_of(aliases).items())
    return len(aliases)


def _read(column: str, fragments: Iterable[str]) -> dict[str, Any]:
    """A column of the fragments' rows. Plain SQL: a thousand names bring ten thousand rows, too many for models."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for chunk in _chunks(fragments):
            marks = ",".join(["%s"] * len(chunk))
            cursor.execute(
                f"SELECT fragment, {column} FROM {NameFragment._meta.db_table} WHERE fragment IN ({marks})",  # noqa: S608
                chunk,
            )
            found.update(cursor.fetchall())
    return found


def candidates(keys: Iterable[str], limit: int) -> dict[str, list[int]]:
    """For each key, primary keys of the aliases that share most with it, best first.

    Rare fragments count more, and those of the name without its common words count twice.
    """
    sought = {key: _sought_for(key) for key in keys}
    counts = _read("count", set().union(*sought.values()))
    chosen = {key: _rarest(fragments, counts) for key, fragments in sought.items()}
    packed = _read("aliases", set().union(*chosen.values()))
    postings = {fragment: _unpack(ids) for fragment, ids in packed.items()}
    strong = {key: _by_spelling(names.parts(key).brand) | _by_initials(key) for key in chosen}
    return {key: _strongest(fragments, strong[key], postings, limit) for key, fragments in chosen.items()}


def _rarest(fragments: set[str], counts: dict[str, int]) -> list[str]:
    known = sorted((counts[f], f) for f in fragments if counts.get(f))
    reach = 0
    rarest: list[str] = []
    for count, fragment in known:
        reach += count
        if rarest and reach > _REACH:
            break
        rarest.append(fragment)
    return rarest


def _strongest(fragments: list[str], strong: set[str], postings: dict[str, array[int]], limit: int) -> list[int]:
    weights: dict[int, float] = defaultdict(float)
    for fragment in fragments:
        ids = postings[fragment]
        weight = (2 if fragment in strong else 1) / (1 + math.log(len(ids)))
        for pk in ids:
            weights[pk] += weight
    return [-pk for _, pk in heapq.nlargest(limit, ((weight, -pk) for pk, weight in weights.items()))]
