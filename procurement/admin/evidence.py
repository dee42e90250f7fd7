"""Captures and recipes, as they are kept."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from procurement.models import Capture, Recipe
from vendors.admin.base import ReadOnlyAdmin, link


@admin.register(Capture)
class CaptureAdmin(ReadOnlyAdmin):
    list_display = ["captured_at", "list", "method", "media_type", "bytes", "short_hash"]
    list_filter = ["method", "list"]
    list_select_related = ["list"]
    search_fields = ["sha256"]
    search_help_text = "A SHA-256, or how it begins; or part of a list's title."
    fieldsets = [
        (None, {"fields": ["list", "url", "file_name", "captured_at", "received_at", "method", "first_page", "page"]}),
        ("Bytes", {"fields": ["raw", "sha256", "bytes", "media_type", "encoding", "status", "headers_shown"]}),
        ("Read as", {"fields": ["snapshots_shown"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Capture], search_term: str
    ) -> tuple[QuerySet[Capture], bool]:
        term = search_term.strip().removeprefix("sha256:")
        if re.fullmatch(r"[0-9a-fA-F]{6,64}", term):
            # A range, because it uses the index of every database, where LIKE does not.
            return queryset.filter(sha256__gte=term.lower(), sha256__lte=term.lower() + "g"), False
        return (queryset.filter(list__title__icontains=term) if term else queryset), False

    @admin.display(description="size", ordering="size")
    def bytes(self, capture: Capture) -> str:
        return filesizeformat(capture.size)

    @admin.display(description="SHA-256", ordering="sha256")
    def short_hash(self, capture: Capture) -> SafeString:
        return format_html("<code>{}</code>", capture.sha256[:12])

    @admin.display(description="as received")
    def raw(self, capture: Capture) -> SafeString:
        return format_html('<a href="{}">The bytes themselves</a>', capture.get_absolute_url())

    @admin.display(description="headers")
    def headers_shown(self, capture: Capture) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(capture.headers, indent=2, ensure_ascii=False))

    @admin.display(description="snapshots")
    def snapshots_shown(self, capture: Capture) -> SafeString:
        query = f"capture__id__exact={capture.pk}"
        return link("admin:procurement_snapshot_changelist", f"{capture.snapshots.count()} snapshots", query=query)


@admin.register(Recipe)
class RecipeAdmin(ReadOnlyAdmin):
    """Versions are kept as they were; a new one is written on the page of the list's source."""

    list_display = ["__str__", "list", "note", "created_at"]
    list_filter = ["list"]
    list_select_related = ["list"]
    search_fields = ["list__title", "note"]
    search_help_text = "Part of a list's title, or of why a recipe changed."
    fields = ["list", "version", "created_at", "note", "shown"]

    @admin.display(description="text")
    def shown(self, recipe: Recipe) -> SafeString:
        return format_html("<pre>{}</pre>", recipe.text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("list__title", "-version")
