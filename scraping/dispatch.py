"""The schedule: which sources are due, who works on which run, and when a failed run is tried again.

The database owns all of it. The broker only carries hints that there is work: a lost hint is sent again, and of two
workers that follow the same hint one gets the lease.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from procurement.captures import CaptureError
from procurement.models import Capture, Snapshot
from scraping import fetching, leases, pipeline, schedules
from scraping.limits import Limits
from scraping.models import Run, Source

log = logging.getLogger(__name__)

HINT_AGAIN = timedelta(minutes=2)
MOST_ATTEMPTS = 3
FIRST_BACKOFF = timedelta(minutes=1)
_BATCH = 500


def dispatch(now: datetime | None = None) -> list[int]:
    """Turn due sources into runs and return the runs that need a worker, for hinting.

    A source gets its next run when the one before is finished. So one run catches up on all slots that passed while
    nobody dispatched, no worker was free, or the publisher asked us to wait.
    """
    now = now or timezone.now()
    pending = Run.objects.unfinished().filter(source=OuterRef("pk"), trigger=Run.Trigger.SCHEDULE)
    with transaction.atomic():
        due = Source.objects.filter(~Exists(pending), enabled=True, next_due_at__lte=now).order_by("next_due_at")
        for source in _unlocked(due)[:_BATCH]:
            _create_run(source, now)
    return waiting(now)


def _unlocked(rows: Any) -> Any:
    """Rows that no other dispatcher holds; SQLite has one writer at a time anyway."""
    return rows.select_for_update(skip_locked=True) if connection.features.has_select_for_update_skip_locked else rows


def _create_run(source: Source, now: datetime) -> None:
    run, _ = Run.objects.get_or_create(
        source=source, slot=source.next_due_at, defaults={"list_id": source.list_id, "trigger": Run.Trigger.SCHEDULE}
    )
    try:
        following = source.slot_after(now)
    except schedules.ScheduleError as error:
        Source.objects.filter(pk=source.pk).update(enabled=False, next_due_at=None)
        pipeline.finish(run, Run.Outcome.FAILED, reason=f"{error} The source was switched off.", code="schedule")
        return
    Source.objects.filter(pk=source.pk).update(next_due_at=following)


def waiting(now: datetime) -> list[int]:
    """Runs that a worker may take and that nobody was told of lately; marks them as told."""
    told = Q(hinted_at__gte=now - HINT_AGAIN)
    # The hint was followed, and the worker died of it.
    abandoned = Q(leased_until__gte=F("hinted_at"))
    with transaction.atomic():
        runs = (
            Run.objects.filter(leases.free(now), trigger__in=[Run.Trigger.SCHEDULE, Run.Trigger.PERSON])
            .filter(Q(hinted_at=None) | ~told | abandoned)
            .order_by(F("hinted_at").asc(nulls_first=True), "pk")
        )
        chosen = [run.pk for run in _unlocked(runs)[:_BATCH]]
        Run.objects.filter(pk__in=chosen).update(hinted_at=now)
    return chosen


def ask(source: Source, *, by: Any = None) -> Run:
    """A run of a source now, because somebody asks, for a worker to take. One that already waits is returned."""
    with transaction.atomic():
        waiting_run = Run.objects.unfinished().filter(source=source, trigger=Run.Trigger.PERSON).first()
        run = waiting_run or Run.objects.create(
            list_id=source.list_id, source=source, trigger=Run.Trigger.PERSON, by=by, hinted_at=timezone.now()
        )
        transaction.on_commit(lambda: _hint(run.pk))
    return run


def _hint(run: int) -> None:
    from scraping.tasks import work_on

    try:
        work_on.delay(run)
    except Exception:  # the broker is down: beat finds the run in the database and hints again
        log.warning("run %s: the broker could not be told; the next tick tells it again", run, exc_info=True)


def scrape(source: Source, *, by: Any = None) -> Run:
    """Read a source now, in the foreground. A passing failure is final here: the person who asked sees it."""
    run = Run.objects.create(
        list_id=source.list_id, source=source, trigger=Run.Trigger.PERSON, by=by, hinted_at=timezone.now()
    )
    work(run.pk, last_attempt=True)
    run.refresh_from_db()
    return run


def work(run_id: int, *, fetch: Callable[..., fetching.Fetched] = fetching.fetch, last_attempt: bool = False) -> str:
    """Take a run's lease, read its source, and commit the outcome.

    Returns the outcome, or why there is none yet: "taken", "lost" (another worker has it) or "again" (a later try).
    """
    run = leases.take(run_id)
    if run is None:
        return "taken"
    if run.source is None:
        return _end(run, code="no_source", reason="The source was deleted before it was read.")
    if run.attempts > MOST_ATTEMPTS:
        reason = (
            f"Given up after {MOST_ATTEMPTS} attempts, the last of which ended with its worker. Nothing was recorded; "
            "look at the worker's log for what killed it."
        )
        return _end(run, code="worker_died", reason=reason)
    with leases.renewed(run):
        try:
            _read(run, run.source, fetch)
        except pipeline.LostLeaseError as error:
            log.warning("%s", error)
            return "lost"
        except fetching.FetchError as error:
            retry_after = timedelta(seconds=error.retry_after or 0)
            final = last_attempt or not error.transient
            return _failed(run, str(error), error.code, final=final, retry_after=retry_after)
        except CaptureError as error:
            return _failed(run, str(error), "store", final=last_attempt)
        except SoftTimeLimitExceeded:
            reason = "Reading took too long and was stopped; nothing was recorded."
            return _failed(run, reason, "too_slow", final=last_attempt)
        except Exception as error:
            log.exception("run %s", run.pk)
            reason = (
                f"This program failed ({type(error).__name__}: {str(error)[:300]}); nothing was recorded. Report it."
            )
            return _failed(run, reason, "internal", final=last_attempt)
    return run.outcome


def _read(run: Run, source: Source, fetch: Callable[..., fetching.Fetched]) -> None:
    known = _known(source)
    limits = Limits(source)
    fetched = fetch(
        source.url,
        policy=limits.policy(),
        etag=_header(known, "ETag"),
        last_modified=_header(known, "Last-Modified"),
    )
    received = _received(source.url, fetched)
    if fetched.not_modified and known is not None:
        # What a 304 leaves out still holds for the page that it speaks of (RFC 9111, 3.2).
        received = replace(
            received,
            body=known.body,
            media_type=known.media_type,
            encoding=known.encoding,
            headers=known.headers | received.headers,
        )
    limits.take(received.body)

    def fetch_page(url: str) -> pipeline.Received:
        limits.pause(url)
        page = _received(url, fetch(url, policy=limits.policy()))
        limits.take(page.body)
        return page

    pipeline.settle(run, received, pipeline.Edition(coverage=source.coverage), fetch_page=fetch_page)


def _received(url: str, fetched: fetching.Fetched) -> pipeline.Received:
    return pipeline.Received(
        fetched.body,
        fetched.fetched_at,
        Capture.Method.FETCHED,
        url=url,
        media_type=fetched.media_type,
        encoding=fetched.encoding,
        status=fetched.status,
        headers=fetched.headers | ({"X-Final-URL": fetched.url} if fetched.url != url else {}),
    )


def _known(source: Source) -> Capture | None:
    """The capture that a conditional request may compare with: what the list's last snapshot was read from.

    None where the whole is needed: another address, a newer recipe, several pages, or a snapshot withdrawn since.
    """
    last = source.list.snapshots.exclude(status=Snapshot.Status.SUPERSEDED).order_by("-captured_at").first()
    if last is None or not last.is_published or not last.is_full:
        return None
    if last.capture.pages.exists():  # that the first page is the same says nothing of the others
        return None
    if last.capture.url != source.url or last.recipe != source.list.recipes.first():
        return None
    return last.capture


def _header(capture: Capture | None, name: str) -> str:
    """A header as the publisher sent it; its name is written in any case."""
    headers = capture.headers if capture else {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _failed(run: Run, reason: str, code: str, *, final: bool, retry_after: timedelta = timedelta()) -> str:
    """Set the next attempt, or end the run where there is none."""
    pipeline.note(run, reason)
    now = timezone.now()
    if final or run.attempts >= MOST_ATTEMPTS:
        if run.source and retry_after:
            sooner = Source.objects.filter(pk=run.source.pk, next_due_at__lt=now + retry_after)
            sooner.update(next_due_at=now + retry_after)
        return _end(run, reason=reason, code=code)
    wait = max(FIRST_BACKOFF * 4 ** (run.attempts - 1), retry_after)
    kept = Run.objects.unfinished().filter(pk=run.pk, lease=run.lease)
    again = kept.update(
        leased_until=None,
        hinted_at=None,
        next_attempt_at=now + wait,
        reason=f"{reason} Tried again in {int(wait.total_seconds())} s.",
        error_code=code,
        log=run.log,
    )
    return "again" if again else "lost"


def _end(run: Run, *, reason: str, code: str) -> str:
    """Finish a run that failed, if it is still ours."""
    with transaction.atomic():
        if not leases.hold(run):
            return "lost"
        pipeline.finish(run, Run.Outcome.FAILED, reason=reason, code=code)
    return run.outcome
