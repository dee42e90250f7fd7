"""A folder of dated files, uploaded: taken apart with care, kept, and brought in by a worker step by step."""

from __future__ import annotations

import stat
import time
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from procurement import captures
from procurement.models import VendorList
from scraping import importing
from scraping.workbench.drafts import Stored
from scraping.workbench.forms import LARGEST_FILE

LARGEST_UPLOAD = 100 * 1024 * 1024  # bytes as sent
LARGEST_UNPACKED = 1024 * 1024 * 1024  # bytes in all
MOST_FILES = 2000
STEP_SECONDS = 45.0  # of one task: well within what a worker may take
QUIET_SECONDS = 90.0  # without news an import is taken to have stopped


class UploadRefusedError(Exception):
    """The files are not taken. Nothing was recorded. The message is a sentence that names what is wrong."""


@dataclass
class Import(Stored):
    """Files that are brought in as the history of a list, and what became of each so far."""

    user: int
    slug: str  # the list
    url: str
    files: list[dict[str, Any]]  # name, at (ISO), has_time, sha256
    results: list[dict[str, Any]] = field(default_factory=list)  # name, at, outcome, rows, snapshot, run, reason
    problem: str = ""
    token: str = ""  # of the worker whose step this is
    heard_at: str = ""  # ISO
    key: str = ""

    @property
    def is_done(self) -> bool:
        return bool(self.problem) or len(self.results) >= len(self.files)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come of it for so long that it has to be set going again."""
        heard = datetime.fromisoformat(self.heard_at)
        return not self.is_done and (timezone.now() - heard).total_seconds() > QUIET_SECONDS

    def hear(self) -> None:
        self.heard_at = timezone.now().isoformat()
        self.store()


def unpacked(uploads: Iterable[Any]) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file among the uploads, those in ZIP archives included; folders become part of the name.

    Raises:
        UploadRefusedError: an archive is damaged, locked, holds what leads out of it, or is larger than may be.
    """
    uploads = list(uploads)
    if (sent := sum(one.size for one in uploads)) > LARGEST_UPLOAD:
        raise UploadRefusedError(
            f"The files have {sent:,} bytes together; at most {LARGEST_UPLOAD:,} are taken here. Nothing was recorded. "
            "Upload them in parts, or bring the folder in with: manage.py import_folder."
        )
    left, count = LARGEST_UNPACKED, 0
    for upload in uploads:
        for name, body in (
            _members(upload, left) if zipfile.is_zipfile(upload) and _is_archive(upload.name) else [_whole(upload)]
        ):
            left -= len(body)
            count += 1
            if count > MOST_FILES:
                raise UploadRefusedError(
                    f"There are more than {MOST_FILES:,} files; nothing was recorded. Upload them in parts."
                )
            yield name, body


def _is_archive(name: str) -> bool:
    # A spreadsheet is a ZIP archive too.
    return name.lower().endswith(".zip")


def _whole(upload: Any) -> tuple[str, bytes]:
    if upload.size > LARGEST_FILE:
        raise UploadRefusedError(
            f"{upload.name} has {upload.size:,} bytes; at most {LARGEST_FILE:,} are taken. Nothing was recorded."
        )
    upload.seek(0)
    return upload.name, upload.read()


def _members(upload: Any, left: int) -> Iterator[tuple[str, bytes]]:
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and not _is_furniture(one.filename)]
            if len(members) > MOST_FILES:
                raise UploadRefusedError(
                    f"{upload.name} holds {len(members):,} files; at most {MOST_FILES:,} are taken. "
                    "Nothing was recorded."
                )
            names = _short([one.filename for one in members])
            for member, name in zip(members, names, strict=True):
                _refuse_odd(upload.name, member)
                with archive.open(member) as file:
                    body = _read(file, min(left, LARGEST_FILE), f"{upload.name}: {member.filename}")
                left -= len(body)
                yield name, body
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        raise UploadRefusedError(
            f"{upload.name} cannot be unpacked ({error}). Nothing was recorded; make the archive again."
        ) from error
    except Exception as error:
        if isinstance(error, UploadRefusedError):
            raise
        # Each way of packing has errors of its own (zlib, lzma, bz2).
        raise UploadRefusedError(
            f"{upload.name} is damaged ({error}). Nothing was recorded; make the archive again."
        ) from error


def _is_furniture(name: str) -> bool:
    """What systems put into archives beside the files: hidden files, resource forks, locks."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith("__MACOSX") or (part.startswith(".") and part != "..") for part in parts) or parts[
        -1:
    ] == ("Thumbs.db",)


def _refuse_odd(archive: str, member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise UploadRefusedError(f"{archive} holds {member.filename!r}, which leads out of it. Nothing was recorded.")
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise UploadRefusedError(
            f"{archive} holds {member.filename!r}, which is a link and no file. Nothing was recorded."
        )
    if member.flag_bits & 0x1:
        raise UploadRefusedError(f"{archive} is locked with a password. Nothing was recorded; make one without.")


def _read(file: IO[bytes], most: int, name: str) -> bytes:
    """What an archive's header says of sizes may be a lie: what comes is counted."""
    body = file.read(most + 1)
    if len(body) > most:
        raise UploadRefusedError(f"{name} unpacks to more than {most:,} bytes. Nothing was recorded.")
    return body


def _short(names: list[str]) -> list[str]:
    """The names without the folders that all of them share."""
    parts = [PurePosixPath(name.replace("\\", "/")).parts for name in names]
    shared = 0
    while parts and all(len(one) > shared + 1 and one[shared] == parts[0][shared] for one in parts):
        shared += 1
    return ["/".join(one[shared:]) for one in parts]


def begin(uploads: Iterable[Any], vendor_list: VendorList, user: Any, url: str = "") -> Import:
    """Keep the files and put them in order of time. Nothing is recorded yet.

    Raises:
        UploadRefusedError: see `unpacked`.
        importing.ImportRefusedError: a name gives no date, or more than one.
        procurement.captures.CaptureError: a file could not be kept.
    """
    kept: dict[str, str] = {}
    named: list[importing.Named] = []
    for name, body in unpacked(uploads):
        kept[name] = captures.keep(body)
        named.append(importing.Named(name, bytes))
    if not named:
        raise UploadRefusedError(
            "No file came: choose several dated files, or a ZIP archive of them. Nothing was recorded."
        )
    files = [
        {"name": one.name, "at": one.at.isoformat(), "has_time": one.has_time, "sha256": kept[one.name]}
        for one in importing.dated(named, timezone.now())
    ]
    job = Import(user=user.pk, slug=vendor_list.slug, url=url, files=files)
    job.hear()
    return job


def step(key: str, token: str = "", seconds: float = STEP_SECONDS) -> str:
    """Bring in files for some time. Returns the token to go on with, "" where nothing is left to do here.

    Another worker's step is left alone while there is news of it; should two work at once, they find the same.
    """
    job = Import.find(key, None)
    if job is None or job.is_done or (job.token and job.token != token and not job.is_quiet):
        return ""
    job.token = token or uuid.uuid4().hex
    job.hear()
    vendor_list = VendorList.objects.select_related("authority").filter(slug=job.slug).first()
    if vendor_list is None:
        job.problem = f"The list {job.slug!r} is not here any more; nothing further was recorded."
        job.hear()
        return ""
    by = get_user_model().objects.filter(pk=job.user).first()
    until = time.monotonic() + seconds
    for one in importing.bring_in(vendor_list, _dated(job.files[len(job.results) :]), url=job.url, by=by):
        job.results.append(
            {
                "name": one.file.name,
                "at": one.file.at.isoformat(),
                "outcome": one.outcome,
                "rows": one.rows,
                "snapshot": one.snapshot.pk if one.snapshot else None,
                "run": one.run.pk if one.run else None,
                "reason": one.reason,
            }
        )
        job.hear()
        if time.monotonic() > until:
            break
    return "" if job.is_done else job.token


def _dated(files: list[dict[str, Any]]) -> list[importing.DatedFile]:
    def reader(digest: str) -> Any:
        return lambda: captures.read(digest)

    return [
        importing.DatedFile(one["name"], datetime.fromisoformat(one["at"]), one["has_time"], reader(one["sha256"]))
        for one in files
    ]
