"""The columns of each CSV file: its header's name, and where the value stands in the item. Names are never changed."""

Columns = dict[str, str]

_PRINTED = ("vendor", "product", "category", "identifier", "origin", "extra")
_LINKED = {
    "vendor_slug": "linked_vendor.slug",
    "vendor_name": "linked_vendor.name",
    "vendor_origin": "linked_vendor.origin",
    "relation": "relation",
}
_LIST = {
    "list": "list.slug",
    "list_title": "list.title",
    "list_kind": "list.kind",
    "jurisdiction": "list.jurisdiction",
}


def _row(prefix: str = "", path: str = "") -> Columns:
    return {f"{prefix}{name}": f"{path}{name}" for name in _PRINTED}


LISTS: Columns = {
    "slug": "slug",
    "title": "title",
    "title_printed": "title_printed",
    "kind": "kind",
    "category": "category",
    "jurisdiction": "jurisdiction",
    "language": "language",
    "authority": "authority.name",
    "authority_printed": "authority.name_printed",
    "binds": "binds",
    "binds_not": "binds_not",
    "website": "website",
    "snapshots": "snapshots",
    "first_observed": "first_observed",
    "last_observed": "last_observed",
    "latest_coverage": "latest.coverage",
    "latest_entries": "latest.entries",
    "latest_sha256": "latest.sha256",
    "latest_snapshot_url": "latest.url",
    "list_url": "url",
}

ENTRIES: Columns = {
    **_row(),
    **_LINKED,
    "first_seen": "first_seen",
    "first_seen_url": "evidence.first_seen",
    "first_seen_sha256": "evidence.first_seen_sha256",
    "as_of": "snapshot.captured_at",
    "as_of_coverage": "snapshot.coverage",
    "as_of_url": "snapshot.url",
    "as_of_sha256": "snapshot.sha256",
}

ROWS: Columns = {
    **_row(),
    **_LINKED,
    "captured_at": "snapshot.captured_at",
    "status": "snapshot.status",
    "coverage": "snapshot.coverage",
    "snapshot_url": "snapshot.url",
    "sha256": "snapshot.sha256",
}

SNAPSHOTS: Columns = {
    "captured_at": "captured_at",
    "effective_on": "effective_on",
    "label": "label",
    "status": "status",
    "reason": "reason",
    "coverage": "coverage",
    "basis": "basis",
    "basis_note": "basis_note",
    "rows": "rows",
    "entries": "entries",
    "content_hash": "content_hash",
    "sha256": "sha256",
    "snapshot_url": "url",
    "capture_url": "capture_url",
    "source_url": "source_url",
}

CHANGES: Columns = {
    "at": "at",
    **_LIST,
    "kind": "kind",
    "cause": "cause",
    "vendor_slug": "vendor.slug",
    "vendor_name": "vendor.name",
    "vendor_origin": "vendor.origin",
    "relation": "relation",
    **_row("before_", "before."),
    **_row("after_", "after."),
    "last_seen": "last_seen",
    "first_absent": "first_absent",
    "last_absent": "last_absent",
    "first_seen": "first_seen",
    "evidence_before_url": "evidence.before",
    "evidence_before_sha256": "evidence.before_sha256",
    "evidence_after_url": "evidence.after",
    "evidence_after_sha256": "evidence.after_sha256",
}

VENDORS: Columns = {
    "slug": "slug",
    "name": "name",
    "country": "country",
    "country_name": "country_name",
    "names": "names",
    "identifiers": "identifiers",
    "ownership": "ownership",
    "website": "website",
    "description": "description",
    "vendor_url": "url",
}

SPELLS: Columns = {
    **_LIST,
    **_row("", "entry."),
    "wordings": "wordings",
    "listed": "listed",
    "vendor_origin": "origin",
    "relation": "relation",
    "last_absent": "last_absent",
    "first_seen": "first_seen",
    "last_seen": "last_seen",
    "first_absent": "first_absent",
    "last_absent_url": "evidence.last_absent",
    "last_absent_sha256": "evidence.last_absent_sha256",
    "first_seen_url": "evidence.first_seen",
    "first_seen_sha256": "evidence.first_seen_sha256",
    "last_seen_url": "evidence.last_seen",
    "last_seen_sha256": "evidence.last_seen_sha256",
    "first_absent_url": "evidence.first_absent",
    "first_absent_sha256": "evidence.first_absent_sha256",
}

STATEMENTS: Columns = {
    "said_on": "said_on",
    "said_on_note": "said_on_note",
    "speaker": "speaker",
    "stance": "stance",
    "text": "text",
    "scope": "scope",
    "list": "list",
    "vendors": "vendors",
    "about_from": "about_from",
    "about_to": "about_to",
    "report_publisher": "report.publisher",
    "report_title": "report.title",
    "report_published_on": "report.published_on",
    "report_url": "report.url",
}
