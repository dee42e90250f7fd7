"""Vendors with their names, numbers and owners."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from vendors import countries, names
from vendors.admin.base import CuratedAdmin, LabelledFormSet, TableInline, country_field, link
from vendors.models import Alias, Identifier, Ownership, Vendor


def named(term: str) -> Q:
    """Vendors that any name or number of theirs answers to: in any script, width, case or legal form."""
    key = names.name_key(term)
    by_name = Alias.objects.filter(key__contains=key).values("vendor") if key else Alias.objects.none().values("vendor")
    by_number = Identifier.objects.filter(value__iexact=term.strip()).values("vendor")
    return Q(name__icontains=term.strip()) | Q(slug=term.strip()) | Q(pk__in=by_name) | Q(pk__in=by_number)


class CountryFilter(admin.SimpleListFilter):
    """Countries that occur, by name."""

    title = "country of registration"
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        codes = Vendor.objects.order_by("country").values_list("country", flat=True).distinct()
        return sorted(((code or "none", countries.name(code)) for code in codes), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vendor]) -> QuerySet[Vendor]:
        if (value := self.value()) is None:
            return queryset
        return queryset.filter(country="" if value == "none" else value)


class AliasForm(forms.ModelForm):
    """A name links what lists print, so it must show something and be nobody else's."""

    class Meta:
        model = Alias
        fields = ["text", "language", "source"]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        key = names.name_key(text)
        if not key:
            raise ValidationError("This name shows nothing. Write it as it is printed.")
        if "text" in self.changed_data:
            other = (
                Alias.objects.filter(key=key).exclude(vendor=self.instance.vendor_id).select_related("vendor").first()
            )
            if other is not None:
                raise ValidationError(
                    f"“{text}” is a name of {other.vendor.name} already (“{other.text}”), so it cannot tell the two "
                    "apart. Take that name away there first, or write a longer one."
                )
        return text


class AliasFormSet(LabelledFormSet):
    """Names of one vendor: two that are the same but for presentation are one name."""

    def clean(self) -> None:
        super().clean()
        met: dict[str, str] = {}
        for form in self.forms:
            cleaned = getattr(form, "cleaned_data", {})
            # One that is deleted in the same save still has its name while the others are saved.
            text = form.instance.text if cleaned.get("DELETE") and form.instance.pk else cleaned.get("text")
            if not text:
                continue
            key = names.name_key(text)
            if key in met:
                form.add_error(
                    "text", f"The same name as “{met[key]}”: they differ in presentation or legal form only."
                )
            met.setdefault(key, text)


class AliasInline(TableInline):
    model = Alias
    form = AliasForm
    formset = AliasFormSet
    extra = 1
    verbose_name = "name"
    verbose_name_plural = "names by language"
    classes = ["names"]


class IdentifierInline(TableInline):
    model = Identifier
    extra = 0


class OwnershipInline(TableInline):
    model = Ownership
    fk_name = "vendor"
    extra = 0
    autocomplete_fields = ["owner"]
    verbose_name = "owner"
    verbose_name_plural = "ownership over time"

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "country":
            choice = country_field(blank="unknown")
            choice.widget.attrs["aria-label"] = "Country"
            return choice
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "owner":
            field.widget.can_change_related = field.widget.can_delete_related = field.widget.can_view_related = False
        if isinstance(field, forms.CharField):
            field.widget.attrs["size"] = 20
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ownership]:
        return super().get_queryset(request).select_related("owner")


@admin.register(Vendor)
class VendorAdmin(CuratedAdmin):
    list_display = ["name", "origin", "other_names", "slug", "updated_at"]
    list_filter = [CountryFilter, "updated_at"]
    search_fields = ["name"]
    search_help_text = "Any name in any script, or a number: 卡巴斯基, Касперский, a LEI, a stock code."
    inlines = [AliasInline, IdentifierInline, OwnershipInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", ("country", "country_source"), "origin", "website", "description"]}),
        ("On the lists", {"fields": ["printed"]}),
    ]
    save_on_top = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vendor]:
        return super().get_queryset(request).prefetch_related("aliases", "ownerships")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Vendor], search_term: str
    ) -> tuple[QuerySet[Vendor], bool]:
        return (queryset.filter(named(search_term)) if search_term.strip() else queryset), False

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "country":
            field = country_field(blank="unknown")
            field.help_text = "Where the firm is registered. Who controls it, and since when, stands under ownership."
            return field
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Vendor | None = None) -> list[str]:
        """The slug is the vendor's address in citations: once made, it stays, whatever the vendor is called."""
        return ["origin", "printed", *(["slug"] if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Vendor | None = None) -> Any:
        if obj is not None:
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["name", "slug", ("country", "country_source"), "website", "description"]})]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Vendor | None = None) -> Any:
        return {} if obj else {"slug": ["name"]}

    @admin.display(description="origin today")
    def origin(self, vendor: Vendor) -> str:
        today = timezone.now().date()
        ownership = vendor.ownership_on(today)
        through = f", through {ownership}" if ownership and ownership.country else ""
        return countries.name(vendor.origin_on(today)) + through

    @admin.display(description="names")
    def other_names(self, vendor: Vendor) -> str:
        texts = [alias.text for alias in vendor.aliases.all() if alias.text != vendor.name]
        return " · ".join(texts[:4]) + (f" and {len(texts) - 4} more" if len(texts) > 4 else "")

    @admin.display(description="printed as")
    def printed(self, vendor: Vendor) -> Any:
        count = vendor.printed_names.count()
        if not count:
            return "No list has printed a name of this vendor yet."
        text = f"{count} name{'s' if count > 1 else ''} that lists print"
        return link("admin:vendors_printedname_changelist", text, query=f"linked=all&vendor__id__exact={vendor.pk}")
