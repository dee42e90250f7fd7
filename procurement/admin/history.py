"""Entries, listings, changes and decisions: recorded, so only looked at. Large, so only looked up by indexes."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from procurement.entries import Row, key_of
from procurement.models import Change, Decision, Entry, Listing, VendorList
from vendors.admin.base import ReadOnlyAdmin
from vendors.models import PrintedName, Vendor
from vendors.names import fold, name_key

SEARCH_HELP = "A vendor's name, printed or curated, in any script; or a whole identifier."


def sought(term: str) -> QuerySet[Entry]:
    """Entries whose vendor's name holds the term, or whose identifier is the term.

    Names are few beside entries, and lead to them by their index; the identifier does by the key that it makes.
    """
    key = name_key(term)
    vendors = Vendor.objects.filter(Q(name__icontains=term) | Q(aliases__key__contains=key)).values("pk")
    printed = PrintedName.objects.filter(Q(fold__contains=fold(term)) | Q(key__contains=key) | Q(vendor__in=vendors))
    by_number = Q(list__in=VendorList.objects.values("pk"), key=key_of(Row(identifier=term)))
    return Entry.objects.filter(Q(name__in=printed.values("pk")) | by_number)


class HistoryAdmin(ReadOnlyAdmin):
    """Looked up through the entries that a term finds."""

    list_filter = ["list"]
    search_fields = ["pk"]
    search_help_text = SEARCH_HELP
    path = "entry"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not fold(search_term):
            return queryset, False
        return queryset.filter(**{f"{self.path}__in": sought(search_term.strip()).values("pk")}), False


@admin.register(Entry)
class EntryAdmin(HistoryAdmin):
    path = "pk"
    ordering = ["-pk"]
    list_display = ["vendor", "product", "category", "identifier", "list"]
    list_display_links = ["vendor", "product", "identifier"]
    list_select_related = ["list"]
    fields = ["list", "name", "vendor", "product", "category", "identifier", "origin", "further"]

    @admin.display(description="further columns")
    def further(self, entry: Entry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.extra, indent=2, ensure_ascii=False))


@admin.register(Listing)
class ListingAdmin(HistoryAdmin):
    ordering = ["-pk"]
    list_display = ["entry", "list", "listed_from", "until", "copies"]
    list_select_related = ["list", "entry"]
    fields = ["list", "entry", "listed_from", "until", "copies"]

    @admin.display(description="first absent")
    def until(self, listing: Listing) -> Any:
        return "still listed" if listing.is_open else listing.listed_to


@admin.register(Change)
class ChangeAdmin(HistoryAdmin):
    list_display = ["at", "kind", "entry", "list", "cause"]
    list_filter = ["kind", "cause", "list"]
    list_select_related = ["list", "entry"]
    date_hierarchy = "at"
    fields = ["list", "kind", "cause", "at", "earlier", "later", "entry", "former"]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "snapshot", "why", "by"]
    list_filter = ["action"]
    list_select_related = ["snapshot__list", "by"]
    search_fields = ["snapshot__list__title", "why", "by__username__exact"]
    search_help_text = "Part of a list's title or of a reason, or a whole user name."
    ordering = ["-at", "-pk"]
    fields = ["snapshot", "action", "why", "by", "at"]
