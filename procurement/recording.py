"""The only writer of snapshots, entries, listings and changes.

Recording, backfilling, publishing, withdrawing, restoring and re-reading are one operation: decide which published
snapshots there are, then paint the list anew from the one that changed to the next full snapshot. A full snapshot
carries what it names and nothing else; a partial one adds what it names and ends nothing. Every paint holds a lock on
the list's row.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction

from procurement import entries as keys
from procurement.changes import derive_changes, judge_causes
from procurement.entries import Row
from procurement.history import chunks
from procurement.models import FOREVER, Capture, Change, Decision, Listing, Recipe, Snapshot, VendorList
from procurement.painting import paint
from procurement.storing import store_entries

Outcome = Literal["recorded", "unchanged", "held"]


class RecordingError(Exception):
    """A decision that the record cannot carry out; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of recording a snapshot. `changes` counts its differences from the published snapshot before it."""

    outcome: Outcome
    snapshot: Snapshot
    changes: Counter[str] = field(default_factory=Counter)
    reason: str = ""


@transaction.atomic
def record(
    capture: Capture,
    rows: Sequence[Row],
    *,
    recipe: Recipe | None,
    coverage: str = Snapshot.Coverage.FULL,
    hold: str = "",
    effective_on: date | None = None,
    basis: str = Snapshot.Basis.CAPTURED,
    basis_note: str = "",
    label: str = "",
) -> Recorded:
    """Record what a capture says as a snapshot of its list at the capture's time, in any order of time.

    Recording the same capture again changes nothing; read by another recipe it supersedes the earlier reading. With
    `hold`, a reason in words, the snapshot is kept but not published. It is held as well where another published
    snapshot has the same time.
    """
    vendor_list = capture.list
    vendor_list.lock()
    again = capture.snapshots.exclude(status=Snapshot.Status.SUPERSEDED).first()
    if again is not None and again.recipe == recipe:
        outcome: Outcome = "held" if again.status == Snapshot.Status.HELD else "unchanged"
        return Recorded(outcome, again, reason=again.reason)
    if again is not None:
        assert recipe is not None
        fresh = supersede(again, rows, recipe=recipe, why=f"Read again by recipe version {recipe.version}.")
        if fresh.status == Snapshot.Status.HELD and not hold:
            return publish(fresh)
        return Recorded("held" if fresh.status == Snapshot.Status.HELD else "recorded", fresh, reason=fresh.reason)
    stored = store_entries(vendor_list, rows, capture.captured_at)
    if not hold:
        hold = _conflict(vendor_list, capture.captured_at)
    content = keys.content_hash(stored.digests)
    if hold and (same := _already_held(vendor_list, content)):
        return Recorded("held", same, reason=same.reason)
    snapshot = Snapshot.objects.create(
        list=vendor_list,
        capture=capture,
        recipe=recipe,
        captured_at=capture.captured_at,
        effective_on=effective_on,
        status=Snapshot.Status.HELD if hold else Snapshot.Status.PUBLISHED,
        coverage=coverage,
        basis=basis,
        basis_note=basis_note,
        label=label,
        row_count=len(rows),
        entry_count=stored.key_count,
        content_hash=content,
        reason=hold,
    )
    if hold or not snapshot.is_full:
        _keep_names(snapshot, stored.copies)
    if hold:
        return Recorded("held", snapshot, reason=hold)
    return _published(snapshot, stored.copies)


@transaction.atomic
def repeat(capture: Capture, previous: Snapshot) -> Recorded:
    """Record that a list still said, at a capture's time, what the published full snapshot just before it said.

    The page had the same bytes and would be read by the same recipe, so its rows need not be read again.
    """
    vendor_list = capture.list
    vendor_list.lock()
    if again := capture.snapshots.exclude(status=Snapshot.Status.SUPERSEDED).first():
        return Recorded("held" if again.status == Snapshot.Status.HELD else "unchanged", again, reason=again.reason)
    hold = _conflict(vendor_list, capture.captured_at)
    snapshot = Snapshot.objects.create(
        list=vendor_list,
        capture=capture,
        recipe=previous.recipe,
        captured_at=capture.captured_at,
        effective_on=previous.effective_on,
        status=Snapshot.Status.HELD if hold else Snapshot.Status.PUBLISHED,
        row_count=previous.row_count,
        entry_count=previous.entry_count,
        content_hash=previous.content_hash,
        reason=hold,
    )
    if hold:
        _keep_names(snapshot, _carried_at(previous))
        return Recorded("held", snapshot, reason=hold)
    if vendor_list.snapshots.published().filter(captured_at__gt=capture.captured_at).exists():
        paint(vendor_list, capture.captured_at, named=_carried_at(previous))
    return Recorded("unchanged", snapshot)


@transaction.atomic
def advance(
    capture: Capture,
    previous: Snapshot,
    *,
    came: Sequence[Row],
    left: Sequence[Row],
    effective_on: date | None = None,
) -> Recorded | None:
    """Record a full snapshot as the list's last one from the rows that came and left since: the same as recording all.

    Returns None, with nothing recorded, where rows that are not given could matter: the last published snapshot is not
    `previous`, or a key stands on more than one row.
    """
    vendor_list = capture.list
    vendor_list.lock()
    last = vendor_list.snapshots.published().order_by("-captured_at").first()
    if last != previous or not last.is_full or last.captured_at >= capture.captured_at or capture.snapshots.exists():
        return None
    arriving, departing = keys.digests_of(came), keys.digests_of(left)
    new_keys, old_keys = keys.keys_of(came), keys.keys_of(left)
    alone = len(set(new_keys)) == len(new_keys) and len(set(old_keys)) == len(old_keys)
    if last.row_count != last.entry_count or not alone:
        return None
    listed = Listing.objects.filter(list=vendor_list, listed_to=FOREVER)
    fresh = set(new_keys) - set(old_keys)
    if any(listed.filter(entry__key__in=chunk).exists() for chunk in chunks(fresh)):
        return None
    gone, new = set(departing) - set(arriving), set(arriving) - set(departing)
    ended = [
        pk
        for chunk in chunks(gone)
        for pk in listed.filter(entry__digest__in=chunk, entry__list=vendor_list).values_list("pk", flat=True)
    ]
    if len(ended) != len(gone):
        return None
    rows = [row for row, digest in zip(came, arriving, strict=True) if digest in new]
    stored = store_entries(vendor_list, rows, capture.captured_at)
    snapshot = Snapshot.objects.create(
        list=vendor_list,
        capture=capture,
        recipe=previous.recipe,
        captured_at=capture.captured_at,
        effective_on=effective_on,
        status=Snapshot.Status.PUBLISHED,
        row_count=previous.row_count - len(left) + len(came),
        entry_count=previous.entry_count - len(old_keys) + len(new_keys),
        content_hash=keys.content_hash(new, after=previous.content_hash, without=gone),
    )
    for chunk in chunks(ended):
        Listing.objects.filter(pk__in=chunk).update(listed_to=capture.captured_at)
    Listing.objects.bulk_create(
        [Listing(list=vendor_list, entry_id=pk, listed_from=capture.captured_at) for pk in stored.copies],
        batch_size=2000,
    )
    derive_changes(vendor_list, [snapshot])
    return _outcome(snapshot)


def _conflict(vendor_list: VendorList, moment: datetime) -> str:
    other = vendor_list.snapshots.published().filter(captured_at=moment).first()
    if other is None:
        return ""
    return (
        f"Snapshot {other.pk} already says what this list said at {moment:%Y-%m-%d %H:%M:%S} UTC, from other bytes. "
        "Withdraw that one before publishing this one, or import this file with its own time."
    )


def _already_held(vendor_list: VendorList, content: str) -> Snapshot | None:
    """The latest snapshot, where it is held and says the same: a page that stays broken is held once."""
    latest = vendor_list.snapshots.order_by("-captured_at", "-pk").first()
    return latest if latest and latest.status == Snapshot.Status.HELD and latest.content_hash == content else None


def _published(snapshot: Snapshot, copies: dict[int, int]) -> Recorded:
    paint(snapshot.list, snapshot.captured_at, named=copies)
    return _outcome(snapshot)


def _outcome(snapshot: Snapshot) -> Recorded:
    changes = Counter(Change.objects.filter(later=snapshot).values_list("kind", flat=True))
    previous = snapshot.list.snapshots.before(snapshot.captured_at).first()
    same = previous and previous.is_full and snapshot.is_full and previous.content_hash == snapshot.content_hash
    return Recorded("unchanged" if same else "recorded", snapshot, changes)


def publish(snapshot: Snapshot, *, by: Any = None, why: str = "") -> Recorded:
    """Publish a held snapshot: from then on it is as if it had never been held.

    Raises:
        RecordingError: it is not held, or another published snapshot has its time.
    """
    return _bring_back(snapshot, Snapshot.Status.HELD, Decision.Action.PUBLISH, by=by, why=why)


def restore(snapshot: Snapshot, *, by: Any = None, why: str = "") -> Recorded:
    """Undo a withdrawal.

    Raises:
        RecordingError: it is not withdrawn, or another published snapshot has its time.
    """
    return _bring_back(snapshot, Snapshot.Status.WITHDRAWN, Decision.Action.RESTORE, by=by, why=why)


@transaction.atomic
def _bring_back(snapshot: Snapshot, status: str, action: str, *, by: Any, why: str) -> Recorded:
    snapshot = _locked(snapshot)
    if snapshot.status != status:
        raise RecordingError(f"Snapshot {snapshot.pk} is {snapshot.get_status_display().lower()}; nothing was changed.")
    if conflict := _conflict(snapshot.list, snapshot.captured_at):
        raise RecordingError(conflict)
    copies = _names_kept(snapshot)
    snapshot.status, snapshot.reason = Snapshot.Status.PUBLISHED, ""
    snapshot.save(update_fields=["status", "reason"])
    if snapshot.is_full:
        snapshot.named.clear()
    Decision.objects.create(snapshot=snapshot, action=action, why=why, by=by)
    return _published(snapshot, copies)


def withdraw(snapshot: Snapshot, *, why: str, by: Any = None) -> Snapshot:
    """Take a published or held snapshot out of the history. Its rows and its capture are kept, and `restore` undoes it.

    Raises:
        RecordingError: no reason is given, or it is neither published nor held.
    """
    if not why.strip():
        raise RecordingError("A withdrawal needs a reason: it stands in the record.")
    return _take_out(snapshot, Snapshot.Status.WITHDRAWN, Decision.Action.WITHDRAW, why=why, by=by)


def hold(snapshot: Snapshot, *, reason: str) -> Snapshot:
    """Hold a published snapshot after all, until a person publishes or withdraws it.

    Raises:
        RecordingError: it is neither published nor held.
    """
    return _take_out(snapshot, Snapshot.Status.HELD, Decision.Action.HOLD, why=reason, by=None)


@transaction.atomic
def _take_out(snapshot: Snapshot, status: str, action: str, *, why: str, by: Any) -> Snapshot:
    snapshot = _locked(snapshot)
    if snapshot.status not in {Snapshot.Status.PUBLISHED, Snapshot.Status.HELD}:
        raise RecordingError(f"Snapshot {snapshot.pk} is {snapshot.get_status_display().lower()}; nothing was changed.")
    was_published = snapshot.is_published
    if was_published and snapshot.is_full:
        _keep_names(snapshot, _carried_at(snapshot))
    snapshot.status, snapshot.reason = status, why
    snapshot.save(update_fields=["status", "reason"])
    if was_published:
        paint(snapshot.list, snapshot.captured_at)
    Decision.objects.create(snapshot=snapshot, action=action, why=why, by=by)
    return snapshot


@transaction.atomic
def supersede(
    snapshot: Snapshot,
    rows: Sequence[Row],
    *,
    recipe: Recipe,
    why: str,
    by: Any = None,
    changes: bool = True,
) -> Snapshot:
    """Put a re-reading of a snapshot's capture in its place; the old reading is kept as superseded.

    The new one takes over the old one's status, so that what was held stays held and what was withdrawn withdrawn.
    Without `changes` the caller has to call `derive_anew` before its transaction ends.

    Raises:
        RecordingError: the snapshot is superseded already.
    """
    snapshot = _locked(snapshot)
    if snapshot.status == Snapshot.Status.SUPERSEDED:
        raise RecordingError(
            f"Snapshot {snapshot.pk} is superseded already; re-read snapshot {snapshot.superseded_by.pk}."
        )
    status, reason = snapshot.status, snapshot.reason
    stored = store_entries(snapshot.list, rows, snapshot.captured_at)
    if status == Snapshot.Status.PUBLISHED and snapshot.is_full:
        _keep_names(snapshot, _carried_at(snapshot))
    Snapshot.objects.filter(pk=snapshot.pk).update(status=Snapshot.Status.SUPERSEDED, reason=why)
    fresh = Snapshot.objects.create(
        list=snapshot.list,
        capture=snapshot.capture,
        recipe=recipe,
        captured_at=snapshot.captured_at,
        effective_on=snapshot.effective_on,
        status=status,
        coverage=snapshot.coverage,
        basis=snapshot.basis,
        basis_note=snapshot.basis_note,
        label=snapshot.label,
        row_count=len(rows),
        entry_count=stored.key_count,
        content_hash=keys.content_hash(stored.digests),
        reason=reason,
        supersedes=snapshot,
    )
    if status != Snapshot.Status.PUBLISHED or not fresh.is_full:
        _keep_names(fresh, stored.copies)
    if status == Snapshot.Status.PUBLISHED:
        paint(fresh.list, fresh.captured_at, named=stored.copies, changes=changes)
    Decision.objects.create(snapshot=snapshot, action=Decision.Action.SUPERSEDE, why=why, by=by)
    return fresh


@transaction.atomic
def derive_anew(vendor_list: VendorList) -> None:
    """Write all changes of a list anew, after many of its snapshots were read again."""
    vendor_list.lock()
    derive_changes(vendor_list, list(vendor_list.snapshots.published().order_by("captured_at")))


@transaction.atomic
def confirm(snapshot: Snapshot, *, recipe: Recipe, why: str, by: Any = None) -> None:
    """Note that another recipe reads the same rows from a snapshot's capture: it stays, and counts as read by that one.

    Raises:
        RecordingError: the snapshot is superseded.
    """
    snapshot = _locked(snapshot)
    if snapshot.status == Snapshot.Status.SUPERSEDED:
        raise RecordingError(f"Snapshot {snapshot.pk} is superseded; nothing was changed.")
    Snapshot.objects.filter(pk=snapshot.pk).update(recipe=recipe)
    Decision.objects.create(snapshot=snapshot, action=Decision.Action.REREAD, why=why, by=by)
    if snapshot.is_published:
        published = snapshot.list.snapshots.published().filter(captured_at__gte=snapshot.captured_at)
        judge_causes(snapshot.list, list(published.order_by("captured_at")[:2]))


def _locked(snapshot: Snapshot) -> Snapshot:
    """The snapshot as it is now, with its list's lock held."""
    snapshot.list.lock()
    return Snapshot.objects.select_related("list", "capture").get(pk=snapshot.pk)


def _carried_at(snapshot: Snapshot) -> dict[int, int]:
    carried = Listing.objects.filter(list=snapshot.list).on(snapshot.captured_at)
    return dict(carried.values_list("entry_id", "copies"))


def _keep_names(snapshot: Snapshot, entry_ids: Iterable[int]) -> None:
    through = Snapshot.named.through
    for chunk in chunks(entry_ids):
        through.objects.bulk_create(
            [through(snapshot_id=snapshot.pk, entry_id=pk) for pk in chunk], ignore_conflicts=True
        )


def _names_kept(snapshot: Snapshot) -> dict[int, int]:
    return dict.fromkeys(snapshot.named.values_list("pk", flat=True), 1)
