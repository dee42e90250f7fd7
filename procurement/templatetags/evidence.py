"""What templates say about evidence: where something was found, and what a step of a run's log says when."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from procurement.templatetags.lists import when

register = template.Library()


@register.simple_tag
def source(text: str, label: str = "") -> SafeString | str:
    """A source as a link where it is an address of the web, else as it stands: whoever wrote it may be hostile.

    `label` is the link's text, and stands alone where there is no address; without one it is the address's host.
    """
    try:
        address = urlsplit(text)
        host = address.hostname
    except ValueError:
        return label or text
    if address.scheme not in {"http", "https"} or not host:
        return label or text
    return format_html(
        '<a href="{}" rel="nofollow noopener noreferrer">{}</a>', text, label or host.removeprefix("www.")
    )


@register.simple_tag
def step_time(text: Any) -> SafeString | str:
    """The moment of a step of a log, kept as ISO text."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return when(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment, "time")


@register.filter
def language(code: str) -> str:
    """A language's English name by its BCP 47 code: zh-Hans, Simplified Chinese. The code where it is not known."""
    try:
        return str(get_language_info(code.lower())["name"]) if code else "any language"
    except KeyError:
        return code
