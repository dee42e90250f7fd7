"""What Celery runs. Tasks take ids and make one call."""

from celery import shared_task

from scraping import dispatch


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Beat's only task: make runs of what is due, and hint at every run that waits."""
    for run in dispatch.dispatch():
        work_on.delay(run)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def work_on(run: int) -> str:
    """Read the source of a run, if no other worker does."""
    return dispatch.work(run)
