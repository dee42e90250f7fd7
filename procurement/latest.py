"""What changed lately, as people ask for it: by list and snapshot, each in one sentence, with a few names."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, IntegerField, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from procurement.filters import changes
from procurement.models import Change, Snapshot, VendorList
from procurement.observations import Observed, observed_many

NAMES = 4
_IMPORTANCE = ("dropped", "added", "relisted", "renamed", "amended")


@dataclass(frozen=True)
class Boundary:
    """What one published snapshot changed against the one before it."""

    list: VendorList
    at: datetime
    counts: Counter[tuple[str, str]]  # by (kind, relation)
    names: Sequence[tuple[str, str]]  # (kind, vendor or product), the most important first
    ends: str  # as addresses write them; "" where the snapshot before it is gone

    @property
    def more(self) -> int:
        """How many changes are not named."""
        return sum(self.counts.values()) - len(self.names)


def latest(most: int, *, vendor_list: VendorList | None = None, observed: Observed | None = None) -> list[Boundary]:
    """The latest snapshots that changed something, across lists or of one. At most six queries.

    Only what the source changed counts; what changed in our reading is no news.
    """
    news = changes().filter(cause=Change.Cause.SOURCE)
    if vendor_list is not None:
        news = news.filter(list=vendor_list)
    recent = Change.objects.filter(cause=Change.Cause.SOURCE)
    if vendor_list is not None:
        recent = recent.filter(list=vendor_list)
    later = list(recent.order_by("-at", "-later").values_list("later", flat=True).distinct()[:most])
    counts = _counts(news, later)
    names = _names(news, later)
    snapshots = Snapshot.objects.select_related("list__authority").in_bulk(later)
    lists = {s.list_id for s in snapshots.values()}
    seen = {vendor_list.pk: observed} if vendor_list and observed else observed_many(lists)
    return [
        Boundary(s.list, s.captured_at, counts[s.pk], names[s.pk], seen[s.list_id].since_previous(s.captured_at))
        for s in (snapshots[pk] for pk in later)
    ]


def _counts(news: QuerySet[Change], later: Sequence[int]) -> dict[int, Counter[tuple[str, str]]]:
    counts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    rows = news.filter(later__in=later).order_by().values_list("later_id", "kind", "relation").annotate(n=Count("pk"))
    for snapshot, kind, relation, n in rows:
        counts[snapshot][kind, relation] += n
    return counts


def _names(news: QuerySet[Change], later: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    weight = Case(*(When(kind=k, then=Value(i)) for i, k in enumerate(_IMPORTANCE)), output_field=IntegerField())
    ranked = (
        Change.objects.filter(later__in=later, cause=Change.Cause.SOURCE)
        .annotate(weight=weight)
        .annotate(rank=Window(RowNumber(), partition_by=F("later"), order_by=[F("weight"), F("pk")]))
        .filter(rank__lte=NAMES)
        .order_by("later", "rank")
    )
    names: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for snapshot, kind, vendor, printed, product, identifier in ranked.values_list(
        "later_id", "kind", "entry__name__vendor__name", "entry__vendor", "entry__product", "entry__identifier"
    ):
        names[snapshot].append((kind, " · ".join(filter(None, [vendor or printed, product])) or identifier))
    return names
