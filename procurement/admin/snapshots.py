"""Snapshots: looked at, and decided upon. A decision goes through recording, with its reason and its person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from procurement import recording
from procurement.admin.preview import Preview
from procurement.models import Snapshot
from vendors.admin.base import ReadOnlyAdmin, link, log_decision


class Step(NamedTuple):
    """A decision that a person may take about a snapshot: what the button and the record call it."""

    verb: str
    done: str
    of: frozenset[str]
    needs_reason: bool = False


_STATUS = Snapshot.Status
STEPS = {
    "publish": Step("Publish", "Published", frozenset({_STATUS.HELD})),
    "withdraw": Step("Withdraw", "Withdrawn", frozenset({_STATUS.HELD, _STATUS.PUBLISHED}), needs_reason=True),
    "restore": Step("Restore", "Restored", frozenset({_STATUS.WITHDRAWN})),
}

_ACTS: dict[str, Callable[..., Any]] = {
    "publish": recording.publish,
    "withdraw": recording.withdraw,
    "restore": recording.restore,
}


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ["captured_at", "list", "status", "coverage", "entry_count", "why_short"]
    list_filter = ["status", "coverage", "basis", "list"]
    list_select_related = ["list"]
    search_fields = ["list__title", "list__slug", "label"]
    search_help_text = "Part of a list's title, or the publisher's name of an edition."
    date_hierarchy = "captured_at"
    actions = ["publish_chosen", "withdraw_chosen"]
    change_form_template = "admin/snapshot.html"
    fieldsets = [
        (None, {"fields": ["evidence", "list", "status", "coverage", "captured_at", "effective_on", "label"]}),
        ("Proof", {"fields": ["capture", "recipe", "runs_shown", "basis", "basis_note"]}),
        (
            "Size and hash",
            {
                "fields": ["row_count", "entry_count", "content_hash", "supersedes", "created_at"],
                "classes": ["collapse"],
            },
        ),
    ]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Those that wait for a decision come first."""
        return [Case(When(status=_STATUS.HELD, then=Value(0)), default=Value(1)), "-captured_at"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this person may publish, withdraw and restore."""
        return request.user.has_perm("procurement.decide_snapshot")

    @admin.display(description="reason")
    def why_short(self, snapshot: Snapshot) -> str:
        return snapshot.reason if len(snapshot.reason) <= 140 else f"{snapshot.reason[:139]}…"

    @admin.display(description="evidence")
    def evidence(self, snapshot: Snapshot) -> SafeString:
        return format_html(
            '<a href="{}">Page with the rows as read</a> · <a href="{}">bytes as received</a>',
            snapshot.get_absolute_url(),
            snapshot.capture.get_absolute_url(),
        )

    @admin.display(description="runs")
    def runs_shown(self, snapshot: Snapshot) -> SafeString:
        query = f"snapshot__id__exact={snapshot.pk}"
        return link("admin:scraping_run_changelist", "How it was read", query=query)

    # Deciding

    def get_urls(self) -> list[URLPattern]:
        steps = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self.decide_view),
                {"name": name},
                name=f"procurement_snapshot_{name}",
            )
            for name in STEPS
        ]
        return [*steps, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        snapshot = self.get_object(request, unquote(object_id))
        if snapshot is not None and self.has_view_permission(request, snapshot):
            may_decide = self.has_decide_permission(request)
            extra_context = {
                **(extra_context or {}),
                "preview": Preview(snapshot) if snapshot.status in {_STATUS.HELD, _STATUS.WITHDRAWN} else None,
                "steps": _steps_for(snapshot) if may_decide else [],
                "decisions": snapshot.decisions.select_related("by"),
                "change_count": snapshot.changes.count(),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def decide_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for a reason and confirmation, or, where they come with the request, decide."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        snapshot = self.get_object(request, unquote(object_id))
        if snapshot is None:
            raise Http404(f"There is no snapshot {object_id}.")
        back = reverse("admin:procurement_snapshot_change", args=[snapshot.pk])
        if request.method == "POST":
            why = request.POST.get("why", "").strip()
            if why or not STEPS[name].needs_reason:
                self._decide(request, snapshot, name, why)
                return HttpResponseRedirect(back)
            self.message_user(request, "Give a reason: it stands in the record.", messages.ERROR)
        return self._confirm(request, [snapshot], name, {"back": back})

    def _decide(self, request: HttpRequest, snapshot: Snapshot, name: str, why: str) -> bool:
        try:
            _ACTS[name](snapshot, by=request.user, why=why)
        except recording.RecordingError as error:
            self.message_user(request, str(error), messages.ERROR)
            return False
        done = STEPS[name].done
        log_decision(request, snapshot, f"{done}: {why}" if why else f"{done}.")
        self.message_user(request, f"{done}: {snapshot}.", messages.SUCCESS)
        return True

    def _confirm(
        self, request: HttpRequest, snapshots: list[Snapshot], name: str, context: dict[str, Any]
    ) -> HttpResponse:
        step = STEPS[name]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{step.verb} {'this snapshot' if len(snapshots) == 1 else f'{len(snapshots)} snapshots'}?",
            "step": step,
            "snapshots": snapshots,
            "original": snapshots[0] if len(snapshots) == 1 else None,
            **context,
        }
        return TemplateResponse(request, "admin/decide.html", context)

    @admin.action(description="Publish held snapshots", permissions=["decide"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse | None:
        return self._decide_chosen(request, queryset, "publish")

    @admin.action(description="Withdraw snapshots", permissions=["decide"])
    def withdraw_chosen(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse | None:
        return self._decide_chosen(request, queryset, "withdraw")

    def _decide_chosen(self, request: HttpRequest, queryset: QuerySet[Snapshot], name: str) -> HttpResponse | None:
        chosen = list(queryset.select_related("list", "capture").order_by("captured_at"))
        fitting = [snapshot for snapshot in chosen if snapshot.status in STEPS[name].of]
        if len(fitting) < len(chosen):
            left = len(chosen) - len(fitting)
            text = f"{left} of the chosen cannot be {STEPS[name].done.lower()} as they stand, and are left alone."
            self.message_user(request, text, messages.WARNING)
        if not fitting:
            return None
        why = request.POST.get("why", "").strip()
        if "confirmed" in request.POST and (why or not STEPS[name].needs_reason):
            for snapshot in fitting:
                self._decide(request, snapshot, name, why)
            return None
        if "confirmed" in request.POST:
            self.message_user(request, "Give a reason: it stands in the record.", messages.ERROR)
        context = {"action": f"{name}_chosen", "checkbox": ACTION_CHECKBOX_NAME, "back": request.get_full_path()}
        return self._confirm(request, fitting, name, context)


def _steps_for(snapshot: Snapshot) -> list[tuple[str, Step]]:
    return [(name, step) for name, step in STEPS.items() if snapshot.status in step.of]
