"""Runs, as they are kept."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from scraping.models import Run
from vendors.admin.base import ReadOnlyAdmin


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Every attempt to read a list, with what came of it."""

    list_display = ["created_at", "list", "state", "trigger", "error_code", "reason_short"]
    list_filter = ["outcome", "trigger", "list"]
    list_select_related = ["list"]
    search_fields = ["list__title", "error_code__exact"]
    search_help_text = "Part of a list's title, or a kind of failure, such as dns or too_large."
    fieldsets = [
        (None, {"fields": ["list", "source", "trigger", "by", "slot"]}),
        ("What came of it", {"fields": ["state", "error_code", "reason", "snapshot", "capture"]}),
        (
            "When",
            {"fields": ["created_at", "started_at", "finished_at", "attempts", "next_attempt_at", "steps"]},
        ),
    ]

    @admin.display(description="outcome", ordering="outcome")
    def state(self, run: Run) -> SafeString:
        waits = "tried again later" if run.next_attempt_at else "at work" if run.leased_until else "waiting"
        return format_html(
            '<span class="outcome {}">{}</span>', run.outcome or "pending", run.get_outcome_display() or waits
        )

    @admin.display(description="reason")
    def reason_short(self, run: Run) -> str:
        return run.reason if len(run.reason) <= 160 else f"{run.reason[:159]}…"

    @admin.display(description="log")
    def steps(self, run: Run) -> SafeString | str:
        return format_html_join("", "<div><code>{}</code> {}</div>", run.log) if run.log else "–"
