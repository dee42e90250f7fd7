"""The changes feed: one declaration of its filters for the page, the API, CSV, JSON and Atom."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import django_filters
from django import forms
from django.db.models import Case, DateField, F, Model, Q, QuerySet, When
from django.db.models.functions import TruncDate
from django.http import QueryDict
from django_filters.fields import ChoiceField, MultipleChoiceField

from procurement import origins
from procurement.models import Authority, Change, VendorList
from procurement.searching import LONGEST, Folded, vendors_named, words_of
from vendors import countries
from vendors.models import Ownership, Vendor


def changes() -> QuerySet[Change]:
    """Every change, the latest first, with what a row shows of it in one query.

    Each row carries `origin` and `relation`: the vendor's on the day when the earlier snapshot last saw it, for a drop,
    and on the day of the later snapshot for anything else; as a comparison has them.
    """
    seen = Case(When(kind=Change.Kind.DROPPED, then=F("earlier__captured_at")), default=F("at"))
    return (
        Change.objects.select_related(
            "list__authority", "entry__name__vendor", "former", "earlier__capture", "later__capture"
        )
        .defer("earlier__capture__headers", "later__capture__headers")
        .annotate(seen_on=TruncDate(seen, tzinfo=UTC, output_field=DateField()))
        .annotate(origin=origins.origin("entry__name__vendor", "seen_on"))
        .annotate(relation=origins.relation("origin", "list__authority__jurisdiction"))
        .order_by("-at", "-pk")
    )


_Row = TypeVar("_Row", bound=Model)


def holding(rows: QuerySet[_Row], text: str, *entries: str) -> QuerySet[_Row]:
    """Those rows in which every word of a text stands as printed, or in a name of the vendor that they are linked to.

    Args:
        entries: the paths from the queryset's model to the entries, such as "entry"; the first one's vendor counts.
    """
    columns = [f"{entry}__{column}" for entry in entries for column in ("product", "category", "identifier")]
    rows = rows.alias(**{f"said_{column}": Folded(column) for column in columns})
    for word in words_of(text):
        found = Q(**{f"{entries[0]}__name__vendor__in": vendors_named(word)})
        for entry in entries:
            found |= Q(**{f"{entry}__name__fold__contains": word})
        for column in columns:
            found |= Q(**{f"said_{column}__contains": word})
        rows = rows.filter(found)
    return rows


def _by_name(codes: set[str]) -> list[tuple[str, str]]:
    return sorted(((code, countries.name(code)) for code in codes if code), key=lambda pair: pair[1])


def jurisdictions() -> list[tuple[str, str]]:
    """(code, name) of the jurisdictions that have authorities here."""
    return _by_name(set(Authority.objects.order_by().values_list("jurisdiction", flat=True).distinct()))


def origins_known() -> list[tuple[str, str]]:
    """(code, name) of the countries that vendors here come from or are controlled from."""
    own = Vendor.objects.order_by().values_list("country", flat=True).distinct()
    owners = Ownership.objects.order_by().values_list("country", flat=True).distinct()
    return _by_name({*own, *owners})


class CountryField(ChoiceField):  # type: ignore[misc]
    """Offers the countries that occur here, and accepts any: one that does not occur simply finds nothing."""

    default_error_messages = {"invalid_choice": "“%(value)s” is no country code. Write two letters, such as CN."}

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).strip().upper()

    def valid_value(self, value: str) -> bool:
        return countries.is_code(value)


class CountryFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    field_class = CountryField


class KindsField(MultipleChoiceField):  # type: ignore[misc]
    """A menu that takes one kind sends a blank for any."""

    def to_python(self, value: Any) -> list[str]:
        return [kind for kind in super().to_python(value) if kind]


class KindsFilter(django_filters.MultipleChoiceFilter):  # type: ignore[misc]
    field_class = KindsField


class ChangeForm(forms.Form):
    """What the filters check together."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", f"It is before the first day, {since}. Give a later one.")
        return cleaned


def _not_among(choices: list[tuple[str, str]]) -> dict[str, str]:
    return {"invalid_choice": "“%(value)s” is none of " + ", ".join(code for code, _ in choices) + "."}


_RELATIONS = [("foreign", "Foreign"), ("domestic", "Domestic"), ("unknown", "Origin unknown")]
_CAUSES = [*Change.Cause.choices, ("any", "Any cause")]
_NO_DATE = {"invalid": "This is no date. Write it as 2014-07-31."}


class ChangeFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters over changes. Only what the source changed is shown unless `cause` says otherwise."""

    jurisdiction = CountryFilter(
        "list__authority__jurisdiction", label="Jurisdiction", choices=jurisdictions, empty_label="Any"
    )
    list = django_filters.ModelChoiceFilter(
        label="List",
        queryset=VendorList.objects.with_authority(),
        to_field_name="slug",
        empty_label="Any",
        error_messages={"invalid_choice": "No list has the slug “%(value)s”."},
    )
    list_kind = django_filters.ChoiceFilter(
        "list__kind",
        label="Kind of list",
        choices=VendorList.Kind.choices,
        empty_label="Any",
        error_messages=_not_among(VendorList.Kind.choices),
    )
    kind = KindsFilter(
        label="Change", choices=Change.Kind.choices, distinct=False, error_messages=_not_among(Change.Kind.choices)
    )
    relation = django_filters.ChoiceFilter(
        label="Relation", choices=_RELATIONS, empty_label="Any", error_messages=_not_among(_RELATIONS)
    )
    origin = CountryFilter(label="Origin", choices=origins_known, empty_label="Any")
    category = django_filters.CharFilter(label="Category", method="in_category", max_length=200)
    vendor = django_filters.ModelChoiceFilter(
        label="Vendor",
        method="of_vendor",
        queryset=Vendor.objects.all(),
        to_field_name="slug",
        widget=forms.TextInput,  # a menu of every vendor would be longer than the page
        error_messages={"invalid_choice": "No vendor has the slug “%(value)s”."},
    )
    text = django_filters.CharFilter(label="Text", method="with_words", max_length=LONGEST)
    since = django_filters.DateFilter(
        label="Since", method="from_day", input_formats=["%Y-%m-%d"], error_messages=_NO_DATE
    )
    until = django_filters.DateFilter(
        label="Until", method="to_day", input_formats=["%Y-%m-%d"], error_messages=_NO_DATE
    )
    cause = django_filters.ChoiceFilter(
        label="Cause",
        method="caused_by",
        choices=_CAUSES,
        empty_label=None,
        initial="source",
        error_messages=_not_among(_CAUSES),
    )

    class Meta:
        model = Change
        form = ChangeForm
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Change]) -> QuerySet[Change]:
        if not self.form.cleaned_data.get("cause"):
            queryset = queryset.filter(cause=Change.Cause.SOURCE)
        found: QuerySet[Change] = super().filter_queryset(queryset)
        return found

    def caused_by(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        return queryset if value == "any" else queryset.filter(cause=value)

    def in_category(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        """Of the list as curated, or of the row as printed."""
        return queryset.filter(Q(list__category__iexact=value) | Q(entry__category__iexact=value))

    def of_vendor(self, queryset: QuerySet[Change], name: str, value: Vendor) -> QuerySet[Change]:
        """Its rows, and those that went from its name to another's."""
        return queryset.filter(Q(entry__name__vendor=value) | Q(former__name__vendor=value))

    def with_words(self, queryset: QuerySet[Change], name: str, value: str) -> QuerySet[Change]:
        return holding(queryset, value, "entry", "former")

    def from_day(self, queryset: QuerySet[Change], name: str, value: date) -> QuerySet[Change]:
        return queryset.filter(at__gte=datetime.combine(value, time.min, tzinfo=UTC))

    def to_day(self, queryset: QuerySet[Change], name: str, value: date) -> QuerySet[Change]:
        return queryset.filter(at__lte=datetime.combine(value, time.max, tzinfo=UTC))

    @property
    def problem(self) -> str:
        """What is wrong with the parameters, in one sentence or more; "" where nothing is."""
        return problem_of(self.form)


def problem_of(form: forms.Form) -> str:
    """What is wrong with a form's values, each named, in one sentence or more; "" where nothing is."""
    return " ".join(
        f"{name}: {message}" if name in form.fields else str(message)
        for name, messages in form.errors.items()
        for message in messages
    )


def changes_feed(params: Mapping[str, Any] | QueryDict) -> ChangeFilter:
    """The feed of changes that a query string asks for.

    Its `qs` is sliced and counted in SQL; `problem` says what is wrong with the parameters. Parameters that are no
    filters (such as a page number) are left alone.
    """
    return ChangeFilter(params, queryset=changes())
