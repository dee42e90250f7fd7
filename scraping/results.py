"""What came of a run, as commands print it."""

from typing import Any

from procurement.models import Change
from scraping.models import Run

EXIT_CODES = {"recorded": 0, "unchanged": 0, "held": 3, "failed": 1}


def result_of(run: Run) -> dict[str, Any]:
    """The run's outcome with the snapshot, its rows, and its changes from the published snapshot before it by kind."""
    snapshot = run.snapshot
    counts = dict.fromkeys(Change.Kind.values, 0)
    if snapshot is not None and snapshot.is_published:
        for kind in snapshot.changes.values_list("kind", flat=True):
            counts[kind] += 1
    return {
        "list": run.list.slug,
        "outcome": run.outcome,
        "snapshot": snapshot.pk if snapshot else None,
        "rows": snapshot.row_count if snapshot else 0,
        **counts,
        "reason": run.reason,
        "error": run.error_code,
    }


def sentence_of(run: Run) -> str:
    """The same for people."""
    result = result_of(run)
    if run.snapshot is None:
        return f"{run.list}: {run.outcome}. {run.reason}".strip()
    changes = ", ".join(f"{result[kind]} {kind}" for kind in Change.Kind.values if result[kind])
    head = f"{run.list}: {run.outcome}, snapshot {run.snapshot.pk} of {run.snapshot.captured_at:%Y-%m-%d %H:%M} UTC"
    return f"{head}, {result['rows']} rows" + (f", {changes}" if changes else "") + "."
