"""The first page: what changed lately across lists, and which lists need somebody to look."""

from collections import Counter
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from procurement import freshness, narrative
from procurement.latest import latest
from procurement.models import Change, Snapshot, VendorList
from vendors import countries
from vendors.models import Vendor

_LISTS, _EACH = 10, 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    lists = list(VendorList.objects.with_authority().with_freshness())
    judged = [(vendor_list, freshness.judge(vendor_list, now)) for vendor_list in lists]
    dated = [(x.last_change_at, x.pk, x) for x in lists if x.last_change_at]
    changed = [vendor_list for *_, vendor_list in sorted(dated, reverse=True)[:_LISTS]]
    boundaries = latest([vendor_list.pk for vendor_list in changed], _EACH)
    per_jurisdiction = Counter(vendor_list.jurisdiction for vendor_list in lists)
    news = Change.objects.filter(cause=Change.Cause.SOURCE)
    return render(
        request,
        "procurement/home.html",
        {
            "changed": [
                (vendor_list, [(b, narrative.counted(b.counts)) for b in boundaries[vendor_list.pk]])
                for vendor_list in changed
            ],
            "attention": [(vendor_list, found) for vendor_list, found in judged if found.needs_care],
            "list_count": len(lists),
            "jurisdictions": sorted(
                ((c, countries.name(c), n) for c, n in per_jurisdiction.items()), key=lambda x: x[1]
            ),
            "scheduled_count": sum(vendor_list.next_check_at is not None for vendor_list in lists),
            "vendor_count": Vendor.objects.count(),
            "snapshot_count": Snapshot.objects.published().count(),
            "change_count": news.count(),
            "recent_count": news.filter(at__gte=now - timedelta(days=30)).count(),
        },
    )
