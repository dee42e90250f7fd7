"""The addresses of CSV and JSON: each page's own, without its last slash, with an extension and the same filters."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from procurement import columns, items, tables
from procurement.comparison import Comparison, NotObservedError, moment_of, snapshot_on
from procurement.exports import csv_response, json_object, json_response, refused
from procurement.filters import ChangeFilter, changes_feed, problem_of
from procurement.models import Snapshot, Statement, VendorList
from procurement.searching import clean
from procurement.tables import Table
from procurement.views.vendors import VendorForm
from vendors.models import Vendor

# What a page's address carries besides its filters: which part of it is shown.
_VIEW_ONLY = {"page", "snapshots", "unchanged"}


class NoExportError(Exception):
    """An export that cannot be given: a sentence for the reader, and the status."""

    def __init__(self, sentence: str, status: int = 404) -> None:
        super().__init__(sentence)
        self.status = status


def export(*filters: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view of an export that obeys these filters and refuses others, and says every error in the form asked for."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest, format: str, **kwargs: Any) -> HttpResponseBase:
            try:
                for name, values in request.GET.lists():
                    if name not in {*filters, *_VIEW_ONLY}:
                        raise NoExportError(
                            f"“{name}” is no filter of this export, so it would hold more than asked.", 400
                        )
                    if any("\0" in value for value in values):
                        raise NoExportError(f"“{name}” holds a NUL, which no text has. Take it out.", 400)
                return view(request, format, **kwargs)
            except NoExportError as error:
                return refused(format, str(error), error.status)

        return answer

    return decorate


def the_list(slug: str) -> VendorList:
    found = VendorList.objects.with_authority().filter(slug=slug).first()
    if found is None:
        raise NoExportError(f"There is no list “{slug}” here. They are all in /lists.csv.")
    return found


def the_vendor(slug: str) -> Vendor:
    found = Vendor.objects.prefetch_related("ownerships").filter(slug=slug).first()
    if found is None:
        raise NoExportError(f"There is no vendor “{slug}” here. They are all in /vendors.csv.")
    return found


def _on(vendor_list: VendorList, day: str) -> Snapshot:
    try:
        moment_of(day)
    except NotObservedError as error:
        raise NoExportError(str(error), 400) from error
    try:
        return snapshot_on(vendor_list, day)
    except NotObservedError as error:
        raise NoExportError(str(error)) from error


def _table(
    request: HttpRequest, extension: str, table: Table[Any], named: columns.Columns, name: str, **beside: Any
) -> HttpResponseBase:
    if extension == "json":
        return json_response(table.all(), **beside)
    return csv_response(request, ({**item, **beside} for item in table.all()), named, name)


@export()
def lists(request: HttpRequest, format: str) -> HttpResponseBase:
    return _table(request, format, tables.lists(), columns.LISTS, "lists")


@export("q", "category")
def list_now(request: HttpRequest, format: str, slug: str) -> HttpResponseBase:
    return _entries(request, format, _on(the_list(slug), f"{timezone.now():%Y-%m-%d}"), slug)


@export("q", "category")
def as_of(request: HttpRequest, format: str, slug: str, day: str) -> HttpResponseBase:
    return _entries(request, format, _on(the_list(slug), day), f"{slug}_on_{_safe(day)}")


def _entries(request: HttpRequest, extension: str, snapshot: Snapshot, name: str) -> HttpResponseBase:
    table = tables.entries_on(snapshot, clean(request.GET.get("q", "")), request.GET.get("category", ""))
    beside = {"list": items.list_ref(snapshot.list), "snapshot": items.snapshot_item(snapshot)}
    return _table(request, extension, table, columns.ENTRIES, name, **beside)


@export()
def snapshots(request: HttpRequest, format: str, slug: str) -> HttpResponseBase:
    """Every snapshot of a list, whatever became of it."""
    return _table(request, format, tables.snapshots(the_list(slug), ""), columns.SNAPSHOTS, f"{slug}_snapshots")


@export("kind")
def comparison(request: HttpRequest, format: str, slug: str, ends: str) -> HttpResponseBase:
    """A comparison: as JSON whole, as every interface gives it; as CSV its changes and what is first seen."""
    vendor_list = the_list(slug)
    start, dots, end = ends.partition("..")
    if not (start and dots and end):
        raise NoExportError(f"“{ends}” is no range. Write two dates with two dots: 2013-06-27..2014-07-31.", 400)
    try:
        compared = Comparison(vendor_list, _on(vendor_list, start), _on(vendor_list, end))
    except NotObservedError as error:
        raise NoExportError(str(error), 400) from error
    if format == "json":
        return json_object(compared.as_json())
    rows = (items.change_item(d, vendor_list) for d in [*compared.changes, *compared.first_seen])
    kind = request.GET.get("kind", "")
    chosen = (row for row in rows if kind in {"", row["kind"]})
    return csv_response(request, chosen, columns.CHANGES, f"{slug}_{_safe(start)}_to_{_safe(end)}")


@export(*ChangeFilter.base_filters)
def changes(request: HttpRequest, format: str) -> HttpResponseBase:
    return _table(request, format, tables.changes(valid(changes_feed(request.GET))), columns.CHANGES, "changes")


def valid(feed: ChangeFilter) -> ChangeFilter:
    """The feed, if nothing is wrong with what was asked of it."""
    if feed.problem:
        raise NoExportError(feed.problem, 400)
    return feed


@export(*VendorForm.base_fields)
def vendors(request: HttpRequest, format: str) -> HttpResponseBase:
    form = VendorForm(request.GET)
    if not form.is_valid():
        raise NoExportError(problem_of(form), 400)
    return _table(request, format, tables.vendors(form.found()), columns.VENDORS, "vendors")


@export()
def vendor(request: HttpRequest, format: str, slug: str) -> HttpResponseBase:
    """A vendor's spells on lists."""
    found = the_vendor(slug)
    return _table(request, format, tables.spells(found), columns.SPELLS, f"vendor_{slug}")


@export()
def snapshot(request: HttpRequest, format: str, pk: int) -> HttpResponseBase:
    """A snapshot's rows as read."""
    found = Snapshot.objects.select_related("list__authority", "capture", "recipe").filter(pk=pk).first()
    if found is None:
        raise NoExportError(f"There is no snapshot {pk} here.")
    beside = {"snapshot": items.snapshot_detail(found)}
    return _table(request, format, tables.rows_of(found), columns.ROWS, f"snapshot_{pk}", **beside)


@export("list", "vendor")
def statements(request: HttpRequest, format: str) -> HttpResponseBase:
    rows = Statement.objects.all()
    if slug := request.GET.get("list"):
        rows = rows.filter(list=the_list(slug))
    if slug := request.GET.get("vendor"):
        rows = rows.filter(vendors=the_vendor(slug))
    return _table(request, format, tables.statements(rows), columns.STATEMENTS, "statements")


def _safe(stamp: str) -> str:
    """A date or time as a file's name may hold it."""
    return "".join(c for c in stamp if c.isascii() and (c.isalnum() or c == "-"))
