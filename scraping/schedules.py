"""When a source is due: an interval, or a crontab in a time zone. Pure arithmetic, no database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter

# More than clocks are ever put forward at once.
_CLOCK_CHANGE = timedelta(hours=3)


class ScheduleError(ValueError):
    """A schedule that cannot be understood."""


def check(crontab: str, timezone: str) -> None:
    """Refuse a crontab or zone that cannot be used.

    Raises:
        ScheduleError: with what is wrong.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(f"{timezone!r} is no time zone. Use a name such as UTC or Asia/Shanghai.") from error
    if crontab and not (len(crontab.split()) == 5 and croniter.is_valid(crontab)):
        raise ScheduleError(f"{crontab!r} is no crontab. Use five fields: minute, hour, day, month, weekday.")
    if crontab:
        try:
            croniter(crontab, datetime(2024, 1, 1)).get_next(datetime)  # noqa: DTZ001 (any wall clock)
        except CroniterError as error:
            raise ScheduleError(f"{crontab!r} names a date that never comes. Correct its day or month.") from error


def shortest_gap(crontab: str) -> timedelta:
    """The shortest time between two slots of a crontab, among those of its first day and the one after.

    Raises:
        ScheduleError: it cannot be understood.
    """
    check(crontab, "UTC")
    wall = croniter(crontab, datetime(2024, 1, 1))  # noqa: DTZ001 (any wall clock)
    slots = [wall.get_next(datetime) for _ in range(300)]
    return min(later - earlier for earlier, later in pairwise(slots))


def next_slot(after: datetime, *, interval: timedelta | None, crontab: str, timezone: str) -> datetime:
    """The first slot strictly after a moment (aware), in UTC.

    A crontab is read as wall-clock time in its zone: where clocks go forward a skipped slot is taken at the next valid
    time, and where they go back a repeated one is taken once. Intervals are counted from midnight UTC of 1970-01-01,
    so that every process agrees on the slots.

    Raises:
        ScheduleError: neither is given, or the crontab cannot be understood.
    """
    if crontab:
        check(crontab, timezone)
        zone = ZoneInfo(timezone)
        # Counted on the naive wall clock, so that an hour that the clocks repeat or skip yields each slot once; from
        # before a change of clocks, since the slots of a skipped hour come after it.
        wall = croniter(crontab, after.astimezone(zone).replace(tzinfo=None) - _CLOCK_CHANGE)
        while True:
            slot = wall.get_next(datetime).replace(tzinfo=zone).astimezone(UTC)
            if slot > after:
                return slot
    if interval is None or interval <= timedelta():
        raise ScheduleError("The source has neither an interval nor a crontab. Give one.")
    seconds = interval.total_seconds()
    return datetime.fromtimestamp((after.timestamp() // seconds + 1) * seconds, tz=UTC)
