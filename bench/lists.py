"""Making the benchmark's list through the real pipeline."""

from datetime import UTC, datetime, timedelta

from bench import data
from procurement.models import Authority, VendorList
from scraping import pipeline

START = datetime(2024, 1, 1, tzinfo=UTC)


def make(slug: str) -> VendorList:
    """An empty list."""
    authority, _ = Authority.objects.get_or_create(name="Bench", jurisdiction="US")
    return VendorList.objects.create(slug=slug, title=slug, authority=authority)


def ingest(vendor_list: VendorList, rows: list[list[str]], day: int) -> None:
    """Record rows as the list's CSV file of a day."""
    ingest_body(vendor_list, data.as_csv(rows), day)


def ingest_body(vendor_list: VendorList, body: bytes, day: int) -> None:
    """Record a file of a day; it must be published."""
    run = pipeline.ingest(vendor_list, body, at=START + timedelta(days=day))
    assert run.outcome == "recorded", run.reason
