"""A vendor's origin and its relation to a list's jurisdiction, as SQL: so that filters, paging and counts stay there.

It says the same as ``Vendor.origin_on`` and ``vendors.countries.relation``, which a test holds it to.
"""

from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf
from django.db.models.lookups import Exact

from vendors.countries import EUROPEAN_UNION
from vendors.models import Ownership


def origin(vendor: str, on: str) -> Coalesce:
    """The country that controlled a vendor on a day, "" where it is not known.

    Args:
        vendor: the path from the queryset's model to the vendor.
        on: the name of an annotation or field with the day (a date, not a time).
    """
    held = (
        Ownership.objects.filter(vendor=OuterRef(vendor))
        .filter(Q(since=None) | Q(since__lte=OuterRef(on)))
        .filter(Q(until=None) | Q(until__gt=OuterRef(on)))
        .order_by(F("since").desc(nulls_last=True), "pk")
    )
    nothing = Value("", output_field=CharField())
    return Coalesce(
        NullIf(Subquery(held.values("country")[:1]), nothing),
        F(f"{vendor}__country"),
        nothing,
        output_field=CharField(),
    )


def relation(origin: str, jurisdiction: str | Combinable) -> Case:
    """What a vendor of an origin is to a list: ``foreign``, ``domestic`` or ``unknown``.

    Args:
        origin: the name of an annotation with a country's code or "".
        jurisdiction: the path to the list's jurisdiction, or an expression for it.
    """
    of_list = F(jurisdiction) if isinstance(jurisdiction, str) else jurisdiction
    return Case(
        When(Q(**{origin: ""}) | Q(Exact(of_list, Value(""))), then=Value("unknown")),
        When(Exact(F(origin), of_list), then=Value("domestic")),
        When(Q(Exact(of_list, Value("EU"))) & Q(**{f"{origin}__in": sorted(EUROPEAN_UNION)}), then=Value("domestic")),
        default=Value("foreign"),
        output_field=CharField(),
    )
