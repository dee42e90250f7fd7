"""Authorities and the lists that they publish."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from procurement.models import Authority, Snapshot, VendorList
from vendors import countries
from vendors.admin.base import CuratedAdmin, country_field, link


class JurisdictionFilter(admin.SimpleListFilter):
    """Jurisdictions that occur, by name."""

    title = "jurisdiction"
    parameter_name = "jurisdiction"
    path = "jurisdiction"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        codes = Authority.objects.order_by("jurisdiction").values_list("jurisdiction", flat=True).distinct()
        return sorted(((code, countries.name(code)) for code in codes), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


class OfListFilter(JurisdictionFilter):
    path = "authority__jurisdiction"


@admin.register(Authority)
class AuthorityAdmin(CuratedAdmin):
    list_display = ["name", "name_printed", "country", "website"]
    list_filter = [JurisdictionFilter]
    search_fields = ["name", "name_printed"]
    fields = ["name", "name_printed", "jurisdiction", "website"]

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "jurisdiction":
            return country_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="jurisdiction", ordering="jurisdiction")
    def country(self, authority: Authority) -> str:
        return authority.country


@admin.register(VendorList)
class VendorListAdmin(CuratedAdmin):
    list_display = ["title", "authority", "kind", "category", "last_observed", "held"]
    list_filter = ["kind", OfListFilter]
    list_select_related = ["authority"]
    search_fields = ["title", "title_printed", "slug", "authority__name"]
    search_help_text = "Part of a title, as printed or translated, or of the authority's name."
    autocomplete_fields = ["authority"]
    fieldsets = [
        (None, {"fields": ["title", "title_printed", "slug", "authority", "language", "kind", "category", "website"]}),
        ("Scope: whom it binds", {"fields": ["binds", "binds_not"]}),
        ("More", {"fields": ["description", "gap_after"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VendorList]:
        published = Q(snapshots__status=Snapshot.Status.PUBLISHED)
        return (
            super()
            .get_queryset(request)
            .annotate(
                observed=Max("snapshots__captured_at", filter=published),
                waiting=Count("snapshots", filter=Q(snapshots__status=Snapshot.Status.HELD)),
            )
        )

    def get_readonly_fields(self, request: HttpRequest, obj: VendorList | None = None) -> list[str]:
        """The slug is the list's address in citations and commands: once made, it stays."""
        return ["slug", "recorded"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: VendorList | None = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        return [*fieldsets, ("Recorded", {"fields": ["recorded"]})] if obj else fieldsets

    def get_prepopulated_fields(self, request: HttpRequest, obj: VendorList | None = None) -> Any:
        return {} if obj else {"slug": ["title"]}

    @admin.display(description="last observed", ordering="observed")
    def last_observed(self, vendor_list: Any) -> Any:
        return vendor_list.observed

    @admin.display(description="held", ordering="waiting")
    def held(self, vendor_list: Any) -> SafeString | str:
        if not vendor_list.waiting:
            return ""
        query = f"list__id__exact={vendor_list.pk}&status__exact=held"
        return link("admin:procurement_snapshot_changelist", f"{vendor_list.waiting} to decide", query=query)

    @admin.display(description="its record")
    def recorded(self, vendor_list: VendorList) -> SafeString:
        pages = {
            "snapshots": "procurement_snapshot",
            "captures": "procurement_capture",
            "recipes": "procurement_recipe",
            "entries": "procurement_entry",
            "listings": "procurement_listing",
            "changes": "procurement_change",
            "sources": "scraping_source",
            "runs": "scraping_run",
        }
        query = f"list__id__exact={vendor_list.pk}"
        links = ((link(f"admin:{page}_changelist", text, query=query),) for text, page in pages.items())
        return format_html_join(" · ", "{}", links)
