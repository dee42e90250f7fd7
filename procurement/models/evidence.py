"""What proves a snapshot: the bytes as received, and the recipe by which they were read."""

from typing import Any

from django.db import models
from django.urls import reverse

from procurement import captures
from procurement.models.lists import VendorList


class AlteredEvidenceError(Exception):
    """Somebody tried to change what was received."""


class Capture(models.Model):
    """Bytes as received, with where, when and how; never altered. The bytes themselves are kept once per SHA-256."""

    class Method(models.TextChoices):
        FETCHED = "fetched", "Fetched from the publisher"
        FILE = "file", "Imported from a file"
        ARCHIVE = "archive", "Replayed from a web archive"
        RENDERED = "rendered", "Rendered in a browser"

    list = models.ForeignKey(VendorList, models.PROTECT, related_name="captures")
    url = models.CharField(max_length=2000, blank=True)
    captured_at = models.DateTimeField(help_text="When the publisher said this, UTC.")
    received_at = models.DateTimeField(auto_now_add=True, help_text="When it reached this record, UTC.")
    method = models.CharField(max_length=10, choices=Method)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    media_type = models.CharField(max_length=150, blank=True)
    encoding = models.CharField(max_length=40, blank=True, help_text="As declared by the publisher.")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status; none for a file.")
    headers = models.JSONField(default=dict, blank=True)
    file_name = models.CharField(max_length=300, blank=True)
    first_page = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pages",
        help_text="Of a list split over pages: the capture of the first, from which the snapshot is read.",
    )
    page = models.PositiveSmallIntegerField(default=1, help_text="Of a list split over pages: which one this is.")

    class Meta:
        ordering = ["-captured_at"]
        constraints = [
            models.UniqueConstraint(fields=["list", "captured_at", "sha256", "url", "method"], name="capture_once")
        ]

    def __str__(self) -> str:
        return f"{self.captured_at:%Y-%m-%d %H:%M} sha256:{self.sha256[:12]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AlteredEvidenceError(f"Capture {self.pk} is evidence and is never altered.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("capture-raw", args=[self.pk])

    @property
    def body(self) -> bytes:
        """The bytes as received.

        Raises:
            procurement.captures.CaptureError: they are missing from the store, or no longer have their hash.
        """
        return captures.read(self.sha256)


class Recipe(models.Model):
    """One version of where a list's rows are and which column is what. Versions are kept; the highest is in use."""

    list = models.ForeignKey(VendorList, models.CASCADE, related_name="recipes")
    version = models.PositiveIntegerField()
    text = models.TextField()
    note = models.CharField(max_length=300, blank=True, help_text="Why it changed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["list", "-version"]
        constraints = [models.UniqueConstraint(fields=["list", "version"], name="recipe_version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"
