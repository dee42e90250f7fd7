"""Sources: when and how a list is read, and what came of it lately."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil

from procurement.models import Recipe
from scraping import dispatch, schedules
from scraping.admin.recipes import TRY, SourceForm, latest_recipe, trial
from scraping.models import Run, Source
from vendors.admin.base import CuratedAdmin, link, log_decision


class StateFilter(admin.SimpleListFilter):
    """By what came of the last check."""

    title = "last check"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [*Run.Outcome.choices, ("never", "Never checked"), ("off", "Switched off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "off":
            return queryset.filter(enabled=False)
        if self.value() == "never":
            return queryset.filter(outcome=None)
        return queryset.filter(outcome=self.value()) if self.value() else queryset


def with_last_run(sources: QuerySet[Any]) -> QuerySet[Any]:
    """Sources with `last` (id, outcome, reason, at of the last finished run, or None) and its `outcome`."""
    runs = Run.objects.finished().filter(list=OuterRef("list"), source=OuterRef("pk")).order_by("-created_at", "-pk")
    last = runs.values(value=JSONObject(id="pk", outcome="outcome", reason="reason", at="finished_at"))[:1]
    return sources.annotate(
        last=Subquery(last, output_field=JSONField()), outcome=Subquery(runs.values("outcome")[:1])
    )  # fmt: skip


@admin.register(Source)
class SourceAdmin(CuratedAdmin):
    form = SourceForm
    list_display = ["list", "last_outcome", "last_reason", "schedule", "next_due_at"]
    list_filter = [StateFilter, "enabled"]
    list_select_related = ["list"]
    search_fields = ["list__title", "list__slug", "url"]
    search_help_text = "Part of a list's title or of an address."
    autocomplete_fields = ["list"]
    actions = ["scrape_chosen"]
    change_form_template = "admin/source.html"
    change_list_template = "workbench/sources.html"
    readonly_fields = ["next_checks", "last_checks", "versions"]
    fieldsets = [
        (None, {"fields": ["list", "url", "coverage", "enabled", "last_checks"]}),
        ("When it is read", {"fields": ["interval", ("crontab", "timezone"), "next_checks"]}),
        ("How it is read: the recipe of the list", {"fields": ["recipe_text", "recipe_note", "versions"]}),
        (
            "Limits",
            {"fields": [("min_rows", "max_rows"), ("deadline", "max_bytes"), "ignore_robots", "note"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return with_last_run(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> list[str]:
        """A source stays with its list: its runs and its recipe are the list's."""
        return [*self.readonly_fields, *(["list"] if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and self.has_change_permission(request, obj):
            return fieldsets
        # Who may not change it is shown the versions instead of a form; a source that is being added has none.
        hidden = {"recipe_text", "recipe_note"} if obj else {"last_checks", "next_checks", "versions", "recipe_note"}
        return [
            (title, {"fields": [field for field in options["fields"] if field not in hidden]})
            for title, options in fieldsets
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if object_id is not None and TRY in request.POST:
            # The form never saves such a request (see its clean); its page comes back with what the recipe reads.
            source = self.get_object(request, unquote(object_id))
            if source is None or not self.has_change_permission(request, source):
                raise PermissionDenied
            tried = trial(source, request.POST.get("recipe_text", "").strip())
            extra_context = {**(extra_context or {}), "trial": tried, "errors": []}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def stored_beside(self, obj: Source) -> Any:
        latest = latest_recipe(obj.list)
        return latest.pk if latest else None

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not form.writes_recipe(form.cleaned_data):
            return
        obj.list.lock()
        latest = latest_recipe(obj.list)
        recipe = Recipe.objects.create(
            list=obj.list,
            version=latest.version + 1 if latest else 1,
            text=form.cleaned_data["recipe_text"],
            note=form.cleaned_data.get("recipe_note", ""),
        )
        log_decision(request, recipe, f"Wrote version {recipe.version} of the recipe of {obj.list}. {recipe.note}")
        self.say(request, f"Version {recipe.version} of the recipe is in use from the next check on.")

    # What the list and the form show

    @admin.display(description="schedule")
    def schedule(self, source: Source) -> str:
        if not source.enabled:
            return "switched off"
        return f"{source.crontab} {source.timezone}" if source.crontab else f"every {_span(source)}"

    @admin.display(description="last check", ordering="outcome")
    def last_outcome(self, source: Any) -> SafeString | str:
        if not source.last:
            return "never"
        outcome = source.last["outcome"]
        return format_html(
            '<a class="outcome {}" href="{}">{}</a>',
            outcome,
            reverse("admin:scraping_run_change", args=[source.last["id"]]),
            Run.Outcome(outcome).label,
        )

    @admin.display(description="reason")
    def last_reason(self, source: Any) -> str:
        reason = source.last["reason"] if source.last else ""
        return reason if len(reason) <= 160 else f"{reason[:159]}…"

    @admin.display(description="next checks")
    def next_checks(self, source: Source) -> SafeString | str:
        if not source.enabled:
            return "None: it is switched off."
        if source.next_due_at is None:
            return "None yet: save to schedule it."
        moments = [source.next_due_at]
        try:
            while len(moments) < 3:
                moments.append(source.slot_after(max(moments[-1], timezone.now())))
        except schedules.ScheduleError as error:
            return str(error)
        soon = "overdue" if moments[0] <= timezone.now() else f"in {timeuntil(moments[0], depth=1)}"
        return f"{' · '.join(f'{at:%Y-%m-%d %H:%M}' for at in moments)} UTC ({soon})"

    @admin.display(description="last checks")
    def last_checks(self, source: Source) -> SafeString | str:
        runs = source.runs.order_by("-created_at", "-pk")[:5]
        if not runs:
            return "None yet."
        return format_html(
            '<ul class="runs">{}</ul>{}',
            format_html_join(
                "",
                '<li><a href="{}">{}</a> <span class="outcome {}">{}</span> {}</li>',
                (
                    (
                        reverse("admin:scraping_run_change", args=[run.pk]),
                        f"{run.created_at:%Y-%m-%d %H:%M}",
                        run.outcome or "pending",
                        run.get_outcome_display() or "Waiting",
                        run.reason,
                    )
                    for run in runs
                ),
            ),
            link("admin:scraping_run_changelist", "All of them", query=f"source__id__exact={source.pk}"),
        )

    @admin.display(description="versions")
    def versions(self, source: Source) -> SafeString | str:
        recipes = list(source.list.recipes.order_by("-version")[:10])
        if not recipes:
            return "None yet."
        return format_html_join(
            "",
            "<div>{}, {}. {}</div>",
            (
                (link("admin:procurement_recipe_change", r, r.pk), f"{r.created_at:%Y-%m-%d %H:%M} UTC", r.note)
                for r in recipes
            ),
        )

    # Scrape now

    def get_urls(self) -> list[URLPattern]:
        scrape = path(
            "<path:object_id>/scrape/", self.admin_site.admin_view(self.scrape_view), name="scraping_source_scrape"
        )
        return [scrape, *super().get_urls()]

    def scrape_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a run now; only on a POST."""
        source = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        if source is None:
            raise Http404(f"There is no source {object_id}.")
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:scraping_source_change", args=[source.pk]))
        run = self._scrape(request, source)
        return HttpResponseRedirect(reverse("admin:scraping_run_change", args=[run.pk]))

    def _scrape(self, request: HttpRequest, source: Source) -> Run:
        with transaction.atomic():
            run = dispatch.ask(source, by=request.user)
            log_decision(request, source, f"Scrape now: run {run.pk}.")
        self.say(
            request,
            format_html(
                "{}: {} waits for a worker. Reload its page to see what came of it.",
                source.list,
                link("admin:scraping_run_change", f"run {run.pk}", run.pk),
            ),
        )
        return run

    @admin.action(description="Scrape now", permissions=["change"])
    def scrape_chosen(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            self._scrape(request, source)


def _span(source: Source) -> str:
    if source.interval is None:
        return "?"
    hours, rest = divmod(int(source.interval.total_seconds()), 3600)
    if hours % 24 == 0 and not rest:
        return f"{hours // 24} d"
    return f"{hours} h" if not rest else f"{int(source.interval.total_seconds()) // 60} min"
