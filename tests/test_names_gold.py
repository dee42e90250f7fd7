"""The gold set: names as lists, registers and people write them, with the vendor that each means, or none.

``vendor`` is blank where the name is another firm's, however near it looks. Measured on the register that ships.
"""

import csv
from pathlib import Path

import pytest

from vendors import matching, register_load

GOLD = Path(__file__).parent / "gold" / "names.csv"


@pytest.fixture
def judged(db):
    """(row of the gold set, its match) for each."""
    register_load.load(register_load.STARTING_REGISTER)
    with GOLD.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return list(zip(rows, matching.match_many([row["name"] for row in rows], 3), strict=True))


def test_no_link_is_wrong_and_unlinked_names_are_found(judged):
    assert len(judged) >= 400
    wrong = [
        (row["name"], match.vendor.slug) for row, match in judged if match.vendor and match.vendor.slug != row["vendor"]
    ]
    assert wrong == []
    known_otherwise = [(row, match) for row, match in judged if row["vendor"] and not match.vendor]
    found = [row for row, match in known_otherwise if row["vendor"] in {s.vendor.slug for s in match.suggestions}]
    assert len(known_otherwise) >= 100
    assert len(found) / len(known_otherwise) >= 0.95


def test_every_name_has_a_source_and_a_script(judged):
    rows = [row for row, _ in judged]
    assert all(row["source"] for row in rows)
    for first, last in (("a", "z"), ("\u4e00", "\u9fff"), ("а", "я")):
        assert sum(any(first <= c <= last for c in row["name"].lower()) for row in rows) >= 50
