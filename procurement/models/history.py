"""The recorded history of a list. `procurement.recording` is the only writer of these tables.

Storage is intervals (slowly changing dimension, type 2): a listing holds an entry and the half-open span in which the
list carried it, cut at snapshot times, so that cost follows what changed and not how often one looked.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property

from procurement.models.evidence import Capture, Recipe
from procurement.models.lists import VendorList
from vendors.models import PrintedName

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


if TYPE_CHECKING:
    _BytesField = models.BinaryField[bytes, bytes]
else:
    _BytesField = models.BinaryField


class DigestField(_BytesField):
    """Sixteen bytes, as bytes on every database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 16, **kwargs})

    def from_db_value(self, value: Any, *_: Any) -> bytes | None:
        return None if value is None else bytes(value)


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def published(self) -> "SnapshotQuerySet":
        return self.filter(status=Snapshot.Status.PUBLISHED)

    def full(self) -> "SnapshotQuerySet":
        return self.filter(coverage=Snapshot.Coverage.FULL)

    def held(self) -> "SnapshotQuerySet":
        return self.filter(status=Snapshot.Status.HELD)

    def before(self, moment: datetime) -> "SnapshotQuerySet":
        """Published before that moment, the latest first."""
        return self.published().filter(captured_at__lt=moment).order_by("-captured_at")

    def as_of(self, moment: datetime) -> "Snapshot | None":
        """The published snapshot that governs that moment, the moment itself included."""
        return self.published().filter(captured_at__lte=moment).order_by("-captured_at").first()


class Snapshot(models.Model):
    """What a list said at `captured_at`. A published one governs until the next published one."""

    class Status(models.TextChoices):
        PUBLISHED = "published", "Published"
        HELD = "held", "Held for review"
        WITHDRAWN = "withdrawn", "Withdrawn"
        SUPERSEDED = "superseded", "Superseded by a re-reading"

    class Coverage(models.TextChoices):
        FULL = "full", "Full"
        PARTIAL = "partial", "Partial: names what it names, and proves no absence"

    class Basis(models.TextChoices):
        CAPTURED = "captured", "Captured from the publisher"
        REPORTED = "reported", "Compiled from reports"
        INFERRED = "inferred", "Inferred"

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="snapshots")
    capture = models.ForeignKey(Capture, models.PROTECT, related_name="snapshots")
    recipe = models.ForeignKey(Recipe, models.PROTECT, null=True, blank=True, related_name="snapshots")
    captured_at = models.DateTimeField()
    effective_on = models.DateField(null=True, blank=True, help_text="The date that the page prints, if it does.")
    status = models.CharField(max_length=10, choices=Status)
    coverage = models.CharField(max_length=7, choices=Coverage, default=Coverage.FULL)
    basis = models.CharField(max_length=8, choices=Basis, default=Basis.CAPTURED)
    basis_note = models.TextField(blank=True, help_text="Who reported it, or from what it was inferred.")
    label = models.CharField(max_length=100, blank=True, help_text="What the publisher calls this edition.")
    row_count = models.PositiveIntegerField(help_text="Rows as read, duplicates included.")
    entry_count = models.PositiveIntegerField(help_text="Different keys among the rows.")
    content_hash = models.CharField(
        max_length=32, help_text="Sum of the digests of its entries; see procurement.entries."
    )
    reason = models.TextField(blank=True, help_text="Why it is held, withdrawn or superseded.")
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    created_at = models.DateTimeField(auto_now_add=True)
    # Only where the listings cannot give them back: partial, held, withdrawn and superseded snapshots.
    named: "models.ManyToManyField[Any, Any]" = models.ManyToManyField("Entry", related_name="named_by", editable=False)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["-captured_at", "-pk"]
        permissions = [("decide_snapshot", "Can publish, withdraw and restore snapshots")]
        indexes = [models.Index(fields=["list", "status", "captured_at"], name="snapshot_timeline")]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "captured_at"], condition=Q(status="published"), name="one_published_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.captured_at:%Y-%m-%d %H:%M} UTC"

    def get_absolute_url(self) -> str:
        return self._address

    @cached_property
    def _address(self) -> str:  # a comparison links to the same two snapshots from every row
        return reverse("snapshot", args=[self.pk])

    @property
    def is_full(self) -> bool:
        return self.coverage == self.Coverage.FULL

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED


class Entry(models.Model):
    """One row of a list, verbatim as printed first, with its key. Kept once per list and content; never deleted."""

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="entries", db_index=False)
    key = DigestField()
    digest = DigestField()
    name = models.ForeignKey(PrintedName, models.PROTECT, null=True, blank=True, related_name="entries", db_index=False)
    vendor = models.TextField(blank=True, help_text="The vendor as printed.")
    product = models.TextField(blank=True)
    category = models.TextField(blank=True)
    identifier = models.TextField(blank=True)
    origin = models.TextField(blank=True)
    extra = models.JSONField(default=dict)
    printed_at = models.DateTimeField(
        help_text="The earliest snapshot that says this: the text is as that one prints it."
    )

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["list", "key"], name="entry_key"),
            models.Index(fields=["name", "list"], name="entry_name"),
        ]
        constraints = [models.UniqueConstraint(fields=["list", "digest"], name="entry_once")]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.vendor, self.product, self.identifier])) or "(blank row)"

    @property
    def vendor_id(self) -> int | None:
        """The vendor that an alias links the printed name to."""
        return self.name.vendor_id if self.name else None

    def as_json(self) -> dict[str, Any]:
        """The row as the interfaces give it."""
        return {
            "vendor": self.vendor,
            "product": self.product,
            "category": self.category,
            "identifier": self.identifier,
            "origin": self.origin,
            "extra": self.extra,
        }


class ListingQuerySet(models.QuerySet["Listing"]):
    def on(self, moment: datetime) -> "ListingQuerySet":
        """What lists carried at that moment."""
        return self.filter(listed_from__lte=moment, listed_to__gt=moment)


class Listing(models.Model):
    """An unbroken spell of an entry on a list: the half-open span [listed_from, listed_to)."""

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="listings", db_index=False)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="listings")
    listed_from = models.DateTimeField(help_text="First seen.")
    listed_to = models.DateTimeField(default=FOREVER, help_text="First absent; far in the future while it is listed.")
    copies = models.PositiveIntegerField(default=1, help_text="How often the row stood on the page when first seen.")

    objects = ListingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["list", "listed_to", "listed_from"], name="listing_ends"),
            models.Index(fields=["list", "listed_from"], name="listing_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.entry} [{self.listed_from:%Y-%m-%d}, {self.listed_to:%Y-%m-%d})"

    @property
    def is_open(self) -> bool:
        return self.listed_to == FOREVER


class Change(models.Model):
    """One difference between two neighbouring published snapshots, derived from the listings and kept for the feeds."""

    class Kind(models.TextChoices):
        ADDED = "added", "Added"
        DROPPED = "dropped", "Dropped"
        RELISTED = "relisted", "Relisted"
        RENAMED = "renamed", "Renamed"
        AMENDED = "amended", "Amended"

    class Cause(models.TextChoices):
        SOURCE = "source", "The list changed"
        RECIPE = "recipe", "Our reading changed"
        CURATION = "curation", "Our curation changed"

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="changes", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.SOURCE)
    at = models.DateTimeField(help_text="When the later snapshot was captured.")
    earlier = models.ForeignKey(
        Snapshot,
        models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="The last to show the state before: last seen, or last absent.",
    )
    later = models.ForeignKey(
        Snapshot, models.CASCADE, related_name="changes", help_text="The first to show the state after."
    )
    entry = models.ForeignKey(
        Entry, models.PROTECT, related_name="changes", help_text="The row after; for a drop, the row that left."
    )
    former = models.ForeignKey(
        Entry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The row before, renamed or amended.",
    )

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["list", "at"], name="change_of_list"),
            models.Index(fields=["at"], name="change_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.entry}"


class Decision(models.Model):
    """What a person decided about a snapshot, and why. Only ever added to."""

    class Action(models.TextChoices):
        PUBLISH = "publish", "Published"
        HOLD = "hold", "Held"
        WITHDRAW = "withdraw", "Withdrawn"
        RESTORE = "restore", "Restored"
        SUPERSEDE = "supersede", "Superseded"
        REREAD = "reread", "Read again, with the same rows"

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=10, choices=Action)
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%Y-%m-%d}"
