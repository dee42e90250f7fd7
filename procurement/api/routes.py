"""The addresses under /api/v1/. Each reads its question, asks a table or a comparison, and answers."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from pydantic.json_schema import SkipJsonSchema

from procurement import items, tables
from procurement.api import schemas
from procurement.api.asking import Paging, page, strict
from procurement.comparison import Comparison, NotObservedError, moment_of, snapshot_on
from procurement.filters import changes_feed, problem_of
from procurement.models import Snapshot, Statement, VendorList
from procurement.searching import LONGEST
from procurement.views.vendors import VendorForm
from vendors.models import Vendor

router = Router()

Absent = SkipJsonSchema[None]  # a parameter may be left out, but there is no null to send

_WRONG = {400: schemas.Error}
_WRONG_OR_UNKNOWN = {400: schemas.Error, 404: schemas.Error}
_DAY = "A day (2014-07-31: its end, UTC) or a time (2014-07-31T12:00Z)."
_Country = Field(None, description="Two letters, ISO 3166-1, or EU.", max_length=10)


def _list(slug: str) -> VendorList:
    found = VendorList.objects.with_authority().filter(slug=slug).first()
    if found is None:
        raise HttpError(404, f"No list has the slug “{slug}”. They are all at /api/v1/lists.")
    return found


def _vendor(slug: str) -> Vendor:
    found = tables.vendors(Vendor.objects.filter(slug=slug)).rows
    assert isinstance(found, QuerySet)
    vendor: Vendor | None = found.first()
    if vendor is None:
        raise HttpError(404, f"No vendor has the slug “{slug}”. They are all at /api/v1/vendors.")
    return vendor


def _on(vendor_list: VendorList, day: str) -> Snapshot:
    """The snapshot that governs a day: a wrong day is 400, one before the first observation 404."""
    try:
        moment_of(day)
    except NotObservedError as error:
        raise HttpError(400, str(error)) from error
    try:
        return snapshot_on(vendor_list, day)
    except NotObservedError as error:
        raise HttpError(404, str(error)) from error


class ListsAsked(Paging):
    jurisdiction: str | Absent = _Country
    kind: schemas.ListKind | Absent = None


@router.get("/lists", response={200: schemas.Page[schemas.VendorList], **_WRONG}, summary="All lists", tags=["Lists"])
@strict
def lists(request: HttpRequest, asked: Query[ListsAsked]) -> dict[str, Any]:
    """Every list, with when it was first and last observed."""
    rows = VendorList.objects.all()
    if asked.jurisdiction:
        rows = rows.filter(authority__jurisdiction=asked.jurisdiction.upper())
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    return page(request, tables.lists(rows), asked)


@router.get(
    "/lists/{slug:slug}", response={200: schemas.VendorList, **_WRONG_OR_UNKNOWN}, summary="One list", tags=["Lists"]
)
@strict
def one_list(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One list."""
    return tables.lists(VendorList.objects.filter(pk=_list(slug).pk)).page(0, 1)[0]


class CompareAsked(Schema):
    start: str = Field(alias="from", description=_DAY, max_length=40)
    end: str = Field(alias="to", description=_DAY, max_length=40)


@router.get(
    "/lists/{slug:slug}/compare",
    response={200: schemas.Comparison, **_WRONG_OR_UNKNOWN},
    by_alias=True,
    summary="A list between two days",
    tags=["Lists"],
)
@strict
def compare(request: HttpRequest, slug: str, asked: Query[CompareAsked]) -> dict[str, Any]:
    """What changed on a list between two days, each as last observed on or before it."""
    vendor_list = _list(slug)
    start, end = _on(vendor_list, asked.start), _on(vendor_list, asked.end)
    try:
        return Comparison(vendor_list, start, end).as_json()
    except NotObservedError as error:
        raise HttpError(400, str(error)) from error


class EntriesAsked(Paging):
    on: str | Absent = Field(None, description=f"{_DAY} Left out: now.", max_length=40)


@router.get(
    "/lists/{slug:slug}/entries",
    response={200: schemas.Entries, **_WRONG_OR_UNKNOWN},
    summary="A list as of a day",
    tags=["Lists"],
)
@strict
def entries(request: HttpRequest, slug: str, asked: Query[EntriesAsked]) -> dict[str, Any]:
    """The list as of a day."""
    vendor_list = _list(slug)
    snapshot = _on(vendor_list, asked.on or f"{timezone.now():%Y-%m-%d}")
    return {
        **page(request, tables.entries_on(snapshot), asked),
        "list": items.list_ref(vendor_list),
        "snapshot": items.snapshot_item(snapshot),
    }


class SnapshotsAsked(Paging):
    status: Literal["published", "held", "withdrawn", "superseded", "any"] = "published"


@router.get(
    "/lists/{slug:slug}/snapshots",
    response={200: schemas.Page[schemas.Snapshot], **_WRONG_OR_UNKNOWN},
    summary="When a list was observed",
    tags=["Lists"],
)
@strict
def snapshots(request: HttpRequest, slug: str, asked: Query[SnapshotsAsked]) -> dict[str, Any]:
    """When a list was observed, the latest first. Only published snapshots make its history."""
    status = "" if asked.status == "any" else asked.status
    return page(request, tables.snapshots(_list(slug), status), asked)


class ChangesAsked(Paging):
    jurisdiction: str | Absent = Field(None, description="Of the list. Two letters, ISO 3166-1, or EU.")
    list_slug: str | Absent = Field(None, alias="list", description="A list's slug.")
    list_kind: schemas.ListKind | Absent = None
    kind: list[schemas.ChangeKind] = Field([], description="May be repeated.")
    relation: schemas.Relation | Absent = Field(
        None, description="The vendor's origin on that day against the list's jurisdiction."
    )
    origin: str | Absent = Field(None, description="The vendor's origin on that day. Two letters, ISO 3166-1.")
    category: str | Absent = Field(None, description="Of the list, or of the row as printed.", max_length=200)
    vendor: str | Absent = Field(None, description="A vendor's slug.")
    text: str | Absent = Field(
        None, description="Words that all stand in the row as printed or in a name of its vendor.", max_length=200
    )
    since: str | Absent = Field(None, description="First day, UTC.", json_schema_extra={"format": "date"})
    until: str | Absent = Field(None, description="Last day, UTC.", json_schema_extra={"format": "date"})
    cause: Literal["source", "recipe", "curation", "any"] = Field(
        "source", description="What changed: the source, our recipe or our curation. Only the first is news."
    )


@router.get(
    "/changes",
    response={200: schemas.Page[schemas.Change], **_WRONG},
    summary="What changed, across lists",
    tags=["Changes"],
)
@strict
def changes(request: HttpRequest, asked: Query[ChangesAsked]) -> dict[str, Any]:
    """What changed, across lists, the latest first. The page /changes/ and its exports take the same filters."""
    feed = changes_feed(request.GET)
    if feed.problem:
        raise HttpError(400, feed.problem)
    return page(request, tables.changes(feed), asked)


class VendorsAsked(Paging):
    text: str | Absent = Field(
        None, description="Words of a name, in any language, or an identifier.", max_length=LONGEST
    )
    country: str | Absent = Field(None, description="That controls it today. Two letters, ISO 3166-1.")
    listed: Literal["now", "ever", "never"] | Absent = Field(None, description="Whether some list carries it.")


@router.get("/vendors", response={200: schemas.Page[schemas.Vendor], **_WRONG}, summary="All vendors", tags=["Vendors"])
@strict
def vendors(request: HttpRequest, asked: Query[VendorsAsked]) -> dict[str, Any]:
    """Every vendor, by name. The page /vendors/ and its exports take the same filters."""
    form = VendorForm(request.GET)
    if not form.is_valid():
        raise HttpError(400, problem_of(form))
    return page(request, tables.vendors(form.found()), asked)


@router.get(
    "/vendors/{slug:slug}", response={200: schemas.Vendor, **_WRONG_OR_UNKNOWN}, summary="One vendor", tags=["Vendors"]
)
@strict
def one_vendor(request: HttpRequest, slug: str) -> dict[str, Any]:
    """One vendor with its names, identifiers and owners."""
    return items.vendor_item(_vendor(slug))


@router.get(
    "/vendors/{slug:slug}/listings",
    response={200: schemas.Page[schemas.Spell], **_WRONG_OR_UNKNOWN},
    summary="When lists carried a vendor",
    tags=["Vendors"],
)
@strict
def listings(request: HttpRequest, slug: str, asked: Query[Paging]) -> dict[str, Any]:
    """A vendor's spells on lists, those that are listed still first."""
    return page(request, tables.spells(_vendor(slug)), asked)


@router.get(
    "/snapshots/{int:number}",
    response={200: schemas.SnapshotDetail, **_WRONG_OR_UNKNOWN},
    summary="One snapshot and its capture",
    tags=["Evidence"],
)
@strict
def snapshot(request: HttpRequest, number: int) -> dict[str, Any]:
    """One snapshot, whatever became of it, with its capture and the recipe that read it."""
    found = (
        Snapshot.objects.select_related("list__authority", "capture", "recipe")
        .prefetch_related("decisions")
        .filter(pk=number)
        .first()
    )
    if found is None:
        raise HttpError(404, f"There is no snapshot {number}.")
    return items.snapshot_detail(found)


class StatementsAsked(Paging):
    list_slug: str | Absent = Field(None, alias="list", description="A list's slug.", max_length=100)
    vendor: str | Absent = Field(None, description="A vendor's slug.", max_length=100)


@router.get(
    "/statements",
    response={200: schemas.Page[schemas.Statement], **_WRONG_OR_UNKNOWN},
    summary="Who said what",
    tags=["Statements"],
)
@strict
def statements(request: HttpRequest, asked: Query[StatementsAsked]) -> dict[str, Any]:
    """Who said what about which list and vendors."""
    rows = Statement.objects.all()
    if asked.list_slug:
        rows = rows.filter(list=_list(asked.list_slug))
    if asked.vendor:
        rows = rows.filter(vendors=_vendor(asked.vendor))
    return page(request, tables.statements(rows), asked)
