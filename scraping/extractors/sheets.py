"""XLSX, XLS, XLSB and ODS: each sheet as a grid, merged cells filled, numbers and dates as text."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook

from .errors import Encrypted, RecipeMisfit, TooLarge, UnreadableFormat
from .reading import MAX_CELLS, MAX_COLUMNS, Document, Grid
from .recipe import Recipe, fold

MAX_UNPACKED = 512 * 1024 * 1024  # bytes that the parts of a file say they unpack to
MAX_RATIO = 300  # times their packed size, past the first few megabytes
_FREE = 32 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOTES = re.compile(
    r"example|sample|template|instruction|readme|read me|notes?\b|guid(?:e|ance)|glossary|definition|lookup|cover|"
    r"legend|exemple|consigne|légende|notice|lisez|beispiel|hinweis|anleitung|muster|legende|ejemplo|instruccion|modelo|exemplo|"
    r"пример|образец|инструкц|справочник|記載例|記入例|記載要領|記入要領|説明|項目の条件|"
    r"凡例|示例|样例|说明|예시|작성|안내|مثال|نموذج|דוגמה|הנחיות",
    re.I,
)
_PLACEHOLDER = re.compile(r"[○〇◯●×△□]{2}|\bX{3,}\b|\b(?:lorem ipsum|acme|foo ?bar)\b", re.I)


def format_of(body: bytes) -> str:
    """Which kind of workbook a body is; "" for none. Raises UnreadableFormat for other archives."""
    if body.startswith(_OLE):
        return "xls"
    if not body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFormat("The file is a damaged archive: it may have been cut. Fetch it again.") from error
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.lower().startswith("xl/") for name in names):
        return "xlsx"
    if "opendocument.spreadsheet" in kind or ("content.xml" in names and not kind):
        return "ods"
    if any(name.startswith("word/") for name in names) or "opendocument.text" in kind:
        raise UnreadableFormat("The file is a word processor's document; save it as PDF or HTML and read that.")
    raise UnreadableFormat("The file is a ZIP archive: unpack it and give the list inside.")


def open_workbook(body: bytes, form: str) -> Document:
    """Open a workbook. Raises TooLarge for one that unpacks to too much, Encrypted where a password is asked for."""
    if form != "xls":
        _refuse_bomb(body)
    elif b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in body:
        raise Encrypted("The workbook is protected by a password: ask the publisher for an open copy.")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = list(book.sheet_names)
    except BaseException as error:  # the reader's panics are no Exception
        raise _readable(error) from error

    def grids(recipe: Recipe | None) -> list[Grid]:
        wanted = recipe.place("sheet") if recipe else ""
        chosen = [n for n in names if not wanted or fold(n) == fold(wanted)]
        if not chosen:
            raise RecipeMisfit(
                f"The workbook has no sheet {wanted!r}, which the recipe names as where.sheet; it has "
                f"{', '.join(map(repr, names[:10])) or 'none'}."
            )
        return [_grid(book, name, bool(wanted)) for name in chosen]

    return Document(form, grids, title=names[0] if names else "", native=book)


def _readable(error: BaseException) -> Exception:
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
    said = str(error)
    if "assword" in said or "ncrypt" in said:
        return Encrypted("The workbook is protected by a password: ask the publisher for an open copy.")
    if isinstance(error, MemoryError):
        return TooLarge("The workbook needs more memory than a reader may use.")
    return UnreadableFormat(f"The workbook is damaged or of a kind that cannot be read: {said[:200]}.")


def _refuse_bomb(body: bytes) -> None:
    """Look at the sizes that an archive declares before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableFormat("The file is a damaged archive: it may have been cut. Fetch it again.") from error
    if any(part.flag_bits & 1 for part in parts):
        raise Encrypted("The workbook is protected by a password: ask the publisher for an open copy.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > _FREE and unpacked > MAX_RATIO * max(1, len(body))):
        raise TooLarge(
            f"The workbook unpacks from {len(body):,} to {unpacked:,} bytes, more than is read: perhaps meant to harm."
        )


def _grid(book: Any, name: str, named: bool) -> Grid:
    try:
        sheet = book.get_sheet_by_name(name)
        height, width = sheet.total_height, sheet.total_width
        if height * min(width, MAX_COLUMNS) > MAX_CELLS * 3:
            raise TooLarge(f"The sheet {name!r} has {height:,} rows of {width:,} columns, more than is read.")
        values = sheet.to_python(skip_empty_area=False)
        merged = sheet.merged_cell_ranges or []
    except TooLarge:
        raise
    except BaseException as error:  # the reader's panics are no Exception
        raise _readable(error) from error
    rows = [[_text(cell) for cell in row[:MAX_COLUMNS]] for row in values]
    used = max((i + 1 for row in rows for i, cell in enumerate(row) if cell), default=0)
    rows = [row[:used] for row in rows]
    spans: dict[int, str] = {}
    for (top, left), (bottom, right) in merged[:100_000]:
        if top >= len(rows) or left >= used:
            continue
        text = rows[top][left]
        right, bottom = min(right, used - 1), min(bottom, len(rows) - 1)
        if not text or (bottom - top + 1) * (right - left + 1) > 200_000:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if not rows[row][column]:
                    rows[row][column] = text
        if top == bottom and right - left + 1 >= max(2, used * 0.6) and set(rows[top]) <= {text, ""}:
            spans[top] = text
    weight = 1.0
    sample = [cell for row in rows[:60] for cell in row if cell]
    if not named and (
        _NOTES.search(name)
        or _hidden(book, name)
        or sum(1 for cell in sample if _PLACEHOLDER.search(cell)) > max(2, len(sample) * 0.05)
    ):
        weight = 0.3
    return Grid(kind="sheet", locator=f"sheet {name!r}", rows=rows, spans=spans, section=name, weight=weight)


def _hidden(book: Any, name: str) -> bool:
    return any(one.name == name and "Visible" not in str(one.visible) for one in book.sheets_metadata)


def _text(value: Any) -> str:
    """A cell as text. Whole numbers without a fraction; dates as ISO; error cells as they are."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
