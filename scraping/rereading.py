"""Reading stored captures again by today's recipe, so that a better recipe mends the whole history.

What our recipe changes is no news: once a history is read by one recipe throughout, the changes in it are the
publisher's again, and nobody is told of them a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from procurement import entries, recording
from procurement.captures import CaptureError
from procurement.models import Capture, Entry, Listing, Snapshot, VendorList
from scraping import extractors, fetching, guard, paging, pipeline
from scraping.models import Run

Action = Literal["superseded", "same", "published", "recorded", "held", "kept"]

HELD = Snapshot.Status.HELD


class NothingToReadByError(Exception):
    """The list has no recipe. The message is a sentence for the person who asked."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What the recipe makes of one capture.

    `action`: the old reading is `superseded`; the recipe reads the `same` rows; a held reading is superseded and
    `published`; a capture without a snapshot is `recorded` or `held`; or all is `kept` as it was, for a `reason`.
    Rows are counted as read; `came`, `gone` and `changed` count entries by key.
    """

    capture: Capture
    action: Action
    before: Snapshot | None
    after: Snapshot | None = None
    rows_before: int = 0
    rows_after: int = 0
    came: int = 0
    gone: int = 0
    changed: int = 0
    reason: str = ""

    @property
    def is_problem(self) -> bool:
        """Whether a snapshot stays as an older recipe read it."""
        return self.action == "kept" and self.before is not None


def foresee(vendor_list: VendorList, recipe_text: str | None = None) -> Iterator[Reread]:
    """What reading again would change, capture by capture in order of time. Writes nothing.

    Captures that this recipe has read already are passed over.

    Args:
        recipe_text: a recipe that is not in use yet; default: the list's latest.

    Raises:
        NothingToReadByError: the list has no recipe.
        extractors.RecipeError: the recipe is none.
    """
    work = _Rereading(vendor_list, recipe_text)
    return (work.look(capture).said for capture in work.captures())


@transaction.atomic
def reread(
    vendor_list: VendorList, *, by: Any = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Reread]:
    """Read every stored capture again by the list's latest recipe: all of it, or nothing where this fails.

    Doing it again changes nothing.

    Args:
        progress: called with the captures read so far and their number.

    Raises:
        NothingToReadByError: the list has no recipe.
    """
    vendor_list.lock()
    work = _Rereading(vendor_list)
    captures = work.captures()
    done = []
    for number, capture in enumerate(captures, 1):
        done.append(work.carry_out(work.look(capture), by))
        progress(number, len(captures))
    if any(one.action == "superseded" for one in done):
        recording.derive_anew(vendor_list)
    return done


@dataclass(frozen=True, slots=True)
class _Read:
    reading: extractors.Reading
    keys: dict[bytes, bytes]  # by digest
    content: str


@dataclass(frozen=True, slots=True)
class _Look:
    said: Reread
    reading: extractors.Reading | None = None


class _Rereading:
    """One pass over a list's captures in order of time."""

    def __init__(self, vendor_list: VendorList, recipe_text: str | None = None) -> None:
        latest = vendor_list.recipes.first()
        text = recipe_text if recipe_text is not None else latest.text if latest else None
        if text is None:
            raise NothingToReadByError(
                f"“{vendor_list.title}” has no recipe to read by. Nothing was changed; bring in a page, or write one."
            )
        self._list = vendor_list
        self._recipe = extractors.Recipe.from_text(text)
        used = latest is not None and self._recipe == extractors.Recipe.from_text(latest.text)
        self._stored = latest if used else None
        self._last_full: tuple[datetime, guard.Size] | None = None  # as this pass leaves it
        self._last_read: tuple[tuple[str, ...], _Read] | None = None

    def captures(self) -> list[Capture]:
        """What is to be read: not what this recipe has read already."""
        first_pages = self._list.captures.filter(first_page=None).order_by("captured_at", "pk")
        first_pages = first_pages.prefetch_related("snapshots", "runs__snapshot", "runs__source", "pages")
        return [capture for capture in first_pages if self._is_due(capture)]

    def _is_due(self, capture: Capture) -> bool:
        if live := _live(capture):
            return self._stored is None or live.recipe_id != self._stored.pk
        # A page that stayed broken was held once, as the snapshot of an earlier capture.
        runs = capture.runs.all()
        read_by = {run.snapshot.recipe_id for run in runs if run.snapshot}
        return bool(runs) and (self._stored is None or self._stored.pk not in read_by)

    def look(self, capture: Capture) -> _Look:
        """What reading a capture again would do."""
        live, run = _live(capture), _run(capture)
        said = Reread(capture, "kept", live, rows_before=live.row_count if live else 0)
        try:
            read = self._read(capture)
        except (extractors.ExtractionError, CaptureError, fetching.FetchError) as error:
            return _Look(replace(said, reason=str(error)))
        rows = len(read.reading.rows)
        said = replace(said, rows_after=rows)
        full = live.is_full if live else _edition(run).coverage == Snapshot.Coverage.FULL
        if full and (incomplete := paging.missing(read.reading)):
            return _Look(replace(said, reason=incomplete))
        size = guard.Size(rows, len(set(read.keys.values())))
        if live and (live.content_hash, live.row_count) == (read.content, rows):
            said = replace(said, action="same")
        elif live and live.row_count and not rows:
            return _Look(replace(said, reason="The recipe fits this page, but reads no rows from it."))
        else:
            said = _counted(said, read.keys)
            said = self._judged(said, run, size) if live is None or live.status == HELD else _superseded(said)
        if full and (said.action in {"recorded", "published"} or (live and live.is_published)):
            self._last_full = capture.captured_at, size
        return _Look(said, read.reading)

    def _judged(self, said: Reread, run: Run | None, size: guard.Size) -> Reread:
        """What becomes of a capture that is not in the history yet: by the same rules as when it came."""
        hold = pipeline.suspicion(run, size, self._size_before(said.capture)) if run else ""
        conflict = self._list.snapshots.published().filter(captured_at=said.capture.captured_at).first()
        if conflict and not hold:
            hold = f"Snapshot {conflict.pk} already says what this list said at that time, from other bytes."
        if said.before is not None:
            return replace(said, action="superseded" if hold else "published", reason=hold)
        if hold and run and run.snapshot:  # as broken as the page before it, which is held already
            return replace(said, reason=hold)
        return replace(said, action="held" if hold else "recorded", reason=hold)

    def _size_before(self, capture: Capture) -> guard.Size | None:
        recorded = self._list.snapshots.before(capture.captured_at).full().first()
        if self._last_full and (recorded is None or self._last_full[0] >= recorded.captured_at):
            return self._last_full[1]
        return guard.Size(recorded.row_count, recorded.entry_count) if recorded else None

    def carry_out(self, look: _Look, by: Any) -> Reread:
        """Do what a look foresees."""
        said, recipe = look.said, self._stored
        if said.action == "kept" or recipe is None or look.reading is None:
            return said
        why = f"Read again by recipe version {recipe.version}."
        rows = look.reading.rows
        if said.before is None:
            edition = _edition(_run(said.capture))
            recorded = recording.record(
                said.capture,
                rows,
                recipe=recipe,
                hold=said.reason,
                coverage=edition.coverage,
                basis=edition.basis,
                basis_note=edition.basis_note,
                label=edition.label,
                effective_on=edition.effective_on or look.reading.effective_on,
            )
            said.capture.runs.filter(snapshot=None).update(snapshot=recorded.snapshot)
            return replace(said, after=recorded.snapshot)
        if said.action == "same":
            recording.confirm(said.before, recipe=recipe, why=why, by=by)
            return replace(said, after=said.before)
        # The changes between a snapshot read anew and the next, which is not yet, would only be thrown away.
        held = said.action == "published"
        fresh = recording.supersede(said.before, rows, recipe=recipe, why=why, by=by, changes=held)
        if held:
            fresh = recording.publish(fresh, by=by, why=why).snapshot
        return replace(said, after=fresh)

    def _read(self, capture: Capture) -> _Read:
        further = sorted(capture.pages.all(), key=lambda page: page.page)
        same = (capture.url, capture.media_type, capture.encoding, capture.sha256, *(page.sha256 for page in further))
        if self._last_read is None or self._last_read[0] != same:
            reading = _read_pages(capture, further, self._recipe)
            keys = dict(zip(entries.digests_of(reading.rows), entries.keys_of(reading.rows), strict=True))
            self._last_read = same, _Read(reading, keys, entries.content_hash(keys))
        return self._last_read[1]


def _read_pages(capture: Capture, further: list[Capture], recipe: extractors.Recipe) -> extractors.Reading:
    """Read all stored pages of a capture.

    Raises:
        extractors.ExtractionError: the recipe does not fit, or does not lead to every page that was captured.
    """
    stored = {page.url: page for page in further}

    def page_at(url: str) -> pipeline.Received:
        if url not in stored:
            raise extractors.RecipeMisfit(f"The list goes on at {url}, which was not captured with this page.")
        return _received(stored.pop(url))

    reading = paging.Pages(_received(capture), page_at if further else None).read(recipe)
    if stored:
        raise extractors.RecipeMisfit(
            f"The recipe does not turn to {len(stored)} of the pages that were captured with this one. "
            "Give it a paging rule that does."
        )
    return reading


def _received(capture: Capture) -> pipeline.Received:
    return pipeline.Received(
        capture.body,
        capture.captured_at,
        capture.method,
        url=capture.url,
        file_name=capture.file_name,
        media_type=capture.media_type,
        encoding=capture.encoding,
        status=capture.status,
        headers=capture.headers,
    )


def _live(capture: Capture) -> Snapshot | None:
    return next((one for one in capture.snapshots.all() if one.status != Snapshot.Status.SUPERSEDED), None)


def _run(capture: Capture) -> Run | None:
    """The last attempt to read a capture."""
    return max(capture.runs.all(), key=lambda run: run.pk, default=None)


def _edition(run: Run | None) -> pipeline.Edition:
    return pipeline.Edition.from_json(run.edition) if run else pipeline.Edition()


def _superseded(said: Reread) -> Reread:
    return replace(said, action="superseded")


def _counted(said: Reread, new: dict[bytes, bytes]) -> Reread:
    """With the entries, by key, that come, go and change against the reading before."""
    old = dict(_said_by(said.before).values_list("digest", "key")) if said.before else {}
    old_keys, new_keys = set(old.values()), set(new.values())
    reworded = {old[digest] for digest in old.keys() - new.keys()} | {new[digest] for digest in new.keys() - old.keys()}
    return replace(
        said,
        came=len(new_keys - old_keys),
        gone=len(old_keys - new_keys),
        changed=len(reworded & old_keys & new_keys),
    )


def _said_by(snapshot: Snapshot) -> QuerySet[Entry]:
    if snapshot.is_published and snapshot.is_full:
        carried = Listing.objects.filter(list=snapshot.list_id).on(snapshot.captured_at)
        return Entry.objects.filter(pk__in=carried.values("entry"))
    return Entry.objects.filter(named_by=snapshot)
