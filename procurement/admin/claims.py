"""Reports and the statements in them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from procurement.models import Report, Statement
from vendors.admin.base import CuratedAdmin

_STATEMENT: Any = [
    (None, {"fields": [("speaker", "stance"), ("said_on", "said_on_note"), "text", "scope"]}),
    ("What it speaks of", {"fields": ["list", "vendors", ("about_from", "about_to"), "answers"]}),
]


class StatementInline(admin.StackedInline):
    model = Statement
    fk_name = "report"
    extra = 0
    fieldsets = _STATEMENT
    autocomplete_fields = ["list", "vendors", "answers"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        return super().get_queryset(request).select_related("list", "answers").prefetch_related("vendors")


@admin.register(Report)
class ReportAdmin(CuratedAdmin):
    list_display = ["title", "publisher", "published_on", "language", "said"]
    list_filter = ["published_on", "language"]
    search_fields = ["title", "publisher", "url"]
    search_help_text = "Part of a title, publisher or address."
    fields = ["publisher", "title", "url", ("published_on", "language"), "note"]
    inlines = [StatementInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).annotate(said=Count("statements"))

    @admin.display(description="statements", ordering="said")
    def said(self, report: Report) -> int:
        return report.said  # type: ignore[attr-defined]


@admin.register(Statement)
class StatementAdmin(CuratedAdmin):
    list_display = ["speaker", "stance", "said_on", "text_shown", "list", "report"]
    list_filter = ["stance", "said_on"]
    list_select_related = ["list", "report"]
    search_fields = ["speaker", "text", "report__publisher"]
    search_help_text = "Part of what was said, or of the speaker's or publisher's name."
    autocomplete_fields = ["report", "list", "vendors", "answers"]
    fieldsets = [(None, {"fields": ["report"]}), *_STATEMENT]

    @admin.display(description="what is said")
    def text_shown(self, statement: Statement) -> str:
        return statement.text if len(statement.text) <= 120 else f"{statement.text[:119]}…"
