"""A page as received, made inert: it can be looked at, and does nothing. Pure."""

from __future__ import annotations

from lxml import etree

from scraping.extractors.html import parse
from scraping.extractors.text import decode

LARGEST = 8 * 1024 * 1024  # bytes that are shown as a page

# The page's own address carries this: with it nothing runs and nothing is asked for, whatever the page holds.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)

# What policies do not govern (hints to connect ahead, refreshes) or what would only leave an empty frame.
_GONE = frozenset(
    ("script", "link", "meta", "base", "iframe", "frame", "frameset", "object", "embed", "applet", "portal",
     "template", "audio", "video", "source", "track", "fencedframe")
)  # fmt: skip
_KEPT = frozenset(
    ("class", "id", "style", "colspan", "rowspan", "scope", "headers", "dir", "lang", "align", "valign", "width",
     "height", "border", "cellpadding", "cellspacing", "bgcolor", "color", "type", "value", "start", "open", "alt",
     "title", "checked", "disabled", "selected", "nowrap", "span", "label")
)  # fmt: skip


def page(body: bytes, encoding: str) -> bytes:
    """The page as UTF-8 with its text and layout, and without whatever loads, leads away or runs.

    Args:
        encoding: what the server said; the content decides, as it does in reading.

    Raises:
        scraping.extractors.ExtractionError: it cannot be parsed.
    """
    root = parse(decode(body, encoding).text)
    for tag in list(root.iter()):
        if not isinstance(tag.tag, str) or tag.tag.lower() in _GONE:
            _drop(tag)
            continue
        for name in list(tag.attrib):
            if name.lower() not in _KEPT and not (name == "src" and _is_data(tag.get(name))):
                del tag.attrib[name]
    inner: bytes = etree.tostring(root, method="html", encoding="utf-8")
    return b'<!doctype html><meta charset="utf-8">' + inner


def _is_data(address: str | None) -> bool:
    return (address or "").strip().lower().startswith("data:image/")


def _drop(tag: etree._Element) -> None:
    """Take an element out and leave the text behind it."""
    parent = tag.getparent()
    if parent is None:
        return
    if tag.tail:
        before = tag.getprevious()
        if before is None:
            parent.text = (parent.text or "") + tag.tail
        else:
            before.tail = (before.tail or "") + tag.tail
    parent.remove(tag)


def text(body: bytes, encoding: str, most: int = 60_000) -> tuple[str, bool]:
    """The beginning of a text as received, and whether that is all of it."""
    shown = decode(body, encoding).text
    return shown[:most], len(shown) <= most
