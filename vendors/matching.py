"""Which vendor a printed name means. An exact alias or identifier links; likeness only ranks suggestions."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

from django.db import transaction
from rapidfuzz import fuzz

from vendors import index, names, sounds
from vendors.models import Alias, Identifier, PrintedName, Vendor

_CHUNK = 2000
_LONGEST = 400
# Aliases compared in full with a name, best shared fragments first.
_COMPARED = 16
_WORTH_SHOWING = 0.45
# Numbers that cannot be mistaken for a name, and so link without their scheme before them.
_NUMBERS = {
    "lei": re.compile(r"[0-9A-Z]{18}[0-9]{2}"),
    "uscc": re.compile(r"[0-9A-Z]{18}"),
    "ogrn": re.compile(r"[0-9]{13}"),
}


class Suggestion(NamedTuple):
    """A vendor that a name may mean: how alike (0 to 1), and why, in words."""

    vendor: Vendor
    score: float
    reasons: list[str]


@dataclass
class Match:
    """What a name links to. ``suggestions`` are for a person, best first, and only where nothing links."""

    name: str
    vendor: Vendor | None = None
    how: Literal["alias", "identifier"] | None = None
    suggestions: list[Suggestion] = field(default_factory=list)


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _owners(keys: Iterable[str]) -> dict[str, set[int]]:
    """The vendors that have an alias with a key."""
    owners: dict[str, set[int]] = defaultdict(set)
    for chunk in _chunks(sorted(set(keys))):
        for key, vendor_id in Alias.objects.filter(key__in=chunk).values_list("key", "vendor_id"):
            owners[key].add(vendor_id)
    return owners


def _clip(folded: str) -> str:
    """A fold or key that fits its column: what is too long ends in a digest of the whole, so that it stays its own."""
    if len(folded) <= _LONGEST:
        return folded
    return f"{folded[: _LONGEST - 17]} {hashlib.sha256(folded.encode()).hexdigest()[:16]}"


def link_names(texts: Iterable[str]) -> dict[str, int]:
    """The PrintedName of each text, as {fold(text): primary key}; blank texts are left out.

    A name that was never met before is kept, and linked where exactly one vendor has an alias with its key. Those met
    before stay as they are. Safe where several workers meet the same names at once.
    """
    wanted: dict[str, str] = {}
    for text in texts:
        folded = names.fold(text)
        if folded:
            wanted.setdefault(folded, text)
    stored = {_clip(folded): folded for folded in wanted}
    found: dict[str, int] = {}
    # In one order whoever comes, so that two workers with the same new names never wait for each other in a circle.
    for chunk in _chunks(sorted(stored)):
        known = dict(PrintedName.objects.filter(fold__in=chunk).values_list("fold", "pk"))
        missing = [clipped for clipped in chunk if clipped not in known]
        if missing:
            known |= _meet({clipped: wanted[stored[clipped]] for clipped in missing})
        found |= {stored[clipped]: pk for clipped, pk in known.items()}
    return found


def _meet(texts: dict[str, str]) -> dict[str, int]:
    """Keeps names met for the first time, given as {clipped fold: text}."""
    keys = {clipped: _clip(names.name_key(text)) for clipped, text in texts.items()}
    with transaction.atomic():
        owners = _owners(keys.values())
        PrintedName.objects.bulk_create(
            [
                PrintedName(
                    fold=clipped,
                    text=text.replace("\0", "")[:_LONGEST],
                    key=keys[clipped],
                    vendor_id=next(iter(owners[keys[clipped]])) if len(owners.get(keys[clipped], ())) == 1 else None,
                )
                for clipped, text in texts.items()
            ],
            ignore_conflicts=True,
        )
        return dict(PrintedName.objects.filter(fold__in=list(texts)).values_list("fold", "pk"))


def match(name: str, limit: int = 5) -> Match:
    """The vendor that a name links to, or else at most ``limit`` suggestions."""
    return match_many([name], limit)[0]


def match_many(texts: Sequence[str], limit: int = 5) -> list[Match]:
    """``match`` for many names, in the order given, with a number of queries that does not grow with theirs."""
    keys = {text: names.name_key(text) for text in texts}
    owners = _owners(keys.values())
    linked: dict[str, tuple[int, Literal["alias", "identifier"]]] = {
        text: (next(iter(owners[key])), "alias") for text, key in keys.items() if len(owners.get(key, ())) == 1
    }
    linked |= {text: (pk, "identifier") for text, pk in _by_identifier([t for t in keys if t not in linked]).items()}
    open_keys = sorted({key for text, key in keys.items() if key and text not in linked})
    ranked = _ranked(open_keys, limit) if limit else {}
    wanted = {pk for pk, _ in linked.values()} | {pk for rank in ranked.values() for pk, _, _ in rank}
    vendors = Vendor.objects.in_bulk(sorted(wanted))
    matches = []
    for text in texts:
        if text in linked:
            pk, how = linked[text]
            matches.append(Match(text, vendors[pk], how))
        else:
            rank = ranked.get(keys[text], [])
            matches.append(Match(text, None, None, [Suggestion(vendors[pk], score, why) for pk, score, why in rank]))
    return matches


def _by_identifier(texts: Iterable[str]) -> dict[str, int]:
    """{text: vendor} where the text is a number of one vendor: lei:…, wikidata:…, or a bare number of a known form."""
    sought: dict[str, list[tuple[str, str]]] = {}
    for text in texts:
        plain = " ".join(text.split())
        scheme, colon, value = plain.partition(":")
        if colon and scheme.isascii() and scheme.isalnum() and value.strip():
            # A stock code holds a colon itself: NASDAQ:MSFT.
            sought[text] = [(scheme.lower(), value.strip().upper()), ("stock", plain.upper())]
        else:
            number = plain.upper()
            schemes = [scheme for scheme, form in _NUMBERS.items() if form.fullmatch(number)]
            if schemes:
                sought[text] = [(scheme, number) for scheme in schemes]
    known: dict[tuple[str, str], set[int]] = defaultdict(set)
    for chunk in _chunks(sorted({value for pairs in sought.values() for _, value in pairs})):
        rows = Identifier.objects.filter(value__in=chunk).values_list("scheme", "value", "vendor_id")
        for scheme, value, vendor_id in rows:
            known[scheme.lower(), value.upper()].add(vendor_id)
    found = {text: set().union(*(known[pair] for pair in pairs)) for text, pairs in sought.items()}
    return {text: next(iter(vendors)) for text, vendors in found.items() if len(vendors) == 1}


def _ranked(keys: Sequence[str], limit: int) -> dict[str, list[tuple[int, float, list[str]]]]:
    """For each key, (vendor, score, reasons) of the likeliest vendors, best first."""
    near = index.candidates(keys, _COMPARED)
    aliases: dict[int, tuple[str, str, int]] = {}
    wanted = sorted({pk for pks in near.values() for pk in pks})
    for start in range(0, len(wanted), _CHUNK):
        rows = Alias.objects.filter(pk__in=wanted[start : start + _CHUNK]).values_list("pk", "text", "key", "vendor_id")
        aliases |= {pk: (text, key, vendor_id) for pk, text, key, vendor_id in rows}
    ranked = {}
    for key, pks in near.items():
        best: dict[int, tuple[float, str]] = {}
        # An alias that was deleted a moment ago may be in the index still.
        for text, alias_key, vendor_id in (aliases[pk] for pk in pks if pk in aliases):
            score = likeness(key, alias_key)
            if score >= _WORTH_SHOWING and score > best.get(vendor_id, (0.0, ""))[0]:
                best[vendor_id] = (score, text)
        order = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
        ranked[key] = [(pk, round(score, 3), reasons(key, text)) for pk, (score, text) in order]
    return ranked


def likeness(key: str, other: str) -> float:
    """How alike two keys are, 0 to 1: in spelling, in Latin spelling, in words, in one holding the other, in sound."""
    if key == other:
        return 1.0
    return max(score for _, score in _measures(key, other))


def _measures(key: str, other: str) -> Iterator[tuple[str, float]]:
    """(kind of likeness, score) of two keys that differ."""
    core, _, _, brand = names.parts(key)
    other_core, _, _, other_brand = names.parts(other)
    spelled = fuzz.ratio(brand, other_brand) / 100
    yield "spelled", 0.6 * spelled + 0.4 * fuzz.ratio(key, other) / 100
    if core == other_core:
        yield "place", 0.97
    if brand == other_brand:
        yield "brand", 0.96
    shorter, longer = sorted((brand, other_brand), key=len)
    yield "words", fuzz.token_set_ratio(brand, other_brand) / 100 * (0.75 + 0.18 * len(shorter) / len(longer))
    least = 2 if sounds.has_han(shorter) else 3 if longer.startswith(shorter) else 4
    if len(shorter) >= least and shorter in longer:
        yield "holds", 0.75 + 0.2 * len(shorter) / len(longer)
    if (" " in key) != (" " in other) and names.initials(key) == names.initials(other) != "":
        yield "initials", 0.8
    yield from _heard(brand, other_brand)


def _heard(brand: str, other: str) -> Iterator[tuple[str, float]]:
    """Likeness across scripts, and of one script's spellings of one sound."""
    latin, other_latin = (sounds.latin(text).replace(" ", "") for text in (brand, other))
    if not (brand.isascii() and other.isascii()):
        yield "latin", fuzz.ratio(latin, other_latin) / 100 * 0.95
        shorter, longer = sorted((latin, other_latin), key=len)
        if len(shorter) >= 4 and longer.startswith(shorter):
            yield "latin", 0.7 + 0.2 * len(shorter) / len(longer)
    elif latin == other_latin:
        yield "latin", 0.95
    if sounds.has_han(brand) != sounds.has_han(other):
        sound, other_sound = sounds.skeleton(brand), sounds.skeleton(other)
        shortest = min(len(sound), len(other_sound))
        if shortest > 1:
            # Two consonants are shared by chance.
            yield "sound", fuzz.ratio(sound, other_sound) / 100 * (0.85 if shortest > 2 else 0.65)


_REASONS = {
    "spelled": "spelled much like “{}”",
    "place": "“{}” but for the place",
    "brand": "“{}” but for common words",
    "words": "has words of “{}”",
    "holds": "one name holds the other: “{}”",
    "latin": "the same letters or pinyin as “{}”, or nearly",
    "sound": "sounds like “{}”",
    "initials": "the same initials as “{}”",
}


def reasons(key: str, alias: str) -> list[str]:
    """Why a vendor with this alias is suggested, the strongest reason first."""
    other = names.name_key(alias)
    if key == other:
        return [f"“{alias}” is a name of several vendors"]
    strongest: dict[str, float] = {}
    for measure, score in _measures(key, other):
        strongest[measure] = max(score, strongest.get(measure, 0))
    order = sorted(strongest, key=lambda measure: -strongest[measure])
    said = [_REASONS[measure].format(alias) for measure in order if strongest[measure] >= strongest[order[0]] - 0.1][:2]
    shared = set(key.split()) & set(other.split()) - names.COMMON
    if shared:
        said.append("shares " + ", ".join(f"“{word}”" for word in sorted(shared)))
    return said
