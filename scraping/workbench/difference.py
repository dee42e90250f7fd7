"""What saving a draft would do to a list: found out by recording it for a moment, and taking that back."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction

from procurement import recording
from procurement.admin.preview import Preview, Rows
from procurement.entries import count_keys
from procurement.models import Capture, Snapshot, VendorList
from scraping import extractors, guard, paging, pipeline
from scraping.workbench.drafts import Draft


@dataclass(frozen=True, slots=True)
class Difference:
    """A draft against what its list carries at its time. Plain values: nothing of it is stored.

    `held` is why the guard would hold it, "" where it would be published.
    """

    previous: Snapshot | None
    rows: int
    held: str
    summary: str
    groups: list[Rows] = field(default_factory=list)
    vendors_leaving: list[str] = field(default_factory=list)
    is_recorded: bool = False  # these bytes, from this moment


def between(draft: Draft, vendor_list: VendorList, reading: extractors.Reading, coverage: str) -> Difference:
    """What would vanish, come and change, and what the guard would say, as the pipeline itself finds it."""
    before = vendor_list.snapshots.before(draft.moment)
    previous, full = before.select_related("capture").first(), before.full().first()
    size = guard.Size(len(reading.rows), count_keys(reading.rows))
    whole, held = coverage == Snapshot.Coverage.FULL, ""
    if whole and draft.method == Capture.Method.FILE:
        held = paging.missing(reading)
    if not held and (whole or not reading.rows):
        held = pipeline.suspicion(None, size, guard.Size(full.row_count, full.entry_count) if full else None)
    if _is_recorded(draft, vendor_list):
        said = "Nothing would change: these very bytes are recorded already, from this moment."
        return Difference(previous, size.rows, "", said, is_recorded=True)
    with transaction.atomic():
        capture = Capture.objects.create(
            list=vendor_list, captured_at=draft.moment, sha256=draft.sha256, size=draft.size, method="trial"
        )
        # Held, so that nothing is painted: what publishing it would change is all that is asked.
        hold = "Tried on the workbench."
        trial = recording.record(capture, reading.rows, recipe=None, hold=hold, coverage=coverage).snapshot
        preview = Preview(trial)
        found = Difference(previous, size.rows, held, preview.summary, preview.groups, preview.vendors_leaving)
        transaction.set_rollback(True)
    return found


def _is_recorded(draft: Draft, vendor_list: VendorList) -> bool:
    same = vendor_list.captures.filter(captured_at=draft.moment, sha256=draft.sha256)
    return same.filter(snapshots__isnull=False).exists()


def other_recipe(draft: Draft, vendor_list: VendorList) -> int | None:
    """The version of the list's recipe, where the draft is read by another; None where it is the same, or the first."""
    latest = vendor_list.recipes.first()
    if latest is None or extractors.Recipe.from_text(latest.text) == extractors.Recipe.from_text(draft.recipe):
        return None
    return latest.version
