"""A folder of dated files as a list's history: uploading it, and watching it come in."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from procurement.captures import CaptureError
from procurement.models import VendorList
from scraping import importing
from scraping.workbench import folders
from scraping.workbench.access import gone, lists_to_choose, operators_only, render
from scraping.workbench.folders import Import
from scraping.workbench.forms import ListField
from vendors.admin.base import log_decision

log = logging.getLogger(__name__)


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        one = super().clean
        return [one(item, initial) for item in (data if isinstance(data, list | tuple) else [data])]


class FolderForm(forms.Form):
    list = ListField(label="List")
    chosen = FilesField(label="Files", widget=SeveralFiles(attrs={"multiple": True}))
    url = forms.CharField(
        label="Address that they came from",
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


@operators_only
def upload(request: HttpRequest) -> HttpResponse:
    """Several dated files, or an archive of them, for one list."""
    form = FolderForm(initial={"list": request.GET.get("list", "")})
    if request.method == "POST":
        form = FolderForm(request.POST, request.FILES)
        if form.is_valid():
            vendor_list = form.cleaned_data["list"]
            try:
                job = folders.begin(
                    form.cleaned_data["chosen"], vendor_list, request.user, form.cleaned_data["url"].strip()
                )
            except (folders.UploadRefusedError, importing.ImportRefusedError, CaptureError) as error:
                form.add_error("chosen", str(error))
            else:
                log_decision(request, vendor_list, f"Uploaded {len(job.files)} dated files on the workbench.")
                _hint(job.key)
                return redirect("workbench-import", job.key)
    context = {"title": "Bring in a folder", "form": form, "lists": lists_to_choose()}
    return render(request, "folder", context, status=422 if form.errors else 200)


@operators_only
def progress(request: HttpRequest, key: str) -> HttpResponse:
    """What became of each file so far; a POST sets an import going again that has stopped."""
    job = Import.find(key, request.user)
    if job is None:
        return gone(request)
    if request.method == "POST":
        if not job.is_done:
            _hint(key)
            messages.info(request, "A worker was told to go on. Files that are recorded already are left as they are.")
        return redirect("workbench-import", key)
    results = [{**one, "at": datetime.fromisoformat(one["at"])} for one in job.results]
    waiting = [{**one, "at": datetime.fromisoformat(one["at"])} for one in job.files[len(results) :]]
    counts = Counter(one["outcome"] for one in results)
    order = ("recorded", "unchanged", "held", "failed")
    context = {
        "title": "Bringing in a folder",
        "job": job,
        "list": VendorList.objects.filter(slug=job.slug).first(),
        "results": results,
        "waiting": waiting,
        "counts": [(outcome, counts[outcome]) for outcome in order if counts[outcome]],
    }
    return render(request, "import", context)


def _hint(key: str) -> None:
    from scraping.workbench.tasks import bring_in

    try:
        bring_in.delay(key)
    except Exception:  # the broker is down: the page says that nothing happens, and offers to go on
        log.warning("import %s: the broker could not be told", key, exc_info=True)
