# ruff: noqa: E501 - pieces of pages as they are written
"""Coverage-guided fuzzing of every extractor: `python -m tests.extractors.fuzz [libFuzzer options]`, e.g. -max_total_time=60.

Fails on anything but a Reading or an ExtractionError, on rows that the proposed recipe does not give again, and
(libFuzzer's -timeout and -rss_limit_mb) on what takes too long or too much. PDFs are opened in a child process whose
code cannot be followed from here; what is fuzzed of them is the parent's part.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["scraping.extractors"]):
    import scraping.extractors as extractors
    from scraping.extractors.pdf import _joined, _lines, _unruled

from .make import xlsx
from .test_properties import SEEDS


def once(data: bytes) -> None:
    """One input. The first byte chooses between whole files and the pages that a PDF's child process answers with."""
    if data[:1] == b"\xfe":
        _pages(atheris.FuzzedDataProvider(data[1:]))
        return
    try:
        reading = extractors._read(data, None, "", "", "", "")
    except (extractors.ExtractionError, RecursionError, MemoryError):
        return
    recipe = extractors.Recipe.from_text(reading.recipe.to_text())
    assert recipe == reading.recipe
    assert extractors._read(data, recipe, "", "", "", "").rows == reading.rows


def _pages(given: atheris.FuzzedDataProvider) -> None:
    def text() -> str | None:
        return given.ConsumeUnicodeNoSurrogates(12) if given.ConsumeBool() else None

    pages = []
    for _ in range(given.ConsumeIntInRange(0, 3)):
        rows = [[text() for _ in range(given.ConsumeIntInRange(1, 5))] for _ in range(given.ConsumeIntInRange(1, 5))]
        width = max(map(len, rows))
        words = []
        for _ in range(given.ConsumeIntInRange(0, 12)):
            x, y = given.ConsumeIntInRange(0, 500), given.ConsumeIntInRange(0, 700)
            words.append([text() or "x", x, x + 20, y, y + 10, given.ConsumeBool()])
        table = {"rows": [row + [None] * (width - len(row)) for row in rows], "box": [0, 0, 100, 100]}
        pages.append({"tables": [table] if given.ConsumeBool() else [], "words": words})
    _joined(pages)
    _unruled(pages)
    for page in pages:
        if page["words"]:
            _lines(page)


def main() -> None:
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate([*SEEDS, xlsx({"A": [["Vendor", "No"], ["Acme", 1], ["Beta", 2]]})]):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
