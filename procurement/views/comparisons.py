"""The product's face: a list between two dates."""

from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from procurement import charts, grouping, narrative, presence
from procurement.comparison import Comparison, NotObservedError, compare, moment_of
from procurement.models import Change, Listing, Snapshot, VendorList
from procurement.observations import Observed, observed
from procurement.views.finding import find_list, not_observed

_PICKED = 60  # snapshots that a menu may hold; beyond, dates are typed
_GROUPS, _EDITS, _ROWS, _LANES, _TICKS = 100, 25, 200, 40, 160
_FEW = 60  # unchanged rows that are simply there, folded


@require_safe
def comparison(request: HttpRequest, slug: str, ends: str) -> HttpResponse:
    vendor_list = find_list(slug)
    start, _, end = ends.partition("..")
    try:
        compared = compare(vendor_list, start, end)
    except NotObservedError as error:
        return not_observed(request, vendor_list, error)
    seen = observed(vendor_list)
    kind = request.GET.get("kind", "")
    found = [s for s in grouping.sections(compared) if kind in {"", s.kind}]
    parts = narrative.sentence(compared)
    context = {
        "list": vendor_list,
        "comparison": compared,
        "ends": f"{seen.stamp(compared.start.captured_at)}..{seen.stamp(compared.end.captured_at)}",
        "parts": parts,
        "plain": narrative.plain(parts),
        "caveats": narrative.caveats(compared),
        "sections": [(s, _page(request, s, only=bool(kind))) for s in found],
        "kind": kind,
        "picker": _picker(seen, compared),
        "steps": _steps(vendor_list, seen, compared),
        "strip": _strip(vendor_list, seen, compared),
        "unchanged": _unchanged(request, compared),
        "citation": narrative.citation(compared, request.build_absolute_uri(request.path), timezone.now().date()),
        "asked": _asked(start, end, compared),
    }
    return render(request, "procurement/comparison.html", context)


@require_safe
def comparison_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the picker leads; without dates, to the list's latest change."""
    vendor_list = find_list(slug)
    start, end = (request.GET.get(name, "").strip() for name in ("from", "to"))
    try:
        in_order = sorted((text for text in (start, end) if text), key=moment_of)
    except NotObservedError as error:
        return not_observed(request, vendor_list, error)
    if len(in_order) == 2:
        return redirect("comparison", slug, "..".join(in_order))
    seen = observed(vendor_list)
    if not seen:
        return not_observed(
            request, vendor_list, NotObservedError(f"“{vendor_list.title}” has no published snapshot yet.")
        )
    if start or end:
        pair = (start, seen.stamp(seen.last.at)) if start else (seen.stamp(seen.first.at), end)
        return redirect("comparison", slug, "..".join(pair))
    changed = Change.objects.filter(list=vendor_list).order_by("-at").values_list("at", flat=True).first()
    ends = seen.since_previous(changed or seen.last.at)
    return redirect("comparison", slug, ends or f"{seen.stamp(seen.first.at)}..{seen.stamp(seen.last.at)}")


def _page(request: HttpRequest, section: grouping.Section, *, only: bool) -> Page[Any]:
    """A section shows its first groups; alone on the page (`?kind=`), it can be paged through."""
    each = _EDITS if section.is_edit and not only else _GROUPS
    return Paginator(section.groups, each).get_page(request.GET.get("page") if only else 1)


def _picker(seen: Observed, compared: Comparison) -> dict[str, Any]:
    """What the form offers: every snapshot, or, where they are too many, a date between the first and the last."""
    options = []
    if len(seen.observations) <= _PICKED:
        options = [(seen.stamp(o.at), o) for o in reversed(seen.observations)]
    return {
        "options": options,
        "start": seen.stamp(compared.start.captured_at),
        "end": seen.stamp(compared.end.captured_at),
        "first": seen.first.at,
        "last": seen.last.at,
    }


def _steps(vendor_list: VendorList, seen: Observed, compared: Comparison) -> dict[str, str]:
    """The ends of the change before and the change after this range, as addresses write them; blank where none is."""
    changes = Change.objects.filter(list=vendor_list)
    earlier = changes.filter(at__lte=compared.start.captured_at).order_by("-at").values_list("at", flat=True).first()
    later = changes.filter(at__gt=compared.end.captured_at).order_by("at").values_list("at", flat=True).first()
    return {name: seen.since_previous(at) if at else "" for name, at in (("earlier", earlier), ("later", later))}


def _asked(start: str, end: str, compared: Comparison) -> list[tuple[str, Snapshot]]:
    """Dates that were asked for on which the list was not observed, with the snapshot that stands for each."""
    return [
        (text, snapshot)
        for text, snapshot in ((start, compared.start), (end, compared.end))
        if not text.startswith(f"{snapshot.captured_at:%Y-%m-%d}")
    ]


def _strip(vendor_list: VendorList, seen: Observed, compared: Comparison) -> dict[str, Any] | None:
    """Who was on the list when: those who came or left first, and of a short list everybody."""
    came = compared.vendors_that("came", "added", "relisted", "first_seen")
    drawable = [t for t in (*compared.vendors_that("left", "dropped"), *came) if t.name]
    if compared.start.entry_count + compared.end.entry_count <= 2 * _LANES:
        drawable += [t for t in compared.vendors if t.name and t not in drawable]
        drawable += presence.others(compared)
    if not drawable:
        return None
    lanes = drawable[:_LANES]
    scheduled = vendor_list.next_check_at is not None
    moments = [o.at for o in seen.observations]
    start, end = charts.window(moments, until=timezone.now() if scheduled else None)
    axis = charts.Axis(start, end, (compared.start.captured_at, compared.end.captured_at))
    rows = presence.segments_of(vendor_list, seen, lanes, since=start, until=end, checked=scheduled)
    drawn = charts.strip(
        [
            charts.Lane(t.name, segments, t.relation, t.vendor.get_absolute_url() if t.vendor else "")
            for t, segments in zip(lanes, rows, strict=True)
        ],
        axis,
        _ticks(seen),
    )
    return {"drawn": drawn, "left_out": len(drawable) - len(lanes)}


def _ticks(seen: Observed) -> list[tuple[datetime, str]]:
    if len(seen.observations) + len(seen.missed) > _TICKS:
        return []
    ticks = [(o.at, "seen" if o.full else "seen partial") for o in seen.observations]
    return [*ticks, *((at, "missed") for at in seen.missed)]


def _unchanged(request: HttpRequest, compared: Comparison) -> dict[str, Any]:
    """How many entries stayed, and the rows where they are few or asked for."""
    count = compared.summary["unchanged"]
    asked = "unchanged" in request.GET
    if not asked and count > _FEW:
        return {"count": count, "page": None, "open": False}
    on_both = Listing.objects.filter(list=compared.list).on(compared.end.captured_at)
    before = Listing.objects.filter(list=compared.list).on(compared.start.captured_at)
    rows = (
        on_both.filter(entry__in=before.values("entry"))
        .select_related("entry__name__vendor")
        .prefetch_related("entry__name__vendor__ownerships")
        .order_by("entry__vendor", "entry__product", "entry__identifier", "pk")
    )
    return {"count": count, "page": Paginator(rows, _ROWS).get_page(request.GET.get("unchanged")), "open": asked}
