"""Who publishes which list, and whom it binds."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from vendors import countries


class Authority(models.Model):
    """An agency that publishes lists."""

    name = models.CharField(max_length=300)
    name_printed = models.CharField(max_length=300, blank=True, help_text="In the agency's own language.")
    jurisdiction = models.CharField(max_length=2, db_index=True, help_text="ISO 3166-1 alpha-2, or EU.")
    website = models.URLField(max_length=300, blank=True)

    class Meta:
        ordering = ["jurisdiction", "name"]
        verbose_name_plural = "authorities"
        constraints = [models.UniqueConstraint(fields=["jurisdiction", "name"], name="authority_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.jurisdiction})"

    @property
    def country(self) -> str:
        """The jurisdiction's English name."""
        return countries.name(self.jurisdiction)


class VendorListQuerySet(models.QuerySet["VendorList"]):
    def with_authority(self) -> "VendorListQuerySet":
        return self.select_related("authority")

    def with_freshness(self) -> "VendorListQuerySet":
        """Annotate what `procurement.freshness` judges by: last snapshot, hold, check and change, and the next check.

        Checks are those of a source; files that somebody brought in do not say whether reading works.
        """
        published, held = {"snapshots__status": "published"}, {"snapshots__status": "held"}
        checked = Q(runs__source__isnull=False, runs__finished_at__isnull=False)
        return self.annotate(
            first_observed_at=_one("snapshots__captured_at", "snapshots__captured_at", **published),
            last_observed_at=_one("snapshots__captured_at", "-snapshots__captured_at", **published),
            last_coverage=_one("snapshots__coverage", "-snapshots__captured_at", **published),
            held_at=_one("snapshots__captured_at", "-snapshots__captured_at", **held),
            held_id=_one("snapshots__pk", "-snapshots__captured_at", **held),
            held_reason=_one("snapshots__reason", "-snapshots__captured_at", **held),
            check_outcome=_one("runs__outcome", "-runs__created_at", checked),
            check_reason=_one("runs__reason", "-runs__created_at", checked),
            checked_at=_one("runs__finished_at", "-runs__created_at", checked),
            check_snapshot_status=_one("runs__snapshot__status", "-runs__created_at", checked),
            next_check_at=_one("sources__next_due_at", "sources__next_due_at", sources__enabled=True),
            last_change_at=_one("changes__at", "-changes__at", changes__cause="source"),
        )


def _one(column: str, order: str, *where: Q, **equal: Any) -> Subquery:
    """The column of the first of a list's related rows in that order, found through the reverse relations."""
    rows = VendorList.objects.filter(*where, pk=OuterRef("pk"), **equal)
    return Subquery(rows.order_by(order).values(column)[:1])


class VendorList(models.Model):
    """A published list of vendors or their products."""

    class Kind(models.TextChoices):
        APPROVED = "approved", "Approved"
        PREFERRED = "preferred", "Preferred"
        EXCLUDED = "excluded", "Excluded"

    slug = models.SlugField(max_length=100, unique=True)
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="lists")
    title = models.CharField(max_length=300)
    title_printed = models.CharField(max_length=300, blank=True, help_text="As the publisher prints it.")
    language = models.CharField(max_length=12, blank=True, help_text="Language of the list, BCP 47.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.APPROVED)
    category = models.CharField(
        max_length=100, blank=True, help_text="What it is a list of, such as antivirus software."
    )
    binds = models.TextField(blank=True, help_text="Whom the list binds.")
    binds_not = models.TextField(blank=True, help_text="Whom it does not bind.")
    description = models.TextField(blank=True)
    website = models.URLField(max_length=500, blank=True, help_text="The publisher's page.")
    gap_after = models.DurationField(
        default=timedelta(days=40),
        help_text="Two observations further apart than this leave a gap between them that is shown as not observed.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    # Annotated by `with_freshness`, and only there.
    first_observed_at: datetime | None
    last_observed_at: datetime | None
    last_coverage: str | None
    held_at: datetime | None
    held_id: int | None
    held_reason: str | None
    check_outcome: str | None
    check_reason: str | None
    checked_at: datetime | None
    check_snapshot_status: str | None
    next_check_at: datetime | None
    last_change_at: datetime | None

    objects = VendorListQuerySet.as_manager()

    class Meta:
        ordering = ["authority__jurisdiction", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("list", args=[self.slug])

    @property
    def jurisdiction(self) -> str:
        return self.authority.jurisdiction

    def lock(self) -> None:
        """Hold this list's row until the transaction ends: every paint does, or two workers corrupt each other's.

        SQLite needs no more than its IMMEDIATE transactions.
        """
        VendorList.objects.select_for_update().only("pk").get(pk=self.pk)
