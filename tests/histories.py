"""Making lists and snapshots in tests, through the front door of recording."""

from datetime import UTC, datetime, timedelta
from itertools import count

from procurement import captures, recording
from procurement.entries import Row
from procurement.models import Authority, Capture, Recipe, VendorList

START = datetime(2024, 1, 1, tzinfo=UTC)
_serial = count(1)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def make_list(jurisdiction: str = "CN", **fields: object) -> VendorList:
    authority, _ = Authority.objects.get_or_create(name=f"Authority of {jurisdiction}", jurisdiction=jurisdiction)
    n = next(_serial)
    fields = {"slug": f"list-{n}", "title": f"List {n}", **fields}
    return VendorList.objects.create(authority=authority, **fields)


def make_capture(vendor_list: VendorList, at: datetime, body: bytes) -> Capture:
    digest = captures.keep(body)
    capture, _ = Capture.objects.get_or_create(
        list=vendor_list, captured_at=at, sha256=digest, url="", method="file", defaults={"size": len(body)}
    )
    return capture


def make_recipe(vendor_list: VendorList) -> Recipe:
    return Recipe.objects.create(list=vendor_list, version=vendor_list.recipes.count() + 1, text="format: csv")


def record(vendor_list: VendorList, at: datetime, rows: list[Row], **options: object) -> recording.Recorded:
    """Record rows at a time; each set of rows and time is a capture of its own."""
    options.setdefault("recipe", vendor_list.recipes.first())
    return recording.record(
        make_capture(vendor_list, at, repr((at, rows, options.get("coverage"))).encode()), rows, **options
    )
