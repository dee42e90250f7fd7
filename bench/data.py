"""A list of 25,000 rows such as large registers print, and versions of it with a few rows changed."""

import csv
import io
import random

ROWS = 25_000
HEADINGS = ["id", "vendor", "product", "category", "status", "level", "date", "assessor"]
_WORDS = [
    "Guard",
    "Shield",
    "Cloud",
    "Office",
    "Server",
    "Net",
    "Secure",
    "Data",
    "Suite",
    "Pro",
    "Edge",
    "金山",
    "瑞星",
]
_CATEGORIES = ["antivirus", "database", "cloud", "network"]


def row(number: int, version: int = 0) -> list[str]:
    """One row, the same for the same number and version."""
    word = _WORDS[number % 11]
    return [
        f"F{number:07d}",
        f"{_WORDS[number % 13]} Vendor {number % 3000}",
        f"{word} {_WORDS[number * 7 % 11]} {number}" + (f" v{version}" if version else ""),
        _CATEGORIES[number % 4],
        ["Authorized", "In Process"][number % 2],
        ["High", "Moderate", "Low"][number % 3],
        f"20{10 + number % 15:02d}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "Assessors Inc",
    ]


def first() -> list[list[str]]:
    """The first version."""
    return [row(number) for number in range(ROWS)]


def changed(rows: list[list[str]], count: int, version: int) -> list[list[str]]:
    """The same list with `count` rows changed: half of them amended, half replaced by new ones."""
    chosen = random.Random(version).sample(range(len(rows)), count)
    result = list(rows)
    for place, index in enumerate(chosen):
        new = row(ROWS * version + index, version)
        result[index] = new if place % 2 else [rows[index][0], *new[1:]]
    return result


def as_csv(rows: list[list[str]]) -> bytes:
    """The list as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    return text.getvalue().encode()
