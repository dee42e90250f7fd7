"""Names that lists print, and the vendor that a person says they mean."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vendors import curation
from vendors.admin.base import CuratedAdmin, link
from vendors.matching import Match, match, match_many
from vendors.models import Alias, PrintedName, Vendor
from vendors.names import name_key

_NUMBER = re.compile(r"[0-9]{1,18}")


class LinkedFilter(admin.SimpleListFilter):
    """Unlinked names wait for a person, so they come first."""

    title = "link"
    parameter_name = "linked"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Linked to a vendor"), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "Unlinked",
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PrintedName]) -> QuerySet[PrintedName]:
        if self.value() == "all":
            return queryset
        return queryset.filter(vendor__isnull=self.value() != "yes")


class NamesChangeList(ChangeList):
    """A page of names with the vendors that they may mean, found in a fixed number of queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        unlinked = [name for name in self.result_list if name.vendor_id is None]
        for name, found in zip(unlinked, match_many([name.text for name in unlinked], 3), strict=True):
            name.match = found


class LinkForm(ActionForm):
    """The vendor for the action on the chosen names."""

    vendor = forms.ModelChoiceField(
        Vendor.objects.all(),
        required=False,
        widget=AutocompleteSelect(PrintedName._meta.get_field("vendor"), admin.site, attrs={"aria-label": "Vendor"}),
    )


class PrintedNameForm(forms.ModelForm):
    def clean_vendor(self) -> Vendor | None:
        vendor: Vendor | None = self.cleaned_data["vendor"]
        if vendor is not None and "vendor" in self.changed_data:
            _check_linkable(self.instance)
        return vendor


def _check_linkable(name: PrintedName) -> None:
    longest: Any = Alias._meta.get_field("text").max_length
    if len(name.text) > longest:
        raise ValidationError(
            f"“{name.text[:60]}…” has {len(name.text)} characters: a vendor's name has at most {longest}. Probably the "
            "recipe reads more than the vendor into this column; mend the recipe."
        )


def _point(name: PrintedName, vendor: Vendor | None, request: HttpRequest) -> None:
    """Link, move or unlink a printed name. A move takes the name away from its former vendor first."""
    with transaction.atomic():
        if name.vendor_id is not None and name.vendor != vendor:
            curation.unlink(name, by=request.user)  # type: ignore[arg-type]
        if vendor is not None:
            _check_linkable(name)
            curation.link(name, vendor, by=request.user)  # type: ignore[arg-type]


@admin.register(PrintedName)
class PrintedNameAdmin(CuratedAdmin):
    list_filter = [LinkedFilter]
    search_fields = ["text"]
    search_help_text = "Part of a name, in any script."
    form = PrintedNameForm
    action_form = LinkForm
    actions = ["link_chosen", "unlink_chosen"]
    fields = ["text", "key", "rows", "vendor", "suggestions", "first_met_at"]
    readonly_fields = ["text", "key", "rows", "suggestions", "first_met_at"]
    autocomplete_fields = ["vendor"]
    list_select_related = ["vendor"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> Any:
        return ["text", "rows", "means" if self.has_change_permission(request) else "vendor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrintedName]:
        return PrintedName.objects.annotate(rows=Count("entries"))

    def get_ordering(self, request: HttpRequest) -> Any:
        """Those that most entries wait for come first."""
        return ["-rows", "text"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamesChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PrintedName], search_term: str
    ) -> tuple[QuerySet[PrintedName], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(Q(key__contains=name_key(search_term)) | Q(text__icontains=search_term.strip())), False

    @admin.display(description="entries", ordering="rows")
    def rows(self, name: Any) -> SafeString | str:
        if not name.rows:
            return "0"
        return link("admin:procurement_entry_changelist", f"{name.rows:,}", query=f"name__id__exact={name.pk}")

    @admin.display(description="vendor")
    def means(self, name: Any) -> SafeString | str:
        if name.vendor is not None:
            linked = link("admin:vendors_vendor_change", name.vendor, name.vendor.pk)
            return format_html('{} <button name="unlink" value="{}">Unlink</button>', linked, name.pk)
        return self._buttons(name, name.match)

    def _buttons(self, name: PrintedName, found: Match) -> SafeString | str:
        candidates = [(found.vendor, 1.0, ["exact"])] if found.vendor else found.suggestions
        if not candidates:
            return "No vendor has a name like it."
        return format_html_join(
            " ",
            '<button name="link" value="{}:{}" title="{}">{} <small>{}</small></button>',
            (
                (name.pk, vendor.pk, "; ".join(why), vendor, f"{score:.2f}")
                for vendor, score, why in candidates
            ),
        )  # fmt: skip

    @admin.display(description="may mean")
    def suggestions(self, name: PrintedName) -> SafeString | str:
        found = match(name.text)
        if name.vendor_id is not None or not (found.vendor or found.suggestions):
            return "–"
        return format_html_join(
            "\n",
            "<p>{} <small>{:.2f}: {}</small></p>",
            (
                (link("admin:vendors_vendor_change", v, v.pk), f"{s:.2f}", "; ".join(why))
                for v, s, why in found.suggestions
            ),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST" and ("link" in request.POST or "unlink" in request.POST):
            return self._pressed(request)
        return super().changelist_view(request, extra_context)

    def _pressed(self, request: HttpRequest) -> HttpResponse:
        """A person pressed the button beside a name."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        pk, _, vendor_pk = request.POST.get("link", request.POST.get("unlink", "")).partition(":")
        if not (_NUMBER.fullmatch(pk) and (_NUMBER.fullmatch(vendor_pk) or "link" not in request.POST)):
            self.say(request, "This button names no name and vendor. Nothing was changed.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        with transaction.atomic():
            name = PrintedName.objects.select_for_update(of=["self"]).select_related("vendor").filter(pk=pk).first()
            vendor = Vendor.objects.filter(pk=vendor_pk).first() if vendor_pk else None
            if name is None or (vendor_pk and vendor is None):
                self.say(request, "The name or the vendor is gone meanwhile. Nothing was changed.", messages.ERROR)
            elif vendor is not None and name.vendor not in {None, vendor}:
                text = f"“{name}” was linked to {name.vendor} meanwhile. Nothing was changed; unlink it first."
                self.say(request, text, messages.ERROR)
            else:
                self._point_and_say(request, [name], vendor)
        return HttpResponseRedirect(request.get_full_path())

    def _point_and_say(self, request: HttpRequest, chosen: list[PrintedName], vendor: Vendor | None) -> None:
        done = 0
        for name in chosen:
            try:
                _point(name, vendor, request)
                done += 1
            except ValidationError as error:
                self.say(request, " ".join(error.messages), messages.ERROR)
        if done:
            what = f"“{chosen[0]}” is" if len(chosen) == 1 else f"{done} names are"
            to = f"linked to {vendor}, in the whole record and from now on" if vendor else "no longer linked"
            self.say(request, f"{what} {to}.")

    @admin.action(description="Link to the vendor given here", permissions=["change"])
    def link_chosen(self, request: HttpRequest, queryset: QuerySet[PrintedName]) -> None:
        vendor_pk = request.POST.get("vendor", "")
        vendor = Vendor.objects.filter(pk=vendor_pk).first() if _NUMBER.fullmatch(vendor_pk) else None
        if vendor is None:
            self.say(request, "Choose the vendor beside the action first. Nothing was changed.", messages.WARNING)
            return
        free = [name for name in queryset if name.vendor_id in {None, vendor.pk}]
        if len(free) < queryset.count():
            self.say(request, "Names that are linked to another vendor stay so; unlink them first.", messages.WARNING)
        self._point_and_say(request, free, vendor)

    @admin.action(description="Unlink", permissions=["change"])
    def unlink_chosen(self, request: HttpRequest, queryset: QuerySet[PrintedName]) -> None:
        self._point_and_say(request, [name for name in queryset if name.vendor_id is not None], None)

    def save_model(self, request: HttpRequest, obj: PrintedName, form: Any, change: bool) -> None:
        """The link alone is a person's to decide, and it is decided through curation."""
        if "vendor" in form.changed_data:
            _point(PrintedName.objects.get(pk=obj.pk), obj.vendor, request)
