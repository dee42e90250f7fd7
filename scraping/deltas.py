"""What two versions of a delimited file differ in, line by line, so that only those lines need be read. Pure.

Taken only where lines and rows are the same thing; anything else is read whole.
"""

from dataclasses import dataclass

from procurement.entries import Row
from scraping import extractors


@dataclass(frozen=True, slots=True)
class Delta:
    """The rows that came and left between two versions of a file, and how many the later one has."""

    came: list[Row]
    left: list[Row]
    rows: int
    reading: extractors.Reading


def between(old: bytes, new: bytes, old_rows: int, recipe: extractors.Recipe) -> Delta | None:
    """The difference between two files read by one recipe, or None where it cannot be told from their lines alone.

    It can where both are UTF-8 under one header line, every line is one row (the old file's are known to be: it gave
    `old_rows`), no line stands twice, and no cell is read from the row above it.
    """
    if recipe.format != "csv" or recipe.fill:
        return None
    try:
        new.decode("utf-8")
        old.decode("utf-8")
    except UnicodeDecodeError:
        return None
    header, *old_lines = _lines(old)
    new_header, *new_lines = _lines(new)
    before, after = set(old_lines), set(new_lines)
    one_line_a_row = len(old_lines) == old_rows and len(before) == old_rows and len(after) == len(new_lines)
    if header != new_header or not one_line_a_row or _quotes_span(new_lines) or _quotes_span(old_lines):
        return None
    came, left = after - before, before - after
    if len(came) + len(left) > len(new_lines) // 4:
        return None
    arrived, departed = _read(header, came, recipe), _read(header, left, recipe)
    if arrived is None or departed is None:
        return None
    return Delta(arrived.rows, departed.rows, len(new_lines), arrived)


def _lines(body: bytes) -> list[bytes]:
    return body.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")


def _quotes_span(lines: list[bytes]) -> bool:
    return any(b'"' in line and line.count(b'"') % 2 for line in lines)


def _read(header: bytes, lines: set[bytes], recipe: extractors.Recipe) -> extractors.Reading | None:
    """Read some lines under their header; None unless each gives one row."""
    try:
        reading = extractors.read(b"\n".join([header, *sorted(lines), b""]), recipe=recipe)
    except extractors.ExtractionError:
        return None
    return reading if len(reading.rows) == len(lines) else None
