"""One search over vendors, lists, rows as printed, and statements, in any script.

What is sought and what is found are both folded (case, width, composition, spacing), so that a name without spaces is
found by any part of it, and the same on every database. Best matches come first: the whole text, then its beginning,
then anywhere.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Case, Func, IntegerField, Max, Min, Prefetch, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Length
from django.utils import timezone

from procurement.entries import Row, key_of
from procurement.models import Entry, Listing, Statement, VendorList
from vendors import matching
from vendors.matching import Suggestion
from vendors.models import Alias, PrintedName, Vendor
from vendors.names import fold, name_key

LONGEST = 200  # characters of a query that are read
_MOST_WORDS = 8
_SHOWN = 25
_FEW_LETTERS = 4
_ALIASES = 8  # of one vendor, that may stand before another vendor's best
MOST_ENTRIES = 2000  # rows that are looked through for the best
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


class Folded(Func):
    """A text without its presentation, as `vendors.names.fold` has it but for runs of spaces.

    Most rows are ASCII, which the database folds by itself and fast; only the others cost more.
    """

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        # Registering is idempotent, and the connection may be a new one.
        connection.ensure_connection()
        connection.connection.create_function("name_fold", 1, _fold_or_none, deterministic=True)
        return self._by_cost(compiler, "length(CAST({0} AS BLOB)) = length({0})", "name_fold({0})")

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        return self._by_cost(compiler, "octet_length({0}) = length({0})", "lower(normalize({0}, NFKC))")

    def _by_cost(self, compiler: Any, is_ascii: str, folded: str) -> tuple[str, list[Any]]:
        text, params = compiler.compile(self.get_source_expressions()[0])
        case = f"CASE WHEN {is_ascii} THEN lower({{0}}) ELSE {folded} END"
        return case.format(text), [*params] * case.count("{0}")


def _fold_or_none(text: str | None) -> str | None:
    return None if text is None else fold(text)


class VendorHit(NamedTuple):
    """A vendor, and the name by which it was found where that is not the one shown."""

    vendor: Vendor
    origin: str  # today
    alias: str
    language: str


class EntryHit(NamedTuple):
    """A row as printed, and when its list carried it: from when, and until when (`FOREVER`: still). None: never."""

    entry: Entry
    listed_from: datetime | None
    listed_to: datetime | None


@dataclass(slots=True)
class Results:
    """What was found, best first; the counts are of all that match, of which the first are given.

    Of entries, at most `MOST_ENTRIES` rows are looked through.
    """

    text: str
    vendors: list[VendorHit] = field(default_factory=list)
    vendor_count: int = 0
    suggestions: list[Suggestion] = field(default_factory=list)
    lists: list[VendorList] = field(default_factory=list)
    list_count: int = 0
    entries: list[EntryHit] = field(default_factory=list)
    entry_count: int = 0
    more_entries: bool = False  # than were looked through
    statements: list[Statement] = field(default_factory=list)
    statement_count: int = 0

    @property
    def count(self) -> int:
        return self.vendor_count + self.list_count + self.entry_count + self.statement_count


def search(text: str) -> Results:
    """Look for a text in everything. Suggestions by likeness come only where no vendor matches."""
    text = clean(text)
    results = Results(text)
    if not fold(text):
        return results
    results.vendors, results.vendor_count = _vendors(text)
    if not results.vendors:
        results.suggestions = matching.match(text).suggestions
    results.lists, results.list_count = _lists(text)
    results.entries, results.entry_count, results.more_entries = _entries(text)
    results.statements, results.statement_count = _statements(text)
    return results


def clean(text: str) -> str:
    """A query as it is sought: without what no database takes, and not longer than `LONGEST`."""
    return text.replace("\0", "")[:LONGEST].strip()


def words_of(text: str) -> list[str]:
    """The folded words of a query; each must be found. A name in a script without spaces is one word."""
    return fold(text).split()[:_MOST_WORDS]


# Vendors


def vendors_named(text: str) -> QuerySet[Vendor]:
    """The vendors with a name, in any language, or an identifier that holds every word of a text."""
    text = clean(text)
    found = Vendor.objects.alias(folded_name=Folded("name"))
    for word in words_of(text):
        named = _holds("folded_name", word) | Q(pk__in=_aliases_with(word).values("vendor"))
        found = found.filter(named | Q(identifiers__value__iexact=word))
    return found.distinct()


def _aliases_with(word: str) -> QuerySet[Alias]:
    # A legal form alone has no key of its own: every name would hold it.
    key = name_key(word)
    return Alias.objects.filter(_holds("key", key)) if key else Alias.objects.none()


def _holds(column: str, word: str) -> Q:
    """A name holds a word: anywhere, or, where that is a few Latin letters, where a word of the name begins."""
    if word.isascii() and len(word) < _FEW_LETTERS:
        return Q(**{f"{column}__startswith": word}) | Q(**{f"{column}__contains": f" {word}"})
    return Q(**{f"{column}__contains": word})


def _vendors(text: str) -> tuple[list[VendorHit], int]:
    key, found = name_key(text), vendors_named(text)
    exact = Q(key=key)
    rank = Case(When(exact, then=0), When(key__startswith=key, then=1), default=2, output_field=IntegerField())
    aliases = Alias.objects.filter(vendor__in=found, key__contains=key).annotate(rank=rank, length=Length("key"))
    best: dict[int, tuple[int, int, str, str]] = {}
    for pk, *how in aliases.order_by("rank", "length", "text").values_list(
        "vendor", "rank", "length", "text", "language"
    )[: _SHOWN * _ALIASES]:
        best.setdefault(pk, tuple(how))
    linked = matching.match(text, limit=0).vendor
    if linked is not None:
        best[linked.pk] = (-1, *best.get(linked.pk, (0, 0, "", ""))[1:])
    rest = found.exclude(pk__in=best).values_list("pk", flat=True)[:_SHOWN]
    order = sorted(best, key=lambda pk: best[pk][:2]) + list(rest)
    shown = Vendor.objects.prefetch_related("ownerships").in_bulk(order[:_SHOWN])
    hits = []
    for pk in order[:_SHOWN]:
        *_, alias, language = best.get(pk, (0, 0, "", ""))
        differs = fold(alias) != fold(shown[pk].name)
        origin = shown[pk].origin_on(timezone.now().date())
        hits.append(VendorHit(shown[pk], origin, alias if differs else "", language if differs else ""))
    return hits, len(best.keys() | set(found.values_list("pk", flat=True)))


# Lists: few enough to be read whole


def _lists(text: str) -> tuple[list[VendorList], int]:
    words, whole = words_of(text), fold(text)
    ranked = []
    for found in VendorList.objects.with_authority():
        titles = [fold(found.title), fold(found.title_printed), found.slug]
        authority = found.authority
        rest = [found.category, found.description, authority.name, authority.name_printed, authority.country]
        said = "\n".join([*titles, *map(fold, rest)])
        if all(word in said for word in words):
            ranked.append((_rank(whole, titles), found.title, found.pk, found))
    ranked.sort(key=lambda item: item[:3])
    return [item[-1] for item in ranked[:_SHOWN]], len(ranked)


def _rank(whole: str, texts: Iterable[str]) -> int:
    texts = list(texts)
    if whole in texts:
        return 0
    if any(text.startswith(whole) for text in texts):
        return 1
    return 2 if any(whole in text for text in texts) else 3


# Rows as printed


def _entries(text: str) -> tuple[list[EntryHit], int, bool]:
    whole = fold(text)
    columns = ("pk", "list_id", "key", "name__fold", "product", "identifier")
    exact = Entry.objects.filter(Q(name__fold=whole) | Q(list__in=VendorList.objects.all(), key=_key(text)))
    rows = dict.fromkeys(
        row for found in (exact, _entries_with(text)) for row in found.order_by().values_list(*columns)[:MOST_ENTRIES]
    )
    ranked = sorted(
        (_rank(whole, [name or "", fold(product), fold(identifier)]), -pk, (list_id, bytes(key)))
        for pk, list_id, key, name, product, identifier in rows
    )
    # Of one entry's wordings, the best and latest.
    best: dict[tuple[int, bytes], int] = {}
    for _, negative, entry in ranked:
        best.setdefault(entry, -negative)
    pks = list(best.values())[:_SHOWN]
    shown = Entry.objects.select_related("list__authority", "name__vendor").in_bulk(pks)
    return _with_spans([shown[pk] for pk in pks]), len(best), len(rows) >= MOST_ENTRIES


def _key(text: str) -> bytes:
    """The key of the entry that has this text as its identifier: so it is found by index, whatever the list."""
    return key_of(Row(identifier=text))


def _entries_with(text: str) -> QuerySet[Entry]:
    """Entries that hold every word, in the vendor's name or in another cell."""
    printed = Concat("product", Value("\n"), "category", Value("\n"), "identifier", output_field=TextField())
    found = Entry.objects.alias(printed=printed, folded=Folded(printed))
    for word in words_of(text):
        names = PrintedName.objects.filter(fold__contains=word)
        if key := name_key(word):
            names = PrintedName.objects.filter(Q(fold__contains=word) | Q(key__contains=key))
        # What has neither case nor width is sought as it stands, which is faster.
        cells = Q(printed__contains=word) if _HAN.fullmatch(word) else Q(folded__contains=word)
        found = found.filter(Q(name__in=names.values("pk")) | cells)
    return found


def _with_spans(entries: Sequence[Entry]) -> list[EntryHit]:
    spans = {
        pk: (begun, ended)
        for pk, begun, ended in Listing.objects.filter(entry__in=entries)
        .order_by()
        .values_list("entry")
        .annotate(begun=Min("listed_from"), ended=Max("listed_to"))
    }
    return [EntryHit(entry, *spans.get(entry.pk, (None, None))) for entry in entries]


# Statements


def _statements(text: str) -> tuple[list[Statement], int]:
    whole = fold(text)
    found = Statement.objects.alias(
        said=Folded("text"),
        by=Folded("speaker"),
        binding=Folded("scope"),
        titled=Folded("report__title"),
        published_by=Folded("report__publisher"),
    )
    for word in words_of(text):
        found = found.filter(
            Q(said__contains=word)
            | Q(by__contains=word)
            | Q(binding__contains=word)
            | Q(titled__contains=word)
            | Q(published_by__contains=word)
            | Q(vendors__in=_aliases_with(word).values("vendor"))
        )
    found = found.distinct()
    rank = Case(
        When(by=whole, then=Value(0)),
        When(Q(by__contains=whole) | Q(said__contains=whole), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    named = Prefetch("vendors", Vendor.objects.only("slug", "name"))
    shown = found.annotate(rank=rank).select_related("report").prefetch_related(named)
    shown = shown.order_by("rank", "-said_on", "pk")
    return list(shown[:_SHOWN]), found.count()
