"""What every template may say about lists: dates, countries, relations, kinds of change. Loaded as built-in."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from vendors import countries

register = template.Library()

# kind: (sign, class, word). A sign never stands without its word or a heading that says it.
_KINDS = {
    "added": ("+", "added", "Added"),
    "relisted": ("+", "added", "Relisted"),
    "dropped": ("−", "dropped", "Dropped"),
    "renamed": ("→", "neutral", "Renamed"),
    "amended": ("~", "amended", "Amended"),
    "first_seen": ("·", "neutral", "First seen"),
}


def people_date(value: date) -> str:
    """A day as people write it, "31 Jul 2014"; of a moment, its day in UTC."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    return f"{value.day} {value:%b %Y}"


@register.simple_tag
def when(value: date | None, style: str = "date") -> SafeString | str:
    """A `<time>` element: `{% when moment %}` 31 Jul 2014; with "time" also the minute, UTC; with "iso" 2014-07-31.

    Blank where there is no value.
    """
    if value is None:
        return ""
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), _shown(value, style))
    value = value.astimezone(UTC)
    machine = value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}">{}</time>', machine, _shown(value, style))


@register.simple_tag
def when_text(value: date) -> str:
    """The day as people write it, where no element may stand: in a title or an option."""
    return people_date(value)


def _shown(value: date, style: str) -> str:
    shown = f"{value:%Y-%m-%d}" if style == "iso" else people_date(value)
    return f"{shown}, {value:%H:%M} UTC" if style == "time" and isinstance(value, datetime) else shown


@register.filter
def country(code: str) -> str:
    """A country's English name; "unknown" for a blank code."""
    return countries.name(code)


@register.simple_tag
def relation_badge(relation: str, origin: str = "") -> SafeString:
    """The mark, the country where it is known, and the word: "◆ Russia foreign"."""
    if not origin:
        words = relation if relation != "unknown" else "origin unknown"
        return format_html('<span class="relation {}">{}</span>', relation, words)
    return format_html(
        '<span class="relation {}">{} <small>{}</small></span>', relation, countries.name(origin), relation
    )


@register.simple_tag
def origin_badge(vendor: Any, vendor_list: Any, moment: datetime) -> SafeString:
    """The badge of a vendor (or None) against a list on a day. Its ownerships are prefetched."""
    origin = vendor.origin_on(moment.date()) if vendor else ""
    return relation_badge(countries.relation(origin, vendor_list.jurisdiction), origin)


@register.simple_tag
def sign(kind: str) -> SafeString:
    """The sign of a kind of change alone, for headings that say the word themselves."""
    mark, style, _ = _KINDS[kind]
    return format_html('<span class="sign {}" aria-hidden="true">{}</span>', style, mark)


@register.simple_tag
def kind(name: str) -> SafeString:
    """The sign and the word of a kind of change."""
    mark, style, word = _KINDS[name]
    return format_html(
        '<span class="kind {}"><span class="sign {}" aria-hidden="true">{}</span>{}</span>', style, style, mark, word
    )


@register.filter
def number(value: int | None) -> str:
    """With thousands set apart: 25,000. A dash where there is none."""
    return "–" if value is None else f"{value:,}"


@register.filter
def percent(part: int, whole: int) -> str:
    """A share as people write it: 42 %. Blank of nothing; never 0 % of something or 100 % of less than all."""
    if not whole:
        return ""
    share = 100 * part / whole
    if 0 < share < 1:
        return "under 1 %"
    if 99 < share < 100:
        return "over 99 %"
    return f"{share:.0f} %"


@register.filter
def gist(note: str) -> str:
    """The first sentence of a note, up to the first address in it; the whole stands with the evidence."""
    first, *rest = re.split(r"(?<=[.;])\s|(?=https?://)", note, maxsplit=1)
    end = "…" if rest and rest[0].startswith("http") else "."
    first = first.rstrip(" .;:,(")
    return f"{first}{end}" if first else ""


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """The value under a key that a variable holds, or None."""
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def here(context: Context, section: str) -> SafeString | str:
    """`aria-current` for the link of the section of the site that this page is in."""
    request: HttpRequest | None = context.get("request")
    if request is None or not request.path.startswith(f"/{section}/"):
        return ""
    return format_html(' aria-current="{}"', "page" if request.path == f"/{section}/" else "true")


@register.simple_tag(takes_context=True)
def export_url(context: Context, extension: str) -> str:
    """The address of this page's data: its path without the last slash, the extension, the same filters."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query.pop("page", None)
    address = f"{request.path.rstrip('/')}.{extension}"
    return f"{address}?{query.urlencode()}" if query else address


@register.inclusion_tag("parts/pager.html", takes_context=True)
def pager(context: Context, page: Any, things: str, parameter: str = "page") -> dict[str, Any]:
    """Steps through a `Page`: `{% pager page "entries" %}`. Shows nothing where all fits on one page."""
    return {"request": context["request"], "page": page, "things": things, "parameter": parameter}


@register.simple_tag(takes_context=True)
def pager_query(context: Context, number: int) -> str:
    """This page's query string with another page number in the pager's parameter."""
    query = context["request"].GET.copy()
    query[context["parameter"]] = str(number)
    return f"?{query.urlencode()}"
