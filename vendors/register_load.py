"""The register of vendors, loaded into the database without undoing what curators did, and exported from it.

Loading compares three things: what the files say, what they said when last loaded (``RegisterFact``), and what the
database says. Where the last two differ a curator decided, and the decision stands unless ``overwrite`` is asked for.
Nothing is ever deleted: a fact that left the files stays until a curator takes it away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from django.db import models, transaction

from vendors import curation, index
from vendors.models import Alias, Identifier, Ownership, RegisterFact, Vendor
from vendors.register_csv import COLUMNS, Fact, Values, read, write

STARTING_REGISTER = Path(__file__).parent / "register"

Action = Literal["add", "change", "same", "keep"]


@dataclass
class Step:
    """What loading does, or would do, with one fact, and in words why it does not follow the file.

    ``remembered``: that the files say this is known from an earlier time.
    """

    action: Action
    fact: Fact
    why: str = ""
    remembered: bool = False


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


def plan(facts: Iterable[Fact], *, overwrite: bool = False) -> list[Step]:
    """What loading these facts would do, one by one. Changes nothing."""
    held = _held()
    loaded = {(fact.kind, fact.reference): fact.values for fact in RegisterFact.objects.all()}
    taken: dict[str, set[str]] = {}
    for kind, reference in held:
        if kind == "alias":
            slug, _, key = reference.partition(" ")
            taken.setdefault(key, set()).add(slug)
    gone = {
        reference for kind, reference in loaded if kind == "vendor" and (kind, reference) not in held and not overwrite
    }
    steps = []
    for fact in facts:
        place = (fact.kind, fact.reference)
        slug, _, rest = fact.reference.partition(" ")
        if absent := gone & {slug, fact.values.get("slug", ""), fact.values.get("owner", "")}:
            steps.append(Step("keep", fact, f"{', '.join(sorted(absent))} was loaded before and was taken away here"))
        elif fact.kind == "alias" and (others := taken.get(rest, set()) - {slug}):
            steps.append(Step("keep", fact, f"“{fact.values['text']}” is a name of {', '.join(sorted(others))} here"))
        else:
            steps.append(_compared(fact, held.get(place), loaded.get(place), overwrite))
    return steps


def _compared(fact: Fact, here: Values | None, before: Values | None, overwrite: bool) -> Step:
    if here == fact.values:
        return Step("same", fact, remembered=before == fact.values)
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
    facts = read(folder)
    with transaction.atomic():
        steps = plan(facts, overwrite=overwrite)
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
            if s.action != "keep" and not s.remembered
        ],
        update_conflicts=True,
        unique_fields=["kind", "reference"],
        update_fields=["values", "loaded_at"],
        batch_size=2000,
    )


def export(folder: Path) -> dict[str, int]:
    """Writes the register as the database has it into a folder, to be loaded again. Returns {file: rows}."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[Values]] = {kind: [] for kind in COLUMNS}
    for (kind, reference), values in _held().items():
        rows[kind].append(_named(kind, reference) | values)
    return {COLUMNS[kind][0]: write(folder, kind, of_kind) for kind, of_kind in rows.items()}


def _named(kind: str, reference: str) -> Values:
    """The columns that a fact's reference stands for."""
    if kind == "identifier":
        scheme, _, value = reference.partition(":")
        return {"scheme": scheme, "value": value}
    return {"slug": reference.partition(" ")[0]}
