"""The workbench's first pages: bring a page or a file in, and see what it says."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from procurement.captures import CaptureError
from procurement.entries import Row
from procurement.models import Capture, VendorList
from scraping import extractors, fetching, pipeline
from scraping.workbench import columns, drafts, inert
from scraping.workbench.access import any_error, gone, lists_to_choose, operators_only, render
from scraping.workbench.drafts import Draft
from scraping.workbench.forms import AddressForm, FileForm, RecipeForm

# The site's policy, and a frame of its own in which the page as received stands.
_FRAMING_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PER_PAGE = 50
_FETCH_SECONDS = 30.0
_ROLES = ("vendor", "product", "category", "identifier", "origin")
_MOST_COLUMNS = 12


# 1. Bring it in


@operators_only
def start(request: HttpRequest) -> HttpResponse:
    """An address to fetch or a file to read."""
    wished = {"url": request.GET.get("url", ""), "list": request.GET.get("list", "")}
    forms: dict[str, Any] = {
        "address": AddressForm(prefix="address", initial=wished),
        "file": FileForm(prefix="file", initial={"list": wished["list"]}),
    }
    if request.method == "POST":
        way = "file" if "bring-file" in request.POST else "address"
        kind = FileForm if way == "file" else AddressForm
        form = forms[way] = kind(request.POST, request.FILES, prefix=way)
        if form.is_valid():
            try:
                received = _uploaded(form.cleaned_data) if way == "file" else _fetched(form.cleaned_data["url"])
                vendor_list = form.cleaned_data["list"]
                draft = drafts.begin(received, request.user, vendor_list.slug if vendor_list else "")
                if vendor_list and (latest := vendor_list.recipes.first()):
                    draft.recipe, draft.edited, draft.problem = latest.text, True, ""
                    draft.store()
                return redirect("workbench-see", draft.key)
            except (fetching.FetchError, CaptureError) as error:
                form.add_error("url" if way == "address" else "file", str(error))
    return render(request, "start", {**forms, "lists": lists_to_choose()}, status=422 if any_error(forms) else 200)


def _fetched(url: str) -> pipeline.Received:
    """Fetch an address once, as a check would.

    Raises:
        fetching.FetchError: why it cannot be.
    """
    policy = fetching.Policy(deadline=_FETCH_SECONDS, ports=frozenset({80, 443, *settings.FETCH_PORTS}))
    got = fetching.fetch(url, policy=policy)
    return pipeline.Received(
        got.body,
        got.fetched_at,
        Capture.Method.FETCHED,
        url=url,
        media_type=got.media_type,
        encoding=got.encoding,
        status=got.status,
        headers=got.headers | ({"X-Final-URL": got.url} if got.url != url else {}),
    )


def _uploaded(given: dict[str, Any]) -> pipeline.Received:
    file = given["file"]
    return pipeline.Received(
        file.read(), given["at"], Capture.Method.FILE, url=given["url"].strip(), file_name=file.name[-300:]
    )


# 2. See it


@operators_only
def see(request: HttpRequest, key: str) -> HttpResponse:
    """What was received beside the rows that are read from it."""
    draft = Draft.find(key, request.user)
    if draft is None:
        return gone(request)
    form = RecipeForm(initial={"recipe": draft.recipe})
    error = ""
    if request.method == "POST":
        if "table" in request.POST:
            drafts.propose(draft, request.POST["table"])
            draft.store()
            return redirect("workbench-see", key)
        form = RecipeForm(request.POST)
        if form.is_valid():
            try:
                text = _with_roles(request, draft, form.cleaned_data["recipe"])
                is_read = text.strip() == draft.recipe.strip()
                draft.edited = draft.edited or not is_read
                draft.recipe, draft.problem = text, ""
                draft.store()
                if "on" in request.POST and not is_read:
                    messages.warning(request, "The recipe was changed: look at the rows that it reads now, then go on.")
                return redirect("workbench-place" if "on" in request.POST and is_read else "workbench-see", key)
            except columns.ColumnsError as wrong:
                error = str(wrong)
    reading, problem = draft.try_to_read()
    page = Paginator(reading.rows if reading else [], PER_PAGE).get_page(request.GET.get("page"))
    shown = _shown(list(page.object_list))
    context = {
        "title": "Read a list",
        "draft": draft,
        "form": form,
        "error": error,
        "reading": reading,
        "problem": problem,
        "page": page,
        "shown": shown,
        "headings": _headings(draft, reading),
        "several_pages": reading.next_pages[:3] if reading else [],
        "sure": f"{draft.confidence:.0%}",
        "list": VendorList.objects.filter(slug=draft.slug).first() if draft.slug else None,
        **_as_received(draft, reading),
    }
    response = render(request, "see", context, status=422 if error or form.errors else 200)
    # The page as received stands in a frame of this site's own.
    response["Content-Security-Policy"] = f"{settings.CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _headings(draft: Draft, reading: extractors.Reading | None) -> list[columns.Heading]:
    """The columns with samples; of a page that the recipe does not fit, none."""
    if reading is None:
        return []
    whole = columns.unabridged(reading.recipe)
    rows = reading.rows if whole == reading.recipe else draft.read(whole).rows
    known: list[str] = next((table["columns"] for table in draft.tables if table["chosen"]), [])
    return columns.headings(reading.recipe, rows, known)


def _with_roles(request: HttpRequest, draft: Draft, text: str) -> str:
    """The recipe's text with the roles that were chosen for columns.

    Raises:
        columns.ColumnsError: they cannot be given so.
    """
    recipe = extractors.Recipe.from_text(text)
    before = request.POST.getlist("heading")
    chosen = dict(zip(before, request.POST.getlist("role"), strict=False))
    were = dict(zip(before, request.POST.getlist("was"), strict=False))
    # Only what was changed in the table of columns: the text may say something new of the others.
    wanted = {name: role for name, role in chosen.items() if role != were.get(name)}
    if not wanted:
        return text
    fresh = columns.with_roles(recipe, columns.headings(recipe, (), before), wanted)
    return text if fresh == recipe else fresh.to_text()


def _shown(rows: list[Row]) -> dict[str, Any]:
    """Rows as a table: the roles and further headings that they have, and each row's cells in that order."""
    roles = [role for role in _ROLES if any(getattr(row, role) for row in rows)]
    extras = list(dict.fromkeys(heading for row in rows for heading in row.extra))
    more = len(extras) - _MOST_COLUMNS
    extras = extras[:_MOST_COLUMNS]
    cells = [[*(getattr(row, role) for role in roles), *(row.extra.get(one, "") for one in extras)] for row in rows]
    return {"roles": roles, "extras": extras, "cells": cells, "left_out": max(0, more)}


def _as_received(draft: Draft, reading: extractors.Reading | None) -> dict[str, Any]:
    """How the bytes are shown: as a page in a frame, as text, or not at all."""
    form = reading.format if reading else draft.format
    if form in {"xlsx", "xls", "ods", "xlsb", "pdf"}:
        return {"shown_as": "file", "format": form.upper()}
    try:
        body = draft.body()
    except CaptureError as error:
        return {"shown_as": "lost", "lost": str(error)}
    if form == "html" or (not form and b"<" in body[:1024]):
        return {"shown_as": "page" if draft.size <= inert.LARGEST else "file", "format": "HTML"}
    if not form and b"\0" in body[:1024]:
        return {"shown_as": "file", "format": "unknown"}
    text, whole = inert.text(body, draft.encoding)
    return {"shown_as": "text", "text": text, "whole": whole, "format": form.upper() or "text"}


@operators_only
@require_safe
def as_received(request: HttpRequest, key: str) -> HttpResponse:
    """The page as received, inert, for the frame beside the rows."""
    draft = Draft.find(key, request.user)
    if draft is None:
        return gone(request)
    try:
        body = inert.page(draft.body(), draft.encoding)
    except (extractors.ExtractionError, CaptureError) as error:
        body = f"<!doctype html><meta charset=utf-8><p>{type(error).__name__}: it cannot be shown.</p>".encode()
    response = HttpResponse(body, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = inert.POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-DNS-Prefetch-Control"] = "off"
    response["Referrer-Policy"] = "no-referrer"
    return response


@operators_only
@require_safe
def original(request: HttpRequest, key: str) -> HttpResponse:
    """The bytes as received, to be saved."""
    draft = Draft.find(key, request.user)
    if draft is None:
        return gone(request)
    ending = {"html": ".html.txt"}.get(draft.format, f".{draft.format}" if draft.format else ".bin")
    response = HttpResponse(draft.body(), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="draft_{draft.sha256[:12]}{ending}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
