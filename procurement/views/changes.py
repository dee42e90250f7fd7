"""The changes feed: what lists changed lately, filtered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from procurement.comparison import iso
from procurement.filters import ChangeFilter, changes_feed
from procurement.grouping import Edit, edits
from procurement.models import Change, Snapshot, VendorList

PER_PAGE = 100
KINDS = ("dropped", "added", "relisted", "renamed", "amended")
_FURTHER = {"list", "list_kind", "origin", "category", "cause"}


@dataclass(frozen=True, slots=True)
class Line:
    """One change as a page shows it."""

    change: Change
    evidence: str  # address of the comparison of exactly the two snapshots
    edits: Sequence[Edit]

    @property
    def came(self) -> bool:
        return self.change.kind in {"added", "relisted"}


@dataclass(slots=True)
class Group:
    """The changes that one snapshot of a list brought to light, or those of them that stand on this page."""

    vendor_list: VendorList
    later: Snapshot
    lines: list[Line] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)  # of all that match, on whatever page

    @property
    def total(self) -> int:
        return sum(number for _, number in self.counts)


@dataclass(slots=True)
class Day:
    date: date
    groups: list[Group] = field(default_factory=list)


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """The feed as a page: at most `PER_PAGE` changes, by day and by list. Bad filters: 400 with what is wrong."""
    feed = changes_feed(request.GET)
    chosen = active(feed)
    context = {
        "form": feed.form,
        "problems": problems(feed),
        "active": chosen,
        "further": any(name in _FURTHER for name, *_ in chosen),
    }
    if context["problems"]:
        return render(request, "procurement/changes.html", context, status=400)
    counts = _counts_by_kind(feed)
    paginator = Paginator(feed.qs, PER_PAGE)
    paginator.count = sum(counts.values())
    page = paginator.get_page(request.GET.get("page"))
    shown = list(page.object_list)
    context |= {
        "page": page,
        "vendor": feed.form.cleaned_data.get("vendor"),
        "counts": [(kind, counts[kind]) for kind in KINDS if counts[kind]],
        "days": by_day(shown, feed),
        "looser": [] if shown else looser(request.GET, feed),
    }
    return render(request, "procurement/changes.html", context)


def _counts_by_kind(feed: ChangeFilter) -> Counter[str]:
    rows = feed.qs.order_by().values_list("kind").annotate(Count("pk"))
    return Counter(dict(rows))


def problems(feed: ChangeFilter) -> list[tuple[str, str]]:
    """What is wrong with the parameters, as (label, sentence)."""
    return [
        (str(feed.filters[name].label) if name in feed.filters else "", str(message))
        for name, messages in feed.errors.items()
        for message in messages
    ]


def active(feed: ChangeFilter) -> list[tuple[str, str, str]]:
    """The filters that are set, as (parameter, label, value)."""
    data = feed.form.data
    values = {name: ", ".join(filter(None, map(str.strip, data.getlist(name)))) for name in feed.filters}
    return [
        (name, str(feed.filters[name].label), value)
        for name, value in values.items()
        if value and (name, value) != ("cause", Change.Cause.SOURCE)
    ]


def looser(query: QueryDict, feed: ChangeFilter) -> list[tuple[str, str, int, str]]:
    """Which single filter, if left out, would let changes through: (label, value, how many, query), most first."""
    found = []
    for name, label, value in active(feed):
        without = query.copy()
        without.pop(name, None)
        without.pop("page", None)
        if number := changes_feed(without).qs.order_by().count():
            found.append((label, value, number, without.urlencode()))
    if "cause" not in query:
        every = query.copy()
        every["cause"] = "any"
        if number := changes_feed(every).qs.order_by().count():
            found.append(("Cause", "", number, every.urlencode()))
    return sorted(found, key=lambda item: -item[2])


def by_day(shown: Sequence[Change], feed: ChangeFilter | None = None) -> list[Day]:
    """Changes, the latest first, as days and in each the snapshots that brought them to light."""
    stamps = stamps_of(pk for change in shown for pk in (change.earlier_id, change.later_id))
    totals: dict[int, Counter[str]] = {}
    if feed is not None and shown:
        rows = feed.qs.filter(later__in={change.later_id for change in shown}).order_by()
        for later, kind, number in rows.values_list("later", "kind").annotate(Count("pk")):
            totals.setdefault(later, Counter())[kind] = number
    days: list[Day] = []
    for change in shown:
        on = change.at.astimezone(UTC).date()
        if not days or days[-1].date != on:
            days.append(Day(on))
        groups = days[-1].groups
        group = next((g for g in groups if g.later.pk == change.later_id), None)
        if group is None:
            counts = totals.get(change.later_id, Counter())
            group = Group(change.list, change.later, counts=[(k, counts[k]) for k in KINDS if counts[k]])
            groups.append(group)
        group.lines.append(Line(change, _evidence(change, stamps), _edits(change)))
    for day in days:
        for group in day.groups:
            group.lines.sort(key=lambda line: KINDS.index(line.change.kind))
    return days


def _evidence(change: Change, stamps: dict[int, str]) -> str:
    ends = f"{stamps[change.earlier_id]}..{stamps[change.later_id]}"
    return reverse("comparison", args=[change.list.slug, ends])


def stamps_of(snapshot_ids: Iterable[int]) -> dict[int, str]:
    """`procurement.comparison.stamp` of many snapshots, in one query."""
    same_day = Snapshot.objects.published().filter(
        list=OuterRef("list"), captured_at__gt=OuterRef("captured_at"), captured_at__date=OuterRef("day")
    )
    rows = Snapshot.objects.filter(pk__in=set(snapshot_ids)).annotate(
        day=TruncDate("captured_at", tzinfo=UTC), followed=Exists(same_day)
    )
    return {
        pk: (iso(at) or "") if followed else f"{at.astimezone(UTC):%Y-%m-%d}"
        for pk, at, followed in rows.values_list("pk", "captured_at", "followed")
    }


def _edits(change: Change) -> list[Edit]:
    return edits(change.former, change.entry) if change.former else []
