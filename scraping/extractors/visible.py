"""The text of a part of a page as a reader sees it: no scripts, controls, hidden parts or footnote marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
_UNSEEN = frozenset(
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


def _footnote(tag: Any) -> bool:
    link = tag.find(".//a")
    return link is not None and (link.get("href") or "").startswith("#")


def pieces(root: Any, inside: frozenset[str] = frozenset()) -> Iterator[str]:
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
        if (
            not isinstance(name, str)
            or (name in _UNSEEN and name not in inside)
            or hidden(tag)
            or (name == "sup" and _footnote(tag))
        ):
            if name in BLOCKS:
                yield "\n"
            if tag.tail:
                yield tag.tail
            continue
        if name in BLOCKS:
            yield "\n"
        elif name == "img" and tag.get("alt") and "flag" not in tag.get("alt", ""):
            pass
        if tag.text:
            yield _SPACE.sub(" ", tag.text)
        stack.append(iter(tag))
        tags.append(tag)


def text_of(tag: Any, inside: frozenset[str] = frozenset()) -> str:
    """The text of an element; its lines parted by "\\n"."""
    if not len(tag):
        return collapse(tag.text) if tag.text else ""
    lines: list[str] = []
    current: list[str] = []
    first = True
    for piece in pieces(tag, inside):
        if piece == "\n" and not first:
            lines.append("".join(current))
            current = []
        else:
            current.append(_SPACE.sub(" ", piece))
        first = False
    lines.append("".join(current))
    return "\n".join(line for one in lines if (line := collapse(one)))


_WITH_TABLES = frozenset({"table", "nav"})


def lines_of(root: Any) -> list[str]:
    """Every line of a page that is not empty, tables included."""
    return [line for line in text_of(root, _WITH_TABLES).split("\n") if line]


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
