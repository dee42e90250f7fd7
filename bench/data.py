"""A list of 25,000 rows such as large registers print, and versions of it with a few rows changed."""

import csv
import io
import random

ROWS = 25_000
VENDORS = 3_000
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
        f"{_WORDS[number % VENDORS % 13]} Vendor {number % VENDORS}",
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
    """The same list with `count` changes: two in five amend a row, the others drop one and add one in turn."""
    chosen = random.Random(version).sample(range(len(rows)), count)
    amended, dropped = chosen[: count * 2 // 5], set(chosen[count * 2 // 5 : count * 7 // 10])
    result = list(rows)
    for index in amended:
        result[index] = [*rows[index][:4], f"{rows[index][4]}, reviewed {version}", *rows[index][5:]]
    added = [row(ROWS * version + number, version) for number in range(count - len(amended) - len(dropped))]
    return [kept for index, kept in enumerate(result) if index not in dropped] + added


def as_csv(rows: list[list[str]]) -> bytes:
    """The list as a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    return text.getvalue().encode()
