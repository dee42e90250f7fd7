"""What was said about a list: publications, and who asserts, denies, qualifies or corrects what in them."""

from django.core.exceptions import ValidationError
from django.db import models

from procurement.models.lists import VendorList
from vendors.models import Vendor


class Report(models.Model):
    """A publication that speaks of a list."""

    publisher = models.CharField(max_length=200)
    title = models.CharField(max_length=400)
    url = models.URLField(max_length=1000, blank=True)
    published_on = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=12, blank=True)
    note = models.TextField(blank=True, help_text="A copy, a translation, an error in it.")

    class Meta:
        ordering = ["-published_on", "title"]
        constraints = [models.UniqueConstraint(fields=["publisher", "title", "url"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.title}"


class Statement(models.Model):
    """Who said what about a list, a vendor on it, or a change of it, and with what scope."""

    class Stance(models.TextChoices):
        ASSERTS = "asserts", "Asserts"
        DENIES = "denies", "Denies"
        QUALIFIES = "qualifies", "Qualifies"
        CORRECTS = "corrects", "Corrects"

    report = models.ForeignKey(Report, models.PROTECT, related_name="statements")
    speaker = models.CharField(max_length=200)
    said_on = models.DateField(null=True, blank=True)
    said_on_note = models.CharField(max_length=100, blank=True, help_text="Where only a month or a range is known.")
    stance = models.CharField(max_length=10, choices=Stance)
    text = models.TextField(
        help_text="What is said, in one or two sentences; the words themselves where they are known."
    )
    scope = models.TextField(blank=True, help_text="Whom or what the speaker says that it binds, and what not.")
    list = models.ForeignKey(VendorList, models.CASCADE, null=True, blank=True, related_name="statements")
    vendors = models.ManyToManyField(Vendor, blank=True, related_name="statements")
    about_from = models.DateField(
        null=True, blank=True, help_text="The change that it speaks of fell between this day and the next."
    )
    about_to = models.DateField(null=True, blank=True)
    answers = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="answered_by")

    class Meta:
        ordering = [models.F("said_on").asc(nulls_last=True), "pk"]

    def __str__(self) -> str:
        return f"{self.speaker} {self.stance}: {self.text[:80]}"

    def clean(self) -> None:
        if self.about_from and self.about_to and self.about_from > self.about_to:
            raise ValidationError({"about_to": "The change cannot end before it begins."})
