"""manage.py compare LIST FROM..TO"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from procurement.comparison import Comparison, Difference, NotObservedError, compare
from procurement.lookup import find_list
from vendors import countries

SIGNS = {"added": "+", "dropped": "−", "relisted": "+", "renamed": "→", "amended": "~"}


class Command(BaseCommand):
    help = "What changed on a list between two dates, each as last observed on or before its end (UTC)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("list", metavar="LIST", help="the list's slug")
        parser.add_argument("range", metavar="FROM..TO", help="two dates, such as 2013-06-27..2014-07-31")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        start, dots, end = options["range"].partition("..")
        if not (dots and start and end):
            raise CommandError(
                f"{options['range']!r} is no range. Write two dates with two dots: 2013-06-27..2014-07-31"
            )
        try:
            comparison = compare(find_list(options["list"]), start, end)
        except NotObservedError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(comparison.as_json(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines(comparison)))


def lines(comparison: Comparison) -> list[str]:
    """The comparison as people read it in a terminal."""
    s = comparison.summary
    result = [f"{comparison.list.title} ({comparison.list.authority.country})"]
    for word, snapshot in (("from", comparison.start), ("to", comparison.end)):
        result.append(
            f"  {word:<4} {snapshot.captured_at:%Y-%m-%d %H:%M} UTC, {snapshot.coverage}, "
            f"{snapshot.get_basis_display().lower()}, sha256:{snapshot.capture.sha256}"
        )
    counts = [f"{s[kind]} {kind}" for kind in ("dropped", "added", "relisted", "renamed", "amended") if s[kind]]
    counts += [f"{s['unchanged']} unchanged"] + ([f"{s['first_seen']} first seen"] if s["first_seen"] else [])
    result += ["", "  " + ", ".join(counts)]
    for vendor in comparison.vendors:
        if vendor.outcome in {"dropped", "reduced"} and vendor.before > 1:
            result.append(f"  {vendor.name}: {vendor.before} entries to {vendor.after}")
    result += [_line(change) for change in comparison.changes]
    result += [f"  ○ {_who(change)}: first seen {_day(change)}" for change in comparison.first_seen]
    return result


def _line(change: Difference) -> str:
    b = change.bounded
    sign = SIGNS[b.kind]
    if b.after is None:
        assert b.earlier is not None
        bounds = f"last seen {b.earlier.captured_at:%Y-%m-%d}, first absent {_day(change)}"
    elif b.before is None:
        bounds = f"last absent {b.earlier.captured_at:%Y-%m-%d}, first seen {_day(change)}" if b.earlier else ""
    else:
        bounds = f"since {_day(change)}; before: {b.before}"
    return f"  {sign} {b.kind:<8} {_who(change)}: {bounds}"


def _who(change: Difference) -> str:
    curated = f"{change.vendor.name} = " if change.vendor and change.vendor.name != change.printed else ""
    origin = f"{change.relation}, {countries.name(change.origin)}" if change.origin else change.relation
    return f"{curated}{change.bounded.entry} ({origin})"


def _day(change: Difference) -> str:
    return f"{change.bounded.later.captured_at:%Y-%m-%d}"
