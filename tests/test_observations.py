"""What observations say of a vendor over time: present, absent, or not observed. No database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from procurement.charts import Axis, Lane, Stretch, sizes, strip
from procurement.observations import Observation, Observed, points, segments


def at(day: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)


def seen(*days: int, partial: tuple[int, ...] = ()) -> Observed:
    return Observed([Observation(day, at(day), day not in partial, "captured", "") for day in days])


def told(said, *, until: int, missed: tuple[int, ...] = (), since: int = 0) -> list[tuple[int, int, str]]:
    found = segments(
        said, gap_after=timedelta(days=10), since=at(since), until=at(until), missed=[at(day) for day in missed]
    )
    return [((s.start - at(0)).days, (s.end - at(0)).days, s.state) for s in found]


def test_an_observation_holds_until_the_next():
    said = points(seen(0, 5, 9), [(at(0), at(9))])
    assert told(said, until=12) == [(0, 9, "present"), (9, 12, "absent")]


def test_a_long_silence_is_not_observed():
    said = points(seen(0, 20, 25), [(at(0), at(99))])
    assert told(said, until=60) == [
        (0, 0, "present"), (0, 20, "unobserved"), (20, 25, "present"), (25, 60, "unobserved")
    ]  # fmt: skip


def test_a_failed_check_ends_what_is_known():
    said = points(seen(0, 8), [(at(0), at(99))])
    assert told(said, until=9, missed=(3,)) == [(0, 3, "present"), (3, 8, "unobserved"), (8, 9, "present")]


def test_a_partial_observation_speaks_only_of_whom_it_names():
    observed = seen(0, 4, 8, partial=(0, 4))
    spans = [(at(0), at(8))]
    assert points(observed, spans, [at(0)]) == [(at(0), True), (at(8), False)]
    assert points(observed, [(at(8), at(99))]) == [(at(8), True)]
    assert told(points(observed, [(at(8), at(99))]), until=9) == [(0, 8, "unobserved"), (8, 9, "present")]


def test_spells_of_several_entries_are_one_presence():
    said = points(seen(0, 3, 6, 9), [(at(3), at(9)), (at(0), at(6))])
    assert told(said, until=9) == [(0, 9, "present"), (9, 9, "absent")]


def test_nothing_observed_is_all_unobserved():
    assert told([], until=5) == [(0, 5, "unobserved")]


def test_observations_of_one_day_are_named_apart():
    observed = Observed([Observation(i, at(0) + timedelta(hours=i), True, "captured", "") for i in range(3)])
    assert [observed.stamp(o.at) for o in observed.observations] == [
        "2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z", "2024-01-01"
    ]  # fmt: skip
    assert observed.since_previous(at(0)) == ""
    assert observed.since_previous(observed.last.at) == "2024-01-01T01:00:00Z..2024-01-01"


def test_a_strip_says_in_words_what_it_draws_and_marks_a_proven_absence():
    lane = Lane(
        "A & B", segments(points(seen(0, 5), [(at(0), at(5))]), gap_after=timedelta(9), since=at(0), until=at(9))
    )
    drawn = strip([lane], Axis(at(0), at(9), (at(0), at(5))))
    assert "A &amp; B: on the list 1 Jan 2024 to 6 Jan 2024; not on the list 6 Jan 2024 to 10 Jan 2024" in drawn
    assert drawn.count('class="mark"') == 1
    assert "style=" not in drawn


def test_the_dates_of_an_axis_do_not_cover_each_other():
    for marks in ((at(0), at(1)), (at(200), at(202)), (at(398), at(400)), (at(10), at(390))):
        places = [x for x, *_ in Axis(at(0), at(400), marks).labels()]
        assert all(b - a > 12 for a, b in pairwise(places)), marks


def test_sizes_are_stacked_from_the_ground_and_scaled_to_a_round_number():
    drawn = sizes([Stretch(at(0), at(10), {"foreign": 30, "domestic": 60, "unknown": 0})], Axis(at(0), at(20)), "90")
    assert ">100</text>" in drawn
    assert 'class="domestic" shape-rendering="crispEdges" x="0.000%" width="50.000%" y="64.00" height="90.00"' in drawn
    assert 'class="foreign" shape-rendering="crispEdges" x="0.000%" width="50.000%" y="19.00" height="45.00"' in drawn


def test_the_last_observation_of_a_list_that_nobody_checks_holds_no_further():
    found = segments(
        points(seen(0, 5), [(at(0), at(99))]), gap_after=timedelta(9), since=at(0), until=at(7), holds_until=at(5)
    )
    assert [(s.end, s.state) for s in found] == [(at(5), "present"), (at(7), "unobserved")]
