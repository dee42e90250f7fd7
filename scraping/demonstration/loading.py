"""Loading the demonstration. What is there already is left as it is, so that loading again changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from procurement.models import Authority, Report, Snapshot, Statement, VendorList
from scraping import pipeline
from scraping.models import Run, Source
from vendors import register_load
from vendors.models import Vendor

FOLDER = Path(__file__).parent
# The case that the project exists for: what was dropped between the two issues of the list.
FOUNDING = ("cn-cgpc-antivirus", "2013-06-27", "2014-07-31")

Values = dict[str, Any]


class DemonstrationError(Exception):
    """A file of the demonstration does not fit the others, or could not be recorded. Says which and why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One snapshot of the demonstration: the run that recorded it, or None where it was recorded before."""

    vendor_list: VendorList
    at: datetime
    run: Run | None


def load_vendors() -> int:
    """Load the starting register and what the demonstration adds to it. Returns how many facts were new or changed.

    Raises:
        vendors.register_csv.RegisterError: a file cannot be read.
    """
    steps = register_load.load(register_load.STARTING_REGISTER) + register_load.load(FOLDER / "vendors")
    return sum(step.action in {"add", "change"} for step in steps)


def load_lists() -> Iterator[Loaded]:
    """Make each list that is not there, and record each snapshot that is not there, in order of time.

    Raises:
        DemonstrationError: a snapshot was held or could not be read.
    """
    for path in sorted(FOLDER.glob("lists/*/list.yaml")):
        given = _yaml(path)
        vendor_list = _list(path.parent.name, given)
        for snapshot in given["snapshots"]:
            yield _record(vendor_list, path.parent, given, {**given.get("defaults", {}), **snapshot})


def load_statements() -> int:
    """Store each publication that is not there, with its statements. Returns how many statements were new.

    A publication that is there keeps its statements as curators have them.

    Raises:
        DemonstrationError: a statement names a vendor or an answered statement that there is not.
    """
    reports: list[Values] = _yaml(FOLDER / "statements.yaml")
    vendors = _vendors(
        {slug for report in reports for given in report["statements"] for slug in given.get("vendors", [])}
    )
    by_id: dict[str, Statement | None] = {}
    return sum(_report(given, vendors, by_id) for given in reports)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _text(given: Values, key: str) -> str:
    return str(given.get(key) or "").strip()


@transaction.atomic
def _list(slug: str, given: Values) -> VendorList:
    existing = VendorList.objects.select_related("authority").filter(slug=slug).first()
    if existing is not None:
        return existing
    who = given["authority"]
    authority, _ = Authority.objects.get_or_create(
        jurisdiction=who["jurisdiction"],
        name=who["name"],
        defaults={"name_printed": _text(who, "name_printed"), "website": _text(who, "website")},
    )
    fields = ("title", "title_printed", "language", "kind", "category", "binds", "binds_not", "description", "website")
    made = VendorList.objects.create(
        slug=slug,
        authority=authority,
        gap_after=timedelta(days=given["gap_after_days"]),
        **{field: _text(given, field) for field in fields},
    )
    Source.objects.create(
        list=made,
        url=given["source"]["url"],
        note=_text(given["source"], "note"),
        interval=timedelta(days=1),
        enabled=False,
    )
    return made


def _record(vendor_list: VendorList, folder: Path, given: Values, snapshot: Values) -> Loaded:
    day: date = snapshot["at"]
    at = datetime.combine(day, time.min, tzinfo=UTC)
    path = folder / f"{day}.csv"
    body = path.read_bytes()
    captures = vendor_list.captures.filter(captured_at=at, sha256=hashlib.sha256(body).hexdigest())
    if captures.filter(snapshots__isnull=False).exists():
        return Loaded(vendor_list, at, None)
    notes = dict.fromkeys([_text(snapshot, "note"), _text(given.get("defaults", {}), "note")])
    run = pipeline.ingest(
        vendor_list,
        body,
        at=at,
        url=_text(snapshot, "url"),
        file_name=f"{folder.name}/{path.name}",
        recipe_text=given["recipe"],
        coverage=snapshot["coverage"],
        basis=Snapshot.Basis(snapshot["basis"]),
        basis_note=" ".join(filter(None, notes)),
        label=_text(snapshot, "label"),
        effective_on=snapshot.get("effective_on"),
    )
    if run.outcome in {Run.Outcome.FAILED, Run.Outcome.HELD}:
        raise DemonstrationError(
            f"{path.relative_to(FOLDER)} was {run.get_outcome_display().lower()}: {run.reason} "
            "What was recorded before it is kept; mend the file, or decide about it in the admin, and run it again."
        )
    return Loaded(vendor_list, at, run)


def _vendors(slugs: set[str]) -> dict[str, Vendor]:
    found = Vendor.objects.in_bulk(list(slugs), field_name="slug")
    if missing := sorted(slugs - found.keys()):
        raise DemonstrationError(
            f"statements.yaml speaks of vendors that the register does not have: {', '.join(missing)}. "
            "No statement was stored."
        )
    return found


@transaction.atomic
def _report(given: Values, vendors: dict[str, Vendor], by_id: dict[str, Statement | None]) -> int:
    report, is_new = Report.objects.get_or_create(
        publisher=given["publisher"],
        title=given["title"],
        url=_text(given, "url"),
        defaults={
            "published_on": given.get("published_on"),
            "language": _text(given, "language"),
            "note": _text(given, "note"),
        },
    )
    for said in given["statements"]:
        statement = _statement(report, said, vendors, by_id) if is_new else _kept(report, said)
        if "id" in said:
            by_id[said["id"]] = statement
    return len(given["statements"]) if is_new else 0


def _kept(report: Report, said: Values) -> Statement | None:
    return report.statements.filter(speaker=said["speaker"], text=_text(said, "text")).first()


def _statement(
    report: Report, said: Values, vendors: dict[str, Vendor], by_id: dict[str, Statement | None]
) -> Statement:
    answered = said.get("answers")
    if answered and answered not in by_id:
        raise DemonstrationError(
            f"statements.yaml: {report.publisher}, “{report.title}” answers {answered!r}, which is the id of no "
            "statement before it. Nothing of this publication was stored."
        )
    statement = Statement.objects.create(
        report=report,
        speaker=said["speaker"],
        said_on=said.get("said_on"),
        said_on_note=_text(said, "said_on_note"),
        stance=Statement.Stance(said["stance"]),
        text=_text(said, "text"),
        scope=_text(said, "scope"),
        list=VendorList.objects.get(slug=said["list"]) if "list" in said else None,
        about_from=said.get("from"),
        about_to=said.get("to"),
        answers=by_id[answered] if answered else None,
    )
    statement.vendors.set(vendors[slug] for slug in said.get("vendors", []))
    return statement
