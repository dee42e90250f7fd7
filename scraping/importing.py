"""A folder of dated files as the history of a list: which file is from when, and bringing them in one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from procurement.captures import CaptureError
from procurement.models import Capture, Snapshot, VendorList
from scraping import extractors, paging, pipeline
from scraping.models import Run

# 2014-07-31, 2014_07_31, 2014.07.31 or 20140731, with no further digit beside it; then perhaps T12-30 or T123000Z. Web
# archives write date and time as fourteen digits.
_DATE = re.compile(
    r"""(?<!\d) (?P<year>(?:19|20)\d\d) (?P<mark>[-_.]?) (?P<month>\d\d) (?P=mark) (?P<day>\d\d)
    (?: (?:[T ]|(?=\d{6}(?!\d))) (?P<hour>\d\d) [-:_.]? (?P<minute>\d\d) (?:[-:_.]?(?P<second>\d\d))? )? (?!\d)""",
    re.VERBOSE,
)
_STEP = timedelta(minutes=1)  # between files of one day that give no time
_SHOWN = 10


class ImportRefusedError(Exception):
    """The files cannot be put in order of time, or there are none. Nothing was recorded. The message says which."""


@dataclass(frozen=True, slots=True)
class DatedFile:
    """A file, and the moment (UTC) of which its name says that the list was so; `has_time` where it gives the time."""

    name: str
    at: datetime
    has_time: bool
    read: Callable[[], bytes]


class Named(NamedTuple):
    """A file as it comes: on a disk, or uploaded. `read` gives its bytes."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file. `run` is None where it was recorded before, or could not be kept at all."""

    file: DatedFile
    outcome: str
    rows: int = 0
    snapshot: Snapshot | None = None
    run: Run | None = None
    reason: str = ""


def files_in(folder: Path, pattern: str = "*") -> list[Named]:
    """The files of a folder whose names match, in order of their names. Hidden files and folders in it are passed over.

    Raises:
        ImportRefusedError: the folder cannot be read, or has no such file.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "~$")))
    except OSError as error:
        raise ImportRefusedError(f"{folder} cannot be read: {error.strerror}. Nothing was recorded.") from error
    found = [Named(path.name, path.read_bytes) for path in paths if fnmatch(path.name, pattern)]
    if not found:
        what = "file" if pattern == "*" else f"file like {pattern}"
        raise ImportRefusedError(f"{folder} holds no {what}. Nothing was recorded; check its name.")
    return found


def dated(files: Iterable[Named], now: datetime) -> list[DatedFile]:
    """Files with the moments that their names give, in order of time.

    A date is its first moment, UTC; several files of one day that give no time follow each other by a minute, in order
    of their names.

    Raises:
        ImportRefusedError: a name gives no date, more than one, or one that has not come yet; or stands twice.
    """
    files = sorted(files, key=lambda file: file.name)
    problems = [
        f"{name}: is there {count} times" for name, count in Counter(f.name for f in files).items() if count > 1
    ]
    moments: list[tuple[datetime, bool, Named]] = []
    for file in files:
        try:
            moment, has_time = _moment(file.name)
            if moment > now + timedelta(minutes=5):
                raise ValueError("its date has not come yet")
            moments.append((moment, has_time, file))
        except ValueError as error:
            problems.append(f"{file.name}: {error}")
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise ImportRefusedError(
            f"{'; '.join(problems[:_SHOWN])}{more}. Nothing was recorded. Name each file by the one day on which the "
            "list was so, such as 2014-07-31.html, or move away what is no version of the list."
        )
    taken = {moment for moment, has_time, _ in moments if has_time}
    found = []
    for moment, has_time, file in moments:
        while not has_time and moment in taken:
            moment += _STEP
        taken.add(moment)
        found.append(DatedFile(file.name, moment, has_time, file.read))
    return sorted(found, key=lambda file: file.at)


def _moment(name: str) -> tuple[datetime, bool]:
    """The moment that a name gives, UTC, and whether it gives a time. Raises ValueError with what is wrong."""
    found: dict[date, time | None] = {}
    impossible = ""
    for match in _DATE.finditer(name):
        try:
            on = date(int(match["year"]), int(match["month"]), int(match["day"]))
            hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
            at = time(hour, minute, second) if match["hour"] else None
        except ValueError:
            impossible = match[0]
            continue
        if at and found.get(on) not in {at, None}:
            raise ValueError(f"its name gives two times of {on}")
        found[on] = at or found.get(on)
    if len(found) > 1:
        raise ValueError(f"its name gives more than one date ({' and '.join(map(str, sorted(found)))})")
    if not found:
        raise ValueError(f"its name gives {impossible}, which is no date" if impossible else "its name gives no date")
    ((on, at),) = found.items()
    return datetime.combine(on, at or time.min, tzinfo=UTC), at is not None


def bring_in(
    vendor_list: VendorList,
    files: Sequence[DatedFile],
    *,
    recipe_text: str | None = None,
    url: str = "",
    by: Any = None,
) -> Iterator[Imported]:
    """Record files one by one, yielding what became of each; a file that fails does not stop the others.

    What was brought in before is recognised by its name and bytes, and left as it is.

    Args:
        recipe_text: how to read them; default: the list's latest recipe, or the one that the first file suggests.
        url: the address that they come from.
    """
    for file in files:
        yield _bring_in(vendor_list, file, recipe_text, url, by)


def foresee(
    vendor_list: VendorList | None, files: Sequence[DatedFile], *, recipe_text: str | None = None, url: str = ""
) -> Iterator[Imported]:
    """How each file would be read. Records nothing; what the guard would say of the rows is not known before.

    Args:
        vendor_list: None where it is yet to be made.
    """
    latest = vendor_list.recipes.first() if vendor_list else None
    text = recipe_text if recipe_text is not None else latest.text if latest else None
    recipe = extractors.Recipe.from_text(text) if text is not None else None
    for file in files:
        try:
            body = file.read()
            earlier = _brought_in_before(vendor_list, file, sha256(body).hexdigest()) if vendor_list else None
            if earlier and (known := _snapshot_of(earlier)) and _is_read_by(known, recipe_text):
                yield _recorded_before(file, known)
                continue
            reading = extractors.read(body, recipe=recipe, url=url)
            recipe = reading.recipe  # the first file's, where none was given
            hold = paging.missing(reading) or ("" if reading.rows else "No rows were read.")
            yield Imported(file, "held" if hold else "recorded", len(reading.rows), reason=hold)
        except OSError as error:
            yield Imported(file, "failed", reason=f"The file cannot be read: {error.strerror}.")
        except extractors.RecipeMisfit as error:
            yield Imported(file, "held", reason=str(error))
        except extractors.ExtractionError as error:
            yield Imported(file, "failed", reason=str(error))


def _bring_in(vendor_list: VendorList, file: DatedFile, recipe_text: str | None, url: str, by: Any) -> Imported:
    try:
        body = file.read()
        earlier = _brought_in_before(vendor_list, file, sha256(body).hexdigest())
        if earlier and (known := _snapshot_of(earlier)) and _is_read_by(known, recipe_text):
            return _recorded_before(file, known)
        run = pipeline.ingest(
            vendor_list,
            body,
            at=earlier.captured_at if earlier else _free_moment(vendor_list, file),
            url=earlier.url if earlier else url,
            file_name=_kept_name(file),
            recipe_text=recipe_text,
            by=by,
        )
    except OSError as error:
        return Imported(file, "failed", reason=f"The file cannot be read: {error.strerror}.")
    except CaptureError as error:
        return Imported(file, "failed", reason=str(error))
    rows = run.snapshot.row_count if run.snapshot else 0
    return Imported(file, run.outcome, rows, run.snapshot, run, run.reason)


def _recorded_before(file: DatedFile, known: Snapshot) -> Imported:
    outcome = "held" if known.status == Snapshot.Status.HELD else "unchanged"
    return Imported(file, outcome, known.row_count, known, reason=known.reason or "Recorded before.")


def _kept_name(file: DatedFile) -> str:
    return file.name[-300:]


def _brought_in_before(vendor_list: VendorList, file: DatedFile, digest: str) -> Capture | None:
    """The capture of this file: of the same bytes, under the same name on its day or from the very same moment."""
    same = vendor_list.captures.filter(sha256=digest, method=Capture.Method.FILE)
    day = file.at.replace(hour=0, minute=0, second=0)
    named = same.filter(file_name=_kept_name(file), captured_at__gte=day, captured_at__lt=day + timedelta(days=1))
    return named.order_by("captured_at").first() or same.filter(captured_at=file.at).first()


def _snapshot_of(capture: Capture) -> Snapshot | None:
    """What was recorded of a capture; for a page that stayed broken, what was held of the one before it."""
    live = Snapshot.objects.exclude(status=Snapshot.Status.SUPERSEDED).select_related("recipe")
    return live.filter(capture=capture).first() or live.filter(runs__capture=capture).first()


def _is_read_by(snapshot: Snapshot, recipe_text: str | None) -> bool:
    if recipe_text is None or snapshot.recipe is None:
        return recipe_text is None
    return extractors.Recipe.from_text(recipe_text) == extractors.Recipe.from_text(snapshot.recipe.text)


def _free_moment(vendor_list: VendorList, file: DatedFile) -> datetime:
    """The file's moment, or the next minute that no other file has, where its name gives only the day."""
    moment = file.at
    others = vendor_list.captures.exclude(file_name=_kept_name(file))
    while not file.has_time and others.filter(captured_at=moment).exists():
        moment += _STEP
    return moment
