"""The schedule: which sources are due, who works on which run, and when a failed run is tried again.

The database owns all of it. The broker only carries hints that there is work: a lost hint is sent again, and of two
workers that follow the same hint one gets the lease.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from procurement.models import Capture
from scraping import fetching, pipeline, schedules
from scraping.models import Run, Source

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
HINT_AGAIN = timedelta(minutes=2)
MOST_ATTEMPTS = 3
FIRST_BACKOFF = timedelta(minutes=1)
_BATCH = 500


def dispatch(now: datetime | None = None) -> list[int]:
    """Turn due sources into runs and return the runs that need a worker, for hinting.

    After a time in which nobody dispatched, a source gets one run for the latest slot that it missed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        due = Source.objects.filter(enabled=True, next_due_at__lte=now).order_by("next_due_at")
        for source in _unlocked(due)[:_BATCH]:
            _create_run(source, now)
    return waiting(now)


def _unlocked(rows: Any) -> Any:
    """Rows that no other dispatcher holds; SQLite has one writer at a time anyway."""
    return rows.select_for_update(skip_locked=True) if connection.features.has_select_for_update_skip_locked else rows


def _create_run(source: Source, now: datetime) -> None:
    try:
        following = source.slot_after(now)
    except schedules.ScheduleError as error:
        Source.objects.filter(pk=source.pk).update(enabled=False, next_due_at=None)
        run = Run(list_id=source.list_id, source=source, slot=source.next_due_at)
        pipeline.finish(run, Run.Outcome.FAILED, reason=f"{error} The source was switched off.", code="schedule")
        return
    Run.objects.get_or_create(source=source, slot=source.next_due_at, defaults={"list_id": source.list_id})
    Source.objects.filter(pk=source.pk).update(next_due_at=following)


def waiting(now: datetime) -> list[int]:
    """Unfinished runs that no worker holds and that nobody was told of lately; marks them as told."""
    with transaction.atomic():
        runs = (
            Run.objects.unfinished()
            .filter(trigger__in=[Run.Trigger.SCHEDULE, Run.Trigger.PERSON])
            .filter(Q(leased_until=None) | Q(leased_until__lt=now))
            .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))
            .filter(Q(hinted_at=None) | Q(hinted_at__lt=now - HINT_AGAIN))
            .order_by("hinted_at", "pk")
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
    run = Run.objects.create(list_id=source.list_id, source=source, trigger=Run.Trigger.PERSON, by=by)
    work(run.pk, last_attempt=True)
    run.refresh_from_db()
    return run


def work(run_id: int, *, fetch: Callable[..., fetching.Fetched] = fetching.fetch, last_attempt: bool = False) -> str:
    """Take a run's lease, read its source, and commit the outcome. Returns the outcome, or why nothing was done."""
    run = _lease(run_id)
    if run is None:
        return "taken"
    source = run.source
    if source is None:
        pipeline.finish(run, Run.Outcome.FAILED, reason="The source was deleted before it was read.", code="no_source")
        return run.outcome
    if run.attempts > MOST_ATTEMPTS:
        reason = f"Given up: {MOST_ATTEMPTS} workers died while they read it. Nothing was recorded; look at their logs."
        pipeline.finish(run, Run.Outcome.FAILED, reason=reason, code="worker_died")
        return run.outcome
    try:
        fetched = fetch(
            source.url,
            policy=fetching.Policy(
                max_bytes=source.max_bytes,
                deadline=source.deadline,
                ports=frozenset({80, 443, *settings.FETCH_PORTS}),
                respect_robots=not source.ignore_robots,
            ),
            **_conditions(source),
        )
    except fetching.FetchError as error:
        _failed(run, error, last_attempt=last_attempt)
        return run.outcome or "again"
    try:
        pipeline.settle(run, _received(source, fetched))
    except pipeline.LostLeaseError as error:
        log.warning("%s", error)
        return "lost"
    if run.outcome in {Run.Outcome.RECORDED, Run.Outcome.UNCHANGED} and not fetched.not_modified:
        Source.objects.filter(pk=source.pk).update(
            etag=fetched.headers.get("ETag", "")[:500], last_modified=fetched.headers.get("Last-Modified", "")[:100]
        )
    return run.outcome


def _lease(run_id: int) -> Run | None:
    now = timezone.now()
    free = (
        Run.objects.unfinished()
        .filter(pk=run_id)
        .filter(Q(leased_until=None) | Q(leased_until__lt=now))
        .filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))
    )
    token = uuid4()
    taken = free.update(lease=token, leased_until=now + LEASE, started_at=now, attempts=F("attempts") + 1)
    return Run.objects.select_related("source__list__authority", "list").get(pk=run_id) if taken else None


def _conditions(source: Source) -> dict[str, str]:
    """Ask only for what changed, as long as what we have is what the list's last snapshot was read from."""
    last = source.list.snapshots.published().order_by("-captured_at").select_related("capture", "recipe").first()
    if last is None or not last.is_full or last.capture.url != source.url or last.recipe != source.list.recipes.first():
        return {}
    return {"etag": source.etag, "last_modified": source.last_modified}


def _received(source: Source, fetched: fetching.Fetched) -> pipeline.Received:
    body = fetched.body
    if fetched.not_modified:
        last = source.list.snapshots.published().order_by("-captured_at").select_related("capture").first()
        assert last is not None
        body = last.capture.body
    return pipeline.Received(
        body,
        fetched.fetched_at,
        Capture.Method.FETCHED,
        url=source.url,
        media_type=fetched.media_type,
        encoding=fetched.encoding,
        status=fetched.status,
        headers=fetched.headers | ({"X-Final-URL": fetched.url} if fetched.url != source.url else {}),
    )


def _failed(run: Run, error: fetching.FetchError, *, last_attempt: bool) -> None:
    pipeline.note(run, str(error))
    if not error.transient or last_attempt or run.attempts >= MOST_ATTEMPTS:
        with transaction.atomic():
            pipeline.finish(run, Run.Outcome.FAILED, reason=str(error), code=error.code)
        return
    wait = max(FIRST_BACKOFF * 4 ** (run.attempts - 1), timedelta(seconds=error.retry_after or 0))
    Run.objects.filter(pk=run.pk, lease=run.lease).update(
        leased_until=None,
        next_attempt_at=timezone.now() + wait,
        reason=f"{error} Tried again in {int(wait.total_seconds())} s.",
        error_code=error.code,
        log=run.log,
    )
