"""Runs as a process of its own, under limits: a PDF on standard input, its tables and lines on standard output as JSON.

A PDF is a program for drawing: it can loop, nest and inflate without end, so nothing of it is opened in the parent.
This file imports nothing of the project, so that it starts quickly and holds no secrets.
"""

import io
import json
import resource
import sys
from typing import Any

MEMORY = 2 * 1024**3  # bytes
CPU = 100  # seconds
PAGES = 600
# A font has one glyph for the hyphen of the keyboard, U+2010 and U+00AD, and what made the file names any of the three.
HYPHENS = {0x2010: "-", 0xAD: "-"}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.setrecursionlimit(2000)
    body = sys.stdin.buffer.read()
    import logging

    import pdfplumber

    logging.disable(logging.CRITICAL)
    try:
        answer = _read(pdfplumber, body)
    except MemoryError:
        answer = {"error": "memory"}
    except Exception as error:  # every kind of damage ends here; the parent makes the sentence
        name = type(error).__name__
        inner = getattr(error, "args", [None])[0] if getattr(error, "args", None) else None
        if "Password" in name or "Password" in type(inner).__name__ or "Encrypt" in name:
            answer = {"error": "encrypted"}
        else:
            answer = {"error": "damaged", "detail": f"{name}: {error}"[:200]}
    sys.stdout.write(json.dumps(answer))


def _read(pdfplumber: Any, body: bytes) -> dict[str, Any]:
    pages = []
    with pdfplumber.open(io.BytesIO(body)) as pdf:
        if len(pdf.pages) > PAGES:
            return {"error": "pages", "detail": str(len(pdf.pages))}
        title = (pdf.metadata or {}).get("Title") or ""
        for page in pdf.pages:
            tables = [_table(page, table) for table in page.find_tables()]
            words = page.extract_words(x_tolerance=2, y_tolerance=3, extra_attrs=["fontname"], return_chars=False)
            pages.append(
                {
                    "tables": [t for t in tables if t["rows"]],
                    "words": [
                        [w["text"].translate(HYPHENS), round(w["x0"], 1), round(w["x1"], 1), round(w["top"], 1),
                         round(w["bottom"], 1), "bold" in w["fontname"].lower()]
                        for w in words
                    ],
                    "width": float(page.width),
                    "height": float(page.height),
                }
            )  # fmt: skip
            page.close()
    return {"title": title if isinstance(title, str) else "", "pages": pages}


def _table(page: Any, table: Any) -> dict[str, Any]:
    rows = table.extract(x_tolerance=2, y_tolerance=3)
    rows = [[cell and cell.translate(HYPHENS) for cell in row] for row in rows]
    return {"rows": rows, "box": [round(v, 1) for v in table.bbox]}


if __name__ == "__main__":
    main()
