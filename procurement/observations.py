"""When lists were observed: their published snapshots, how addresses name them, and when observation failed."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from procurement.models import Snapshot, VendorList


class Observation(NamedTuple):
    """One published snapshot, without its rows."""

    pk: int
    at: datetime
    full: bool
    basis: str
    label: str


@dataclass(frozen=True)
class Observed:
    """The observations of one list, the earliest first, and the times of checks that failed or are held."""

    observations: Sequence[Observation]
    missed: Sequence[datetime] = ()
    _times: list[datetime] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", [o.at for o in self.observations])

    def __bool__(self) -> bool:
        return bool(self.observations)

    @property
    def first(self) -> Observation:
        return self.observations[0]

    @property
    def last(self) -> Observation:
        return self.observations[-1]

    def stamp(self, moment: datetime) -> str:
        """How addresses name the observation at that moment, as `procurement.comparison.stamp` does: by its day."""
        index = bisect_left(self._times, moment) + 1
        day = moment.astimezone(UTC).date()
        later = index < len(self._times) and self._times[index].astimezone(UTC).date() == day
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if later else day.isoformat()

    def before(self, moment: datetime) -> Observation | None:
        """The last observation before a moment."""
        index = bisect_left(self._times, moment)
        return self.observations[index - 1] if index else None

    def after(self, moment: datetime) -> Observation | None:
        """The first observation after a moment."""
        index = bisect_right(self._times, moment)
        return self.observations[index] if index < len(self._times) else None

    def since_previous(self, moment: datetime) -> str:
        """The two ends, as addresses write them, of what the observation at that moment shows against the one before.

        Blank for the first.
        """
        earlier = self.before(moment)
        return f"{self.stamp(earlier.at)}..{self.stamp(moment)}" if earlier else ""


def observed(vendor_list: VendorList) -> Observed:
    """The observations of one list."""
    return observed_many([vendor_list.pk])[vendor_list.pk]


def observed_many(lists: Iterable[int]) -> dict[int, Observed]:
    """The observations of lists by their primary keys, in two queries."""
    wanted = list(lists)
    seen: dict[int, list[Observation]] = {pk: [] for pk in wanted}
    rows = Snapshot.objects.published().filter(list__in=wanted).order_by("captured_at")
    for list_id, pk, at, coverage, basis, label in rows.values_list(
        "list_id", "pk", "captured_at", "coverage", "basis", "label"
    ):
        seen[list_id].append(Observation(pk, at, coverage == Snapshot.Coverage.FULL, basis, label))
    missed: dict[int, list[datetime]] = defaultdict(list)
    checks = VendorList.objects.filter(
        pk__in=wanted, runs__outcome__in=["failed", "held"], runs__source__isnull=False
    ).exclude(runs__snapshot__status=Snapshot.Status.PUBLISHED)
    for list_id, started in checks.order_by("runs__started_at").values_list("pk", "runs__started_at"):
        if started is not None:
            missed[list_id].append(started)
    return {pk: Observed(observations, missed[pk]) for pk, observations in seen.items()}


Span = tuple[datetime, datetime]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The union of half-open spans, in order."""
    result: list[Span] = []
    for begun, ended in sorted(spans):
        if result and begun <= result[-1][1]:
            result[-1] = (result[-1][0], max(ended, result[-1][1]))
        else:
            result.append((begun, ended))
    return result


def points(observed: Observed, spans: Iterable[Span], named: Iterable[datetime] = ()) -> list[tuple[datetime, bool]]:
    """What each observation says of something that a list carried in these spans: present or absent.

    A partial one speaks only where it names it (`named`: the times of those that do), and then says that it is present.
    """
    union, named_at = joined(spans), set(named)
    begins = [begun for begun, _ in union]

    def carried(moment: datetime) -> bool:
        index = bisect_right(begins, moment) - 1
        return index >= 0 and moment < union[index][1]

    return [(o.at, carried(o.at)) for o in observed.observations if o.full or o.at in named_at]


State = Literal["present", "absent", "unobserved"]


class Segment(NamedTuple):
    """A stretch of time in one state; of no length where a single observation stands alone."""

    start: datetime
    end: datetime
    state: State


def segments(
    said: Sequence[tuple[datetime, bool]],
    *,
    gap_after: timedelta,
    since: datetime,
    until: datetime,
    missed: Sequence[datetime] = (),
    holds_until: datetime | None = None,
) -> list[Segment]:
    """Stretches in which something was present, absent or not observed.

    An observation holds until the next one, unless that is further away than `gap_after`: then it shows
    its own moment and nothing more. A check that failed ends what is known until the next observation.

    Args:
        said: what each observation says, in order of time.
        since, until: the ends of the picture.
        missed: when checks failed or were held, in order.
        holds_until: how far the last observation may hold: to the present where the list is still checked, no further
            than itself where it is not. The end of the picture, unless it is given.
    """
    first = said[0][0] if said else until
    found = [Segment(since, first, "unobserved")] if since < first else []
    ends = [*said[1:], (max(said[-1][0], min(until, holds_until or until)), False)] if said else []
    for (at, present), (following, _) in zip(said, ends, strict=True):
        known = following
        if following - at > gap_after:
            known = at
        else:
            index = bisect_right(missed, at)
            if index < len(missed) and missed[index] < following:
                known = missed[index]
        found.append(Segment(at, known, "present" if present else "absent"))
        if known < following:
            found.append(Segment(known, following, "unobserved"))
    if said and ends[-1][0] < until:
        found.append(Segment(ends[-1][0], until, "unobserved"))
    return _merged(found)


def _merged(found: list[Segment]) -> list[Segment]:
    merged = found[:1]
    for segment in found[1:]:
        if merged[-1].state == segment.state and merged[-1].end == segment.start:
            merged[-1] = Segment(merged[-1].start, segment.end, segment.state)
        else:
            merged.append(segment)
    return merged
