"""Rows as a list prints them, and the keys by which they are compared.

Pure: no database and no network. Extractors make rows, recording and comparing use their keys.
"""

import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

KEY_BYTES = 16
_NOTHING: Mapping[str, str] = {}


class Row(NamedTuple):
    """One row of a list, verbatim. `extra` holds the further columns that the recipe keeps, by heading."""

    vendor: str = ""
    product: str = ""
    category: str = ""
    identifier: str = ""
    origin: str = ""
    extra: Mapping[str, str] = _NOTHING
