"""From a draft to a list that is checked: list, recipe, source, capture and snapshot in one go, or nothing of it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from procurement.models import Authority, Capture, Recipe, Snapshot, VendorList
from scraping import dispatch, extractors, pipeline
from scraping.models import Run, Source
from scraping.workbench.drafts import Draft
from vendors.admin.base import log_decision


def save(
    request: HttpRequest,
    draft: Draft,
    vendor_list: VendorList,
    source: Source | None,
    *,
    coverage: str = Snapshot.Coverage.FULL,
    why: str = "",
    several_pages: bool = False,
) -> Run:
    """Save a draft, and return the run that records it.

    Args:
        vendor_list: the list; one without a primary key is made, with its authority.
        source: how it is read from now on; one without a primary key is made. None: it is not read again.
        coverage: whether the page shows the whole list or a part.
        why: why the list's recipe changes, for the record.
        several_pages: the page names further ones: a worker reads all of them from the source.

    Raises:
        procurement.captures.CaptureError: the store has lost the bytes; nothing was saved.
        django.db.IntegrityError: somebody took the list's short name, or switched on another source, meanwhile.
    """
    user: Any = request.user
    with transaction.atomic():
        _save_list(request, draft, vendor_list)
        vendor_list.lock()
        _save_recipe(request, draft, vendor_list, why)
        if source is not None and source.pk is None:
            _save_source(request, vendor_list, source)
        if several_pages and source is not None and draft.method == Capture.Method.FETCHED:
            return dispatch.ask(source, by=user)
        fetched = draft.method == Capture.Method.FETCHED
        run = Run.objects.create(
            list=vendor_list,
            source=source if fetched else None,
            trigger=Run.Trigger.PERSON if fetched else Run.Trigger.FILE,
            by=user,
            attempts=1,
            started_at=timezone.now(),
        )
        pipeline.note(run, f"Saved on the workbench: {draft.name}.")
        pipeline.settle(run, draft.received(), pipeline.Edition(coverage=coverage))
    return run


def _save_list(request: HttpRequest, draft: Draft, vendor_list: VendorList) -> None:
    if vendor_list.pk is not None:
        log_decision(request, vendor_list, f"Brought in {draft.name} on the workbench (sha256:{draft.sha256[:12]}).")
        return
    authority: Authority = vendor_list.authority
    if authority.pk is None:
        authority.save()
        vendor_list.authority = authority
        log_decision(request, authority, "Made on the workbench.")
    vendor_list.save()
    log_decision(request, vendor_list, f"Made on the workbench from {draft.name}.")


def _save_recipe(request: HttpRequest, draft: Draft, vendor_list: VendorList, why: str) -> None:
    latest = vendor_list.recipes.first()
    if latest and extractors.Recipe.from_text(latest.text) == extractors.Recipe.from_text(draft.recipe):
        return
    recipe = Recipe.objects.create(
        list=vendor_list,
        version=latest.version + 1 if latest else 1,
        text=draft.recipe,
        note=why or f"{'Made' if draft.edited else 'Proposed and confirmed'} on the workbench.",
    )
    log_decision(request, recipe, f"Wrote version {recipe.version} of the recipe of {vendor_list}. {recipe.note}")


def _save_source(request: HttpRequest, vendor_list: VendorList, source: Source) -> None:
    source.list = vendor_list
    source.save()
    if source.enabled:
        # Its page was read just now: the publisher is not asked again before the next slot.
        source.next_due_at = source.slot_after(timezone.now())
        source.save(update_fields=["next_due_at"])
    log_decision(request, source, f"Made on the workbench, switched {'on' if source.enabled else 'off'}.")
