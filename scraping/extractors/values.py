"""What cells look like by themselves: numbers, dates, links, counts, names."""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median

from .words import names_firm

_NUMBER = re.compile(r"[-+(]?[\s$€£¥]*\d[\d\s.,'’/%:()+-]*(?:[a-z%€$£¥]{0,3})", re.I)
_DATE = re.compile(
    r"\d{4}[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?)?(?:[T ].*)?|"
    r"\d{1,2}[-/. ]\w{2,9}[-/., ]+\d{2,4}|\w{3,9}\.? \d{1,2},? \d{4}|(?:19|20)\d{6}"
)
_LINK = re.compile(r"https?://|www\.|\S+@\S+\.\S+", re.I)
CODE = re.compile(r"(?=.*\d)[\w./-]{4,30}", re.ASCII)


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text))


def is_plain(text: str) -> bool:
    """Whether a cell could be a heading or a name: neither a number, a date nor a link."""
    return not (is_number(text) or is_date(text) or _LINK.match(text))


_DITTO = frozenset(
    ('"', "''", "”", "“", "″", "〃", "do", "-do-", "- do -", "—do—", "–do–", '-"-', '- " -', "ditto", "idem",
     "id.", "dto.", "同上", "〃〃", "то же", '" "', "as above", "same as above", "siehe oben", "상동", "נל", 'נ"ל')
)  # fmt: skip


def is_ditto(text: str) -> bool:
    """Whether a cell says only that it repeats the one above."""
    return len(text) < 15 and text.casefold() in _DITTO


def counts(values: list[str]) -> bool:
    """Whether values only count rows: 1, 2, 3, … (or from 0)."""
    numbers = [int(v.rstrip(".)")) for v in values if v and v.rstrip(".)").isdecimal() and len(v) < 8]
    if len(numbers) < 2 or len(numbers) < sum(1 for v in values if v) * 0.9:
        return False
    steps = sum(1 for a, b in pairwise(numbers) if b in (a, a + 1, 0, 1))
    return numbers[0] in (0, 1) and steps >= (len(numbers) - 1) * 0.9


def _headline(text: str) -> bool:
    """Whether a text runs on in words of lower case, as headlines and descriptions do and names do not."""
    parts = text.split()
    return len(parts) >= 6 and sum(part[0].islower() for part in parts[1:]) >= len(parts) * 0.6


def likeness(values: list[str]) -> float:
    """How much values look like names, 0 to 1."""
    given = [v for v in values if v]
    if not given:
        return 0.0
    good = sum(
        0.4 if CODE.fullmatch(v) else 1.0
        for v in given
        if 2 <= len(v) <= 90 and is_plain(v) and any(c.isalpha() for c in v)
    )
    share = good / len(given) * (1 - 0.7 * sum(map(_headline, given)) / len(given))
    distinct = len(set(given)) / len(given)
    firms = sum(1 for v in given if len(v) <= 120 and names_firm(v)) / len(given)
    length = median(map(len, given))
    brief = 0.6 if length <= 3 and not any(c > "\u3000" for c in given[0]) else 1.0
    return (
        share
        * (0.35 + 0.35 * min(1.0, distinct * 1.5) + 0.3 * min(1.0, firms * 2))
        * brief
        * (0.5 if length > 70 else 1.0)
    )
