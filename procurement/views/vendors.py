"""Vendors: the index, and one vendor with its names, its origin, and every list that it was ever on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from procurement import searching
from procurement.charts import Axis, Lane, strip, window
from procurement.filters import changes, origins_known
from procurement.models import FOREVER, Change, Listing, Snapshot, Statement, VendorList
from procurement.observations import Observed, Span, observed_many, points, segments
from procurement.spells import BoundedSpell, Spell, bounded, spells_of
from procurement.views.changes import Day, by_day
from vendors import countries
from vendors.models import Alias, Ownership, PrintedName, Vendor
from vendors.names import fold

PER_PAGE = 100
_RECENT = 25
_NAMES = 4


class VendorForm(forms.Form):
    """The filters of the vendors' index."""

    text = forms.CharField(label="Name or identifier", required=False, max_length=searching.LONGEST)
    country = forms.ChoiceField(label="Country", required=False)
    listed = forms.ChoiceField(
        label="On a list",
        required=False,
        choices=[("", "Any"), ("now", "Now"), ("ever", "Now or before"), ("never", "Never")],
        error_messages={"invalid_choice": "“%(value)s” is none of now, ever, never."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = [("", "Any"), *origins_known()]
        country.error_messages["invalid_choice"] = "No vendor here is of “%(value)s”. Write two letters, such as CN."

    def found(self) -> QuerySet[Vendor]:
        """The vendors that the filters let through, by name."""
        wanted, today = self.cleaned_data, timezone.now().date()
        vendors = searching.vendors_named(wanted["text"]) if wanted["text"] else Vendor.objects.all()
        if country := wanted["country"]:
            held = Ownership.objects.filter(vendor=OuterRef("pk"), country=country)
            held = held.filter(Q(since=None) | Q(since__lte=today)).filter(Q(until=None) | Q(until__gt=today))
            vendors = vendors.filter(Q(country=country) | Exists(held))
        on = Listing.objects.filter(entry__name__vendor=OuterRef("pk"))
        if wanted["listed"] == "now":
            vendors = vendors.filter(Exists(on.filter(listed_to=FOREVER)))
        elif wanted["listed"]:
            vendors = vendors.filter(Exists(on) if wanted["listed"] == "ever" else ~Exists(on))
        return vendors.order_by(Lower("name"), "pk")


@dataclass(slots=True)
class Row:
    """A vendor in the index."""

    vendor: Vendor
    origin: str
    names: list[Alias]
    now: int = 0
    ever: int = 0
    changed_at: Any = None


@require_safe
def vendors(request: HttpRequest) -> HttpResponse:
    """All vendors, filtered. Bad filters: 400 with what is wrong."""
    form = VendorForm(request.GET)
    unlinked = PrintedName.objects.filter(
        Exists(Listing.objects.filter(entry__name=OuterRef("pk"))), vendor=None
    ).count()
    context: dict[str, Any] = {"form": form, "unlinked": unlinked}
    if not form.is_valid():
        return render(request, "vendors/vendors.html", context, status=400)
    named = Prefetch("aliases", Alias.objects.order_by("language", "text"))
    found = form.found().prefetch_related("ownerships", named)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"page": page, "rows": _rows(list(page.object_list)), "filtered": any(form.cleaned_data.values())}
    return render(request, "vendors/vendors.html", context)


def _rows(shown: list[Vendor]) -> list[Row]:
    today = timezone.now().date()
    printed = _printed(v.pk for v in shown)
    rows = {v.pk: Row(v, v.origin_on(today), other_names(v, printed)[:_NAMES]) for v in shown}
    on = Listing.objects.filter(entry__name__vendor__in=rows).order_by()
    for pk, _, until in on.values_list("entry__name__vendor", "list").annotate(Max("listed_to")):
        rows[pk].ever += 1
        rows[pk].now += until == FOREVER
    news = Change.objects.filter(entry__name__vendor__in=rows, cause=Change.Cause.SOURCE).order_by()
    for pk, at in news.values_list("entry__name__vendor").annotate(Max("at")):
        rows[pk].changed_at = at
    return list(rows.values())


def _printed(vendors: Iterable[int]) -> set[str]:
    """Keys of the names that lists print for these vendors."""
    return set(PrintedName.objects.filter(vendor__in=list(vendors)).values_list("key", flat=True))


def other_names(vendor: Vendor, printed: Collection[str]) -> list[Alias]:
    """One name for each language but English: one that lists print (by its key), where they print any."""
    chosen: dict[str, Alias] = {}
    for alias in sorted(vendor.aliases.all(), key=lambda a: (a.key not in printed, a.language, a.text)):
        if alias.language not in {"", "en"} and fold(alias.text) != fold(vendor.name):
            chosen.setdefault(alias.language, alias)
    return list(chosen.values())


@dataclass(frozen=True, slots=True)
class OriginSpan:
    """From when until when a vendor was of a country, and the fact that says so."""

    since: date | None
    until: date | None
    country: str
    ownership: Ownership | None  # None: its country of registration decides
    source: str


def origins_over_time(vendor: Vendor) -> list[OriginSpan]:
    """Where a vendor was controlled from over time, earliest first; the last one holds today or later."""
    cuts = sorted({day for o in vendor.ownerships.all() for day in (o.since, o.until) if day})
    spans: list[OriginSpan] = []
    for since, until in zip([None, *cuts], [*cuts, None], strict=True):
        day = since or (cuts[0] - timedelta(days=1) if cuts else timezone.now().date())
        ownership = vendor.ownership_on(day)
        source = ownership.source if ownership and ownership.country else vendor.country_source
        span = OriginSpan(since, until, vendor.origin_on(day), ownership, source)
        if spans and (spans[-1].country, spans[-1].ownership) == (span.country, span.ownership):
            span = OriginSpan(spans.pop().since, until, span.country, ownership, source)
        spans.append(span)
    return spans


@dataclass(slots=True)
class ListOfVendor:
    """A list that a vendor is or was on, with the spells of it that stand on this page."""

    vendor_list: VendorList
    relation: str
    observed: Observed
    now: int = 0
    ever: int = 0
    spells: list[BoundedSpell] = field(default_factory=list)

    @property
    def last_observed(self) -> datetime:
        return self.observed.last.at

    @property
    def quiet(self) -> bool:
        """Whether it was last observed so long ago that nothing is known of the present."""
        return timezone.now() - self.last_observed > self.vendor_list.gap_after


@require_safe
def vendor(request: HttpRequest, slug: str) -> HttpResponse:
    """One vendor."""
    known = Vendor.objects.prefetch_related(
        Prefetch("aliases", Alias.objects.order_by("language", "text")),
        "identifiers",
        Prefetch("ownerships", Ownership.objects.select_related("owner")),
        Prefetch("holdings", Ownership.objects.select_related("vendor")),
    )
    found = known.filter(slug=slug).first()
    if found is None:
        raise Http404(f"There is no vendor “{slug}” here. It may be written differently; the search knows every name.")
    today = timezone.now().date()
    spells = spells_of(found)
    lists = _lists(found, spells)
    order = {pk: position for position, pk in enumerate(lists)}
    page = Paginator(sorted(spells, key=lambda s: order[s.list_id]), PER_PAGE).get_page(request.GET.get("page"))
    for spell in bounded(list(page.object_list)):
        lists[spell.list.pk].spells.append(spell)
    origins = origins_over_time(found)
    context = {
        "vendor": found,
        "origin": found.origin_on(today),
        "origins": origins,
        "present": next(
            o for o in origins if (o.since is None or o.since <= today) and (o.until is None or today < o.until)
        ),
        "names": _by_language(found),
        "also": other_names(found, _printed([found.pk])),
        "lists": list(lists.values()),
        "now": sum(1 for on in lists.values() if on.now),
        "page": page,
        "days": _changes(found),
        "statements": _statements(found),
        "strip": _strip(found, spells, list(lists.values())),
    }
    return render(request, "vendors/vendor.html", context)


def _by_language(vendor: Vendor) -> list[tuple[str, list[tuple[str, list[Alias]]]]]:
    """The names by language, and in each by where they are attested."""
    named: dict[str, dict[str, list[Alias]]] = defaultdict(lambda: defaultdict(list))
    for alias in vendor.aliases.all():
        named[alias.language][alias.source].append(alias)
    by_language = [(language, list(sources.items())) for language, sources in named.items()]
    return sorted(by_language, key=lambda item: (item[0] != "en", not item[0], item[0]))


def _lists(vendor: Vendor, spells: list[Spell]) -> dict[int, ListOfVendor]:
    """The lists of these spells, those that carry the vendor now first, then the latest left."""
    ids = dict.fromkeys(spell.list_id for spell in spells)
    found, seen = VendorList.objects.with_authority().in_bulk(ids), observed_many(ids)
    lists = {}
    for pk in ids:
        last = max(s.listed_to for s in spells if s.list_id == pk)
        on = timezone.now() if last == FOREVER else last - timedelta(microseconds=1)
        relation = countries.relation(vendor.origin_on(on.astimezone(UTC).date()), found[pk].jurisdiction)
        lists[pk] = ListOfVendor(found[pk], relation, seen[pk])
    for spell in spells:
        lists[spell.list_id].ever += 1
        lists[spell.list_id].now += spell.is_open
    return lists


def _strip(vendor: Vendor, spells: Sequence[Spell], lists: Sequence[ListOfVendor]) -> SafeString | str:
    """When the vendor was on each of these lists, to the present where one of them is still checked."""
    if not lists:
        return ""
    spans: dict[int, list[Span]] = defaultdict(list)
    for spell in spells:
        spans[spell.list_id].append((spell.listed_from, spell.listed_to))
    named: dict[int, set[datetime]] = defaultdict(set)
    by_partial = Snapshot.named.through.objects.filter(
        entry__name__vendor=vendor,
        snapshot__list__in=[on.vendor_list.pk for on in lists],
        snapshot__status=Snapshot.Status.PUBLISHED,
    )
    for pk, at in by_partial.values_list("snapshot__list", "snapshot__captured_at"):
        named[pk].add(at)
    moments = [o.at for on in lists for o in (on.observed.first, on.observed.last)]
    checked = VendorList.objects.filter(pk__in=[on.vendor_list.pk for on in lists], sources__enabled=True).exists()
    start, end = window(sorted(moments), until=timezone.now() if checked else None)
    # The margin behind the last observation does not reach into the future.
    axis = Axis(start, max(min(end, timezone.now()), max(moments)))
    lanes = [
        Lane(
            f"{on.vendor_list.title} ({on.vendor_list.jurisdiction})",
            segments(
                points(on.observed, spans[on.vendor_list.pk], named[on.vendor_list.pk]),
                gap_after=on.vendor_list.gap_after,
                since=axis.start,
                until=axis.end,
                missed=on.observed.missed,
            ),
            on.relation,
            on.vendor_list.get_absolute_url(),
        )
        for on in lists
    ]
    return strip(lanes, axis)


def _changes(vendor: Vendor) -> list[Day]:
    # Two look-ups by index, where one with OR would read every change.
    news = Change.objects.filter(cause=Change.Cause.SOURCE)
    pks = {
        pk
        for side in ("entry", "former")
        for pk in news.filter(**{f"{side}__name__vendor": vendor}).values_list("pk", flat=True)[:_RECENT]
    }
    return by_day(list(changes().filter(pk__in=pks)[:_RECENT]))


def _statements(vendor: Vendor) -> QuerySet[Statement]:
    """What was said about a vendor, or by it under one of its names."""
    names = {alias.text for alias in vendor.aliases.all()} | {vendor.name}
    said = Statement.objects.filter(Q(vendors=vendor) | Q(speaker__in=names)).distinct()
    return said.select_related("report").prefetch_related(Prefetch("vendors", Vendor.objects.only("slug", "name")))
