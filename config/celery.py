"""Celery: beat ticks and workers follow hints. The schedule itself is in the database (scraping.dispatch)."""

import os
from typing import Any

from celery import Celery
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _on_files() -> bool:
    from django.conf import settings

    return str(settings.CELERY_BROKER_URL).startswith("filesystem:")


def _options() -> dict[str, Any]:
    from django.conf import settings

    if _on_files():
        folders = {name: settings.DATA_DIR / "broker" / name for name in ("queue", "control")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "control_folder": str(folders["control"]),
            # Seconds between two looks at an empty queue, and between two tasks of a busy worker.
            "polling_interval": 0.1,
        }
    # A worker that is killed gives its hint back after this; the database would hint again anyway.
    return {"visibility_timeout": 900, "unacked_restore_throttle": 1}


app = Celery("whitelist-tracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["scraping", "scraping.workbench"])


@app.on_configure.connect  # type: ignore[untyped-decorator]
def configure(sender: Celery, **_: Any) -> None:
    """Each of these was measured under kills; see docs/operation.md for why."""
    from django.conf import settings

    sender.conf.update(
        broker_url="filesystem://localhost" if _on_files() else settings.CELERY_BROKER_URL,
        broker_transport_options=_options(),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Ticks have a queue of their own, so that they do not wait behind a thousand hints.
        task_queues=[Queue("celery"), Queue("ticks")],  # type: ignore[no-untyped-call]
        task_routes={"scraping.tasks.tick": {"queue": "ticks"}},
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_soft_time_limit=240,
        task_time_limit=300,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=100,
        worker_max_memory_per_child=400_000,
        worker_soft_shutdown_timeout=30,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        timezone="UTC",
        beat_schedule={
            "tick": {"task": "scraping.tasks.tick", "schedule": settings.TICK_SECONDS, "options": {"expires": 60}}
        },
        # It remembers nothing, since the database owns the schedule.
        beat_scheduler="celery.beat.Scheduler",
    )
