"""How we know: where a list is read from and when, and every attempt to read it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from procurement.models import Capture, Snapshot, VendorList
from scraping import schedules


class Source(models.Model):
    """How a list is read: its address, schedule and limits. The recipe is the list's latest."""

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="sources")
    url = models.CharField("address", max_length=2000)
    enabled = models.BooleanField(default=True, help_text="Checked on schedule. A list has one enabled source at most.")
    interval = models.DurationField(
        null=True, blank=True, help_text="Checked this often (hh:mm:ss, or days and hh:mm:ss). Or give a crontab."
    )
    crontab = models.CharField(
        max_length=100, blank=True, help_text="Five fields, such as 0 6 * * 1-5. Wins over the interval."
    )
    timezone = models.CharField(max_length=50, default="UTC", help_text="Zone of the crontab, such as Asia/Shanghai.")
    next_due_at = models.DateTimeField(null=True, blank=True, db_index=True, help_text="The next slot, UTC.")
    deadline = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(200)],
        help_text="Seconds for one fetch, in all.",
    )
    max_bytes = models.PositiveBigIntegerField(
        default=50 * 1024 * 1024, help_text="Decoded size above which it is refused."
    )
    ignore_robots = models.BooleanField(
        default=False, help_text="Read although robots.txt disallows it; say why below."
    )
    min_rows = models.PositiveIntegerField(null=True, blank=True, help_text="Fewer rows than this are held for review.")
    max_rows = models.PositiveIntegerField(null=True, blank=True, help_text="More rows than this are held for review.")
    coverage = models.CharField(
        max_length=7,
        choices=Snapshot.Coverage,
        default=Snapshot.Coverage.FULL,
        help_text="Partial where the page shows only the newest of many, so that what leaves it has only grown old.",
    )
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["list__title"]
        constraints = [
            models.UniqueConstraint(
                fields=["list"],
                condition=Q(enabled=True),
                name="one_enabled_source",
                violation_error_message="This list has an enabled source already. Switch that one off first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.list}: {self.url}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new or changed schedule takes effect at once: a new source is due now, a changed one at its next slot."""
        if self.pk is None:
            self.next_due_at = timezone.now() if self.enabled else None
        elif "update_fields" not in kwargs:
            schedule = (
                Source.objects.filter(pk=self.pk).values_list("enabled", "interval", "crontab", "timezone").first()
            )
            if schedule != (self.enabled, self.interval, self.crontab, self.timezone):
                self.next_due_at = self.slot_after(timezone.now()) if self.enabled else None
        super().save(*args, **kwargs)

    def slot_after(self, moment: datetime) -> datetime:
        """The first slot of the schedule after a moment, UTC.

        Raises:
            schedules.ScheduleError: the schedule cannot be understood.
        """
        return schedules.next_slot(moment, interval=self.interval, crontab=self.crontab, timezone=self.timezone)

    def clean(self) -> None:
        if not self.crontab and self.interval is None:
            raise ValidationError("Give an interval or a crontab, so that it is known when to check.")
        if self.interval is not None and self.interval < SHORTEST_INTERVAL:
            raise ValidationError({"interval": "At least five minutes, in fairness to the publisher."})
        try:
            schedules.check(self.crontab, self.timezone)
            if self.crontab and schedules.shortest_gap(self.crontab) < SHORTEST_INTERVAL:
                raise ValidationError({"crontab": "At least five minutes apart, in fairness to the publisher."})
        except schedules.ScheduleError as error:
            raise ValidationError(str(error)) from error
        if self.min_rows is not None and self.max_rows is not None and self.min_rows > self.max_rows:
            raise ValidationError({"max_rows": "The upper bound is below the lower one."})


SHORTEST_INTERVAL = timedelta(minutes=5)


def _no_steps() -> list[list[str]]:
    return []


class RunQuerySet(models.QuerySet["Run"]):
    def unfinished(self) -> "RunQuerySet":
        return self.filter(finished_at__isnull=True)

    def finished(self) -> "RunQuerySet":
        return self.filter(finished_at__isnull=False)


class Run(models.Model):
    """One attempt to read a list: at a source's slot, because somebody asked, or from a file."""

    class Outcome(models.TextChoices):
        RECORDED = "recorded", "Recorded"
        UNCHANGED = "unchanged", "Unchanged"
        HELD = "held", "Held for review"
        FAILED = "failed", "Failed"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        PERSON = "person", "A person"
        FILE = "file", "A file"

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="runs")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SCHEDULE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    slot = models.DateTimeField(null=True, blank=True, help_text="The moment for which it was due, UTC.")
    created_at = models.DateTimeField(auto_now_add=True)
    # The lease: who works on it, until when; a result is accepted only while the token still matches.
    hinted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a worker was last told of it."
    )
    lease = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="After a passing failure: when it is tried again."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    error_code = models.CharField(max_length=40, blank=True, help_text="The kind of failure, such as dns or too_large.")
    reason = models.TextField(blank=True)
    capture = models.ForeignKey(Capture, models.SET_NULL, null=True, blank=True, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, models.SET_NULL, null=True, blank=True, related_name="runs")
    log = models.JSONField(default=_no_steps, blank=True, help_text="What happened, step by step: [moment, text].")
    # Kept for a capture that could not be read yet: its bytes do not say that it is partial, or what it is called.
    edition = models.JSONField(default=dict, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["list", "-created_at"], name="run_of_list"),
            models.Index(fields=["next_attempt_at"], condition=Q(finished_at__isnull=True), name="run_unfinished"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "slot"], name="run_once_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.created_at:%Y-%m-%d %H:%M} {self.outcome or 'pending'}"
