"""The site where curation happens: what waits for a person comes first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

_ORDER = ["vendors", "procurement", "scraping", "admin", "auth"]


class AdminSite(admin.AdminSite):
    """Where curation happens."""

    site_header = "Whitelist Tracker"
    site_title = "Whitelist Tracker"
    index_title = "Curation and operation"
    site_url = "/"
    # Lists with reasons and forms with inlines need its width more than a second index.
    enable_nav_sidebar = False

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"waiting": _waiting(request), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Ours first, in the order in which one works; the framework's own after them."""
        place = {label: number for number, label in enumerate(_ORDER)}
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: place.get(app["app_label"], len(place)))


def _waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """What waits for this person, as far as they may see it."""
    from procurement.models import Snapshot
    from scraping.admin.sources import with_last_run
    from scraping.models import Run, Source
    from vendors.models import PrintedName

    # Imported here, because the site is made before the models are.
    found = []
    if request.user.has_perm("procurement.view_snapshot"):
        found.append(
            {
                "count": Snapshot.objects.held().count(),
                "what": "held snapshot",
                "note": "Read, but not published: they look unlike the list before them.",
                "url": reverse("admin:procurement_snapshot_changelist") + "?status__exact=held",
            }
        )
    if request.user.has_perm("scraping.view_source"):
        failing = with_last_run(Source.objects.filter(enabled=True)).filter(outcome=Run.Outcome.FAILED)
        found.append(
            {
                "count": failing.count(),
                "what": "failing source",
                "note": "Their last check failed; their lists stand as last observed.",
                "url": reverse("admin:scraping_source_changelist") + "?state=failed&enabled__exact=1",
            }
        )
    if request.user.has_perm("vendors.view_printedname"):
        found.append(
            {
                "count": PrintedName.objects.filter(vendor=None).count(),
                "what": "unlinked name",
                "note": "Printed on a list, and not known to be any vendor's.",
                "url": reverse("admin:vendors_printedname_changelist"),
            }
        )
    return found
