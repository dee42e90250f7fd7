"""What each thing looks like as data: the one shape that the API, JSON and CSV share.

Addresses in items are the site's own paths; those who export make them absolute. Times are ISO 8601 in UTC with a Z.
"""

from datetime import date
from typing import Any

from procurement.comparison import Difference, iso
from procurement.history import Bounded
from procurement.models import Change, Entry, Listing, Snapshot, Statement, VendorList
from procurement.spells import BoundedSpell
from vendors import countries
from vendors.models import Vendor

Item = dict[str, Any]


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def list_ref(vendor_list: VendorList) -> Item:
    """A list as other items name it."""
    return {
        "slug": vendor_list.slug,
        "title": vendor_list.title,
        "kind": vendor_list.kind,
        "jurisdiction": vendor_list.jurisdiction,
    }


def list_item(vendor_list: VendorList, latest: Snapshot | None) -> Item:
    """A list annotated by `tables.lists`, with its latest published snapshot."""
    authority = vendor_list.authority
    first_at = getattr(vendor_list, "first_at", None)
    return {
        **list_ref(vendor_list),
        "title_printed": vendor_list.title_printed,
        "language": vendor_list.language,
        "category": vendor_list.category,
        "authority": {"name": authority.name, "name_printed": authority.name_printed, "website": authority.website},
        "binds": vendor_list.binds,
        "binds_not": vendor_list.binds_not,
        "description": vendor_list.description,
        "website": vendor_list.website,
        "snapshots": getattr(vendor_list, "snapshot_count", 0),
        "first_observed": iso(first_at),
        "last_observed": iso(latest.captured_at) if latest else None,
        "latest": snapshot_item(latest) if latest else None,
        "url": vendor_list.get_absolute_url(),
    }


def snapshot_item(snapshot: Snapshot) -> Item:
    """A snapshot with its capture. `rows` are those read, `entries` the different keys among them."""
    capture = snapshot.capture
    return {
        "snapshot": snapshot.pk,
        "captured_at": iso(snapshot.captured_at),
        "effective_on": _day(snapshot.effective_on),
        "status": snapshot.status,
        "coverage": snapshot.coverage,
        "basis": snapshot.basis,
        "basis_note": snapshot.basis_note,
        "label": snapshot.label,
        "reason": snapshot.reason,
        "rows": snapshot.row_count,
        "entries": snapshot.entry_count,
        "content_hash": snapshot.content_hash,
        "sha256": capture.sha256,
        "source_url": capture.url,
        "url": snapshot.get_absolute_url(),
        "capture_url": capture.get_absolute_url(),
    }


def snapshot_detail(snapshot: Snapshot) -> Item:
    """A snapshot with all that is kept of its capture and of how it was read."""
    capture, recipe = snapshot.capture, snapshot.recipe
    return {
        **snapshot_item(snapshot),
        "list": list_ref(snapshot.list),
        "supersedes": snapshot.supersedes_id,
        "capture": {
            "method": capture.method,
            "received_at": iso(capture.received_at),
            "size": capture.size,
            "media_type": capture.media_type,
            "encoding": capture.encoding,
            "http_status": capture.status,
            "headers": capture.headers,
            "file_name": capture.file_name,
            "pages": [
                {
                    "page": page.page,
                    "sha256": page.sha256,
                    "source_url": page.url,
                    "capture_url": page.get_absolute_url(),
                }
                for page in sorted(capture.pages.all(), key=lambda page: page.page)
            ],
        },
        "recipe": {"version": recipe.version, "text": recipe.text} if recipe else None,
        "decisions": [
            {"action": decision.action, "why": decision.why, "at": iso(decision.at)}
            for decision in snapshot.decisions.all()
        ],
    }


def difference_of(change: Change) -> Difference:
    """A change of the feed (see `filters.changes`) as a comparison of its two snapshots has it."""
    came = change.kind in {Change.Kind.ADDED, Change.Kind.RELISTED}
    left = change.kind == Change.Kind.DROPPED
    bounded = Bounded(
        change.kind,
        before=change.entry if left else None if came else change.former,
        after=None if left else change.entry,
        earlier=change.earlier,
        later=change.later,
    )
    vendor = change.entry.name.vendor if change.entry.name else None
    origin, relation = vars(change)["origin"], vars(change)["relation"]
    return Difference(bounded, vendor, origin, relation, change.cause)


def change_item(difference: Difference, vendor_list: VendorList) -> Item:
    """A change with its list and with the hashes of the captures that prove it."""
    item, bounded = difference.as_json(), difference.bounded
    item["list"] = list_ref(vendor_list)
    item["at"] = iso(bounded.later.captured_at)
    item["evidence"] |= {
        "before_sha256": bounded.earlier.capture.sha256 if bounded.earlier else None,
        "after_sha256": bounded.later.capture.sha256,
    }
    return item


def linked_vendor(vendor: Vendor | None, origin: str, relation: str) -> Item | None:
    """The vendor that an alias links a row to, with its origin on the day in question."""
    if vendor is None:
        return None
    return {"slug": vendor.slug, "name": vendor.name, "origin": origin, "relation": relation}


def row_item(entry: Entry) -> Item:
    """A row as printed, annotated by `tables.rows_of`, with the vendor that it is linked to."""
    origin, relation = vars(entry)["vendor_origin"], vars(entry)["relation"]
    vendor = entry.name.vendor if entry.name else None
    return {**entry.as_json(), "linked_vendor": linked_vendor(vendor, origin, relation), "relation": relation}


def entry_item(listing: Listing, first_seen: Snapshot | None) -> Item:
    """A row that a list carried on a day, annotated by `tables.entries_on`: as printed, and since when."""
    entry = listing.entry
    origin, relation = vars(listing)["vendor_origin"], vars(listing)["relation"]
    vendor = entry.name.vendor if entry.name else None
    return {
        **entry.as_json(),
        "linked_vendor": linked_vendor(vendor, origin, relation),
        "relation": relation,
        "copies": listing.copies,
        "first_seen": iso(listing.listed_from),
        "evidence": {
            "first_seen": first_seen.get_absolute_url() if first_seen else None,
            "first_seen_sha256": first_seen.capture.sha256 if first_seen else None,
        },
    }


def vendor_item(vendor: Vendor) -> Item:
    """A vendor with its names and identifiers."""
    return {
        "slug": vendor.slug,
        "name": vendor.name,
        "country": vendor.country,
        "country_name": countries.name(vendor.country),
        "country_source": vendor.country_source,
        "website": vendor.website,
        "description": vendor.description,
        "names": [
            {"text": alias.text, "language": alias.language, "source": alias.source} for alias in vendor.aliases.all()
        ],
        "identifiers": [
            {"scheme": known.scheme, "value": known.value, "source": known.source} for known in vendor.identifiers.all()
        ],
        "ownership": [
            {
                "owner": owned.owner.slug if owned.owner else None,
                "owner_name": owned.owner.name if owned.owner else owned.owner_name,
                "country": owned.country,
                "since": _day(owned.since),
                "until": _day(owned.until),
                "source": owned.source,
            }
            for owned in vendor.ownerships.all()
        ],
        "url": vendor.get_absolute_url(),
    }


def spell_item(vendor: Vendor, bounded: BoundedSpell) -> Item:
    """An unbroken presence of a vendor's row on a list, with what bounds it on either side.

    `origin` and `relation` are those of the day when it was last seen.
    """
    bounds = {
        "last_absent": bounded.last_absent,
        "first_seen": bounded.first_seen,
        "last_seen": bounded.last_seen,
        "first_absent": bounded.first_absent,
    }
    seen = bounded.last_seen or bounded.first_seen
    origin = vendor.origin_on(seen.captured_at.date()) if seen else ""
    return {
        "list": list_ref(bounded.list),
        "entry": bounded.entry.as_json(),
        "wordings": bounded.spell.wordings,
        "listed": bounded.spell.is_open,
        "origin": origin,
        "relation": countries.relation(origin, bounded.list.jurisdiction),
        "continues": bounded.came_from.as_json() if bounded.came_from else None,
        "continued_by": bounded.went_on.as_json() if bounded.went_on else None,
        **{name: iso(snapshot.captured_at) if snapshot else None for name, snapshot in bounds.items()},
        "evidence": {
            **{name: snapshot.get_absolute_url() if snapshot else None for name, snapshot in bounds.items()},
            **{f"{name}_sha256": snapshot.capture.sha256 if snapshot else None for name, snapshot in bounds.items()},
        },
    }


def statement_item(statement: Statement) -> Item:
    """Who said what, where, about which list, vendors and days, and whom it answers."""
    report = statement.report
    return {
        "statement": statement.pk,
        "speaker": statement.speaker,
        "said_on": _day(statement.said_on),
        "said_on_note": statement.said_on_note,
        "stance": statement.stance,
        "text": statement.text,
        "scope": statement.scope,
        "list": statement.list.slug if statement.list else None,
        "vendors": [vendor.slug for vendor in statement.vendors.all()],
        "about_from": _day(statement.about_from),
        "about_to": _day(statement.about_to),
        "answers": statement.answers_id,
        "report": {
            "publisher": report.publisher,
            "title": report.title,
            "url": report.url,
            "published_on": _day(report.published_on),
            "language": report.language,
        },
    }
