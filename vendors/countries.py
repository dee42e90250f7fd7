"""Countries by their ISO 3166-1 alpha-2 codes, and what makes a vendor foreign to a list.

A blank code means that the country is not known. Two codes that ISO leaves to its users have a meaning here, for the
publishers of lists: ``EU`` (reserved by ISO for the European Union) and ``XW`` (an international organisation).
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import pycountry

Relation = Literal["foreign", "domestic", "unknown"]

UNKNOWN = "unknown"
# fmt: off
EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
_NOT_COUNTRIES = {"EU": "European Union", "XW": "International organisation"}
# ISO's short names that readers of English do not use, where pycountry knows no common one.
_SHORT = {
    "AE": "United Arab Emirates",
    "BN": "Brunei",
    "CD": "DR Congo",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "GB": "United Kingdom",
    "KP": "North Korea",
    "KR": "South Korea",
    "LA": "Laos",
    "PS": "Palestine",
    "RU": "Russia",
    "SX": "Sint Maarten",
    "SY": "Syria",
    "TR": "Türkiye",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
}


@cache
def _names() -> dict[str, str]:
    names = {c.alpha_2: getattr(c, "common_name", c.name) for c in pycountry.countries} | _SHORT | _NOT_COUNTRIES
    return dict(sorted(names.items(), key=lambda item: item[1]))


def name(code: str) -> str:
    """The English short name of a country. "unknown" for a blank code; the code itself where it is none."""
    return _names().get(code.upper(), code) if code else UNKNOWN


def choices() -> list[tuple[str, str]]:
    """(code, English short name) of every country, by name."""
    return list(_names().items())


def is_code(code: str) -> bool:
    """Whether this is a code that ``name`` knows, in capitals."""
    return code in _names()


def relation(country: str, jurisdiction: str) -> Relation:
    """What a vendor under this country's control is to a list of this jurisdiction."""
    if not country or not jurisdiction:
        return "unknown"
    if country == jurisdiction or (jurisdiction == "EU" and country in EUROPEAN_UNION):
        return "domestic"
    return "foreign"
