"""Rows as a list prints them, and the keys by which they are compared.

Pure: no database and no network. Extractors make rows, recording and comparing use their keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
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
    return keys_of([row])[0]


def digest_of(row: Row) -> bytes:
    """What a row says, apart from its presentation: a hash over all of its folded cells. A blank cell says nothing."""
    return digests_of([row])[0]


def keys_of(rows: Sequence[Row]) -> list[bytes]:
    """The key of each row, as `key_of` gives it."""
    return [_hash(text) for text in key_texts(rows)]


def key_texts(rows: Sequence[Row]) -> list[str]:
    """What each row's key is a hash of: equal where the keys are."""
    if not rows:
        return []
    vendors, products, categories, identifiers = (_fold_column(column) for column in list(zip(*rows, strict=True))[:4])
    return [
        f"i\x1f{identifier}" if identifier else f"n\x1f{vendor}\x1f{product}\x1f{category}"
        for vendor, product, category, identifier in zip(vendors, products, categories, identifiers, strict=True)
    ]


def count_keys(rows: Sequence[Row]) -> int:
    """How many different entries there are among rows."""
    return len(set(key_texts(rows)))


def digests_of(rows: Sequence[Row]) -> list[bytes]:
    """The digest of each row, as `digest_of` gives it. Columns are folded whole, which is what makes it quick."""
    if not rows:
        return []
    *columns, extras = zip(*rows, strict=True)
    pieces = [_fold_column(column) for column in columns]
    headings = sorted({heading for extra in extras for heading in extra}, key=lambda heading: (fold(heading), heading))
    for heading in headings:
        said = f"\x1e{fold(heading)}\x1f"
        folded = _fold_column([extra.get(heading, "") for extra in extras])
        pieces.append([value and said + value for value in folded])
    return [_hash("\x1f".join(cells[:5]) + "".join(cells[5:])) for cells in zip(*pieces, strict=True)]


def content_hash(digests: Iterable[bytes], *, after: str = "", without: Iterable[bytes] = ()) -> str:
    """The sum (hex, modulo 2^128) of the digests of what a list carries: equal where two snapshots say the same.

    A sum can be brought forward from one snapshot to the next by what came and what left: the additive multiset hash of
    Clarke et al., "Incremental Multiset Hash Functions", 2003. It proves no origin; the capture's SHA-256 does.

    Args:
        after: the hash of the snapshot before, to which `digests` came and which `without` left.
    """
    total = int(after or "0", 16) + sum(map(_number, digests)) - sum(map(_number, without))
    return f"{total % (1 << 8 * KEY_BYTES):032x}"


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big")


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def _fold_column(cells: Sequence[str]) -> list[str]:
    """`fold` of each cell; a column of plain ASCII without odd spacing is folded in one go."""
    text = "\x1e".join(cells)
    tidy = text.isascii() and not any(odd in text for odd in _ODD_SPACING) and text.count("\x1e") == len(cells) - 1
    if tidy and not text.startswith(" ") and not text.endswith(" "):
        return text.lower().split("\x1e")
    folded = {cell: fold(cell) for cell in set(cells)}
    return [folded[cell] for cell in cells]


_ODD_SPACING = ("  ", "\x1e ", " \x1e", *"\t\n\r\x0b\x0c\x1c\x1d\x1f")
