"""All lists; one list as it is now; one list as it was on a date."""

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from procurement import charts, freshness, narrative, presence
from procurement.comparison import NotObservedError, moment_of, snapshot_on, statements_about
from procurement.grouping import KINDS
from procurement.latest import latest
from procurement.models import Change, Listing, Snapshot, VendorList
from procurement.observations import Observed, observed
from procurement.sizes import sizes_of
from procurement.views.finding import find_list, not_observed

_ENTRIES, _LISTS, _SNAPSHOTS, _BOUNDARIES = 200, 200, 12, 6


@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    page = Paginator(VendorList.objects.with_authority().with_freshness(), _LISTS).get_page(request.GET.get("page"))
    sizes = sizes_of(page)
    rows = [(vendor_list, sizes[vendor_list.pk], freshness.judge(vendor_list, now)) for vendor_list in page]
    return render(request, "procurement/lists.html", {"page": page, "rows": rows})


@require_safe
def list_now(request: HttpRequest, slug: str) -> HttpResponse:
    vendor_list = find_list(slug)
    seen = observed(vendor_list)
    now = timezone.now()
    context: dict[str, Any] = {
        "list": vendor_list,
        "freshness": freshness.judge(vendor_list, now),
        "size": sizes_of([vendor_list])[vendor_list.pk],
        "statements": vendor_list.statements.select_related("report").prefetch_related("vendors"),
        "sources": vendor_list.sources.all(),
        "observed": seen,
    }
    if seen:
        context |= _entries(request, vendor_list, seen.last.at)
        context |= {
            "chart": _chart(vendor_list, seen, now),
            "has_partial": not all(o.full for o in seen.observations),
            "boundaries": [
                (b, narrative.counted(b.counts))
                for b in latest([vendor_list.pk], _BOUNDARIES, {vendor_list.pk: seen})[vendor_list.pk]
            ],
        }
    context["snapshots"], context["snapshot_rows"] = _snapshots(request, vendor_list, seen)
    return render(request, "procurement/list.html", context)


@require_safe
def as_of(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    vendor_list = find_list(slug)
    try:
        snapshot = snapshot_on(vendor_list, day)
    except NotObservedError as error:
        return not_observed(request, vendor_list, error)
    seen = observed(vendor_list)
    context = {
        "list": vendor_list,
        "day": day,
        "snapshot": snapshot,
        "previous": seen.before(snapshot.captured_at),
        "following": seen.after(snapshot.captured_at),
        "previous_stamp": seen.stamp(previous.at) if (previous := seen.before(snapshot.captured_at)) else "",
        "following_stamp": seen.stamp(following.at) if (following := seen.after(snapshot.captured_at)) else "",
        "stamp": seen.stamp(snapshot.captured_at),
        "now_stamp": seen.stamp(seen.last.at),
        "statements": statements_about(vendor_list, snapshot.captured_at.date(), snapshot.captured_at.date()),
        **_entries(request, vendor_list, snapshot.captured_at),
    }
    return render(request, "procurement/as_of.html", context)


@require_safe
def as_of_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a form's date leads."""
    day = request.GET.get("date", "").strip()
    if not day:
        return redirect("list", slug)
    try:
        moment_of(day)
    except NotObservedError as error:
        return not_observed(request, find_list(slug), error)
    return redirect("as-of", slug, day)


def _entries(request: HttpRequest, vendor_list: VendorList, moment: datetime) -> dict[str, Any]:
    """What the list carried at a moment, filtered by what the query string asks for, one page of it."""
    carried = Listing.objects.filter(list=vendor_list).on(moment)
    categories = list(carried.values_list("entry__category", flat=True).distinct().order_by("entry__category")[:61])
    # PostgreSQL takes no NUL in a text.
    text, category = (request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "category"))
    rows = _with_words(carried, text)
    if category:
        rows = rows.filter(entry__category=category)
    rows = rows.select_related("entry__name__vendor").prefetch_related("entry__name__vendor__ownerships")
    rows = rows.order_by(Lower("entry__vendor"), Lower("entry__product"), "entry__identifier", "pk")
    page = Paginator(rows, _ENTRIES).get_page(request.GET.get("page"))
    return {
        "page": page,
        "moment": moment,
        "text": text,
        "category": category,
        "categories": [c for c in categories if c] if 1 < len(categories) <= 60 else [],
        "columns": _columns(page.object_list),
    }


def _with_words(rows: QuerySet[Listing], text: str) -> QuerySet[Listing]:
    """Those rows that hold each word in a cell, or in the name of the vendor that they are linked to."""
    for word in text.split()[:8]:
        in_cell = Q()
        for column in (
            "vendor",
            "product",
            "category",
            "identifier",
            "name__vendor__name",
            "name__vendor__aliases__text",
        ):
            in_cell |= Q(**{f"entry__{column}__icontains": word})
        rows = rows.filter(pk__in=rows.filter(in_cell).order_by().values("pk"))
    return rows


def _columns(rows: Any) -> set[str]:
    """The columns in which some row says something, so that an empty one is not shown."""
    return {
        column
        for column in ("vendor", "product", "category", "identifier", "extra")
        if any(getattr(row.entry, column) for row in rows)
    }


def _chart(vendor_list: VendorList, seen: Observed, now: datetime) -> Any:
    """Size over time. A full observation holds until the next full one, if that is near; a partial one names some."""
    moments = [o.at for o in seen.observations]
    if len(moments) < 2:
        return ""
    scheduled = vendor_list.next_check_at is not None
    start, end = charts.window(moments, until=now if scheduled else None)
    full = [o.at for o in seen.observations if o.full]
    holds = dict(pairwise([*full, end if scheduled else moments[-1]]))
    counts = dict(presence.size_series(vendor_list, full)) | presence.named_sizes(vendor_list, seen)
    stretches = [
        charts.Stretch(at, until if (until := holds.get(at, at)) - at <= vendor_list.gap_after else at, counts[at])
        for at in moments
        if at in counts
    ]
    if not stretches:
        return ""
    first, last = (sum(counts[at].values()) for at in (stretches[0].start, stretches[-1].start))
    label = (
        f"{first:,} entries at the first observation, {last:,} at the last; the table of snapshots gives each number."
    )
    return charts.sizes(stretches, charts.Axis(start, end), label)


def _snapshots(request: HttpRequest, vendor_list: VendorList, seen: Observed) -> tuple[Any, list[Any]]:
    """One page of the snapshots of whatever status, each with what it changed and where to compare it."""
    newest = vendor_list.snapshots.select_related("recipe").order_by("-captured_at", "-pk")
    page = Paginator(newest, _SNAPSHOTS).get_page(request.GET.get("snapshots"))
    counts: dict[int, dict[str, int]] = {}
    for pk, kind, n in (
        Change.objects.filter(later__in=[s.pk for s in page])
        .order_by()
        .values_list("later_id", "kind")
        .annotate(n=Count("pk"))
    ):
        counts.setdefault(pk, {})[kind] = n
    rows = [
        (
            s,
            {k: counts[s.pk][k] for k in KINDS if k in counts.get(s.pk, {})},
            seen.since_previous(s.captured_at) if s.is_published else "",
            _stamp(seen, s),
        )
        for s in page
    ]
    return page, rows


def _stamp(seen: Observed, snapshot: Snapshot) -> str:
    return seen.stamp(snapshot.captured_at) if snapshot.is_published else ""
