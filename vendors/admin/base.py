"""What the admin's pages share: records that several people edit, and records that nobody edits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from vendors import countries

VERSION = "_version"


def log_decision(request: HttpRequest, obj: models.Model, message: str) -> None:
    """Put what a person decided about a record in the log, in words."""
    user: Any = request.user
    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(obj),
        object_id=str(obj.pk),
        object_repr=str(obj)[:200],
        action_flag=CHANGE,
        change_message=message,
    )


def link(viewname: str, text: object, *args: object, query: str = "") -> SafeString:
    """A link to one of the site's pages; the text may be anybody's."""
    return format_html('<a href="{}{}">{}</a>', reverse(viewname, args=args), query and f"?{query}", text)


def country_field(blank: str = "") -> forms.TypedChoiceField:
    """A choice among countries by name; with `blank`, also of none, under that label."""
    none = [("", blank)] if blank else [("", "---------")]
    return forms.TypedChoiceField(choices=[*none, *countries.choices()], required=not blank)


class ReadOnlyAdmin(admin.ModelAdmin):
    """What is recorded: looked up and looked at, and changed by nobody, whatever their permissions."""

    show_full_result_count = False
    list_per_page = 50
    actions: Any = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LabelledFormSet(BaseInlineFormSet):
    """Rows whose checkbox for deleting says so to those who do not see its column."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Delete"


class TableInline(admin.TabularInline):
    """Rows in a table, where each field carries its column's name for those who do not see the column."""

    formset = LabelledFormSet

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field.widget, "widget", field.widget) if field else None
        if widget is not None:
            widget.attrs["aria-label"] = str(field.label)
        return field


class CuratedAdmin(admin.ModelAdmin):
    """A record that several people edit. Nobody saves over what they have not seen.

    The form carries a digest of what it showed, inlines included. If the record says something else when the form
    comes back, nothing is saved, and the page shows who changed it, the record as it is now, and what was entered.
    """

    list_per_page = 50
    change_form_template = "admin/curated.html"
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def stored_beside(self, obj: Any) -> Any:
        """What the form shows and saves beside the record's own fields; part of its version."""
        return None

    def version_of(self, request: HttpRequest, obj: Any) -> str:
        """A digest of what this person's form shows of a record."""
        shown: list[Any] = [_values(obj, self.get_form(request, obj, change=True)), self.stored_beside(obj)]
        for formset, inline in self.get_formsets_with_inlines(request, obj):
            rows = inline.get_queryset(request).filter(**{formset.fk.name: obj}).order_by("pk")
            shown.append([[row.pk, _values(row, formset.form)] for row in rows])
        return sha256(json.dumps(shown, default=str).encode()).hexdigest()[:32]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if object_id is None or request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            # Held until the save is committed, so that of two who save at once the second is compared with the first.
            list(self.model._default_manager.select_for_update().filter(pk=unquote(object_id)).values_list("pk"))
            obj = self.get_object(request, unquote(object_id))
            if obj is not None and not self.has_change_permission(request, obj):
                raise PermissionDenied
            if obj is None or request.POST.get(VERSION) == self.version_of(request, obj):
                return super().changeform_view(request, object_id, form_url, extra_context)
            conflict = {"conflict": {"last": last_logged(obj), "entered": list(self._entered(request, obj))}}
        request.method, request.POST = "GET", QueryDict()
        response = super().changeform_view(request, object_id, form_url, (extra_context or {}) | conflict)
        response.status_code = 409
        return response

    def _entered(self, request: HttpRequest, obj: Any) -> Iterator[tuple[str, str]]:
        """(label, text) of what was entered and is not what is stored now."""
        form = self.get_form(request, obj, change=True)(request.POST, request.FILES, instance=obj)
        for name in form.changed_data:
            yield str(form[name].label), _shown(form, name)
        for formset_class, inline in self.get_formsets_with_inlines(request, obj):
            formset: BaseInlineFormSet[Any, Any, Any] = formset_class(
                request.POST,
                instance=obj,
                prefix=formset_class.get_default_prefix(),
                queryset=inline.get_queryset(request),
            )
            if not formset.management_form.is_valid():
                continue
            for row in formset.forms:
                if changed := [name for name in row.changed_data if name not in {"id", "DELETE"}]:
                    yield (
                        capfirst(str(inline.verbose_name)),
                        "; ".join(f"{row[name].label}: {_shown(row, name)}" for name in changed),
                    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], add: bool = False, change: bool = False,
        form_url: str = "", obj: Any = None,
    ) -> Any:  # fmt: skip
        if change and obj is not None:
            # After a mistake in the form, the version that it began with: the record may have changed since.
            context["version"] = request.POST.get(VERSION) or self.version_of(request, obj)
            context["last"] = last_logged(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def say(self, request: HttpRequest, text: str, level: int = messages.SUCCESS) -> None:
        """A message on the next page."""
        self.message_user(request, text, level)


def last_logged(obj: models.Model) -> LogEntry | None:
    """The last thing that a person did to a record."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(obj), object_id=str(obj.pk))
    return entries.select_related("user").order_by("-action_time", "-pk").first()


def _values(obj: models.Model, form: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in (*obj._meta.concrete_fields, *obj._meta.many_to_many):
        if field.name in form.base_fields and not field.primary_key:
            value = field.value_from_object(obj)
            values[field.name] = sorted(one.pk for one in value) if isinstance(value, list) else value
    return values


def _shown(form: forms.BaseForm, name: str) -> str:
    """What was entered in a field, as its reader would say it."""
    field, data = form.fields[name], form[name].data
    try:
        value = field.clean(data)
    except forms.ValidationError:
        value = data
    if isinstance(value, models.QuerySet):
        value = ", ".join(str(one) for one in value)
    if isinstance(field, forms.ChoiceField):
        value = dict(field.choices).get(str(value), value)  # type: ignore[arg-type]
    return Truncator("(blank)" if value in (None, "") else str(value)).chars(2000)
