"""The workbench's last pages: say which list it is, see what saving would change, save, and see what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from procurement.captures import CaptureError
from procurement.models import Change, Snapshot, VendorList
from scraping import extractors
from scraping.models import Run
from scraping.workbench import difference, saving
from scraping.workbench.access import any_error, gone, lists_to_choose, operators_only, render
from scraping.workbench.drafts import Draft
from scraping.workbench.forms import COVERAGE, ListForm, SourceForm


@operators_only
def place(request: HttpRequest, key: str) -> HttpResponse:
    """Which list it is, what saving would change, and how it is checked from then on."""
    draft = Draft.find(key, request.user)
    if draft is None:
        return gone(request)
    reading, problem = draft.try_to_read()
    if reading is None:
        messages.error(request, f"Not saved: {problem}")
        return redirect("workbench-see", key)
    asked = request.POST.get("list", request.GET.get("list", draft.slug)).strip()
    chosen, list_error = _find_list(asked)
    coverage = _coverage(request, chosen)
    old_version = difference.other_recipe(draft, chosen) if chosen else None
    data = request.POST if request.method == "POST" else None
    is_new = data is not None and "save-new" in data
    sources = list(chosen.sources.all()) if chosen else []
    source_form = SourceForm(
        data if data and not is_new else None,
        prefix="source",
        vendor_list=chosen,
        needs_why=old_version is not None,
        initial={"url": draft.url, "enabled": bool(draft.url) and not any(one.enabled for one in sources)},
    )
    new_form = ListForm(data if is_new else None, prefix="new", initial=_guessed(draft))
    new_source = SourceForm(data if is_new else None, prefix="newsource", initial={"url": draft.url})
    may_add = request.user.has_perm("procurement.add_vendorlist")
    forms = {"new": new_form, "new_source": new_source} if is_new else {"source": source_form}
    # Every form is validated, so that all of its errors are shown at once.
    complete = data is not None and (chosen or is_new) and all([form.is_valid() for form in forms.values()])  # noqa: C419
    if complete and (not is_new or _may_make(request, new_form)):
        run = _save(request, draft, reading, new_form.unsaved() if is_new else chosen, forms, coverage)
        if run is not None:
            return redirect("workbench-outcome", run.pk)
    context = {
        "title": "Which list is it?",
        "draft": draft,
        "reading": reading,
        "asked": asked,
        "chosen": chosen,
        "list_error": list_error,
        "coverage": coverage,
        "coverage_asked": request.GET.get("coverage", ""),
        "coverages": COVERAGE,
        "old_version": old_version,
        "sources": sources,
        "lists": lists_to_choose(),
        "source_form": source_form,
        "new_form": new_form,
        "new_source": new_source,
        "may_add": may_add,
        "difference": difference.between(draft, chosen, reading, coverage) if chosen else None,
        "several_pages": reading.next_pages[:3],
    }
    return render(request, "place", context, status=422 if any_error(forms) else 200)


def _coverage(request: HttpRequest, chosen: VendorList | None) -> str:
    """Whether the page shows the whole list: as it was said, or as it is of the list's source."""
    asked = request.POST.get("coverage", request.GET.get("coverage", ""))
    if asked in dict(COVERAGE):
        return str(asked)
    source = chosen.sources.order_by("-enabled", "-pk").first() if chosen else None
    return source.coverage if source else Snapshot.Coverage.FULL


def _find_list(text: str) -> tuple[VendorList | None, str]:
    """The list with that short name or title, and why there is none."""
    if not text:
        return None, ""
    lists = VendorList.objects.select_related("authority")
    found = lists.filter(slug=text).first() or lists.filter(title__iexact=text).first()
    return found, "" if found else f"There is no list “{text}”. Choose one that is offered, or make a new one below."


def _guessed(draft: Draft) -> dict[str, Any]:
    """What the page says of itself, as a beginning."""
    title = " ".join(draft.title.split())[:300]
    return {
        "title": title if title.isascii() else "",
        "title_printed": title,
        "slug": slugify(title)[:60].strip("-"),
        "language": draft.language[:12],
    }


def _may_make(request: HttpRequest, form: ListForm) -> bool:
    new_authority = form.cleaned_data["authority"] is None
    wanted = ["procurement.add_vendorlist", *(["procurement.add_authority"] if new_authority else [])]
    if request.user.has_perms(wanted):
        return True
    what = "authorities" if request.user.has_perm(wanted[0]) else "lists"
    form.add_error(None, f"You may not add {what}. Ask an administrator, or choose one that is here.")
    return False


def _save(
    request: HttpRequest,
    draft: Draft,
    reading: extractors.Reading,
    vendor_list: VendorList | None,
    forms: dict[str, Any],
    coverage: str,
) -> Run | None:
    assert vendor_list is not None
    last = list(forms.values())[-1]
    coverage = last.cleaned_data.get("coverage", coverage)
    try:
        run = saving.save(
            request,
            draft,
            vendor_list,
            last.source(coverage),
            coverage=coverage,
            why=last.cleaned_data.get("why", ""),
            several_pages=bool(reading.next_pages),
        )
    except CaptureError as error:
        last.add_error(None, str(error))
    except IntegrityError:
        last.add_error(
            None,
            "Nothing was saved: somebody else changed this list, or made one with this short name, at the same moment. "
            "Look at what is there now, and save again.",
        )
    else:
        draft.discard()
        return run
    return None


@operators_only
@require_safe
def outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of saving."""
    run = Run.objects.select_related("list", "source", "snapshot", "capture").filter(pk=pk).first()
    if run is None:
        return gone(request)
    changes = run.snapshot.changes.all() if run.snapshot and run.snapshot.is_published else Change.objects.none()
    counts = [
        (kind, changes.filter(kind=kind).count()) for kind in ("dropped", "added", "relisted", "renamed", "amended")
    ]
    context = {
        "title": "What came of it",
        "sources": run.list.sources.all(),
        "run": run,
        "waiting": run.finished_at is None,
        "counts": [(kind, count) for kind, count in counts if count],
    }
    return render(request, "outcome", context)
