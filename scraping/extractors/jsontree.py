"""JSON: every array of records at any depth, as a grid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .errors import NoListFound, RecipeMisfit, TooLarge, UnreadableFormat
from .reading import MAX_CELLS, MAX_COLUMNS, Document, Grid
from .recipe import Recipe
from .text import Decoded

_WRAPPED = re.compile(r"\A\s*(?:(?:var|let|const)\s+)?[\w$.\[\]\"']{1,80}\s*(?:=|\()\s*(?=[\[{])")
_STEP = re.compile(r'"((?:[^"\\]|\\.)*)"|([^.]+)')
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')
_MARKUP = re.compile(r"</?(?:a|b|i|p|em|strong|span|div|br|img|small|u|li|ul)(?:\s[^<>]{0,2000})?/?>", re.I)
_DEPTH = 6  # levels of objects within a record that become columns
_NEXT = ("next", "links.next", "_links.next.href", "meta.next", "paging.next", "pagination.next", "next_page_url",
         "nextLink", "@odata.nextLink", "next_url", "links.next.href")  # fmt: skip


def open_json(decoded: Decoded, url: str) -> Document:
    """Parse JSON, JSON Lines or JSON in a call or an assignment. Raises UnreadableFormat where it breaks off."""
    return tree_document("json", parse(decoded.text), decoded, url)


def tree_document(form: str, tree: Any, decoded: Decoded, url: str) -> Document:
    """A tree of objects and arrays, whatever it was written in, as a document."""

    def grids(recipe: Recipe | None) -> list[Grid]:
        return tree_grids(tree, recipe, form.upper())

    def next_pages(recipe: Recipe) -> list[str]:
        paging = dict(recipe.paging)
        found = []
        for key in ("next", "links"):
            if key in paging:
                values = [value for _, value in _at(tree, _steps(paging[key]))]
                found += [v for value in values for v in (value if isinstance(value, list) else [value])]
        if "cursor" in paging:
            values = [value for _, value in _at(tree, _steps(paging["cursor"]))]
            found += [_with(url, paging["parameter"], str(value)) for value in values if value not in (None, "", "0")]
        return [str(link) for link in dict.fromkeys(filter(None, found)) if isinstance(link, str)]

    document = Document(form, grids, decoded.encoding, paging=lambda: paging(tree), next_pages=next_pages)
    document.warnings = decoded.warnings
    if isinstance(tree, dict):
        document.title = next((str(tree[k]) for k in ("title", "name") if isinstance(tree.get(k), str)), "")
    return document


def tree_grids(tree: Any, recipe: Recipe | None, what: str) -> list[Grid]:
    """The candidates of a tree, or what a recipe names. Raises RecipeMisfit where there is nothing at its path."""
    if recipe is None or not (path := recipe.place("path")):
        found_all = list(_candidates(tree))
        for grid in found_all:
            _head(grid, found_all)
        return found_all
    found = list(_at(tree, _steps(path)))
    if not found:
        raise RecipeMisfit(f"The {what} has nothing at {path!r}, which the recipe names as where.path.")
    grid = _grid(path, found)
    if all(value == [] for _, value in found):
        grid.headings = [column.name for _, column in recipe.columns]  # the list, empty on this page
    elif grid.headings is None:
        _head(grid, list(_candidates(tree)))
    return [grid]


def _head(grid: Grid, others: list[Grid]) -> None:
    """Give rows that are arrays the names that another array of the tree describes their columns by."""
    if grid.headings is not None or not grid.rows:
        return
    width = len(grid.rows[0])
    if width < 2 or any(len(row) != width for row in grid.rows[:50]):
        return
    for other in others:
        names = next((i for i, h in enumerate(other.headings or ()) if h in ("name", "title", "label", "id")), None)
        if names is not None and len(other.rows) == width and all(row[names] for row in other.rows):
            grid.headings = [row[names] for row in other.rows]
            return


def paging(tree: Any) -> dict[str, str]:
    """The rule by which a JSON answer names its next page, by the names in common use; {} if it names none."""
    for path in _NEXT:
        for _, value in _at(tree, path.split(".") if not path.startswith("@") else [path]):
            if isinstance(value, str) and ("/" in value or "?" in value):
                return {"next": path if not path.startswith("@") else f'"{path}"'}
    return {}


def _with(url: str, parameter: str, value: str) -> str:
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != parameter]
    return urlunsplit(parts._replace(query=urlencode([*query, (parameter, value)]), fragment=""))


def parse(text: str) -> Any:
    """The tree, with numbers as they are written."""
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        failed = error
        if "escape" in error.msg:  # a lone backslash, as programs that paste text into JSON leave it
            try:
                return _loads(_ESCAPE.sub(lambda hit: hit[0] if hit[1] else "\\\\", text))
            except json.JSONDecodeError as again:
                failed = again
    except RecursionError as error:
        raise TooLarge("The JSON nests its values too deeply to be read.") from error
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip()[:1] in "{[" for line in lines[:50]):
        try:
            return [_loads(line) for line in lines]
        except json.JSONDecodeError:
            pass
    if found := _WRAPPED.match(text):
        try:
            return json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).raw_decode(text, found.end())[0]
        except json.JSONDecodeError:
            pass
    raise UnreadableFormat(
        f"The JSON breaks off in line {failed.lineno}: {failed.msg}. The answer may have been cut; fetch it again."
    )


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, strict=False)


# --- paths ---


def _steps(path: str) -> list[str]:
    if path == "$":
        return []
    return [a.replace('\\"', '"') if a else b for a, b in _STEP.findall(path.removeprefix("$."))]


def _step(key: str) -> str:
    return '"' + key.replace('"', '\\"') + '"' if not key or re.search(r'[."*$]', key) else key


def _at(tree: Any, steps: list[str]) -> Iterator[tuple[dict[str, str], Any]]:
    """Every value at a path ("*" is any member), with the plain fields of the objects on the way, as "../name"."""
    stack: list[tuple[Any, int, dict[str, str]]] = [(tree, 0, {})]
    while stack:
        value, depth, above = stack.pop()
        if depth == len(steps):
            yield above, value
            continue
        step = steps[depth]
        if isinstance(value, dict):
            if step == "*":
                members = [(v, {**above, "../key": k}) for k, v in value.items()]
            elif step in value:
                members = [(value[step], _outer(value, above) if depth else above)]
            else:
                members = []
        elif isinstance(value, list) and (step == "*" or step.isdecimal()):
            members = [(v, above) for v in (value if step == "*" else value[int(step) : int(step) + 1])]
        else:
            members = []
        stack.extend((v, depth + 1, outer) for v, outer in reversed(members))


def _outer(value: dict[str, Any], above: dict[str, str]) -> dict[str, str]:
    plain = {f"../{k}": _scalar(v) for k, v in value.items() if not isinstance(v, dict | list) and v is not None}
    return {**{f"../{k}": v for k, v in above.items()}, **plain} if above else plain


# --- candidates ---


def _candidates(tree: Any) -> Iterator[Grid]:
    """Every array (and object of like objects) that could be a list; arrays of one shape in like places together."""
    seen: dict[str, None] = {}
    stack: list[tuple[Any, tuple[str, ...]]] = [(tree, ())]
    visited = 0
    while stack:
        value, path = stack.pop()
        visited += 1
        if visited > MAX_CELLS // 4 or len(seen) > 500:
            break
        if isinstance(value, list):
            if value and (isinstance(value[0], dict | list) or (len(value) >= 3 and isinstance(value[0], str))):
                seen.setdefault(".".join(path) or "$")
            stack.extend((v, (*path, "*")) for v in value if isinstance(v, dict | list) and len(path) < 12)
        elif isinstance(value, dict):
            inner = list(value.values())
            if len(inner) >= 3 and all(isinstance(v, dict) and v for v in inner):
                common = set(inner[0]).intersection(*inner[1:50])
                if len(common) >= 2 or len(common) == len(inner[0]):
                    seen.setdefault(".".join((*path, "*")))
            for key, v in value.items():
                if isinstance(v, dict | list) and len(path) < 12:
                    stack.append((v, (*path, _step(key))))
    if not seen and isinstance(tree, dict) and not any(isinstance(v, dict | list) for v in tree.values()):
        raise NoListFound("The JSON holds one object and no array: there is no list in it.")
    for place in sorted(seen, key=lambda p: (p.count("."), p)):
        found = list(_at(tree, _steps(place)))
        if found:
            yield _grid(place, found)


def _grid(path: str, found: list[tuple[dict[str, str], Any]]) -> Grid:
    records: list[tuple[dict[str, str], Any]] = []
    keyed = path.endswith("*") and all(isinstance(v, dict) for _, v in found)
    for above, value in found:
        if isinstance(value, list):
            records += [(above, one) for one in value]
        else:
            records.append((above, value))
    name = next((step for step in reversed(_steps(path)) if step != "*" and not step.isdecimal()), "")
    base = {"kind": "json", "locator": path, "section": name, "where": {"path": path}}
    if records and all(isinstance(one, list) for _, one in records):
        rows = [[_scalar(cell) for cell in one[:MAX_COLUMNS]] for _, one in records]
        return Grid(rows=rows, **base)  # type: ignore[arg-type]
    columns: dict[str, int] = {}
    listed: set[str] = set()
    joined: set[str] = set()
    flat: list[dict[str, str]] = []
    cells = 0
    for above, one in records:
        row = dict(above) if not keyed else {k: v for k, v in above.items() if k == "../key"}
        if isinstance(one, dict):
            _flatten(one, "", row, listed, joined, 0)
        elif one is not None:
            row["value"] = _scalar(one) if not isinstance(one, list) else "; ".join(map(_scalar, one))
        cells += len(row)
        if cells > MAX_CELLS:
            raise TooLarge(f"The JSON holds more than {MAX_CELLS:,} fields.")
        for key in row:
            if key not in columns:
                if len(columns) >= MAX_COLUMNS:
                    continue
                columns[key] = len(columns)
        flat.append(row)
    names = list(columns)
    return Grid(
        headings=names,
        rows=[[row.get(key, "") for key in names] for row in flat],
        ignore=tuple(key for key in names if key in listed),
        joined=tuple(key for key in names if key in joined),
        **base,  # type: ignore[arg-type]
    )


def _flatten(
    record: dict[str, Any], prefix: str, row: dict[str, str], listed: set[str], joined: set[str], depth: int
) -> None:
    """Fields of objects within a record as "a.b". Those of arrays within it are joined, for recipes that ask."""
    for key, value in record.items():
        name = prefix + key
        if isinstance(value, dict):
            if depth < _DEPTH:
                _flatten(value, name + ".", row, listed, joined, depth + 1)
        elif isinstance(value, list):
            if any(isinstance(one, dict) for one in value):
                parts: dict[str, list[str]] = {}
                for one in value:
                    if isinstance(one, dict):
                        for k, v in one.items():
                            if not isinstance(v, dict | list) and v is not None:
                                parts.setdefault(f"{name}.{k}", []).append(_scalar(v))
                for k, texts in parts.items():
                    row[k] = "; ".join(dict.fromkeys(filter(None, texts)))
                    listed.add(k)
            else:
                joined.add(name)
                row[name] = "; ".join(text for one in value if (text := _scalar(one)))
        elif value is not None:
            row[name] = _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if "<" in value and _MARKUP.search(value):
            value = unescape(_MARKUP.sub(" ", value))
            return " ".join(value.split())
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
