"""From bytes to history: keep the capture, read it, judge it, record it. Every way in comes through here.

What is received is kept before it is read, and the outcome, the snapshot and the changes are committed in one
transaction with the run, so that a kill leaves either all of it or a run that is tried again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from procurement import captures, recording
from procurement.entries import count_keys
from procurement.models import Capture, Decision, Recipe, Snapshot, VendorList
from scraping import deltas, extractors, guard, leases, paging
from scraping.models import Run

HELD, FAILED = Run.Outcome.HELD, Run.Outcome.FAILED


class LostLeaseError(Exception):
    """Another worker has taken this run over; what this one found is dropped."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes from a publisher, with what is known of how they came."""

    body: bytes
    captured_at: datetime
    method: str
    url: str = ""
    file_name: str = ""
    media_type: str = ""
    encoding: str = ""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edition:
    """What a person knows about a snapshot that its bytes do not say."""

    coverage: str = Snapshot.Coverage.FULL
    basis: str = Snapshot.Basis.CAPTURED
    basis_note: str = ""
    label: str = ""
    effective_on: date | None = None

    def as_json(self) -> dict[str, str]:
        """What is known beyond the usual, as a run keeps it."""
        usual = asdict(Edition())
        return {key: str(value) for key, value in asdict(self).items() if value != usual[key]}

    @classmethod
    def from_json(cls, kept: dict[str, str]) -> Edition:
        """The edition that a run keeps."""
        day = kept.get("effective_on")
        return cls(**{**kept, "effective_on": date.fromisoformat(day) if day else None})  # type: ignore[arg-type]


def note(run: Run, text: str) -> None:
    """Add a step to a run's log."""
    run.log.append([timezone.now().isoformat(timespec="seconds"), text])


def ingest(
    vendor_list: VendorList,
    body: bytes,
    *,
    at: datetime,
    url: str = "",
    file_name: str = "",
    recipe_text: str | None = None,
    coverage: str = Snapshot.Coverage.FULL,
    basis: str = Snapshot.Basis.CAPTURED,
    basis_note: str = "",
    label: str = "",
    effective_on: date | None = None,
    by: Any = None,
) -> Run:
    """Record bytes that a person has, as what the list said at `at` (aware). Returns the finished run.

    The same bytes at the same time again change nothing.
    """
    run = Run.objects.create(list=vendor_list, trigger=Run.Trigger.FILE, by=by, attempts=1, started_at=timezone.now())
    received = Received(body, at.astimezone(UTC), Capture.Method.FILE, url=url, file_name=file_name)
    edition = Edition(coverage, basis, basis_note, label, effective_on)
    settle(run, received, edition, recipe_text=recipe_text)
    return run


def settle(
    run: Run,
    received: Received,
    edition: Edition = Edition(),
    *,
    recipe_text: str | None = None,
    fetch_page: paging.FetchPage | None = None,
) -> None:
    """Keep what was received, read it, judge it and record it, and finish the run with the outcome.

    Args:
        fetch_page: fetches a further page of a list that is split over pages.

    Raises:
        LostLeaseError: another worker has taken the run over; nothing was recorded.
        scraping.fetching.FetchError: a further page cannot be fetched; nothing was recorded.
        procurement.captures.CaptureError: the bytes could not be kept; nothing was recorded.
    """
    digest = captures.keep(received.body)
    run.edition = edition.as_json()
    pages = paging.Pages(received, fetch_page)
    note(run, f"Received {len(received.body):,} bytes, sha256:{digest}.")
    repeated = _repeated(run.list, received, digest, edition, recipe_text)
    delta = None if repeated else _delta(run, received, edition, recipe_text)
    if delta is not None and _advance(run, received, digest, *delta):
        return
    recipe: Recipe | None = None
    reading: extractors.Reading | None = None
    outcome, code, reason = "", "", ""
    if repeated is None:
        try:
            recipe, reading = _read(run.list, pages, recipe_text)
        except extractors.ExtractionError as error:
            misfit = isinstance(error, extractors.RecipeMisfit)
            outcome, code, reason = (HELD if misfit else FAILED), _slug(error), str(error)
    with transaction.atomic():
        _keep_hold(run)
        run.list.lock()
        capture = _capture(run.list, received, digest)
        run.capture = capture
        for number, page in enumerate(pages.further, 2):
            _capture(run.list, page, captures.keep(page.body), first_page=capture, page=number)
        if repeated is not None:
            _take(run, recording.repeat(capture, repeated))
        elif reading is not None and recipe is not None:
            _record(run, capture, reading, recipe, edition)
        else:
            note(run, reason)
            finish(run, outcome, reason=reason, code=code)


def _repeated(
    vendor_list: VendorList, received: Received, digest: str, edition: Edition, recipe_text: str | None
) -> Snapshot | None:
    """The snapshot before this moment, where the page still has the same bytes: then there is nothing to read."""
    if recipe_text is not None or edition.coverage != Snapshot.Coverage.FULL:
        return None
    previous = vendor_list.snapshots.before(received.captured_at).select_related("capture", "recipe").first()
    if previous is None or not previous.is_full or previous.capture.sha256 != digest:
        return None
    if previous.recipe is None or previous.recipe != vendor_list.recipes.first():
        return None
    # The first of several pages does not tell what the others say.
    return None if extractors.Recipe.from_text(previous.recipe.text).paging else previous


def _delta(
    run: Run, received: Received, edition: Edition, recipe_text: str | None
) -> tuple[Snapshot, deltas.Delta] | None:
    """What the file differs in from the one before, where that can be told without reading all of it."""
    if recipe_text is not None or edition != Edition():
        return None
    last = run.list.snapshots.published().select_related("capture", "recipe").order_by("-captured_at").first()
    recipe = run.list.recipes.first()
    if last is None or recipe is None or not last.is_full or last.recipe != recipe:
        return None
    found = deltas.between(last.capture.body, received.body, last.row_count, extractors.Recipe.from_text(recipe.text))
    return (last, found) if found else None


def _advance(run: Run, received: Received, digest: str, previous: Snapshot, delta: deltas.Delta) -> bool:
    """Record what came and left since the last snapshot; False, with nothing done, where the whole must be read."""
    entries = previous.entry_count - len(delta.left) + len(delta.came)
    if suspicion(run, guard.Size(delta.rows, entries), _size(previous)):
        return False
    with transaction.atomic():
        _keep_hold(run)
        run.list.lock()
        capture = _capture(run.list, received, digest)
        recorded = recording.advance(capture, previous, came=delta.came, left=delta.left)
        if recorded is None:
            transaction.set_rollback(True)
            return False
        run.capture = capture
        note(run, f"Read the {len(delta.came) + len(delta.left)} lines that differ from snapshot {previous.pk}.")
        for warning in delta.reading.warnings:
            note(run, warning)
        _take(run, recorded)
        _review_later(recorded.snapshot)
    return True


def _read(vendor_list: VendorList, pages: paging.Pages, recipe_text: str | None) -> tuple[Recipe, extractors.Reading]:
    """Read with the given recipe, the list's latest, or the one that the content itself suggests; unsaved if new."""
    latest = vendor_list.recipes.first()
    text = recipe_text if recipe_text is not None else latest.text if latest else None
    wanted = extractors.Recipe.from_text(text) if text is not None else None
    reading = pages.read(wanted)
    if latest is not None and (wanted is None or wanted == extractors.Recipe.from_text(latest.text)):
        return latest, reading
    version = latest.version + 1 if latest else 1
    why = "Given with a file." if recipe_text is not None else "Proposed from the first page."
    return Recipe(list=vendor_list, version=version, text=recipe_text or reading.recipe.to_text(), note=why), reading


def _record(run: Run, capture: Capture, reading: extractors.Reading, recipe: Recipe, edition: Edition) -> None:
    if recipe.pk is None:
        recipe, _ = Recipe.objects.get_or_create(
            list=run.list, version=recipe.version, defaults={"text": recipe.text, "note": recipe.note}
        )
    note(run, f"Read {len(reading.rows):,} rows by recipe version {recipe.version} ({reading.format}).")
    for warning in reading.warnings:
        note(run, warning)
    full = edition.coverage == Snapshot.Coverage.FULL
    incomplete = paging.missing(reading) if full else ""
    hold = incomplete
    if not hold and (full or not reading.rows):
        size = guard.Size(len(reading.rows), count_keys(reading.rows))
        hold = suspicion(run, size, _size(_last_full(run.list, capture.captured_at)))
    recorded = recording.record(
        capture,
        reading.rows,
        recipe=recipe,
        hold=hold,
        coverage=edition.coverage,
        basis=edition.basis,
        basis_note=edition.basis_note,
        label=edition.label,
        effective_on=edition.effective_on or reading.effective_on,
    )
    _take(run, recorded, held_as="pages_missing" if incomplete else "suspicious")
    if recorded.outcome == "recorded" and recorded.snapshot.is_full:
        _review_later(recorded.snapshot)


def _take(run: Run, recorded: recording.Recorded, held_as: str = "suspicious") -> None:
    run.snapshot = recorded.snapshot
    if recorded.reason:
        note(run, recorded.reason)
    finish(run, recorded.outcome, reason=recorded.reason, code=held_as if recorded.outcome == "held" else "")


_EXPLAINED = "An earlier snapshot, recorded since, shows that it is no sudden change."


def _review_later(snapshot: Snapshot) -> None:
    """Judge again what follows a newly recorded full snapshot: a history that arrives out of order ends the same.

    In order of time, up to the first that stays published: what follows that one is judged by it, as before. What a
    person has published, and what a schedule published as it happened, stays as it is.
    """
    following = snapshot.list.snapshots.filter(
        captured_at__gt=snapshot.captured_at, status__in=[Snapshot.Status.PUBLISHED, Snapshot.Status.HELD]
    ).order_by("captured_at", "pk")
    for candidate in following.select_related("list").prefetch_related("runs__source", "decisions"):
        if candidate.is_published and not candidate.is_full:
            continue
        run = next(iter(candidate.runs.all()), None)
        size = guard.Size(candidate.row_count, candidate.entry_count)
        reason = suspicion(run, size, _size(_last_full(candidate.list, candidate.captured_at)))
        if candidate.is_published:
            if not reason or run is None or run.trigger != Run.Trigger.FILE or _was_decided(candidate):
                return
            recording.hold(candidate, reason=reason)
        elif not (reason or _misses_pages(candidate) or _time_is_taken(candidate)):
            recording.publish(candidate, why=_EXPLAINED)


def _was_decided(snapshot: Snapshot) -> bool:
    """Whether a person has published a snapshot, in this reading or one that it supersedes."""
    published = {Decision.Action.PUBLISH, Decision.Action.RESTORE}
    if any(one.action in published and one.why != _EXPLAINED for one in snapshot.decisions.all()):
        return True
    return snapshot.supersedes is not None and _was_decided(snapshot.supersedes)


def _misses_pages(snapshot: Snapshot) -> bool:
    return any(run.error_code == "pages_missing" for run in snapshot.runs.all())


def _time_is_taken(snapshot: Snapshot) -> bool:
    return snapshot.list.snapshots.published().filter(captured_at=snapshot.captured_at).exists()


def suspicion(run: Run | None, size: guard.Size, previous: guard.Size | None) -> str:
    """Why the guard holds what a run read, or "" where it does not.

    Args:
        previous: the size of the published full snapshot before it, if there is one.
    """
    bounds = guard.Bounds(run.source.min_rows, run.source.max_rows) if run and run.source else guard.Bounds()
    return guard.judge(size, previous, bounds=bounds, unattended=bool(run and run.trigger == Run.Trigger.SCHEDULE))


def _last_full(vendor_list: VendorList, moment: datetime) -> Snapshot | None:
    return vendor_list.snapshots.before(moment).full().first()


def _size(snapshot: Snapshot | None) -> guard.Size | None:
    return guard.Size(snapshot.row_count, snapshot.entry_count) if snapshot else None


def _capture(vendor_list: VendorList, received: Received, digest: str, **place: Any) -> Capture:
    capture, _ = Capture.objects.get_or_create(
        list=vendor_list,
        captured_at=received.captured_at,
        sha256=digest,
        url=received.url,
        method=received.method,
        defaults={
            "size": len(received.body),
            "media_type": received.media_type,
            "encoding": received.encoding,
            "status": received.status,
            "headers": received.headers,
            "file_name": received.file_name,
            **place,
        },
    )
    return capture


def _keep_hold(run: Run) -> None:
    """Hold the run's row, if it is still ours to finish."""
    if not leases.hold(run):
        raise LostLeaseError(f"Run {run.pk} has been taken over by another worker; its result is not recorded here.")


def finish(run: Run, outcome: str, *, reason: str = "", code: str = "") -> None:
    """Close a run with its outcome and its reason."""
    run.outcome, run.reason, run.error_code = outcome, reason, code
    run.finished_at, run.leased_until, run.next_attempt_at = timezone.now(), None, None
    run.save()


def _slug(error: Exception) -> str:
    """The stable name of a kind of failure: RecipeMisfit is recipe_misfit."""
    name = type(error).__name__
    return "".join("_" + c.lower() if c.isupper() else c for c in name).strip("_")
