"""Feeds in Atom (RFC 4287): one entry for each snapshot that changed something, which says what in one sentence.

An entry's `published` is when the list said so, its `updated` when this record came to know. Its id is made of the
feed's and of the snapshot's list and time, which stay the same when the snapshot is read again by another recipe.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Max, Min, OuterRef, Subquery, TextField
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import http_date, quote_etag

from procurement.comparison import iso
from procurement.filters import ChangeFilter, changes_feed
from procurement.models import Decision, Snapshot, VendorList
from procurement.views.exports import export, the_list, the_vendor, valid

ENTRIES = 50
_NAMES = 3
_KINDS = ("dropped", "added", "relisted", "renamed", "amended")
_RELATIONS = {"foreign": "foreign", "domestic": "domestic", "unknown": "of unknown origin"}
# Tag URIs need a date on which the name in them was the site's.
_MINTED = 2026


@dataclass(slots=True)
class Kind:
    """The changes of one kind that a snapshot showed."""

    relations: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)

    def sentence(self, word: str) -> str:
        """ "2 dropped, both foreign (Kaspersky, Symantec)" """
        total = self.relations.total()
        parts = [(_RELATIONS[relation], n) for relation in _RELATIONS if (n := self.relations[relation])]
        if len(parts) == 1:
            whole = {1: "", 2: "both "}.get(total, "all ")
            whose = f"{whole}{parts[0][0]}"
        else:
            whose = ", ".join(f"{n:,} {relation}" for relation, n in parts)
        first = [name for name, _ in self.names.most_common(_NAMES)]
        more = len(self.names) - len(first)
        named = ", ".join(first) + (f" and {more:,} more" if more else "")
        return f"{total:,} {word}, {whose}" + (f" ({named})" if named else "")


@dataclass(slots=True)
class Boundary:
    """What one snapshot changed, of what the feed is about."""

    snapshot: Snapshot
    since: datetime  # the earliest of the snapshots that show the state before
    updated: datetime
    kinds: dict[str, Kind]

    @property
    def title(self) -> str:
        counts = [f"{k.relations.total():,} {word}" for word in _KINDS if (k := self.kinds.get(word))]
        return f"{self.snapshot.list.title}: {', '.join(counts)}"

    @property
    def summary(self) -> str:
        said = [kind.sentence(word) for word in _KINDS if (kind := self.kinds.get(word))]
        a, b = self.since.astimezone(UTC), self.snapshot.captured_at.astimezone(UTC)
        shown = "%Y-%m-%d" if a.date() != b.date() else "%Y-%m-%d %H:%M:%S"
        listed, basis = self.snapshot.list, self.snapshot.basis
        how = (
            ""
            if basis == Snapshot.Basis.CAPTURED
            else f" The later one is {self.snapshot.get_basis_display().lower()}."
        )
        return (
            f"{'; '.join(said)}, between the snapshots of {a:{shown}} and {b:{shown}} UTC of {listed.authority.name}’s "
            f"{listed.kind} list ({listed.jurisdiction}).{how}"
        )


def boundaries(feed: ChangeFilter) -> list[Boundary]:
    """The latest snapshots that changed something, the latest first. Three queries, whatever they changed."""
    changes = feed.qs.order_by()
    grouped = changes.values("later").annotate(last=Max("at"), since=Min("earlier__captured_at"))
    # Known only since the older of the two was recorded as well, or a person decided on them.
    grouped = grouped.annotate(known=Max(Greatest("earlier__created_at", "later__created_at")))
    latest = {row["later"]: row for row in grouped.order_by("-last", "-later")[:ENTRIES]}
    decided = Decision.objects.filter(snapshot=OuterRef("pk")).order_by("-at").values("at")[:1]
    snapshots = Snapshot.objects.select_related("list__authority").annotate(decided_at=Subquery(decided))
    found = {}
    for pk, snapshot in snapshots.in_bulk(latest).items():
        moments = (latest[pk]["known"], snapshot.created_at, vars(snapshot)["decided_at"])
        found[pk] = Boundary(snapshot, latest[pk]["since"], max(m for m in moments if m), {})
    names = changes.filter(later__in=found).annotate(
        who=Coalesce("entry__name__vendor__name", "entry__vendor", output_field=TextField())
    )
    for pk, word, relation, who, n in names.values_list("later", "kind", "relation", "who").annotate(Count("pk")):
        kind = found[pk].kinds.setdefault(word, Kind())
        kind.relations[relation] += n
        if who:
            kind.names[who] += n
    return [found[pk] for pk in latest]


class _Atom(Atom1Feed):
    """Django's, with a time of its own, so that an empty feed too is the same each time it is read."""

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("link", "", {"rel": "related", "href": item["evidence"]})


def _printable(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not _lone(c)) else "\ufffd" for c in text
    )


def _lone(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _respond(request: HttpRequest, feed: ChangeFilter, title: str, page: str, since: datetime) -> HttpResponseBase:
    """The feed, or 304 where the reader has it already. `since` stands for its time while it is empty."""
    found = boundaries(valid(feed))
    query = request.GET.copy()
    scope = request.path + (f"?{query.urlencode()}" if query else "")
    identity = f"tag:{_host(request)},{_MINTED}:{scope}"
    absolute = request.build_absolute_uri
    updated = max((b.updated for b in found), default=since)
    atom = _Atom(
        title=_printable(title),
        link=absolute(page + (f"?{query.urlencode()}" if query else "")),
        description=None,
        subtitle="What changed, between which snapshots. What was not observed is not thereby absent.",
        language="en",
        author_name="Whitelist Tracker",
        feed_url=absolute(scope),
        feed_guid=identity,
        updated=updated,
    )
    for boundary in found:
        snapshot = boundary.snapshot
        # Whole times: a date would come to mean another snapshot when one more is taken on that day.
        start, end = iso(boundary.since), iso(snapshot.captured_at)
        atom.add_item(
            title=_printable(boundary.title),
            link=absolute(f"{snapshot.list.get_absolute_url()}compare/{start}..{end}/"),
            description=escape(_printable(boundary.summary)),
            pubdate=snapshot.captured_at,
            updateddate=boundary.updated,
            unique_id=f"{identity}#{snapshot.list.slug}/{end}",
            evidence=absolute(snapshot.get_absolute_url()),
        )
    body = atom.writeString("utf-8").encode()
    etag = quote_etag(sha256(body).hexdigest())
    response = HttpResponse(body, content_type=atom.content_type)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(updated.timestamp())
    fresh = get_conditional_response(request, etag=etag, last_modified=int(updated.timestamp()), response=response)
    return fresh or response


def _host(request: HttpRequest) -> str:
    """The site's name, without a port: the one that it was given, else the one that it was asked by."""
    address = settings.SITE_URLS[0] if settings.SITE_URLS else f"//{request.get_host()}"
    return urlsplit(address).hostname or "localhost"


def _narrowed(request: HttpRequest, **fixed: str) -> ChangeFilter:
    params = request.GET.copy()
    for name, value in fixed.items():
        params[name] = value
    return changes_feed(params)


def _first_list() -> datetime:
    first = VendorList.objects.aggregate(at=Min("created_at"))["at"]
    return first or datetime(_MINTED, 1, 1, tzinfo=UTC)


@export(*ChangeFilter.base_filters)
def changes(request: HttpRequest, format: str) -> HttpResponseBase:
    """What changed on any list, or on those that the filters choose."""
    return _respond(request, changes_feed(request.GET), "Changes of vendor lists", reverse("changes"), _first_list())


@export()
def of_list(request: HttpRequest, format: str, slug: str) -> HttpResponseBase:
    """What changed on one list."""
    found = the_list(slug)
    feed, page = _narrowed(request, list=slug), found.get_absolute_url()
    return _respond(request, feed, f"Changes of “{found.title}”", page, found.created_at)


@export()
def of_vendor(request: HttpRequest, format: str, slug: str) -> HttpResponseBase:
    """What changed for one vendor, on any list."""
    found = the_vendor(slug)
    feed, page = _narrowed(request, vendor=slug), found.get_absolute_url()
    return _respond(request, feed, f"{found.name} on vendor lists", page, found.created_at)
