"""How large lists are now, and how many of their vendors are foreign: for all lists at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from procurement.comparison import vendors_of
from procurement.models import FOREVER, Listing, VendorList
from vendors import countries


@dataclass
class Size:
    """Entries of a list as last observed, and its vendors by their relation to it."""

    entries: int = 0
    foreign: int = 0
    domestic: int = 0
    unknown: int = 0

    @property
    def vendors(self) -> int:
        return self.foreign + self.domestic + self.unknown

    @property
    def known(self) -> int:
        """Vendors whose origin is known."""
        return self.foreign + self.domestic


def sizes_of(lists: Iterable[VendorList]) -> dict[int, Size]:
    """The size of each list by its primary key, in three queries however many there are.

    Args:
        lists: with their authorities and, from `with_freshness`, the time of their last observation.
    """
    by_pk = {vendor_list.pk: vendor_list for vendor_list in lists}
    rows = list(
        Listing.objects.filter(list__in=by_pk, listed_to=FOREVER)
        .values_list("list_id", "entry__name__vendor_id")
        .annotate(entries=Count("pk"), names=Count("entry__name", distinct=True))
        .order_by()
    )
    vendors = vendors_of({vendor for _, vendor, *_ in rows})
    sizes: dict[int, Size] = defaultdict(Size)
    for list_id, vendor_id, entries, names in rows:
        size, vendor_list = sizes[list_id], by_pk[list_id]
        size.entries += entries
        if vendor_id is None:
            size.unknown += names
            continue
        assert vendor_list.last_observed_at is not None  # it carries something
        origin = vendors[vendor_id].origin_on(vendor_list.last_observed_at.date())
        relation = countries.relation(origin, vendor_list.jurisdiction)
        setattr(size, relation, getattr(size, relation) + 1)
    return {pk: sizes[pk] for pk in by_pk}
