"""What the API answers, as types: `procurement.items` makes the values. OpenAPI is written from these."""

import builtins
from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from ninja import Field, Schema

T = TypeVar("T")

Relation = Literal["foreign", "domestic", "unknown"]
ListKind = Literal["approved", "preferred", "excluded"]
ChangeKind = Literal["added", "dropped", "relisted", "renamed", "amended"]
Cause = Literal["source", "recipe", "curation"]
Coverage = Literal["full", "partial"]
Basis = Literal["captured", "reported", "inferred"]
Status = Literal["published", "held", "withdrawn", "superseded"]


class Error(Schema):
    """Whatever went wrong, in a sentence for the person who can mend it."""

    error: str


class Page(Schema, Generic[T]):
    """A run of items. `count` is of all that match; `next` is the address of those that follow."""

    items: list[T]
    count: int
    next: str | None


class ListRef(Schema):
    slug: str
    title: str
    kind: ListKind
    jurisdiction: str = Field(description="ISO 3166-1 alpha-2, or EU.")


class Printed(Schema):
    """A row as the list prints it, verbatim."""

    vendor: str
    product: str
    category: str
    identifier: str
    origin: str
    extra: dict[str, object]


class LinkedVendor(Schema):
    """The vendor that an exact alias links a row to."""

    slug: str
    name: str
    origin: str = Field(description="The country that controlled it on that day; blank where unknown.")
    relation: Relation


class Snapshot(Schema):
    snapshot: int
    captured_at: datetime
    effective_on: date | None
    status: Status
    coverage: Coverage = Field(description="A partial snapshot proves presence, never absence.")
    basis: Basis
    basis_note: str
    label: str
    reason: str
    rows: int
    entries: int
    content_hash: str
    sha256: str = Field(description="Of the capture, as received.")
    source_url: str
    url: str
    capture_url: str


class CapturePage(Schema):
    page: int
    sha256: str
    source_url: str
    capture_url: str


class CaptureDetail(Schema):
    method: Literal["fetched", "file", "archive", "rendered"]
    received_at: datetime
    size: int
    media_type: str
    encoding: str
    http_status: int | None
    headers: dict[str, object]
    file_name: str
    pages: list[CapturePage] = Field(description="Of a list split over pages: those after the first.")


class RecipeVersion(Schema):
    version: int
    text: str


class Decision(Schema):
    action: Literal["publish", "hold", "withdraw", "restore", "supersede", "reread"]
    why: str
    at: datetime


class SnapshotDetail(Snapshot):
    list: ListRef
    supersedes: int | None
    capture: CaptureDetail
    recipe: RecipeVersion | None
    decisions: builtins.list[Decision]


class Authority(Schema):
    name: str
    name_printed: str
    website: str


class VendorList(ListRef):
    title_printed: str
    language: str
    category: str
    authority: Authority
    binds: str
    binds_not: str
    description: str
    website: str
    snapshots: int = Field(description="Published ones.")
    first_observed: datetime | None
    last_observed: datetime | None
    latest: Snapshot | None
    url: str


class Entry(Printed):
    linked_vendor: LinkedVendor | None
    relation: Relation
    copies: int
    first_seen: datetime
    evidence: "FirstSeen"


class FirstSeen(Schema):
    first_seen: str | None
    first_seen_sha256: str | None


class Entries(Page[Entry]):
    """A list as of a day, and the snapshot that governs it."""

    list: ListRef
    snapshot: Snapshot


class Evidence(Schema):
    before: str | None
    after: str


class HashedEvidence(Evidence):
    before_sha256: str | None
    after_sha256: str


class Difference(Schema):
    """A change with its bounds; one that does not apply to its kind, or is not proven, is null."""

    kind: ChangeKind | Literal["first_seen"]
    cause: Cause
    vendor: LinkedVendor | None
    relation: Relation
    before: Printed | None
    after: Printed | None
    last_seen: datetime | None
    first_absent: datetime | None
    last_absent: datetime | None
    first_seen: datetime | None
    evidence: Evidence


class Change(Difference):
    list: ListRef
    at: datetime
    evidence: HashedEvidence


class Summary(Schema):
    """Entries by key."""

    added: int
    dropped: int
    relisted: int
    renamed: int
    amended: int
    unchanged: int
    first_seen: int


class VendorSummary(Schema):
    """Vendors whose first entry came, whose last one left, or whose entries became fewer."""

    added: int
    dropped: int
    reduced: int


class End(Schema):
    snapshot: int
    captured_at: datetime
    coverage: Coverage
    basis: Basis
    sha256: str
    url: str


class Comparison(Schema):
    list: ListRef
    start: End = Field(alias="from")
    end: End = Field(alias="to")
    summary: Summary
    vendors: VendorSummary
    changes: builtins.list[Difference]
    first_seen: builtins.list[Difference] = Field(
        description="What the later snapshot names and no earlier full one proves absent: neither added nor unchanged."
    )


class Name(Schema):
    text: str
    language: str
    source: str


class Identifier(Schema):
    scheme: str
    value: str
    source: str


class Ownership(Schema):
    """Who controlled a vendor in [since, until)."""

    owner: str | None
    owner_name: str
    country: str
    since: date | None
    until: date | None
    source: str


class Vendor(Schema):
    slug: str
    name: str
    country: str
    country_name: str
    country_source: str
    website: str
    description: str
    names: list[Name]
    identifiers: list[Identifier]
    ownership: list[Ownership]
    url: str


class SpellEvidence(Schema):
    last_absent: str | None
    first_seen: str | None
    last_seen: str | None
    first_absent: str | None
    last_absent_sha256: str | None
    first_seen_sha256: str | None
    last_seen_sha256: str | None
    first_absent_sha256: str | None


class Spell(Schema):
    """An unbroken presence of one row of a vendor's on a list, whatever it was called in between."""

    list: ListRef
    entry: Printed
    wordings: int
    listed: bool = Field(description="Whether the list carried it when last observed.")
    origin: str
    relation: Relation
    continues: Printed | None = Field(description="The row of another vendor's name that this one continues.")
    continued_by: Printed | None
    last_absent: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    first_absent: datetime | None
    evidence: SpellEvidence


class Report(Schema):
    publisher: str
    title: str
    url: str
    published_on: date | None
    language: str


class Statement(Schema):
    statement: int
    speaker: str
    said_on: date | None
    said_on_note: str
    stance: Literal["asserts", "denies", "qualifies", "corrects"]
    text: str
    scope: str
    list: str | None
    vendors: builtins.list[str]
    about_from: date | None
    about_to: date | None
    answers: int | None
    report: Report
