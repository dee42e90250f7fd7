"""What Celery runs for the workbench."""

from celery import shared_task

from scraping.workbench import folders


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def bring_in(key: str, token: str = "") -> None:
    """Bring in some files of an upload, and hand the rest to a task of its own: none of them takes long."""
    if following := folders.step(key, token):
        bring_in.delay(key, following)
