"""What a body is, by its content; names and media types only break ties."""

from __future__ import annotations

import re

from .delimited import delimiter_of, open_delimited
from .errors import UnreadableFormat
from .headings import only_headings
from .html import open_html
from .jsontree import open_json
from .pdf import open_pdf
from .plain import open_text
from .reading import Document
from .sheets import format_of, open_workbook
from .text import decode
from .xmltree import open_xml

_TAGS = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|table|tbody|thead|tr|td|div|ul|ol|li|p|span|meta|h[1-6])\b", re.I
)
_REFUSED = (
    (b"\x1f\x8b", "a gzip archive"), (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"), (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"{\\rtf", "an RTF document"), (b"\x7fELF", "a program"), (b"MZ\x90", "a program"),
)  # fmt: skip


def open_document(body: bytes, media_type: str, url: str, encoding: str, wanted: str) -> Document:
    """Open a body as what it is. `wanted` is a recipe's format, which decides between CSV and plain text only."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _REFUSED:
        if body.startswith(magic):
            raise UnreadableFormat(f"The file is {name}, which holds no list that can be read.")
    if form := format_of(body):
        return open_workbook(body, form)
    if b"%PDF-" in body[:1024]:
        return open_pdf(body)
    if _is_html(body, start, media_type):
        return open_html(body, encoding)
    decoded = decode(body, encoding)
    if decoded.text.lstrip()[:1] == "<" and (document := open_xml(decoded, url)) is not None:
        return document
    if _is_json(decoded.text):
        return open_json(decoded, url)
    delimiter = delimiter_of(decoded.text)
    if wanted == "csv" or (delimiter and wanted != "text"):
        return open_delimited(decoded, delimiter or ",")
    named = ".csv" in url.lower() or "csv" in media_type
    first, _, rest = decoded.text.strip().partition("\n")
    # One heading, in letters and single spaces, right above the rows: a file of one column.
    headed = first[:1].isalpha() and "  " not in first and rest[:1].strip() and only_headings([first.strip()])
    if not wanted and rest and (named or headed):
        return open_delimited(decoded, ",")
    return open_text(decoded)


_JSON = re.compile(
    r"""\s*(?:\[\s*(?:[\[{"\d\]-]|true|false|null)|\{\s*["}]|(?:(?:var|let|const)\s+)?[\w$.]{1,60}\s*(?:=|\()\s*[\[{]\s*["{\[])"""
)


def _is_json(text: str) -> bool:
    return bool(_JSON.match(text[:4096]))


def _is_html(body: bytes, start: bytes, media_type: str) -> bool:
    wide = body[:2] in (b"\xff\xfe", b"\xfe\xff")
    head = body[:4096].replace(b"\0", b"") if wide else body[:65536]
    if start.startswith(b"<") and _TAGS.search(head):
        return True
    if wide and head[2:].lstrip().startswith(b"<") and _TAGS.search(head):
        return True
    return "html" in media_type and len(_TAGS.findall(body[:65536])) >= 2
