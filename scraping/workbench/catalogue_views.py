"""The catalogue of ready definitions: installed with one click, switched on with another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from scraping import catalogue
from scraping.models import Source
from scraping.workbench.access import operators_only, render
from vendors.admin.base import log_decision

# What installing may make.
_NEEDED = ["procurement.add_vendorlist", "procurement.add_authority"]


@operators_only
def show(request: HttpRequest) -> HttpResponse:
    """Every definition with what is there of it; a POST installs one, or switches its source on."""
    if request.method == "POST":
        try:
            for verb, act in (("install", _install), ("switch-on", _switch_on)):
                if slug := request.POST.get(verb):
                    act(request, catalogue.definition(slug))
        except catalogue.CatalogueError as error:
            messages.error(request, str(error))
        return redirect("workbench-catalogue")
    definitions = list(catalogue.all_definitions().values())
    sources = _sources(one.slug for one in definitions)
    entries = [
        {"definition": one, "source": sources.get(one.slug), "format": _format(one.recipe), "expects": _expects(one)}
        for one in sorted(definitions, key=lambda one: (one.jurisdiction, one.title))
    ]
    context = {"title": "Catalogue", "entries": entries, "may_install": request.user.has_perms(_NEEDED)}
    return render(request, "catalogue", context)


def _format(recipe: str) -> str:
    return next(
        (line.partition(":")[2].strip().upper() for line in recipe.splitlines() if line.startswith("format:")), ""
    )


def _expects(definition: catalogue.Definition) -> str:
    """When it is checked and how many rows it should have, in words."""
    source = definition.source
    if crontab := source.get("crontab"):
        when = f"Checked at {crontab} {source.get('timezone', 'UTC')}"
    else:
        when = f"Checked every {source['interval'].total_seconds() / 3600:.0f} hours"
    low, high = source.get("min_rows"), source.get("max_rows")
    bounds = (
        f"{low:,} to {high:,}" if low and high else f"at least {low:,}" if low else f"at most {high:,}" if high else ""
    )
    return f"{when}; {bounds} rows are expected." if bounds else f"{when}."


def _sources(slugs: Iterable[str]) -> dict[str, Source]:
    """A source of each list that is there, the one that is switched on first."""
    found = Source.objects.filter(list__slug__in=list(slugs)).select_related("list").order_by("enabled", "pk")
    return {one.list.slug: one for one in found}


def _install(request: HttpRequest, definition: catalogue.Definition) -> None:
    if not request.user.has_perms(_NEEDED):
        messages.error(request, "You may not add lists and authorities. Ask an administrator to install it.")
        return
    with transaction.atomic():
        made = catalogue.install(definition)
        if made.made_list:
            log_decision(request, made.list, "Installed from the catalogue.")
        if made.made_source:
            log_decision(request, made.source, "Installed from the catalogue, switched off.")
    if made.is_new:
        messages.success(
            request, f"“{definition.title}” is installed and switched off. Switch it on to have it checked."
        )
    else:
        messages.info(request, f"“{definition.title}” was here already; nothing was changed.")


def _switch_on(request: HttpRequest, definition: catalogue.Definition) -> None:
    with transaction.atomic():
        source: Any = _sources([definition.slug]).get(definition.slug)
        if source is None:
            messages.error(request, f"“{definition.title}” is not installed. Install it first.")
            return
        if source.enabled:
            messages.info(request, f"“{definition.title}” is switched on already; nothing was changed.")
            return
        source.enabled = True
        try:
            source.full_clean()
        except ValidationError as error:
            messages.error(request, f"Not switched on: {' '.join(error.messages)} Correct it on its source's page.")
            return
        source.save()
        log_decision(request, source, "Switched on from the catalogue.")
    messages.success(
        request,
        f"“{definition.title}” is switched on. Its first check: {source.next_due_at:%Y-%m-%d %H:%M} UTC.",
    )
