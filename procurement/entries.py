"""Rows as a list prints them, and the keys by which they are compared.

Pure: no database and no network. Extractors make rows, recording and comparing use their keys.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b, sha256
from typing import NamedTuple

from vendors.names import fold

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


def key_of(row: Row) -> bytes:
    """What makes a row the same entry over time: its identifier, else its vendor, product and category, folded."""
    if identifier := fold(row.identifier):
        text = f"i\x1f{identifier}"
    else:
        text = f"n\x1f{fold(row.vendor)}\x1f{fold(row.product)}\x1f{fold(row.category)}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def digest_of(row: Row) -> bytes:
    """What a row says, apart from its presentation: a hash over all of its folded cells. A blank cell says nothing."""
    cells = [fold(row.vendor), fold(row.product), fold(row.category), fold(row.identifier), fold(row.origin)]
    extra = row.extra
    for heading in sorted(extra):
        if value := fold(extra[heading]):
            cells += (fold(heading), value)
    return blake2b("\x1f".join(cells).encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def content_hash(digests: Iterable[bytes]) -> str:
    """SHA-256 (hex) over the sorted digests of a snapshot's entries: equal where two snapshots say the same."""
    return sha256(b"".join(sorted(digests))).hexdigest()
