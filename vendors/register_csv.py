"""The register of vendors as CSV files, read into facts and written from rows.

Four files in a folder, each with a heading line: ``vendors.csv`` (slug, name, country, source), ``aliases.csv`` (slug,
text, language, source), ``identifiers.csv`` (slug, scheme, value, source) and ``ownerships.csv`` (slug, owner,
owner_name, country, since, until, source). Only the first must be there. A vendor's own name need not be repeated as
an alias. ``country`` is where the firm that lists print is registered, not a holding company of its shares.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from vendors import countries, names

COLUMNS = {
    "vendor": ("vendors.csv", ["slug", "name", "country", "source"]),
    "alias": ("aliases.csv", ["slug", "text", "language", "source"]),
    "identifier": ("identifiers.csv", ["slug", "scheme", "value", "source"]),
    "ownership": ("ownerships.csv", ["slug", "owner", "owner_name", "country", "since", "until", "source"]),
}

Values = dict[str, str]


class RegisterError(Exception):
    """The files cannot be loaded. The message has one sentence a line, each naming its file and line."""


@dataclass
class Fact:
    """One line of the files: its kind, what it is about, and what it says."""

    kind: str
    reference: str
    values: Values


def _rows(folder: Path, kind: str) -> Iterator[tuple[str, Values]]:
    """(where, row) of one file."""
    name, columns = COLUMNS[kind]
    path = folder / name
    if not path.exists():
        if kind == "vendor":
            raise RegisterError(f"{path} is not there. A register is a folder with vendors.csv in it.")
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := [c for c in columns if c not in (reader.fieldnames or [])]:
                raise RegisterError(f"{name} has no column {', '.join(missing)}. Its first line must name {columns}.")
            for row in reader:
                yield f"{name} line {reader.line_num}", {c: " ".join((row[c] or "").split()) for c in columns}
    except UnicodeDecodeError as error:
        raise RegisterError(f"{name} is not UTF-8 (byte {error.start}). Save it as UTF-8 and load it again.") from error
    except csv.Error as error:
        raise RegisterError(f"{name} is not CSV ({error}). Nothing was loaded.") from error


def _bad_country(row: Values) -> str:
    code = row["country"]
    return f"country {code!r} is no ISO 3166 code" if code and not countries.is_code(code) else ""


def _bad_dates(row: Values) -> str:
    try:
        since, until = (date.fromisoformat(row[c]) if row[c] else None for c in ("since", "until"))
    except ValueError:
        return f"since {row['since']!r} and until {row['until']!r} must be dates such as 2019-11-04"
    return "it ends before it begins" if since and until and until <= since else ""


def read(folder: Path) -> list[Fact]:
    """The facts of a folder, each once. Raises RegisterError with every fault that was found."""
    facts: dict[tuple[str, str], Fact] = {}
    faults: list[str] = []
    slugs: dict[str, str] = {}
    aliases: dict[str, Values] = {}
    owners: dict[str, tuple[str, str]] = {}

    def take(kind: str, where: str, reference: str, values: Values) -> None:
        known = facts.setdefault((kind, reference), Fact(kind, reference, values))
        if known.values != values:
            faults.append(f"{where}: {reference} stands in the file twice, and differs.")

    def take_alias(where: str, row: Values) -> None:
        key = names.name_key(row["text"])
        slug, text = owners.setdefault(key, (row["slug"], row["text"]))
        if slug != row["slug"]:
            faults.append(
                f"{where}: “{row['text']}” would be a name of {row['slug']} and, as “{text}”, of {slug}, so it "
                "could link neither. Take it from one of them."
            )
        else:
            # Two spellings with one key are one alias, and the first stands.
            aliases.setdefault(f"{slug} {key}", _without(row, "slug"))

    vendors = list(_rows(folder, "vendor"))
    for where, row in vendors:
        if not row["slug"] or not row["name"]:
            faults.append(f"{where}: a vendor needs a slug and a name.")
        elif fault := _bad_country(row):
            faults.append(f"{where}: {fault}.")
        slugs[row["slug"]] = where
        take("vendor", where, row["slug"], _without(row, "slug"))
        if row["name"]:
            take_alias(where, {"slug": row["slug"], "text": row["name"], "language": "en", "source": row["source"]})
    own_names, aliases = aliases, {}
    for kind in ("alias", "identifier", "ownership"):
        for where, row in _rows(folder, kind):
            if row["slug"] not in slugs:
                faults.append(f"{where}: vendors.csv has no vendor {row['slug']!r}.")
            elif kind == "alias" and not row["text"]:
                faults.append(f"{where}: the name is empty.")
            elif kind == "alias":
                take_alias(where, row)
            elif kind == "identifier":
                take(kind, where, f"{row['scheme']}:{row['value']}", _without(row, "scheme", "value"))
            elif fault := _bad_country(row) or _bad_dates(row):
                faults.append(f"{where}: {fault}.")
            elif row["owner"] and row["owner"] not in slugs:
                faults.append(f"{where}: vendors.csv has no owner {row['owner']!r}. Put it under owner_name.")
            else:
                owner = row["owner"] or row["owner_name"]
                take(kind, where, f"{row['slug']} {row['since'] or 'ever'} {owner}", row)
    if faults:
        raise RegisterError("\n".join(faults))
    known_as = [Fact("alias", reference, values) for reference, values in (own_names | aliases).items()]
    return [*facts.values(), *known_as]


def _without(row: Values, *columns: str) -> Values:
    return {column: value for column, value in row.items() if column not in columns}


def write(folder: Path, kind: str, rows: Iterable[Values]) -> int:
    """Writes the file of one kind into a folder, in an order of its own. Returns how many rows."""
    name, columns = COLUMNS[kind]
    ordered = sorted(rows, key=lambda row: [row[column] for column in columns])
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(ordered)
    return len(ordered)
