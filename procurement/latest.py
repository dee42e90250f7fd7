"""What changed lately, as people ask for it: by list and snapshot, each in one sentence, with a few names."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from procurement.filters import changes
from procurement.models import Change, Snapshot, VendorList
from procurement.observations import Observed, observed_many

NAMES = 3
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


def latest(
    lists: Collection[int], each: int, observed: Mapping[int, Observed] | None = None
) -> dict[int, list[Boundary]]:
    """The latest snapshots that changed something, so many of each list, the latest first. At most six queries.

    Only what the source changed counts; what changed in our reading is no news.
    """
    news = Change.objects.filter(cause=Change.Cause.SOURCE, later=OuterRef("pk"))
    ranked = (
        Snapshot.objects.published()
        .filter(Exists(news), list__in=lists)
        .annotate(rank=Window(RowNumber(), partition_by=F("list"), order_by=F("captured_at").desc()))
        .filter(rank__lte=each)
        .select_related("list__authority")
        .order_by("-captured_at")
    )
    snapshots = list(ranked)
    later = [s.pk for s in snapshots]
    counts, names = _counts(later), _names(later)
    seen = observed or observed_many(lists)
    found: dict[int, list[Boundary]] = {pk: [] for pk in lists}
    for s in snapshots:
        ends = seen[s.list_id].since_previous(s.captured_at)
        found[s.list_id].append(Boundary(s.list, s.captured_at, counts[s.pk], names[s.pk], ends))
    return found


def _counts(later: Sequence[int]) -> dict[int, Counter[tuple[str, str]]]:
    counts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    news: QuerySet[Any] = changes().filter(cause=Change.Cause.SOURCE, later__in=later).order_by()
    for snapshot, kind, relation, n in news.values_list("later_id", "kind", "relation").annotate(n=Count("pk")):
        counts[snapshot][kind, relation] += n
    return counts


def _names(later: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
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
