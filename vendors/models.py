"""Who the firms are: what a curator decided about vendors, their names and their owners."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse

from vendors import names


class Vendor(models.Model):
    """A curated firm. Its names are aliases; what it is called on a list is decided by them alone."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, help_text="The name that pages show, in English where it has one.")
    country = models.CharField(
        max_length=2, blank=True, help_text="Country of registration, ISO 3166-1 alpha-2. Blank: unknown."
    )
    country_source = models.URLField(max_length=500, blank=True)
    website = models.URLField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("vendor", args=[self.slug])

    def ownership_on(self, on: date) -> Ownership | None:
        """The ownership in force on that day; the latest to begin, where several are."""
        held = [
            o for o in self.ownerships.all() if (o.since is None or o.since <= on) and (o.until is None or on < o.until)
        ]
        return max(held, key=lambda o: o.since or date.min, default=None)

    def origin_on(self, on: date) -> str:
        """The country that controls the firm on that day: its owner's if recorded, else its own. "" if unknown."""
        ownership = self.ownership_on(on)
        return (ownership.country if ownership else "") or self.country


class Alias(models.Model):
    """A name of a vendor. An exact match of its key, and nothing weaker, links a printed name to the vendor."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=300)
    key = models.CharField(max_length=300, editable=False, db_index=True)
    language = models.CharField(max_length=12, blank=True, help_text="BCP 47, such as en, zh-Hans, ru. Blank: any.")
    source = models.CharField(
        max_length=500, blank=True, help_text="Where this name is attested: an address or a title."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["language", "text"]
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["vendor", "key"], name="alias_once_per_vendor")]

    def __str__(self) -> str:
        return self.text

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = names.name_key(self.text)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Identifier(models.Model):
    """A vendor's number in a public register: LEI, Wikidata, stock code, unified social credit code."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=40, help_text="lei, wikidata, uscc, ogrn, stock, …")
    value = models.CharField(max_length=100)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["scheme", "value"]
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="identifier_once")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Ownership(models.Model):
    """Who controlled a vendor from one day to another: half-open, [since, until)."""

    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(Vendor, models.SET_NULL, null=True, blank=True, related_name="holdings")
    owner_name = models.CharField(max_length=200, blank=True, help_text="Where the owner is no vendor here.")
    country = models.CharField(max_length=2, blank=True, help_text="Country of control, ISO 3166-1 alpha-2.")
    since = models.DateField(null=True, blank=True, help_text="First day. Blank: since the beginning of the record.")
    until = models.DateField(null=True, blank=True, help_text="First day on which it no longer held. Blank: still.")
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = [models.F("since").asc(nulls_first=True)]
        constraints = [
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(since__lt=models.F("until")),
                name="ownership_begins_before_it_ends",
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner or self.owner_name or 'independent'} ({self.country or '?'})"


class PrintedName(models.Model):
    """A vendor's name as lists print it, and the vendor that an exact alias or a person linked it to.

    One row for each spelling apart from case, width and spacing, so that linking a name relinks all of its history.
    """

    fold = models.CharField(max_length=400, unique=True, editable=False)
    text = models.CharField(max_length=400, help_text="The first spelling met, verbatim.")
    key = models.CharField(max_length=400, editable=False, db_index=True)
    vendor = models.ForeignKey(Vendor, models.SET_NULL, null=True, blank=True, related_name="printed_names")
    first_met_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["text"]

    def __str__(self) -> str:
        return self.text


class NameFragment(models.Model):
    """Which aliases hold a fragment of a name: what suggestions are found through. ``vendors.index`` keeps it."""

    fragment = models.CharField(max_length=8, primary_key=True)
    count = models.PositiveIntegerField()
    aliases = models.BinaryField(help_text="Primary keys of aliases, four bytes each.")

    def __str__(self) -> str:
        return self.fragment


class RegisterFact(models.Model):
    """A fact of the register's files as last loaded, so that loading them again knows what a curator changed since."""

    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=700)
    values = models.JSONField()
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "reference"], name="register_fact_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
