"""The only writer of snapshots, entries, listings and changes.

Recording, backfilling, publishing, withdrawing, restoring and re-reading are one operation: decide which published
snapshots there are, then paint the list anew from the one that changed to the next full snapshot. A full snapshot
carries what it names and nothing else; a partial one adds what it names and ends nothing. Every paint holds a lock on
the list's row.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Min

from procurement import entries as keys
from procurement.entries import Row
from procurement.history import between, chunks
from procurement.models import FOREVER, Capture, Change, Decision, Entry, Listing, Recipe, Snapshot, VendorList
from vendors.matching import link_names
from vendors.names import fold

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

    Recording the same capture again changes nothing; read by another recipe it supersedes the earlier reading. With `hold`, a reason in words, the
    snapshot is kept but not published. It is held as well where another published snapshot has the same time.
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
    stored = _store_entries(vendor_list, rows, capture.captured_at)
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


def count_keys(rows: Iterable[Row]) -> int:
    """How many different entries there are among rows."""
    return len({keys.key_of(row) for row in rows})


def _conflict(vendor_list: VendorList, moment: datetime) -> str:
    other = vendor_list.snapshots.published().filter(captured_at=moment).first()
    if other is None:
        return ""
    return (
        f"Snapshot {other.pk} already says what this list said at {moment:%Y-%m-%d %H:%M:%S} UTC, from other bytes. "
        "Withdraw that one before publishing this one, or import this file with its own time."
    )


def _already_held(vendor_list: VendorList, content: str) -> Snapshot | None:
    """The latest snapshot of the list where that one is held and says the same: a page that stays broken is held once."""
    latest = vendor_list.snapshots.order_by("-captured_at", "-pk").first()
    return latest if latest and latest.status == Snapshot.Status.HELD and latest.content_hash == content else None


def _published(snapshot: Snapshot, copies: dict[int, int]) -> Recorded:
    paint(snapshot.list, snapshot.captured_at, named=copies)
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


@transaction.atomic
def withdraw(snapshot: Snapshot, *, why: str, by: Any = None) -> Snapshot:
    """Take a published or held snapshot out of the history. Its rows and its capture are kept, and `restore` undoes it.

    Raises:
        RecordingError: no reason is given, or it is neither published nor held.
    """
    if not why.strip():
        raise RecordingError("A withdrawal needs a reason: it stands in the record.")
    snapshot = _locked(snapshot)
    if snapshot.status not in {Snapshot.Status.PUBLISHED, Snapshot.Status.HELD}:
        raise RecordingError(f"Snapshot {snapshot.pk} is {snapshot.get_status_display().lower()}; nothing was changed.")
    was_published = snapshot.is_published
    if was_published and snapshot.is_full:
        _keep_names(snapshot, _carried_at(snapshot))
    snapshot.status, snapshot.reason = Snapshot.Status.WITHDRAWN, why
    snapshot.save(update_fields=["status", "reason"])
    if was_published:
        paint(snapshot.list, snapshot.captured_at)
    Decision.objects.create(snapshot=snapshot, action=Decision.Action.WITHDRAW, why=why, by=by)
    return snapshot


@transaction.atomic
def supersede(snapshot: Snapshot, rows: Sequence[Row], *, recipe: Recipe, why: str, by: Any = None) -> Snapshot:
    """Put a re-reading of a snapshot's capture in its place; the old reading is kept as superseded.

    The new one takes over the old one's status, so that what was held stays held and what was withdrawn withdrawn.

    Raises:
        RecordingError: the snapshot is superseded already.
    """
    snapshot = _locked(snapshot)
    if snapshot.status == Snapshot.Status.SUPERSEDED:
        raise RecordingError(
            f"Snapshot {snapshot.pk} is superseded already; re-read snapshot {snapshot.superseded_by.pk}."
        )
    status, reason = snapshot.status, snapshot.reason
    stored = _store_entries(snapshot.list, rows, snapshot.captured_at)
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
        paint(fresh.list, fresh.captured_at, named=stored.copies)
    Decision.objects.create(snapshot=snapshot, action=Decision.Action.SUPERSEDE, why=why, by=by)
    return fresh


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


# Entries


@dataclass(frozen=True, slots=True)
class _Stored:
    copies: dict[int, int]  # entry id: how often its row stood on the page
    digests: Collection[bytes]
    key_count: int


def _store_entries(vendor_list: VendorList, rows: Sequence[Row], at: datetime) -> _Stored:
    """Find or create the entry of each row; rows that say the same are one.

    An entry has the words of the earliest snapshot that says it, in whatever order snapshots arrive.
    """
    by_digest: dict[bytes, Row] = {}
    copies: Counter[bytes] = Counter()
    for row in rows:
        digest = keys.digest_of(row)
        copies[digest] += 1
        by_digest.setdefault(digest, row)
    known = {}
    for chunk in chunks(by_digest):
        found = Entry.objects.filter(list=vendor_list, digest__in=chunk).values_list("digest", "pk", "printed_at")
        known.update((digest, (pk, printed_at)) for digest, pk, printed_at in found)
    missing = [digest for digest in by_digest if digest not in known]
    reworded = {digest: pk for digest, (pk, printed_at) in known.items() if printed_at > at}
    names = link_names({by_digest[digest].vendor for digest in missing} - {""}) if missing else {}
    created = [_entry(vendor_list, digest, by_digest[digest], names, at) for digest in missing]
    for chunk in chunks(created, 1000):
        Entry.objects.bulk_create(chunk)
    known.update((entry.digest, (entry.pk, at)) for entry in created)
    _reword(vendor_list, reworded, by_digest, at)
    return _Stored(
        {known[digest][0]: count for digest, count in copies.items()},
        by_digest.keys(),
        count_keys(by_digest.values()),
    )


def _entry(vendor_list: VendorList, digest: bytes, row: Row, names: dict[str, int], at: datetime) -> Entry:
    return Entry(
        list=vendor_list,
        key=keys.key_of(row),
        digest=digest,
        name_id=names.get(fold(row.vendor)),
        printed_at=at,
        vendor=row.vendor,
        product=row.product,
        category=row.category,
        identifier=row.identifier,
        origin=row.origin,
        extra=dict(row.extra),
    )


def _reword(vendor_list: VendorList, entry_ids: dict[bytes, int], rows: dict[bytes, Row], at: datetime) -> None:
    words = ["vendor", "product", "category", "identifier", "origin", "extra"]
    entries = []
    for digest, pk in entry_ids.items():
        entry = _entry(vendor_list, digest, rows[digest], {}, at)
        entry.pk = pk
        entries.append(entry)
    Entry.objects.bulk_update(entries, [*words, "printed_at"], batch_size=100)


# Painting


def paint(vendor_list: VendorList, start: datetime, named: dict[int, int] | None = None) -> None:
    """Make the listings and changes agree with the published snapshots again after the one at `start` came or went.

    The caller holds the list's lock. `named` gives the entries (and copies) of the snapshot at `start`, where there is
    one. What is painted reaches to the next full snapshot, before which nothing else can be different.
    """
    published = vendor_list.snapshots.published()
    following = list(published.filter(captured_at__gte=start).order_by("captured_at")[:1])
    here = following[0] if following and following[0].captured_at == start else None
    next_full = published.full().filter(captured_at__gt=start).order_by("captured_at").first()
    stop = next_full.captured_at if next_full else FOREVER
    partials = list(
        published.filter(coverage=Snapshot.Coverage.PARTIAL, captured_at__gt=start, captured_at__lt=stop).order_by(
            "captured_at"
        )
    )
    spans: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    touching = Listing.objects.filter(list=vendor_list, listed_from__lte=stop, listed_to__gte=start)
    for pk, entry, begun, ended in touching.values_list("pk", "entry_id", "listed_from", "listed_to").iterator(10_000):
        spans[entry].append((pk, begun, ended))

    if here is not None and here.is_full:
        arrivals = dict.fromkeys(named or {}, start)
    else:
        before = (e for e, held in spans.items() if any(begun < start <= ended for _, begun, ended in held))
        arrivals = dict.fromkeys(before, start)
        if here is not None:
            partials.insert(0, here)
    _add_partials(arrivals, partials)
    repainted = _repaint(vendor_list, spans, arrivals, start, stop, named or {})

    boundaries = [s for s in (here, *partials, next_full) if s is not None]
    derive_changes(vendor_list, list(dict.fromkeys(boundaries)))
    Change.objects.filter(list=vendor_list, at=start).exclude(later__in=boundaries).delete()
    if next_full is not None:
        _reclassify_arrivals(vendor_list, repainted, after=stop)


def _add_partials(arrivals: dict[int, datetime], partials: Sequence[Snapshot]) -> None:
    """Let each partial snapshot add, from its time on, the entries that it names under keys not yet present."""
    if not partials:
        return
    present = {
        key for chunk in chunks(arrivals) for key in Entry.objects.filter(pk__in=chunk).values_list("key", flat=True)
    }
    for snapshot in partials:
        added = {pk: key for pk, key in snapshot.named.values_list("pk", "key") if key not in present}
        arrivals.update(dict.fromkeys(added, snapshot.captured_at))
        present.update(added.values())


def _repaint(
    vendor_list: VendorList,
    spans: dict[int, list[tuple[int, datetime, datetime]]],
    arrivals: dict[int, datetime],
    start: datetime,
    stop: datetime,
    copies: dict[int, int],
) -> set[int]:
    """Replace what the list carried in [start, stop): each arriving entry from its time to `stop`, joined with what
    touches it on either side. Returns the entries whose listings changed."""
    repainted: set[int] = set()
    created: list[Listing] = []
    deleted: list[int] = []
    moved: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for entry in spans.keys() | arrivals.keys():
        old = sorted(spans.get(entry, ()), key=lambda span: span[1])
        arrival = arrivals.get(entry)
        if len(old) == 1 and arrival == start and old[0][1] <= start and old[0][2] >= stop:
            continue  # carried before, during and after: the common case
        wanted = _wanted([(begun, ended) for _, begun, ended in old], arrival, start, stop)
        if wanted != [(begun, ended) for _, begun, ended in old]:
            repainted.add(entry)
        for (pk, begun, ended), (new_begun, new_ended) in zip(old, wanted, strict=False):
            if begun != new_begun:
                moved["listed_from", new_begun].append(pk)
            if ended != new_ended:
                moved["listed_to", new_ended].append(pk)
        deleted += (pk for pk, *_ in old[len(wanted) :])
        created += (
            Listing(list=vendor_list, entry_id=entry, listed_from=begun, listed_to=ended, copies=copies.get(entry, 1))
            for begun, ended in wanted[len(old) :]
        )
    for (column, moment), pks in moved.items():
        for chunk in chunks(pks):
            Listing.objects.filter(pk__in=chunk).update(**{column: moment})
    for chunk in chunks(deleted):
        Listing.objects.filter(pk__in=chunk).delete()
    Listing.objects.bulk_create(created, batch_size=2000)
    return repainted


def _wanted(
    old: Sequence[tuple[datetime, datetime]], arrival: datetime | None, start: datetime, stop: datetime
) -> list[tuple[datetime, datetime]]:
    pieces = [(begun, min(ended, start)) for begun, ended in old if begun < start]
    if arrival is not None:
        pieces.append((arrival, stop))
    pieces += [(max(begun, stop), ended) for begun, ended in old if ended > stop]
    joined: list[tuple[datetime, datetime]] = []
    for begun, ended in pieces:
        if joined and joined[-1][1] >= begun:
            joined[-1] = (joined[-1][0], max(ended, joined[-1][1]))
        else:
            joined.append((begun, ended))
    return joined


# Changes


def derive_changes(vendor_list: VendorList, snapshots: Sequence[Snapshot], *, cause: str = "") -> None:
    """Write anew the changes that published snapshots show against the one before them.

    Args:
        cause: what brings changes to light that were not there before (our curation); else it follows from how the two
            snapshots were read.
    """
    for snapshot in snapshots:
        stale = Change.objects.filter(list=vendor_list, at=snapshot.captured_at)
        causes = {
            (kind, entry, former): known
            for kind, entry, former, known in stale.values_list("kind", "entry_id", "former_id", "cause")
        }
        stale.delete()
        previous = vendor_list.snapshots.before(snapshot.captured_at).first()
        if previous is None:
            continue
        fresh = []
        for d in between(vendor_list, previous, snapshot):
            if d.first_seen:
                continue
            former = d.before if d.after else None
            known = causes.get((d.kind, d.entry.pk, former.pk if former else None))
            if known == Change.Cause.CURATION or (cause and known is None):
                why = Change.Cause.CURATION.value
            else:
                why = _cause(previous, snapshot)
            fresh.append(
                Change(
                    list=vendor_list,
                    kind=d.kind,
                    cause=why,
                    at=snapshot.captured_at,
                    earlier=d.earlier,
                    later=snapshot,
                    entry=d.entry,
                    former=former,
                )
            )
        Change.objects.bulk_create(fresh, batch_size=1000)


def _cause(earlier: Snapshot, later: Snapshot) -> str:
    """Two snapshots read by different recipes cannot tell our change from the publisher's, so it is no news."""
    same = earlier.recipe_id == later.recipe_id
    return (Change.Cause.SOURCE if same else Change.Cause.RECIPE).value


def _reclassify_arrivals(vendor_list: VendorList, entry_ids: Collection[int], *, after: datetime) -> None:
    """What an earlier snapshot shows decides whether a later arrival of the same key is an addition or a return."""
    touched = {
        key for chunk in chunks(entry_ids) for key in Entry.objects.filter(pk__in=chunk).values_list("key", flat=True)
    }
    arrivals = Change.objects.filter(
        list=vendor_list, at__gt=after, kind__in=[Change.Kind.ADDED, Change.Kind.RELISTED]
    ).select_related("entry")
    for chunk in chunks(touched):
        affected = list(arrivals.filter(entry__key__in=chunk))
        first_listed = (
            dict(
                Listing.objects.filter(list=vendor_list, entry__key__in=chunk)
                .values_list("entry__key")
                .annotate(first=Min("listed_from"))
            )
            if affected
            else {}
        )
        for change in affected:
            returned = first_listed[change.entry.key] < change.at
            change.kind = Change.Kind.RELISTED if returned else Change.Kind.ADDED
        Change.objects.bulk_update(affected, ["kind"], batch_size=1000)
