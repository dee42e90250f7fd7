"""The text of a part of a page as a reader sees it: no scripts, controls, hidden parts or footnote marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import Any

from lxml import etree

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "br",
    ]
)
UNSEEN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "title",
        "meta",
        "link",
        "button",
        "select",
        "input",
        "textarea",
        "svg",
        "canvas",
        "object",
        "iframe",
        "audio",
        "video",
        "datalist",
        "map",
        "math",
        "nav",
        "table",
    ]
)
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|element-invisible|screen-reader(?:-text|-only)?|offscreen|hidden-text|"
    r"assistive-text|d-none|u-hidden|btn|button)(?:\s|$)",
    re.I,
)
_HIDDEN_STYLE = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.I)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_MARK = "\ufdd0"  # no character: it stands for the end of a cell
# Each class or style that hides has one of these in it.
_TELLING = ("none", "sr-only", "visually", "invisible", "screen-reader", "offscreen", "assistive", "btn", "button")
_EMPTY = re.compile(r"<t[dh](?:\s[^>]*)?/>")
_ATTIRE = re.compile(r'(?:class|style)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(
    r"</?(?:" + "|".join(sorted(BLOCKS - {"td", "th", "tr"}, key=len, reverse=True)) + r")(?:\s[^>]*)?/?>"
)
# Elements of which not all is seen, or not as it stands.
INTRICATE = (*sorted(UNSEEN), "sup", "pre")
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|sidebar|pagination|pager|cookie|toolbar|share|social|"
    r"related|banner|masthead|skip|language|lang|login|search-form|tags?)(?:$|[\s_-])",
    re.I,
)


def collapse(text: str) -> str:
    """White space as a browser shows it, trimmed. Spaces that are not ASCII stay inside."""
    text = text.strip()
    return _SPACE.sub(" ", text) if "\n" in text or "  " in text or "\t" in text or "\r" in text else text


def hidden(tag: Any) -> bool:
    """Whether an element is a control or is kept from sight."""
    attributes = tag.attrib
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("role") in ("button", "navigation", "tooltip", "dialog")
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_CLASS.search(attributes.get("class", "")))
        or bool(_HIDDEN_STYLE.search(attributes.get("style", "")))
    )


@lru_cache(maxsize=4096)
def _hides(value: str) -> bool:
    return bool(_HIDDEN_CLASS.search(value) or _HIDDEN_STYLE.search(value))


def flat_cells(tr: Any) -> list[str] | None:
    """What `text_of` gives for each cell of a row, in a tenth of the time; None for a row that needs the long way.

    All that a row holds is seen, unless attributes hide it or cells span: then its texts are what is left without tags.
    The caller has seen to it that the table holds none of the elements `INTRICATE`.
    """
    text = etree.tostring(tr, encoding="unicode", with_tail=False)
    if "span=" in text or "hidden" in text or " role=" in text or _MARK in text:
        return None
    for word in _TELLING:
        if word in text and any(map(_hides, _ATTIRE.findall(text))):
            return None
    text = text.replace("\n", " ").replace("\t", " ").replace("&#13;", " ")
    if "/>" in text:
        text = _EMPTY.sub(_MARK, text)
    text = text.replace("</td>", _MARK).replace("</th>", _MARK)
    if _BREAK.search(text):
        text = _BREAK.sub("\n", text)
    cells = [cell.strip() for cell in _TAG.sub("", text).split(_MARK)]
    cells.pop()
    for i, cell in enumerate(cells):
        if "\n" in cell or "  " in cell:
            cells[i] = "\n".join(line for one in cell.split("\n") if (line := collapse(one)))
    return [unescape(cell).strip() for cell in cells] if "&" in text else cells


def _footnote(tag: Any) -> bool:
    link = tag.find(".//a")
    return link is not None and (link.get("href") or "").startswith("#")


def pieces(root: Any) -> Iterator[str]:
    """Texts in reading order, with "\\n" where a block or a line break parts them. Iterative: pages nest deeply."""
    if root.text:
        yield root.text
    stack = [iter(root)]
    tags: list[Any] = []
    while stack:
        tag = next(stack[-1], None)
        if tag is None:
            stack.pop()
            if tags:
                done = tags.pop()
                if done.tag in BLOCKS:
                    yield "\n"
                if done.tail:
                    yield done.tail
            continue
        name = tag.tag
        if not isinstance(name, str) or name in UNSEEN or hidden(tag) or (name == "sup" and _footnote(tag)):
            if name in BLOCKS:
                yield "\n"
            if tag.tail:
                yield tag.tail
            continue
        if name in BLOCKS:
            yield "\n"
        if tag.text:
            yield _SPACE.sub(" ", tag.text)
        stack.append(iter(tag))
        tags.append(tag)


def text_of(tag: Any) -> str:
    """The text of an element; its lines parted by "\\n"."""
    if not len(tag):
        return collapse(tag.text) if tag.text else ""
    lines: list[str] = []
    current: list[str] = []
    first = True
    for piece in pieces(tag):
        if piece == "\n" and not first:
            lines.append("".join(current))
            current = []
        else:
            current.append(_SPACE.sub(" ", piece))
        first = False
    lines.append("".join(current))
    return "\n".join(line for one in lines if (line := collapse(one)))


def heading_text(tag: Any) -> str:
    return text_of(tag).replace("\n", " ")


def is_aside(tag: Any) -> bool:
    """Whether an element lies in navigation, a footer, a sidebar or the like."""
    for place in (tag, *tag.iterancestors()):
        if place.tag in ("nav", "footer", "aside"):
            return True
        if place.tag in ("body", "html", "main", "article"):
            return False
        if place.get("role") in ("navigation", "banner", "contentinfo", "search", "menu"):
            return True
        if _ASIDE.search(f"{place.get('class') or ''} {place.get('id') or ''}"):
            return True
    return False
