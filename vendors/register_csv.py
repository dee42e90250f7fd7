"""The register of vendors as CSV files: read, loaded without undoing what curators did, and written out.

Four files in a folder, each with a heading line: ``vendors.csv`` (slug, name, country, source), ``aliases.csv`` (slug,
text, language, source), ``identifiers.csv`` (slug, scheme, value, source) and ``ownerships.csv`` (slug, owner,
owner_name, country, since, until, source). Only the first must be there. A vendor's own name need not be repeated as
an alias. ``country`` is where the firm that lists print is registered, not a holding company of its shares.

Loading compares three things: what the files say, what they said when last loaded (``RegisterFact``), and what the
database says. Where the last two differ a curator decided, and the decision stands unless ``overwrite`` is asked for.
Nothing is ever deleted: a fact that left the files stays until a curator takes it away.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from django.db import models, transaction

from vendors import countries, curation, index, names
from vendors.models import Alias, Identifier, Ownership, RegisterFact, Vendor

STARTING_REGISTER = Path(__file__).parent / "register"

COLUMNS = {
    "vendor": ("vendors.csv", ["slug", "name", "country", "source"]),
    "alias": ("aliases.csv", ["slug", "text", "language", "source"]),
    "identifier": ("identifiers.csv", ["slug", "scheme", "value", "source"]),
    "ownership": ("ownerships.csv", ["slug", "owner", "owner_name", "country", "since", "until", "source"]),
}

Action = Literal["add", "change", "same", "keep"]
Values = dict[str, str]


class RegisterError(Exception):
    """The files cannot be loaded. The message has one sentence a line, each naming its file and line."""


@dataclass
class Fact:
    """One line of the files: its kind, what it is about, and what it says."""

    kind: str
    reference: str
    values: Values


@dataclass
class Step:
    """What loading does, or would do, with one fact, and in words where it does not follow the file."""

    action: Action
    fact: Fact
    why: str = ""


@dataclass
class Register:
    """The facts of a folder, each once, in the order in which they can be stored."""

    facts: list[Fact] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------------------------------
# Reading


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


def read(folder: Path) -> Register:
    """The register in a folder. Raises RegisterError with every fault that was found."""
    facts: dict[tuple[str, str], Fact] = {}
    faults: list[str] = []
    slugs: dict[str, str] = {}
    owners: dict[str, tuple[str, str]] = {}

    def take(kind: str, where: str, reference: str, values: Values) -> None:
        known = facts.setdefault((kind, reference), Fact(kind, reference, values))
        if known.values != values:
            faults.append(f"{where}: {reference} stands in the file twice, and differs.")

    def take_alias(where: str, row: Values, implied: bool = False) -> None:
        key = names.name_key(row["text"])
        slug, text = owners.setdefault(key, (row["slug"], row["text"]))
        if slug != row["slug"]:
            faults.append(
                f"{where}: “{row['text']}” would be a name of {row['slug']} and, as “{text}”, of {slug}, so it "
                "could link neither. Take it from one of them."
            )
        elif not implied or ("alias", f"{slug} {key}") not in facts:
            # Two spellings with one key are one alias, and the first stands.
            facts.setdefault(("alias", f"{slug} {key}"), Fact("alias", f"{slug} {key}", _without(row, "slug")))

    vendors = list(_rows(folder, "vendor"))
    for where, row in vendors:
        if not row["slug"] or not row["name"]:
            faults.append(f"{where}: a vendor needs a slug and a name.")
        elif fault := _bad_country(row):
            faults.append(f"{where}: {fault}.")
        slugs[row["slug"]] = where
        take("vendor", where, row["slug"], _without(row, "slug"))
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
    for where, row in vendors:
        take_alias(where, {"slug": row["slug"], "text": row["name"], "language": "en", "source": row["source"]}, True)
    if faults:
        raise RegisterError("\n".join(faults))
    return Register(list(facts.values()))


def _without(row: Values, *columns: str) -> Values:
    return {column: value for column, value in row.items() if column not in columns}


# ---------------------------------------------------------------------------------------------------------------------
# Comparing and loading


def _held() -> dict[tuple[str, str], Values]:
    """What the database says, in the words of the files."""
    held: dict[tuple[str, str], Values] = {}
    for slug, name, country, source in Vendor.objects.values_list("slug", "name", "country", "country_source"):
        held["vendor", slug] = {"name": name, "country": country, "source": source}
    for slug, key, text, language, source in Alias.objects.values_list(
        "vendor__slug", "key", "text", "language", "source"
    ):
        held["alias", f"{slug} {key}"] = {"text": text, "language": language, "source": source}
    for slug, scheme, value, source in Identifier.objects.values_list("vendor__slug", "scheme", "value", "source"):
        held["identifier", f"{scheme}:{value}"] = {"slug": slug, "source": source}
    for slug, owner, name, country, since, until, source in Ownership.objects.values_list(
        "vendor__slug", "owner__slug", "owner_name", "country", "since", "until", "source"
    ):
        row = {
            "slug": slug,
            "owner": owner or "",
            "owner_name": name,
            "country": country,
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
            "source": source,
        }
        held["ownership", f"{slug} {row['since'] or 'ever'} {row['owner'] or name}"] = row
    return held


def plan(register: Register, *, overwrite: bool = False) -> list[Step]:
    """What loading the register would do, fact by fact. Changes nothing."""
    held = _held()
    loaded = {(fact.kind, fact.reference): fact.values for fact in RegisterFact.objects.all()}
    taken: dict[str, set[str]] = {}
    for kind, reference in held:
        if kind == "alias":
            slug, _, key = reference.partition(" ")
            taken.setdefault(key, set()).add(slug)
    gone: set[str | None] = {
        reference for kind, reference in loaded if kind == "vendor" and (kind, reference) not in held and not overwrite
    }
    steps = []
    for fact in register.facts:
        place = (fact.kind, fact.reference)
        slug, _, rest = fact.reference.partition(" ")
        if absent := gone & {slug, fact.values.get("slug"), fact.values.get("owner")}:
            steps.append(Step("keep", fact, f"{', '.join(sorted(absent))} was loaded before and was taken away here"))
        elif fact.kind == "alias" and (others := taken.get(rest, set()) - {slug}):
            steps.append(Step("keep", fact, f"“{fact.values['text']}” is a name of {', '.join(sorted(others))} here"))
        else:
            steps.append(_compared(fact, held.get(place), loaded.get(place), overwrite))
    return steps


def _compared(fact: Fact, here: Values | None, before: Values | None, overwrite: bool) -> Step:
    if here == fact.values:
        return Step("same", fact)
    if here is None and (before is None or overwrite):
        return Step("add", fact)
    if here is None:
        return Step("keep", fact, f"{fact.kind} {fact.reference} was taken away here")
    if here == before or overwrite:
        return Step("change", fact)
    if before == fact.values:
        return Step("keep", fact, f"{fact.kind} {fact.reference} was edited here")
    return Step("keep", fact, f"{fact.kind} {fact.reference} is otherwise here: {_difference(here, fact.values)}")


def _difference(here: Values, there: Values) -> str:
    return ", ".join(f"{c} {here[c]!r} against {there[c]!r} in the file" for c in there if here[c] != there[c])


def load(folder: Path, *, overwrite: bool = False, dry_run: bool = False) -> list[Step]:
    """Loads the register of a folder, all of it or nothing, and returns what was done (or would be, on a dry run).

    Raises RegisterError where the files are at fault.
    """
    register = read(folder)
    with transaction.atomic():
        steps = plan(register, overwrite=overwrite)
        if not dry_run:
            _store(steps)
            _record(steps)
    return steps


def _store(steps: Iterable[Step]) -> None:
    new = {kind: [s.fact for s in steps if s.fact.kind == kind and s.action == "add"] for kind in COLUMNS}
    changed = {kind: [s.fact for s in steps if s.fact.kind == kind and s.action == "change"] for kind in COLUMNS}
    Vendor.objects.bulk_create([Vendor(**_vendor(fact)) for fact in new["vendor"]])
    for fact in changed["vendor"]:
        _edit(Vendor.objects.get(slug=fact.reference), _vendor(fact))
    pks = dict(Vendor.objects.values_list("slug", "pk"))

    aliases = Alias.objects.bulk_create([Alias(**_alias(fact, pks)) for fact in new["alias"]])
    index.add([(alias.pk, alias.key) for alias in aliases])
    curation.relink([alias.key for alias in aliases])
    for fact in changed["alias"]:
        fields = _alias(fact, pks)
        _edit(Alias.objects.get(vendor_id=fields["vendor_id"], key=fields["key"]), fields)

    Identifier.objects.bulk_create([Identifier(**_identifier(fact, pks)) for fact in new["identifier"]])
    for fact in changed["identifier"]:
        fields = _identifier(fact, pks)
        _edit(Identifier.objects.get(scheme=fields["scheme"], value=fields["value"]), fields)

    Ownership.objects.bulk_create([Ownership(**_ownership(fact, pks)) for fact in new["ownership"]])
    for fact in changed["ownership"]:
        fields = _ownership(fact, pks)
        same = {name: fields[name] for name in ("vendor_id", "since", "owner_id")}
        if fields["owner_id"] is None:
            same["owner_name"] = fields["owner_name"]
        for ownership in Ownership.objects.filter(**same):
            _edit(ownership, fields)


def _edit(thing: models.Model, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(thing, name, value)
    thing.save()


def _vendor(fact: Fact) -> dict[str, Any]:
    return {
        "slug": fact.reference,
        "name": fact.values["name"],
        "country": fact.values["country"],
        "country_source": fact.values["source"],
    }


def _alias(fact: Fact, pks: dict[str, int]) -> dict[str, Any]:
    slug, _, key = fact.reference.partition(" ")
    return {"vendor_id": pks[slug], "key": key, **fact.values}


def _identifier(fact: Fact, pks: dict[str, int]) -> dict[str, Any]:
    scheme, _, value = fact.reference.partition(":")
    return {
        "vendor_id": pks[fact.values["slug"]],
        "scheme": scheme,
        "value": value,
        "source": fact.values["source"],
    }


def _ownership(fact: Fact, pks: dict[str, int]) -> dict[str, Any]:
    row = fact.values
    return {
        "vendor_id": pks[row["slug"]],
        "owner_id": pks[row["owner"]] if row["owner"] else None,
        "owner_name": row["owner_name"],
        "country": row["country"],
        "since": date.fromisoformat(row["since"]) if row["since"] else None,
        "until": date.fromisoformat(row["until"]) if row["until"] else None,
        "source": row["source"],
    }


def _record(steps: Iterable[Step]) -> None:
    """Remembers what the files said wherever the database says the same now."""
    RegisterFact.objects.bulk_create(
        [
            RegisterFact(kind=s.fact.kind, reference=s.fact.reference, values=s.fact.values)
            for s in steps
            if s.action != "keep"
        ],
        update_conflicts=True,
        unique_fields=["kind", "reference"],
        update_fields=["values", "loaded_at"],
        batch_size=2000,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Writing


def export(folder: Path) -> dict[str, int]:
    """Writes the register as the database has it into a folder, to be loaded again. Returns {file: rows}."""
    folder.mkdir(parents=True, exist_ok=True)
    held = _held()
    back: dict[str, Callable[[str], Values]] = {
        "vendor": lambda reference: {"slug": reference},
        "alias": lambda reference: {"slug": reference.partition(" ")[0]},
        "identifier": lambda reference: dict(zip(("scheme", "", "value"), reference.partition(":"), strict=True)),
        "ownership": lambda reference: {},
    }
    written = {}
    for kind, (name, columns) in COLUMNS.items():
        rows = [back[kind](reference) | values for (k, reference), values in held.items() if k == kind]
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: [row[column] for column in columns]))
        written[name] = len(rows)
    return written
