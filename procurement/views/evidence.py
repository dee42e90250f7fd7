"""The evidence: a snapshot with everything that proves it, and the bytes as received."""

import logging
import mimetypes
import re
from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from procurement import tables
from procurement.captures import CaptureError
from procurement.comparison import iso
from procurement.models import Capture, Change, Entry, Listing, Snapshot
from procurement.views.changes import KINDS, stamps_of

logger = logging.getLogger(__name__)

PER_PAGE = 100
_COLUMNS = ("product", "category", "identifier", "origin")
_RUNS = 10
_LOG_STEPS = 60

# Shown as text; anything else is only ever saved.
_TEXT = re.compile(r"text/[\w.+-]+|application/(?:[\w.-]+\+)?(?:json|xml|javascript|csv|yaml|x-ndjson)")
# What a browser would run if the saved file were opened.
_ACTIVE = {".html", ".htm", ".xhtml", ".xht", ".svg", ".xml", ".js", ".mjs", ".mht", ".mhtml"}
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,38}")


@require_safe
def snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    """One snapshot: what it is, what proves it, how it was read, and what it says."""
    known = Snapshot.objects.select_related("list__authority", "capture", "recipe", "supersedes")
    found = known.filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no snapshot {pk} here. A list's page names its snapshots.")
    page = Paginator(tables.rows_of(found).rows, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    raw_url = request.build_absolute_uri(reverse("capture-raw", args=[found.capture_id]))
    context = {
        "snapshot": found,
        "list": found.list,
        "capture": found.capture,
        "headers": _headers(found.capture),
        "further_pages": found.capture.pages.order_by("page"),
        "raw_url": raw_url,
        "file_name": file_name(found.capture),
        "decisions": found.decisions.select_related("by"),
        "runs": _runs(found),
        "page": page,
        "rows": rows,
        "columns": [c for c in _COLUMNS if any(getattr(row, c) for row in rows)],
        "headings": _headings(rows),
        "superseded_by": Snapshot.objects.filter(supersedes=found).first(),
        "citation": citation(found, request.build_absolute_uri(found.get_absolute_url())),
        **_neighbours(found),
    }
    return render(request, "procurement/snapshot.html", context)


def _headings(rows: Sequence[Entry]) -> list[str]:
    """Headings of the further columns that these rows have, in their order on the page."""
    return list(dict.fromkeys(h for row in rows for h, value in row.extra.items() if value))


def _headers(capture: Capture) -> list[tuple[str, str]]:
    return sorted((str(name), str(value)) for name, value in capture.headers.items())


def _runs(snapshot: Snapshot) -> list[tuple[Any, list[list[str]]]]:
    """The runs that led to a snapshot, each with the steps of its log as [moment, text]."""
    runs = snapshot.runs.order_by("created_at", "pk")[:_RUNS]
    return [(run, [s for s in run.log[:_LOG_STEPS] if isinstance(s, list) and len(s) == 2]) for run in runs]


def _neighbours(snapshot: Snapshot) -> dict[str, Any]:
    """The published snapshots on either side, and in short what differs from the one before."""
    published = snapshot.list.snapshots.published()
    previous = published.filter(captured_at__lt=snapshot.captured_at).order_by("-captured_at").first()
    following = published.filter(captured_at__gt=snapshot.captured_at).order_by("captured_at").first()
    context: dict[str, Any] = {"previous": previous, "following": following}
    if previous is None:
        return context
    if snapshot.is_published:
        rows = Change.objects.filter(later=snapshot).order_by().values_list("kind").annotate(Count("pk"))
        counts = dict(rows)
        stamps = stamps_of([previous.pk, snapshot.pk])
        ends = f"{stamps[previous.pk]}..{stamps[snapshot.pk]}"
        context["comparison"] = reverse("comparison", args=[snapshot.list.slug, ends])
        context["differences"] = [(kind, counts[kind]) for kind in KINDS if counts.get(kind)]
    elif snapshot.is_full:
        context |= _would_change(snapshot, previous)
    return context


def _would_change(snapshot: Snapshot, previous: Snapshot) -> dict[str, int]:
    """What an unpublished snapshot would take from the list and bring to it, by key."""
    ours, theirs = Q(named_by=snapshot), Q(pk__in=_carried(previous))
    of_list = Entry.objects.filter(list=snapshot.list_id).order_by()

    def missing(there: Q, here: Q) -> int:
        keys = of_list.filter(here).values("key")
        return of_list.filter(there).exclude(key__in=keys).values("key").distinct().count()

    return {"would_go": missing(theirs, ours), "would_come": missing(ours, theirs)}


def _carried(snapshot: Snapshot) -> QuerySet[Listing, Any]:
    return Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at).values("entry")


def citation(snapshot: Snapshot, address: str) -> str:
    """The line by which a snapshot is cited; `address` is its own, absolute."""
    listed, capture = snapshot.list, snapshot.capture
    verb = {"captured": "as captured", "reported": "as reported for", "inferred": "as inferred for"}[snapshot.basis]
    edition = f", {snapshot.label}" if snapshot.label else ""
    coverage = "" if snapshot.is_full else " (partial)"
    status = "" if snapshot.is_published else f", {snapshot.status}"
    source = f" from {capture.url}" if capture.url else ""
    return (
        f"{listed.authority.name} ({listed.jurisdiction}), “{listed.title}”{edition}, {verb} "
        f"{iso(snapshot.captured_at)}{source}{coverage}. Whitelist Tracker, snapshot {snapshot.pk}{status}, {address}, "
        f"sha256:{capture.sha256}."
    )


@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as received, byte for byte, in a form that no browser runs: as plain text, or to be saved."""
    capture = Capture.objects.select_related("list").filter(pk=pk).first()
    if capture is None:
        raise Http404(f"There is no capture {pk} here. A snapshot's page leads to the bytes that prove it.")
    try:
        body = capture.body
    except CaptureError as error:
        logger.exception("Capture %s cannot be served: %s", pk, error)
        context = {"capture": capture}
        return render(request, "procurement/capture_lost.html", context, status=500)
    response = HttpResponse(body, content_type=safe_type(capture, body))
    inline = response["Content-Type"].startswith("text/plain")
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{file_name(capture)}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    return response


def safe_type(capture: Capture, body: bytes) -> str:
    """`text/plain` with the encoding, for text; bytes that are only saved, for anything else."""
    media_type = capture.media_type.partition(";")[0].strip().lower()
    if not media_type and capture.file_name:
        media_type = mimetypes.guess_type(capture.file_name)[0] or ""
    if not _TEXT.fullmatch(media_type):
        return "application/octet-stream"
    charset = capture.encoding.strip()
    if _CHARSET.fullmatch(charset):
        return f"text/plain; charset={charset}"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "text/plain"
    return "text/plain; charset=utf-8"


def file_name(capture: Capture) -> str:
    """What the saved bytes are called: list, time and hash; with .txt behind what a browser would run."""
    kind = capture.media_type.partition(";")[0].strip().lower()
    ending = mimetypes.guess_extension(kind) or mimetypes.guess_extension(
        mimetypes.guess_type(capture.file_name)[0] or ""
    )
    ending = ending or ".bin"
    if ending in _ACTIVE:
        ending += ".txt"
    return f"{capture.list.slug}_{capture.captured_at:%Y%m%dT%H%M%SZ}_{capture.sha256[:12]}{ending}"
