"""Lists that are written as lines: numbered, bulleted, or one name a line under headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .errors import RecipeMisfit
from .reading import Grid
from .recipe import Recipe, fold
from .values import is_date, is_number

_NUMBERED = re.compile(r"[\[(（【]?\s?(\d{1,4})\s?(?:[.．)）】\]、:：]|\s[-–]\s)\s*(?=\D)")
_SPACED = re.compile(r"(\d{1,4})\s{1,8}(?=[^\W\d])")
_BULLET = re.compile(r"(?:[-*+•‣▪▫◦●○■□◆◇►▶→✓✔–—·・]|[oO](?=\s))\s*(?=\S)")
_HAN = re.compile(r"[（(]?[一二三四五六七八九十百]{1,4}[)）、.．]\s*")
_END = re.compile(r"[。；;！!？?]$|[^\W\d_]{4,}\.$")
_LABEL = re.compile(r"([^\W\d_][^:：]{0,48}?)\s?[:：]\s*(?=\S)")
KINDS = ("numbered", "bulleted", "first", "all")


@dataclass(slots=True)
class Line:
    text: str
    bold: bool = False
    indent: float = 0.0


def line_grids(lines: list[Line], locator: str, where: dict[str, str]) -> list[Grid]:
    """Candidate lists among lines: those that are numbered, those with bullets, and all that look like names."""
    grids = []
    for kind in KINDS:
        grid = select_lines(lines, kind, locator, where)
        if len(grid.rows) >= (2 if kind == "numbered" else 3):
            grids.append(grid)
    return grids


def named_lines(lines: list[Line], recipe: Recipe, locator: str) -> Grid:
    """The lines that a recipe names: its kind, after and before the lines that it quotes."""
    start, end = 0, len(lines)
    for key in ("after", "before"):
        if quoted := recipe.place(key):
            found = [i for i, line in enumerate(lines) if fold(quoted) in fold(line.text) and i >= start]
            if not found:
                raise RecipeMisfit(f"The text has no line with {quoted!r}, which the recipe names as where.{key}.")
            start, end = (found[0] + 1, end) if key == "after" else (start, found[0])
    return select_lines(lines[start:end], recipe.place("lines") or "all", locator, dict(recipe.where))


def select_lines(lines: list[Line], kind: str, locator: str, where: dict[str, str]) -> Grid:
    """A grid of the lines of one kind. Lines of other kinds between them are the sections."""
    if kind == "first":
        return _firsts(lines, locator, where)
    rows: list[list[str]] = []
    spans: dict[int, str] = {}
    section, open_item = "", False
    for line in lines:
        text = line.text.strip()
        if not text:
            open_item = False
            continue
        bare, said = marked(text)
        if kind == "all":
            if line.bold or text.endswith((":", "：")):
                section = bare.rstrip(":：")
                spans[len(rows)] = section
                rows.append([section])
            elif not _END.search(bare) and not is_number(bare) and not is_date(bare) and len(bare) <= 120:
                rows.append([bare])
            continue
        if said == kind and bare:
            rows.append([bare])
            open_item = True
        elif said != kind:
            # A line that goes on with the item above starts further in, in lower case.
            if open_item and text[0].islower() and len(rows[-1][0]) + len(text) < 400:
                rows[-1][0] += " " + text
                continue
            if len(text) <= 100 and not _END.search(text):
                section = bare.rstrip(":：")
                spans[len(rows)] = section
                rows.append([section])
            open_item = False
    trailing = len(rows)
    while trailing and trailing - 1 in spans:
        trailing -= 1
    rows, spans = _squeezed(rows[:trailing], spans)
    found = {**where, "lines": kind}
    weight = 1.0
    if kind == "all":  # sentences between the lines say that this is a notice, not a list
        given = sum(1 for line in lines if line.text.strip())
        weight = 0.75 * (len(rows) / given) ** 2 if given else 0.0
    values = [row[0] for i, row in enumerate(rows) if i not in spans]
    weight *= (0.4 + 0.6 * prose_free(values)) * label_free(values)
    if kind == "numbered" and _in_order(lines):
        weight *= 1.25  # someone counted them: 1, 2, 3, …
    return Grid("lines", f"{locator}, {kind}", rows, headings=["text"], spans=spans, where=found, weight=weight)


def _firsts(lines: list[Line], locator: str, where: dict[str, str]) -> Grid:
    """The first lines of blocks that blank lines part, where nearly every block has particulars below its name."""
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if line.text.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block and not all(line.bold for line in block)]
    full = [block for block in blocks if len(block) > 1]
    rows = [[marked(block[0].text.strip())[0]] for block in full]
    weight = 0.0
    if len(full) >= 3 and len(full) >= len(blocks) * 0.7:
        values = [row[0] for row in rows]
        told = sum(1 for block in full if any(c.isdigit() or c in ":：@" for line in block[1:] for c in line.text))
        plain = prose_free([line.text for block in full for line in block])
        weight = label_free(values) * prose_free(values) * plain * (1.0 if told >= len(full) * 0.6 else 0.3)
    found = {**where, "lines": "first"}
    return Grid("lines", f"{locator}, first", rows, headings=["text"], where=found, weight=weight)


def _in_order(lines: list[Line]) -> bool:
    """Whether the numbers of numbered lines count on from 1 (again under each heading)."""
    numbers = [int(hit[1]) for line in lines if (hit := _NUMBERED.match(line.text.strip()))]
    return len(numbers) > 2 and sum(b in (1, a + 1) for a, b in pairwise(numbers)) >= (len(numbers) - 1) * 0.9


def _squeezed(rows: list[list[str]], spans: dict[int, str]) -> tuple[list[list[str]], dict[int, str]]:
    """Drop sections without items: only the last line before an item heads it."""
    kept: list[list[str]] = []
    heads: dict[int, str] = {}
    for i, row in enumerate(rows):
        if i in spans and i + 1 in spans:
            continue
        if i in spans:
            heads[len(kept)] = spans[i]
        kept.append(row)
    return kept, heads


def marked(text: str) -> tuple[str, str]:
    """A line without its list mark, and the kind of that mark: "numbered", "bulleted" or ""."""
    if found := (_NUMBERED.match(text) or _SPACED.match(text)):
        return text[found.end() :].strip(), "numbered"
    if found := _BULLET.match(text):
        return text[found.end() :].strip(), "bulleted"
    if found := _HAN.match(text):
        return text[found.end() :].strip(), "han"
    return text, ""


def prose_free(values: list[str]) -> float:
    """The share of values that are not sentences."""
    if not values:
        return 0.0
    prose = sum(1 for v in values if _END.search(v) or v.count(" ") > 14 or v.count("，") > 1 or len(v) > 160)
    return 1 - prose / len(values)


def label_free(values: list[str]) -> float:
    """1, or less for lines that are mostly particulars under a few labels ("Address: …") and no entries themselves."""
    labels = [pair[0] for value in values if (pair := labelled(value))]
    repeated = len(labels) > len(values) * 0.5 and len(set(labels)) <= len(labels) * 0.6
    return 0.4 if repeated else 1.0


def labelled(text: str) -> tuple[str, str] | None:
    """A line "Label: value" as its parts."""
    found = _LABEL.match(text)
    if not found or found[1].lower().startswith(("http", "mailto")):
        return None
    return found[1].strip(), text[found.end() :].strip()


def label_grid(lines: list[Line]) -> Grid | None:
    """Blocks of "Label: value" lines, one block an entry, as a table; None where there are none.

    Where each line is a paragraph of its own, blank lines part nothing, and an entry begins where a label comes again.
    """
    return _label_grid(lines) or _label_grid([line for line in lines if line.text.strip()])


def _label_grid(lines: list[Line]) -> Grid | None:
    records: list[dict[str, str]] = []
    current: dict[str, str] = {}
    for line in lines:
        pair = labelled(marked(line.text.strip())[0])
        if pair is None:
            if not line.text.strip() and current:
                records.append(current)
                current = {}
            continue
        if pair[0] in current:
            records.append(current)
            current = {}
        current[pair[0]] = pair[1]
    if current:
        records.append(current)
    counts: dict[str, int] = {}
    for record in records:
        for label in record:
            counts[label] = counts.get(label, 0) + 1
    labels = [label for label, n in counts.items() if n >= len(records) * 0.5]
    records = [r for r in records if labels and sum(label in r for label in labels) >= len(labels) * 0.5]
    if len(labels) < 2 or len(records) < 2:
        return None
    return Grid("labels", "labelled lines", [[r.get(label, "") for label in labels] for r in records], headings=labels)
