"""Who works on a run: a lease with a token, short, and renewed for as long as its holder lives.

A holder that is killed stops renewing, so that its run is free again after `LEASE`, however long it would have worked.
A result is accepted only while the run still carries the holder's token (pipeline.settle).
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import Error, connection
from django.db.models import F, Q
from django.utils import timezone

from scraping.models import Run

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)


def free(now: datetime) -> Q:
    """Runs that may be taken: nobody holds them, and no later time is set for their next attempt."""
    unheld = Q(leased_until=None) | Q(leased_until__lt=now)
    return Q(finished_at=None) & unheld & (Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))


def take(run_id: int) -> Run | None:
    """Take a run, counting the attempt; None if it is finished, held by another worker, or not to be tried yet."""
    now = timezone.now()
    taken = Run.objects.filter(free(now), pk=run_id).update(
        lease=uuid4(), leased_until=now + LEASE, started_at=now, attempts=F("attempts") + 1
    )
    return Run.objects.select_related("source__list__authority", "list").get(pk=run_id) if taken else None


def hold(run: Run) -> bool:
    """Whether the run is still ours to finish; its row is then locked for us until the transaction ends.

    A source that was deleted meanwhile is let go of, so that the run can be kept without it.
    """
    kept = Run.objects.unfinished().select_for_update().filter(pk=run.pk, lease=run.lease)
    sources = list(kept.values_list("source", flat=True))
    if sources == [None]:
        run.source = None
    return bool(sources)


@contextmanager
def renewed(run: Run) -> Iterator[None]:
    """Renew a taken run's lease in the background until the block ends, or until the lease is lost."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(LEASE.total_seconds() / 3):
            try:
                kept = Run.objects.unfinished().filter(pk=run.pk, lease=run.lease)
                if not kept.update(leased_until=timezone.now() + LEASE):
                    return
            except Error as error:  # the next time may go better, and until then the lease holds
                log.warning("run %s: its lease could not be renewed (%s)", run.pk, error)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease-of-run-{run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=1)
