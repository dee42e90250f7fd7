"""Random histories against a brute-force model that keeps every snapshot whole."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement import recording
from procurement.entries import Row, digest_of, key_of
from procurement.history import between
from procurement.models import Change, Entry, Listing, Snapshot
from vendors.models import Alias, Vendor
from vendors.names import fold

from .histories import day, make_list, make_recipe, record

pytestmark = pytest.mark.django_db

ALIASED = {"acme", "acme holdings"}

rows = st.lists(
    st.builds(
        Row,
        vendor=st.sampled_from(["Acme", "ACME  ", "Acme Holdings", "金山", "Zeta"]),
        category=st.sampled_from(["", "Antivirus", "ａntivirus"]),
        origin=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
        product=st.sampled_from(["", "Guard"]),
        identifier=st.sampled_from(["", "", "A1", "B2"]),
        extra=st.sampled_from([{}, {"level": "high"}]),
    ),
    max_size=6,
)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, 9), rows, st.sampled_from(["full", "full", "partial"])),
        st.tuples(st.just("hold"), st.integers(0, 9), rows, st.just("full")),
        st.tuples(st.sampled_from(["withdraw", "restore", "publish"]), st.integers(0, 9)),
        st.tuples(st.just("supersede"), st.integers(0, 9), rows),
    ),
    min_size=1,
    max_size=9,
)


@dataclass
class Model:
    """The record as a plain dictionary of whole snapshots: slow, and obviously right."""

    live: dict[datetime, tuple[str, list[Row]]] = field(default_factory=dict)

    def states(self) -> list[tuple[datetime, str, dict[bytes, Row], set[bytes]]]:
        """For each published snapshot in order: time, coverage, rows of the state by digest, keys that it names."""
        result, state = [], {}
        for at in sorted(self.live):
            coverage, named = self.live[at]
            by_digest = {}
            for row in named:
                by_digest.setdefault(digest_of(row), row)
            if coverage == "full":
                state = by_digest
            else:
                present = {key_of(row) for row in state.values()}
                state = state | {d: row for d, row in by_digest.items() if key_of(row) not in present}
            result.append((at, coverage, state, {key_of(row) for row in named}))
        return result


def brute_differences(states, a: int, b: int) -> Counter:
    """(kind, key before, key after) of the net differences between states a and b, from whole sets."""
    before, after = states[a][2], states[b][2]
    old, new = defaultdict(dict), defaultdict(dict)
    for digest, row in before.items():
        old[key_of(row)][digest] = row
    for digest, row in after.items():
        new[key_of(row)][digest] = row
    found: Counter = Counter()
    gone = [key for key in old if key not in new]
    come = [key for key in new if key not in old]
    for key in old.keys() & new.keys():
        if old[key].keys() == new[key].keys():
            continue
        left = sorted(old[key].keys() - new[key].keys())
        came = sorted(new[key].keys() - old[key].keys())
        kind = "amended"
        if left and came and fold(old[key][left[0]].vendor) != fold(new[key][came[0]].vendor):
            kind = "renamed"
        found[kind, key, key] += 1

    def alias(row):
        if row.identifier or fold(row.vendor) not in ALIASED:
            return None
        return (fold(row.product), fold(row.category))

    for key in list(gone):
        row = next(iter(old[key].values()))
        match = next((k for k in come if alias(row) and alias(row) == alias(next(iter(new[k].values())))), None)
        if match is not None:
            found["renamed", key, match] += 1
            gone.remove(key)
            come.remove(match)
    earlier = {key_of(row) for _, _, state, _ in states[: a + 1] for row in state.values()}
    for key in gone:
        found["dropped", key, None] += 1
    for key in come:
        start = b
        while start - 1 > a and key in {key_of(r) for r in states[start - 1][2].values()}:
            start -= 1
        proven = any(coverage == "full" for _, coverage, _, _ in states[:start])
        kind = "relisted" if key in earlier else "added" if proven else "first seen"
        found[kind, None, key] += 1
    return found


def seen_differences(differences) -> Counter:
    return Counter(
        (
            "first seen" if d.first_seen else d.kind,
            d.before.key if d.before else None,
            d.after.key if d.after else None,
        )
        for d in differences
    )


def apply(vendor_list, model: Model, operation) -> None:
    name, number, *rest = operation
    snapshots = list(Snapshot.objects.filter(list=vendor_list).exclude(status="superseded").order_by("pk"))
    if name in {"record", "hold"}:
        named, coverage = rest
        hold = "looks broken" if name == "hold" else ""
        done = record(vendor_list, day(number), named, coverage=coverage, hold=hold)
        if done.outcome == "recorded" or (done.snapshot.is_published and done.snapshot.captured_at == day(number)):
            model.live.setdefault(day(number), (coverage, named))
        done.snapshot.rows_named = named
        return
    if not snapshots:
        return
    snapshot = snapshots[number % len(snapshots)]
    try:
        if name == "withdraw":
            recording.withdraw(snapshot, why="test")
            if snapshot.is_published:
                del model.live[snapshot.captured_at]
        elif name in {"restore", "publish"}:
            named = kept_rows(snapshot)
            getattr(recording, name)(snapshot)
            model.live[snapshot.captured_at] = (snapshot.coverage, named)
        elif name == "supersede":
            (named,) = rest
            recording.supersede(snapshot, named, recipe=vendor_list.recipes.first(), why="test")
            if snapshot.is_published:
                model.live[snapshot.captured_at] = (snapshot.coverage, named)
    except recording.RecordingError:
        pass


def kept_rows(snapshot) -> list[Row]:
    return [
        Row(e.vendor, e.product, e.category, e.identifier, e.origin, e.extra)
        for e in Entry.objects.filter(named_by=snapshot)
    ]


def check(vendor_list, model: Model) -> None:
    states = model.states()
    published = list(Snapshot.objects.filter(list=vendor_list, status="published").order_by("captured_at"))
    assert [s.captured_at for s in published] == [at for at, *_ in states]
    spans = defaultdict(list)
    for listing in Listing.objects.filter(list=vendor_list):
        assert listing.listed_from < listing.listed_to
        spans[listing.entry_id].append((listing.listed_from, listing.listed_to))
    for held in spans.values():
        held.sort()
        assert all(one[1] < two[0] for one, two in pairwise(held)), "spells touch or overlap"
    for at, _, state, _ in states:
        carried = set(Listing.objects.filter(list=vendor_list).on(at).values_list("entry__digest", flat=True))
        assert carried == set(state)
    for b in range(1, len(states)):
        changes = Counter(
            (
                c.kind,
                (c.former or (c.entry if c.kind == "dropped" else None)) and (c.former or c.entry).key,
                None if c.kind == "dropped" else c.entry.key,
            )
            for c in Change.objects.filter(list=vendor_list, at=states[b][0]).select_related("entry", "former")
        )
        expected = brute_differences(states, b - 1, b)
        assert changes == Counter({k: n for k, n in expected.items() if k[0] != "first seen"})
    assert Change.objects.filter(list=vendor_list).exclude(at__in=[at for at, *_ in states[1:]]).count() == 0
    for a in range(len(states)):
        for b in range(a, len(states)):
            found = between(vendor_list, published[a], published[b])
            assert seen_differences(found) == brute_differences(states, a, b)
            for d in found:
                check_bounds(d, states)


def check_bounds(d, states) -> None:
    times = [at for at, *_ in states]
    later = times.index(d.later.captured_at)
    if d.after is None:
        assert d.before.key not in {key_of(r) for r in states[later][2].values()}
        seen = times.index(d.earlier.captured_at)
        assert d.before.key in states[seen][3]
        assert all(
            d.before.key not in names or coverage != "full" for _, coverage, _, names in states[seen + 1 : later]
        )
    elif d.before is None:
        assert d.after.key in states[later][3]
        if d.earlier is not None:
            absent = times.index(d.earlier.captured_at)
            assert d.earlier.is_full
            assert d.after.key not in {key_of(r) for r in states[absent][2].values()}


def prepared_list():
    vendor, _ = Vendor.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
    for text in ("Acme", "Acme Holdings"):
        if not Alias.objects.filter(vendor=vendor, text=text).exists():
            Alias.objects.create(vendor=vendor, text=text)
    vendor_list = make_list()
    make_recipe(vendor_list)
    return vendor_list


@given(operations)
@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
def test_any_history_equals_whole_snapshots(steps) -> None:
    vendor_list, model = prepared_list(), Model()
    for step in steps:
        apply(vendor_list, model, step)
    check(vendor_list, model)


@given(st.lists(st.tuples(rows, st.sampled_from(["full", "full", "partial"])), min_size=1, max_size=6), st.randoms())
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_the_order_of_arrival_does_not_matter(history, random) -> None:
    def listed(order):
        vendor_list = prepared_list()
        for n in order:
            named, coverage = history[n]
            record(vendor_list, day(n), named, coverage=coverage)
        spans = Listing.objects.filter(list=vendor_list).values_list("entry__digest", "listed_from", "listed_to")
        changes = Change.objects.filter(list=vendor_list).values_list(
            "kind", "at", "entry__digest", "former__digest", "earlier__captured_at", "later__captured_at"
        )
        return sorted(spans), sorted(changes, key=str)

    ordered = list(range(len(history)))
    shuffled = random.sample(ordered, len(ordered))
    assert listed(ordered) == listed(shuffled)
