"""The schedule: slots, runs, leases and retries, through dispatch and against a server on loopback."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from procurement import captures, recording
from procurement.comparison import NotObservedError, compare
from procurement.models import Change, Snapshot
from scraping import dispatch, leases, schedules, tasks
from scraping.models import Run, Source
from tests.histories import make_list
from tests.loopback import Loopback, response

HOUR = timedelta(hours=1)


def page(*vendors: str) -> bytes:
    rows = "".join(f"<tr><td>{vendor}</td><td>Antivirus</td></tr>" for vendor in vendors)
    return f"<html><body><table><tr><th>Vendor</th><th>Product</th></tr>{rows}</table></body></html>".encode()


FOUR, THREE = page("Rising", "Kingsoft", "Jiangmin", "Symantec"), page("Rising", "Kingsoft", "Jiangmin")


@pytest.fixture
def site(settings):
    cache.clear()  # robots.txt of a port that another test had
    with Loopback() as site:
        settings.FETCH_ALLOW_PRIVATE = True
        settings.FETCH_PORTS = [site.port]
        yield site


def make_source(site: Loopback, path: str = "/list", **fields) -> Source:
    return Source.objects.create(
        **{"list": make_list(), "url": site.url(path), "interval": HOUR, "next_due_at": timezone.now(), **fields}
    )


def only(source: Source) -> Run:
    """The source's one run."""
    return source.runs.get()


def check(source: Source) -> Run:
    """One due check of a source, dispatched and worked on as beat and a worker would."""
    Source.objects.filter(pk=source.pk).update(next_due_at=timezone.now())
    before = set(source.runs.values_list("pk", flat=True))
    for run in dispatch.dispatch():
        dispatch.work(run)
    return source.runs.exclude(pk__in=before).get()


def skip_to(run: Run, **fields) -> None:
    """Let the waiting that a run's row asks for be over."""
    past = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(**dict.fromkeys(fields or ["next_attempt_at"], past))


@pytest.mark.django_db
class TestSlots:
    def test_a_new_source_is_due_at_once_and_then_at_its_next_slot(self, site):
        source = make_source(site)
        now = timezone.now()
        (run,) = dispatch.dispatch(now)
        source.refresh_from_db()
        assert only(source).pk == run
        assert now < source.next_due_at <= now + HOUR
        assert source.next_due_at.timestamp() % 3600 == 0

    def test_dispatching_twice_makes_one_run_and_one_hint(self, site):
        source = make_source(site)
        now = timezone.now()
        assert len(dispatch.dispatch(now)) == 1
        assert dispatch.dispatch(now) == []
        assert source.runs.count() == 1

    def test_a_second_beat_that_saw_the_same_due_source_adds_nothing(self, site):
        source = make_source(site)
        stale = Source.objects.get(pk=source.pk)
        now = timezone.now()
        dispatch.dispatch(now)
        dispatch._create_run(stale, now)
        assert source.runs.count() == 1

    def test_six_hours_without_beat_give_one_check(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        check(source)
        Source.objects.filter(pk=source.pk).update(next_due_at=timezone.now() - 6 * HOUR)
        for _ in range(3):
            for run in dispatch.dispatch():
                dispatch.work(run)
        source.refresh_from_db()
        assert source.runs.count() == 2
        assert source.next_due_at > timezone.now()

    def test_slots_that_pass_while_a_run_waits_do_not_pile_up(self, site):
        site.on("/list", response(b"", 429, {"Retry-After": "7200"}), response(FOUR))
        source = make_source(site)
        with time_machine.travel(datetime(2026, 11, 2, 9, 10, tzinfo=UTC), tick=False) as clock:
            check(source)
            for _ in range(5):  # until 11:40; the publisher asked for silence until 11:10
                clock.shift(HOUR / 2)
                for run in dispatch.dispatch():
                    dispatch.work(run)
            outcomes = list(source.runs.order_by("pk").values_list("outcome", "attempts"))
        assert outcomes == [("recorded", 2), ("unchanged", 1)]
        assert site.paths.count("/list") == 3

    def test_a_publisher_that_keeps_asking_us_to_wait_is_left_alone_after_giving_up(self, site):
        site.on("/list", response(b"", 429, {"Retry-After": "7200"}))
        source = make_source(site)
        run = check(source)
        for _ in range(2):
            skip_to(run)
            dispatch.work(run.pk)
        run.refresh_from_db()
        source.refresh_from_db()
        assert (run.outcome, run.error_code, run.attempts) == ("failed", "rate_limited", 3)
        assert source.next_due_at - timezone.now() > 1.9 * HOUR

    def test_a_switched_off_source_is_not_read(self, site):
        source = make_source(site, enabled=False)
        assert dispatch.dispatch() == []
        assert source.runs.count() == 0

    @pytest.mark.parametrize("crontab", ["0 0 31 2 *", "every day", "61 * * * *"])
    def test_an_impossible_schedule_is_switched_off_and_stops_no_other(self, site, crontab):
        bad = make_source(site, interval=None, crontab=crontab)
        good = make_source(site)
        dispatch.dispatch()
        bad.refresh_from_db()
        assert not bad.enabled
        assert (only(bad).outcome, only(bad).error_code) == ("failed", "schedule")
        assert "switched off" in only(bad).reason
        assert only(good).outcome == ""

    def test_a_thousand_due_sources_are_all_told_of(self, site, django_assert_max_num_queries):
        vendor_lists = [make_list() for _ in range(1000)]
        Source.objects.bulk_create(
            Source(list=one, url=site.url(), interval=HOUR, next_due_at=timezone.now()) for one in vendor_lists
        )
        told = [*dispatch.dispatch(), *dispatch.dispatch(), *dispatch.dispatch()]
        assert len(told) == len(set(told)) == 1000


ZONES = {"America/New_York": (3, 8, 11, 1), "Europe/Berlin": (3, 29, 10, 25), "Australia/Sydney": (10, 4, 4, 5)}


class TestDaylightSaving:
    @pytest.mark.parametrize("zone", ZONES)
    @pytest.mark.parametrize("crontab", ["30 1 * * *", "30 2 * * *", "0 3 * * *", "59 23 * * *", "0 0 * * *"])
    def test_a_daily_check_has_one_slot_a_day_both_ways(self, zone, crontab):
        slots, moment = [], datetime(2026, 1, 1, tzinfo=UTC)
        while moment < datetime(2027, 1, 1, tzinfo=UTC):
            moment = schedules.next_slot(moment, interval=None, crontab=crontab, timezone=zone)
            slots.append(moment.astimezone(ZoneInfo(zone)).date())
        assert len(slots) == len(set(slots))
        days = (slots[-1] - slots[0]).days + 1
        assert days == len(slots)

    @pytest.mark.parametrize(("zone", "change"), ZONES.items())
    def test_a_skipped_hour_is_taken_after_it_and_a_repeated_one_once(self, zone, change):
        spring, autumn = datetime(2026, *change[:2]), datetime(2026, *change[2:])
        for day in spring, autumn:
            slots, moment = [], day.replace(tzinfo=ZoneInfo(zone))
            while True:
                moment = schedules.next_slot(moment, interval=None, crontab="30 2 * * *", timezone=zone)
                local = moment.astimezone(ZoneInfo(zone))
                if local.date() != day.date():
                    break
                slots.append(f"{local:%H:%M}")
            # All three skip the hour from two; Berlin and Sydney repeat it.
            assert slots == ["03:30" if day == spring else "02:30"]

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(
        after=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
        ahead=st.floats(0, 0.999),
        zone=st.sampled_from([*ZONES, "UTC", "Asia/Shanghai", "America/St_Johns", "Africa/Casablanca"]),
        crontab=st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 6 * * 1-5", "15 0,1,2,3 * * *", "0 0 29 2 *"]),
    )
    def test_the_slots_are_one_series_whenever_one_asks(self, after, ahead, zone, crontab):
        after = after.replace(tzinfo=UTC)
        slot = schedules.next_slot(after, interval=None, crontab=crontab, timezone=zone)
        between = after + (slot - after) * ahead
        assert slot > after
        assert schedules.next_slot(between, interval=None, crontab=crontab, timezone=zone) == slot

    @hypothesis_settings(max_examples=100, deadline=None)
    @given(after=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), minutes=st.integers(5, 60 * 24 * 40))
    def test_intervals_are_counted_from_one_origin(self, after, minutes):
        after, interval = after.replace(tzinfo=UTC), timedelta(minutes=minutes)
        slot = schedules.next_slot(after, interval=interval, crontab="", timezone="UTC")
        assert after < slot <= after + interval
        assert slot.timestamp() % interval.total_seconds() == 0

    @pytest.mark.parametrize(
        ("crontab", "zone", "said"),
        [
            ("0 6 * *", "UTC", "Use five fields"),
            ("0 0 30 2 *", "UTC", "never comes"),
            ("0 6 * * *", "Peking", "no time zone"),
            ("0 6 * * *", "../etc/passwd", "no time zone"),
        ],
    )
    def test_what_cannot_be_understood_is_refused(self, crontab, zone, said):
        with pytest.raises(schedules.ScheduleError, match=said):
            schedules.check(crontab, zone)

    @pytest.mark.parametrize("interval", [None, timedelta(0), timedelta(hours=-1)])
    def test_no_schedule_is_refused(self, interval):
        with pytest.raises(schedules.ScheduleError, match="neither an interval nor a crontab"):
            schedules.next_slot(datetime(2026, 1, 1, tzinfo=UTC), interval=interval, crontab="", timezone="UTC")


@pytest.mark.django_db
class TestOutcomes:
    def test_a_change_is_recorded_and_the_same_page_is_unchanged(self, site):
        site.on("/list", response(FOUR), response(FOUR), response(THREE))
        source = make_source(site)
        outcomes = [check(source).outcome for _ in range(3)]
        assert outcomes == ["recorded", "unchanged", "recorded"]
        (change,) = Change.objects.filter(list=source.list, kind="dropped")
        assert change.entry.vendor == "Symantec"

    @pytest.mark.parametrize("names", [("ETag", "Last-Modified"), ("etag", "last-modified")])
    def test_304_is_unchanged_evidence_of_the_same_page(self, site, names):
        given = {names[0]: '"1"', names[1]: "Mon, 02 Nov 2026 00:00:00 GMT"}
        first = response(FOUR, headers={**given, "Content-Type": "text/html; charset=gb18030"})
        site.on("/list", first, response(b"", 304), response(b"", 304))
        source = make_source(site)
        runs = [check(source) for _ in range(3)]
        assert [run.outcome for run in runs] == ["recorded", "unchanged", "unchanged"]
        asked = [request.headers for request in site.requests if request.path == "/list"]
        assert "if-none-match" not in asked[0]
        for headers in asked[1:]:
            assert headers["if-none-match"] == '"1"'
            assert headers["if-modified-since"] == "Mon, 02 Nov 2026 00:00:00 GMT"
        last = runs[-1].snapshot.capture
        assert (last.status, last.body, last.encoding, last.media_type) == (304, FOUR, "gb18030", "text/html")

    def test_a_withdrawn_page_is_asked_for_whole(self, site):
        site.on("/list", response(FOUR, headers={"ETag": '"1"'}), response(THREE, headers={"ETag": '"2"'}))
        source = make_source(site)
        check(source)
        recording.withdraw(check(source).snapshot, why="A test page.")
        run = check(source)
        assert "if-none-match" not in site.requests[-1].headers
        assert run.capture.body == THREE

    def test_after_a_new_address_the_page_is_asked_for_whole(self, site):
        site.on("/list", response(FOUR, headers={"ETag": '"1"'}))
        site.on("/moved", response(THREE))
        source = make_source(site)
        check(source)
        Source.objects.filter(pk=source.pk).update(url=site.url("/moved"))
        check(source)
        assert "if-none-match" not in site.requests[-1].headers

    def test_a_page_that_lost_its_rows_is_held_once_and_the_list_stays(self, site):
        site.on("/list", response(FOUR), response(page()), response(page()), response(THREE))
        source = make_source(site)
        first = check(source).snapshot
        held = [check(source), check(source)]
        assert [run.outcome for run in held] == ["held", "held"]
        assert not Change.objects.filter(list=source.list, kind="dropped").exists()
        assert source.list.snapshots.published().order_by("-captured_at").first() == first
        # The true removal of one vendor is still reported afterwards.
        assert check(source).outcome == "recorded"
        assert Change.objects.filter(list=source.list, kind="dropped").count() == 1

    def test_a_server_error_is_tried_again_and_then_failed_and_never_a_drop(self, site):
        site.on("/list", response(FOUR), response(b"", 500), response(b"", 500), response(b"", 500), response(THREE))
        source = make_source(site)
        first = check(source).snapshot
        run = check(source)
        assert run.outcome == "" and "again in 60 s" in run.reason
        for _ in range(2):
            skip_to(run)
            dispatch.work(run.pk)
        run.refresh_from_db()
        assert (run.outcome, run.error_code, run.attempts) == ("failed", "server_error", 3)
        assert not Change.objects.filter(list=source.list, kind="dropped").exists()
        assert source.list.snapshots.get() == first
        check(source)
        (change,) = Change.objects.filter(list=source.list, kind="dropped")
        assert (change.earlier, change.later.captured_at > run.finished_at) == (first, True)

    @pytest.mark.parametrize(("status", "code"), [(403, "forbidden"), (404, "not_found"), (410, "gone")])
    def test_a_lasting_error_is_not_tried_again(self, site, status, code):
        site.on("/list", response(b"", status))
        run = check(make_source(site))
        assert (run.outcome, run.error_code, run.attempts) == ("failed", code, 1)
        assert run.capture is None and run.snapshot is None
        assert run.log and run.reason.endswith(".")

    def test_before_the_first_check_a_list_is_not_observed(self, site):
        source = make_source(site)
        check(source)  # 404
        with pytest.raises(NotObservedError):
            compare(source.list, "2026-01-01", "2026-02-01")

    def test_a_store_that_cannot_be_written_is_named_and_tried_again(self, site, settings, tmp_path):
        site.on("/list", response(FOUR))
        settings.CAPTURE_DIR = tmp_path / "file" / "captures"
        (tmp_path / "file").write_text("in the way")
        source = make_source(site)
        run = check(source)
        assert (run.outcome, run.error_code) == ("", "store")
        assert "could not be kept" in run.reason and "again in 60 s" in run.reason
        settings.CAPTURE_DIR = tmp_path / "captures"
        skip_to(run)
        assert dispatch.work(run.pk) == "recorded"
        assert Snapshot.objects.get().capture.body == FOUR

    def test_a_failure_of_our_own_is_named_and_given_up_after_three(self, site):
        def broken(*_args, **_kwargs):
            raise KeyError("vendor\0")

        source = make_source(site)
        (run,) = dispatch.dispatch()
        for _ in range(3):
            dispatch.work(run, fetch=broken)
            skip_to(only(source))
        assert (only(source).outcome, only(source).error_code, only(source).attempts) == ("failed", "internal", 3)
        assert "KeyError" in only(source).reason

    def test_running_out_of_time_is_named(self, site):
        from celery.exceptions import SoftTimeLimitExceeded

        def slow(*_args, **_kwargs):
            raise SoftTimeLimitExceeded

        source = make_source(site)
        (run,) = dispatch.dispatch()
        assert dispatch.work(run, fetch=slow) == "again"
        assert only(source).error_code == "too_slow"


@pytest.mark.django_db
class TestRetries:
    def test_the_wait_grows_and_is_kept_in_the_database(self, site):
        site.on("/list", response(b"", 503))
        source = make_source(site)
        run = check(source)
        waits = [run.next_attempt_at - timezone.now()]
        assert dispatch.work(run.pk) == "taken"  # a hint that comes too early
        skip_to(run)
        assert dispatch.work(run.pk) == "again"
        run.refresh_from_db()
        waits.append(run.next_attempt_at - timezone.now())
        assert [round(wait.total_seconds() / 10) * 10 for wait in waits] == [60, 240]

    def test_a_retry_is_hinted_at_as_soon_as_it_may_be_tried(self, site):
        site.on("/list", response(b"", 503))
        run = check(make_source(site))
        assert dispatch.waiting(timezone.now() + timedelta(seconds=50)) == []
        assert dispatch.waiting(timezone.now() + timedelta(seconds=61)) == [run.pk]

    def test_a_lost_hint_is_sent_again_and_not_before(self, site):
        make_source(site)
        now = timezone.now()
        told = dispatch.dispatch(now)
        assert dispatch.waiting(now + dispatch.HINT_AGAIN / 2) == []
        assert dispatch.waiting(now + dispatch.HINT_AGAIN * 1.1) == told

    def test_a_person_who_asks_is_answered_by_a_worker_and_asking_twice_is_one_run(
        self, site, monkeypatch, django_capture_on_commit_callbacks
    ):
        told = []
        monkeypatch.setattr(tasks.work_on, "delay", told.append)
        site.on("/list", response(FOUR))
        source = make_source(site, enabled=False)
        with django_capture_on_commit_callbacks(execute=True):
            run = dispatch.ask(source)
            assert dispatch.ask(source) == run
        assert set(told) == {run.pk}
        assert dispatch.work(run.pk) == "recorded"

    def test_a_broker_that_is_down_costs_no_request(self, site, monkeypatch, django_capture_on_commit_callbacks):
        def refuse(_run):
            raise OSError("Connection refused")

        monkeypatch.setattr(tasks.work_on, "delay", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            run = dispatch.ask(make_source(site, enabled=False))
        assert dispatch.waiting(timezone.now() + dispatch.HINT_AGAIN * 1.1) == [run.pk]

    def test_in_the_foreground_a_passing_failure_is_final(self, site):
        site.on("/list", response(b"", 503))
        run = dispatch.scrape(make_source(site))
        assert (run.outcome, run.error_code, run.trigger) == ("failed", "unavailable", "person")


@pytest.mark.django_db
class TestLeases:
    def test_of_two_workers_that_follow_one_hint_one_works(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()
        second = []

        def fetch(*args, **kwargs):
            second.append(dispatch.work(run))
            return dispatch.fetching.fetch(*args, **kwargs)

        assert dispatch.work(run, fetch=fetch) == "recorded"
        assert second == ["taken"]
        assert dispatch.work(run) == "taken"
        assert (only(source).attempts, Snapshot.objects.count()) == (1, 1)

    def test_a_killed_workers_run_is_hinted_at_when_its_lease_is_over(self, site):
        source = make_source(site)
        now = timezone.now()
        (run,) = dispatch.dispatch(now)
        assert leases.take(run)  # and dies
        assert dispatch.waiting(now + leases.LEASE / 2) == []
        assert dispatch.waiting(now + leases.LEASE + timedelta(seconds=2)) == [run]
        assert dispatch.waiting(now + leases.LEASE + timedelta(seconds=4)) == []
        assert source.runs.count() == 1

    def test_a_run_that_kills_its_workers_is_given_up_after_three(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()
        for _ in range(3):
            assert leases.take(run)
            skip_to(only(source), leased_until=1)
        assert dispatch.work(run) == "failed"
        assert only(source).error_code == "worker_died"
        assert "3 attempts" in only(source).reason
        assert "/list" not in site.paths
        assert check(source).outcome == "recorded"  # the next slot is read as ever

    def test_what_a_worker_found_after_losing_its_lease_is_dropped(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()

        def overslept(*args, **kwargs):
            skip_to(only(source), leased_until=1)
            assert dispatch.work(run) == "recorded"
            return dispatch.fetching.fetch(*args, **kwargs)

        assert dispatch.work(run, fetch=overslept) == "lost"
        assert (only(source).outcome, Snapshot.objects.count()) == ("recorded", 1)

    def test_a_failure_after_losing_the_lease_overwrites_no_outcome(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()
        for transient in True, False:

            def overslept(*_args, transient=transient, **_kwargs):
                Run.objects.filter(pk=run).update(outcome="", finished_at=None)
                skip_to(only(source), leased_until=1)
                dispatch.work(run)
                raise dispatch.fetching.FetchError("timeout", "It did not finish within 60 seconds.", transient)

            Run.objects.filter(pk=run).update(outcome="", finished_at=None, leased_until=None, attempts=0)
            assert dispatch.work(run, fetch=overslept) == "lost"
            assert only(source).outcome in {"recorded", "unchanged"}

    def test_clocks_an_hour_apart_still_give_one_outcome(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()

        def with_a_fast_clock(*args, **kwargs):
            with time_machine.travel(timezone.now() + HOUR):
                assert dispatch.work(run) == "recorded"
            return dispatch.fetching.fetch(*args, **kwargs)

        assert dispatch.work(run, fetch=with_a_fast_clock) == "lost"
        assert (source.runs.count(), Snapshot.objects.count()) == (1, 1)


@pytest.mark.django_db
class TestDeletedSources:
    def test_deleted_before_it_is_read(self, site):
        source = make_source(site)
        (run,) = dispatch.dispatch()
        source.delete()
        assert dispatch.work(run) == "failed"
        assert Run.objects.get().error_code == "no_source"

    def test_deleted_while_it_is_read(self, site):
        site.on("/list", response(FOUR))
        source = make_source(site)
        (run,) = dispatch.dispatch()

        def fetch(*args, **kwargs):
            fetched = dispatch.fetching.fetch(*args, **kwargs)
            Source.objects.filter(pk=source.pk).first().delete()
            return fetched

        assert dispatch.work(run, fetch=fetch) == "recorded"
        connection.check_constraints()
        kept = Run.objects.get()
        assert (kept.source, kept.outcome) == (None, "recorded")
        assert captures.read(Snapshot.objects.get().capture.sha256) == FOUR

    def test_deleted_while_its_page_fails(self, site):
        site.on("/list", response(b"", 404))
        source = make_source(site)
        (run,) = dispatch.dispatch()

        def fetch(*args, **kwargs):
            Source.objects.filter(pk=source.pk).first().delete()
            return dispatch.fetching.fetch(*args, **kwargs)

        assert dispatch.work(run, fetch=fetch) == "failed"
        connection.check_constraints()  # as a commit does
        kept = Run.objects.get()
        assert (kept.source, kept.outcome, kept.error_code) == (None, "failed", "not_found")


@pytest.mark.django_db
def test_a_database_that_goes_away_leaves_the_run_to_be_tried_again(site, monkeypatch):
    source = make_source(site)
    (run,) = dispatch.dispatch()

    def gone(*_args, **_kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dispatch, "_failed", gone)
    with pytest.raises(OperationalError):
        dispatch.work(run, fetch=gone)
    assert only(source).outcome == ""
    assert dispatch.waiting(timezone.now() + leases.LEASE * 1.1) == [run]


def test_the_tick_hints_at_what_waits(db, site, monkeypatch):
    told = []
    monkeypatch.setattr(tasks.work_on, "delay", told.append)
    source = make_source(site)
    tasks.tick()
    assert told == [only(source).pk]
