"""Finding what an address names, with a page that helps where there is no such thing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from procurement.models import VendorList


def find_list(slug: str) -> VendorList:
    """The list with that slug, with its authority and its freshness.

    Raises:
        Http404: there is none; the message is a sentence for the reader.
    """
    found = VendorList.objects.with_authority().with_freshness().filter(slug=slug).first()
    if found is None:
        raise Http404(f"There is no list “{slug}” here. It may be written differently.")
    return found


def not_observed(request: HttpRequest, vendor_list: VendorList, error: Exception) -> HttpResponse:
    """The 404 page for a date of a list of which nothing is recorded: the sentence, and what there is instead."""
    published = vendor_list.snapshots.published().order_by("captured_at")
    return render(
        request,
        "404.html",
        {"exception": str(error), "list": vendor_list, "first": published.first(), "last": published.last()},
        status=404,
    )
