"""Lists, definition lists, cards and paragraphs of a page: repeated parts, each an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .lines import Line, label_grid, labelled, line_grids, named_lines, prose_free
from .reading import Grid
from .recipe import SECTION, Recipe, fold, selector
from .values import likeness
from .visible import BLOCKS, collapse, heading_text, hidden, is_aside, text_of
from .words import kind, names_firm

_HEADS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NEVER = frozenset(
    ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "colgroup", "col", "option", "optgroup", "select", "script",
     "style", "head", "meta", "link", "br", "hr", "img", "input", "source", "track", "param", "path", "g", "body",
     "html",      "title", "label", "button", "svg", "use", "nav", "footer", "form")
)  # fmt: skip
_PARENTS = ("ul", "ol", "dl", "div", "section", "article", "main", "body", "form", "center", "blockquote")
_CELLS = 5_000  # in a page with more of them, cells are data and no place for blocks
_NAME = re.compile(r"-?[A-Za-z_][\w-]*")
_VOLATILE_ID = re.compile(r"\d{3,}|[0-9a-f]{8,}")
MAX_GROUPS = 60
_FIELDS = 40  # fields of one entry that become columns


def grids(root: Any) -> Iterator[Grid]:
    """Candidates among the parts of a page that are not tables."""
    seen: set[str] = set()
    few = next(islice(root.iter("td"), _CELLS, None), None) is None
    for group in _groups(root, few):
        css = path_of(group)
        if css in seen:
            continue
        seen.add(css)
        try:
            members = selector(css, "where.items")(root)
        except Exception:  # noqa: S112 - a name that CSS cannot write: the group is no candidate
            continue
        if len(members) >= 3:
            grid = _grid(root, members, css, None)
            if section := _told_apart(grid):
                yield _under(root, members, css, None, section)
                grid.weight *= 0.6
            yield grid
    if few:
        yield from _name_cells(root)
    lines = page_lines(root)
    if (labels := label_grid(lines)) is not None:
        labels.weight = 0.7
        labels.where = {"lines": "labels"}
        yield labels
    yield from line_grids(lines, "lines", {})


def _name_cells(root: Any) -> Iterator[Grid]:
    """Tables that only set names in columns: every column holds names alike, so each cell is an entry."""
    for table in islice(root.iter("table"), 40):
        rows = [list(tr) for tr in islice(table.iter("tr"), 400)]
        width = max(map(len, rows), default=0)
        if width < 2 or len(rows) < 2 or width * len(rows) > _CELLS or next(table.iter("th"), None) is not None:
            continue
        texts = [[text_of(cell) for cell in row] for row in rows]
        columns = [[row[i] for row in texts if i < len(row) and row[i]] for i in range(width)]
        shares = [sum(map(names_firm, values)) / len(values) if values else 0.0 for values in columns]
        alike = min(shares) >= 0.25 and max(shares) <= 3 * min(shares)
        mostly = width > 2 and sum(shares) >= width * 0.5 and all(likeness(values) > 0.3 for values in columns)
        if not (alike or mostly) or max(map(len, texts[0])) > 100:
            continue
        place = _anchor(table)
        css = f"{place} td" if place else "table td"
        members = selector(css, "where.items")(root)
        if len(members) == sum(map(len, rows)):
            grid = _grid(root, members, css, None)
            grid.weight *= 1.5
            yield grid


def records(root: Any, css: str, recipe: Recipe) -> Grid:
    """The entries that a recipe names by a selector; none where the page has none there."""
    members = selector(css, "where.items")(root)
    if section := recipe.place("section"):
        return _under(root, members, css, recipe, section)
    return _grid(root, members, css, recipe)


def _under(root: Any, members: list[Any], css: str, recipe: Recipe | None, section: str) -> Grid:
    """The entries under one heading; none where the page has none under it."""
    sections = _sections(root, members)
    chosen = [member for member in members if fold(sections.get(member, "")) == fold(section)]
    grid = _grid(root, chosen, css, recipe)
    if chosen:
        grid.section = section
    grid.where, grid.locator = {**grid.where, "section": section}, f"{css} under {section!r}"
    return grid


def _told_apart(grid: Grid) -> str:
    """The one heading that speaks of vendors, where what stands under other headings looks less like names."""
    parts: dict[str, list[str]] = {}
    current = ""
    for i, row in enumerate(grid.rows):
        if i in grid.spans:
            current = grid.spans[i]
        else:
            parts.setdefault(current, []).append(row[0].split("\n")[0])
    told = [head for head, values in parts.items() if kind(head) == "vendor" and len(head) < 80 and len(values) >= 2]
    if len(told) != 1 or len(parts) < 2:
        return ""
    others = [value for head, values in parts.items() if head != told[0] for value in values]
    return told[0] if likeness(parts[told[0]]) > likeness(others) + 0.15 else ""


def lines(root: Any, recipe: Recipe) -> Grid:
    if recipe.place("lines") == "labels":
        return label_grid(page_lines(root)) or Grid("labels", "labelled lines", [], headings=[])
    return named_lines(page_lines(root), recipe, "lines")


# --- finding repeated parts ---


def _groups(root: Any, few: bool) -> list[list[Any]]:
    """Parts that repeat: children of one parent with one tag and class, three or more; the largest first."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for parent in root.iter(*_PARENTS, "td") if few else root.iter(*_PARENTS):
        if len(parent) < 2:
            continue
        for child in parent:
            if child.tag == "table" and _is_record(child):
                found.setdefault((path_key(parent), "table", _class(child)), []).append(child)
            elif isinstance(child.tag, str) and child.tag not in _NEVER:
                shape = (child.tag, _class(child))
                if shape[0] in ("div", "span", "section") and not shape[1] and len(parent) < 4:
                    continue
                found.setdefault((path_key(parent), *shape), []).append(child)
    groups = [group for group in found.values() if len(group) >= 3]
    groups.sort(key=len, reverse=True)
    return groups[:MAX_GROUPS]


def _is_record(table: Any) -> bool:
    """Whether a table sets out one entry, a label and its value in each row."""
    rows = list(islice(table.iter("tr"), 40))
    return 2 <= len(rows) < 40 and all(len(tr) == 2 and tr[0].tag in ("th", "td") for tr in rows)


def path_key(parent: Any) -> str:
    return _anchor(parent)


def _class(tag: Any) -> str:
    """The first class of an element that could name its kind rather than its state or number."""
    for name in (tag.get("class") or "").split():
        if (
            _NAME.fullmatch(name)
            and not _VOLATILE_ID.search(name)
            and name not in ("odd", "even", "first", "last", "active")
        ):
            return name
    return ""


def _anchor(tag: Any) -> str:
    """A selector for the place of a parent: the nearest id above it, and the tags with classes down from there."""
    steps: list[str] = []
    while tag is not None and isinstance(tag.tag, str) and tag.tag not in ("html", "body") and len(steps) < 6:
        name = tag.get("id") or ""
        if _NAME.fullmatch(name) and not _VOLATILE_ID.search(name):
            steps.append(f"#{name}")
            break
        own = _class(tag)
        steps.append(f"{tag.tag}.{own}" if own else tag.tag)
        if tag.tag in ("main", "article"):
            break
        tag = tag.getparent()
    return " > ".join(reversed(steps))


def path_of(group: list[Any]) -> str:
    child = group[0]
    own = _class(child)
    step = f"{child.tag}.{own}" if own else child.tag
    place = _anchor(child.getparent())
    return f"{place} > {step}" if place else f"body > {step}"


# --- entries ---


def _grid(root: Any, members: list[Any], css: str, recipe: Recipe | None) -> Grid:
    heads = {member for member in members if _bold_block(member)}
    if len(heads) < len(members):
        members = [member for member in members if member not in heads]
    sections = _sections(root, members)
    fields = [_fields(member) for member in members]
    counts: dict[str, int] = {}
    for one in fields:
        for key in one:
            counts[key] = counts.get(key, 0) + 1
    least = {
        True: len(fields) * 0.5,
        False: max(2, len(fields) * 0.3),
    }  # a label on fewer entries is one entry's own line
    names = [".", *[k for k, n in counts.items() if k != "." and n >= least[k.endswith(":")]][:_FIELDS]]
    asked: list[str] = []
    if recipe is not None:
        asked = [h for _, column in recipe.columns for h in column.headings if h != SECTION and h not in names]
    rows: list[list[str]] = []
    spans: dict[int, str] = {}
    last = None
    for member, one in zip(members, fields, strict=True):
        section = sections.get(member, "")
        if section != last and section:
            spans[len(rows)] = section
            rows.append([section])
        last = section
        rows.append([one.get(name, "") for name in names] + [_asked(member, ref, one) for ref in asked])
    lengths = [len(one.get(".", "")) for one in fields]
    weight = 0.25 if members and is_aside(members[0]) else 1.0
    whole = [one["."] for one in fields if one.get(".")]
    leads = len(names) == 2 and _leads(fields, names[1])
    if len(names) <= 2 and not leads:
        weight *= prose_free([w.replace("\n", " ") for w in whole]) ** 2  # sentences say that this is running text
        if lengths and sum(1 for n in lengths if n == 0) > len(lengths) * 0.3:
            weight *= 0.5
    if members and all(m.tag == "a" or (len(m) == 1 and m[0].tag == "a") for m in members):
        firms = sum(map(names_firm, whole))
        said = any(kind(text) == "vendor" for text in {sections.get(m, "") for m in members[:50]} if len(text) < 80)
        weight *= 1.0 if said or firms > len(whole) * 0.25 else 0.6  # bare links are more often navigation
    if members and members[0].tag in _HEADS:
        firms = sum(map(names_firm, whole))
        over = sum(1 for m in members if (after := m.getnext()) is not None and after.tag in ("ul", "ol", "table"))
        entries = firms > len(whole) * 0.4 and over < len(members) * 0.5
        weight *= 1.1 if entries else 0.7  # headings alone are more often those of a text
    if members and members[0].tag == "dd" and 0 < len({sections.get(m) for m in members}) > len(members) * 0.8:
        weight *= 0.5  # one description to each term: the terms are the entries
    headings = names + asked
    keep = ["."] if len(headings) > 1 and counts else []
    return Grid(
        "items", css, rows, headings=headings, spans=spans, where={"items": css}, weight=weight, ignore=tuple(keep)
    )


def _leads(fields: list[dict[str, str]], name: str) -> bool:
    """Whether nearly every entry begins with the same emphasised part: its name, whatever sentence follows."""
    given = [one for one in fields if one.get(name)]
    if len(given) < len(fields) * 0.8 or name.partition(".")[0] not in ("strong", "b", "a", "em", *_HEADS):
        return False
    begun = sum(1 for one in given if one["."].startswith(one[name]) and len(one[name]) < 100)
    return begun >= len(given) * 0.8


def _fields(member: Any) -> dict[str, str]:
    """The text of an entry as a whole ("."), by its parts' tags and classes, and by its labels ("Country:")."""
    found: dict[str, str] = {".": own_text(member)}
    for part in member.iter():
        if part is member or not isinstance(part.tag, str) or part.tag in ("li", "ul", "ol", "br", "script", "style"):
            continue
        if len(found) > _FIELDS * 2:
            break
        own = _class(part)
        inline_leaf = part.tag in ("strong", "b", "em", "a", "span", "cite") and not len(part)
        if part.tag in _HEADS or part.tag in ("p", "dt", "dd", "td", "time") or inline_leaf or (own and not len(part)):
            key = f"{part.tag}.{own}" if own else part.tag
            text = collapse(text_of(part).replace("\n", " "))
            if text and not hidden(part):
                found.setdefault(key, text)
    if member.tag == "dt" and (told := _description(member)):
        found["dd"] = told
    for label, value in _labels(member, found["."]):
        found.setdefault(f"{label}:", value)
    return found


def _description(term: Any) -> str:
    """What follows a term, up to the next one."""
    texts, part = [], term.getnext()
    while part is not None and part.tag == "dd":
        texts.append(text_of(part))
        part = part.getnext()
    return "\n".join(filter(None, texts))


def _labels(member: Any, text: str) -> Iterator[tuple[str, str]]:
    if member.tag == "table":
        for tr in member.iter("tr"):
            if len(tr) == 2:
                yield heading_text(tr[0]).rstrip(":： "), heading_text(tr[1])
        return
    terms = list(member.iter("dt"))
    for term in terms:
        following = term.getnext()
        if following is not None and following.tag == "dd":
            yield heading_text(term).rstrip(":： "), heading_text(following)
    if terms:
        return
    for line in text.split("\n"):
        pair = labelled(line)
        if pair:
            yield pair


def own_text(member: Any) -> str:
    """The text of an entry without the lists nested in it; for a term, without its descriptions."""
    nested = [part for part in member.iter("ul", "ol") if part is not member] if member.tag == "li" else []
    if not nested:
        return text_of(member)
    inner = set(nested)
    out = [member.text or ""]
    for child in member:
        if child not in inner and not any(part in inner for part in child.iter("ul", "ol")):
            out.append(("\n" if child.tag in BLOCKS else "") + text_of(child))
        out.append(child.tail or "")
    return "\n".join(line for one in "".join(out).split("\n") if (line := collapse(one)))


def _asked(member: Any, ref: str, fields: dict[str, str]) -> str:
    """A field that a recipe names: a selector within the entry, with "@attribute" for an attribute; or a label."""
    if ref.endswith((":", "：")):
        return fields.get(ref, "")
    if ref == "dd" and member.tag == "dt":
        return _description(member)
    css, _, attribute = ref.partition("@")
    parts = [member] if css in ("", ".") else selector(css, "columns")(member)
    if not parts:
        return ""
    if attribute:
        return str(parts[0].get(attribute) or "").strip()
    return "\n".join(text for part in parts if (text := text_of(part)))


def _sections(root: Any, members: list[Any]) -> dict[Any, str]:
    """The heading that each entry stands under: the item of an outer list, the term, or the heading before it."""
    wanted = set(members)
    found: dict[Any, str] = {}
    heading = ""
    if members and members[0].tag in ("li", "dd"):
        for member in members:
            outer = member.getparent()
            if member.tag == "dd":
                term = member.getprevious()
                while term is not None and term.tag == "dd":
                    term = term.getprevious()
                if term is not None:
                    found[member] = heading_text(term)
            elif outer is not None and (parent := outer.getparent()) is not None and parent.tag == "li":
                found[member] = own_text(parent).split("\n")[0]
    for tag in root.iter():
        if not isinstance(tag.tag, str):
            continue
        if tag in wanted:
            found.setdefault(tag, heading)  # an entry that is a heading itself heads no others
        elif tag.tag in _HEADS or (tag.tag in ("p", "div", "strong", "b") and _bold_block(tag)):
            inside = next((a for a in tag.iterancestors() if a in wanted), None)
            if inside is None:
                heading = heading_text(tag) or heading
    return found


def _bold_block(tag: Any) -> bool:
    """Whether a paragraph holds bold text only, which makes it a heading."""
    if tag.tag in ("strong", "b"):
        parent = tag.getparent()
        return parent is not None and parent.tag in ("body", "div", "section", "article", "td")
    if not 1 <= len(tag) <= 2 or (tag.text or "").strip():
        return False
    first = tag[0]
    return first.tag in ("strong", "b") and not (first.tail or "").strip() and (len(tag) == 1 or tag[1].tag == "br")


# --- lines ---


def page_lines(root: Any) -> list[Line]:
    """The lines of a page outside tables, navigation and furniture, with bold headings marked."""
    found: list[Line] = []
    body = root.find("body")
    stack = [body if body is not None else root]
    while stack:
        tag = stack.pop()
        if not isinstance(tag.tag, str) or tag.tag in (
            "table",
            "script",
            "style",
            "nav",
            "footer",
            "head",
            "form",
            "noscript",
        ):
            continue
        blocks = [child for child in tag if isinstance(child.tag, str) and (child.tag in BLOCKS or len(child) > 3)]
        if not blocks or all(child.tag == "br" for child in blocks):
            if hidden(tag):
                continue
            bold = tag.tag in _HEADS or _bold_block(tag)
            heads = (
                {text_of(part) for part in tag if part.tag in ("strong", "b", "u")} if blocks and not bold else set()
            )
            found += [Line(text, bold or text in heads) for text in text_of(tag).split("\n") if text]
            if tag.tag in ("p", "div", "ul", "ol", "dl"):
                found.append(Line(""))
        elif not is_furniture(tag):
            if (text := collapse(tag.text or "")) and len(text) > 1:
                found.append(Line(text))
            stack.extend(reversed(list(tag)))
    return found


def is_furniture(tag: Any) -> bool:
    return tag.tag in ("nav", "footer", "aside") or tag.get("role") in ("navigation", "contentinfo", "banner")
