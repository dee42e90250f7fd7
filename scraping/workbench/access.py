"""Who may work on the workbench, and how its pages are framed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from procurement.models import VendorList

PERMISSIONS = ["scraping.add_source", "scraping.change_source"]
_OFFERED = 1000


def operators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of the admin for those who may add and change sources."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perms(PERMISSIONS):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return admin.site.admin_view(checked)


def render(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> TemplateResponse:
    """A page of the workbench."""
    framed = {**admin.site.each_context(request), "title": "Workbench", **context}
    return TemplateResponse(request, f"workbench/{template}.html", framed, status=status)


def lists_to_choose() -> QuerySet[VendorList, tuple[str, str]]:
    """(slug, title) of the lists that fields offer."""
    return VendorList.objects.order_by("title").values_list("slug", "title")[:_OFFERED]


def gone(request: HttpRequest) -> HttpResponse:
    """What was begun is not there any more."""
    return render(request, "gone", {"title": "Not here any more"}, status=404)


def any_error(forms: dict[str, Any]) -> bool:
    """Whether something in one of the forms that came back is wrong."""
    return any(form.errors for form in forms.values() if form.is_bound)
