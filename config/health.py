"""/healthz: whether this process can serve, and whether checks are being made. For load balancers and monitors."""

from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max, Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from scraping.models import Run, Source

# A source that has been due for longer than this shows that no beat or no worker is at work.
LATE = 300.0

_migrated = False


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where pages can be served, else 503 with the reason.

    Checks that are late do not make it 503, since the pages stay right without them: `checks.late` says it, with the
    age in seconds of the newest scheduled run, of the oldest check that is due, and of the oldest that waits.
    """
    try:
        if reason := _not_migrated():
            return _failing(reason)
        return JsonResponse({"status": "ok", "checks": _checks(timezone.now())})
    except Error:
        return _failing("The database cannot be reached. See that it runs and that DATABASE_URL is right.")


def _failing(reason: str) -> JsonResponse:
    return JsonResponse({"status": "failing", "reason": reason}, status=503)


def _not_migrated() -> str:
    global _migrated  # the code of a process does not change, so that one look is enough
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return f"Migrations that the database does not have yet: {len(missing)}. Run: manage.py migrate"
        _migrated = True
    return ""


def _checks(now: datetime) -> dict[str, Any]:
    scheduled = Run.objects.filter(trigger=Run.Trigger.SCHEDULE)
    newest = scheduled.aggregate(moment=Max("created_at"))["moment"]
    due = Source.objects.filter(enabled=True, next_due_at__lte=now)
    # A source whose last run is still unfinished is due again only when that one ends.
    due = due.exclude(pk__in=scheduled.unfinished().values("source"))
    oldest_due = due.aggregate(moment=Min("next_due_at"))["moment"]
    waiting = Run.objects.unfinished().filter(next_attempt_at=None, leased_until=None)
    oldest_waiting = waiting.aggregate(moment=Min("created_at"))["moment"]
    ages = {
        "newest_run_s": _age(newest, now),
        "oldest_due_s": _age(oldest_due, now),
        "oldest_waiting_s": _age(oldest_waiting, now),
    }
    late = max(ages["oldest_due_s"] or 0.0, ages["oldest_waiting_s"] or 0.0) > LATE
    return {"late": late, "waiting": waiting.count(), **ages}


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)
