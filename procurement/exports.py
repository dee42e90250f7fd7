"""Every table as CSV and JSON, streamed: a list of 25,000 rows starts to arrive at once and is never whole in memory.

JSON holds the same items as the API. CSV is RFC 4180 in UTF-8 without a byte order mark; its columns, named in
`procurement.columns`, are fixed and are taken from the same items, with absolute addresses. Cells are verbatim, but one
that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) is made inert by an apostrophe
before it.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from procurement.columns import Columns
from procurement.items import Item

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LINES = 500


class _Line:
    """A file for the CSV writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


class _Writer(Protocol):
    def writerow(self, row: Iterable[str], /) -> str: ...


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cell(value: Any, root: str) -> str:
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return root + value if root and value.startswith("/") else inert(value)
    return str(value)


def _at(item: Any, path: str) -> Any:
    for name in path.split("."):
        if item is None:
            return None
        item = item[name]
    return item


def csv_lines(items: Iterable[Item], columns: Columns, root: str) -> Iterator[str]:
    """The lines of a CSV file; `root` is put before the site's own addresses, in columns whose name ends in _url."""
    writer: _Writer = csv.writer(_Line())
    yield writer.writerow(columns)
    places = [(path, root if name.endswith("_url") else "") for name, path in columns.items()]
    lines: list[str] = []
    for item in items:
        lines.append(writer.writerow([_cell(_at(item, path), own) for path, own in places]))
        if len(lines) == _LINES:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def json_parts(items: Iterable[Item], beside: Mapping[str, Any]) -> Iterator[str]:
    """One JSON object, item by item: what stands beside the items, the items, and how many they are."""
    yield "{" + "".join(f"{_json(name)}: {_json(value)}, " for name, value in beside.items()) + '"items": ['
    count = 0
    for count, item in enumerate(items, 1):
        yield (",\n" if count > 1 else "\n") + _json(item)
    yield f'\n], "count": {count}, "next": null}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def csv_response(request: HttpRequest, items: Iterable[Item], columns: Columns, name: str) -> StreamingHttpResponse:
    """Items as a file to be saved under that name, which has no extension."""
    root = request.build_absolute_uri("/").rstrip("/")
    response = StreamingHttpResponse(
        (line.encode("utf-8", "replace") for line in csv_lines(items, columns, root)),
        content_type="text/csv; charset=utf-8; header=present",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def json_response(items: Iterable[Item], **beside: Any) -> StreamingHttpResponse:
    """Items as the API gives them, all on one page."""
    return StreamingHttpResponse(
        (part.encode("utf-8", "replace") for part in json_parts(items, beside)), content_type="application/json"
    )


def json_object(value: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """One object, whole."""
    return HttpResponse(f"{_json(value)}\n".encode("utf-8", "replace"), content_type="application/json", status=status)


def refused(extension: str, sentence: str, status: int) -> HttpResponse:
    """An error in the form that was asked for: a sentence, never a page."""
    if extension == "json":
        return json_object({"error": sentence}, status)
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=status)
