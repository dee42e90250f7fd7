"""manage.py match NAME …: which vendor each name links to, or which it may mean."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from vendors.matching import Match, match_many


class Command(BaseCommand):
    help = "Says which vendor each name links to by an exact alias or identifier, or else which vendors it may mean."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="+", metavar="NAME", help="a printed name; - reads one a line from standard input"
        )
        parser.add_argument("--limit", type=int, default=5, help="suggestions for a name at most (5)")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        texts: list[str] = []
        for name in options["names"]:
            texts += [line.rstrip("\r\n") for line in sys.stdin] if name == "-" else [name]
        for match in match_many(texts, max(0, options["limit"])):
            self.stdout.write(self._as_json(match) if options["json"] else self._as_text(match))

    def _as_json(self, match: Match) -> str:
        suggestions = [
            {"slug": vendor.slug, "name": vendor.name, "score": score, "reasons": reasons}
            for vendor, score, reasons in match.suggestions
        ]
        vendor = match.vendor.slug if match.vendor else None
        row = {"name": match.name, "vendor": vendor, "how": match.how, "suggestions": suggestions}
        return json.dumps(row, ensure_ascii=False)

    def _as_text(self, match: Match) -> str:
        if match.vendor:
            return f"{match.name}: {match.vendor.name} ({match.vendor.slug}), by {match.how}"
        if not match.suggestions:
            return f"{match.name}: no vendor, and none like it"
        lines = [f"{match.name}: no vendor; it may be"]
        for vendor, score, reasons in match.suggestions:
            lines.append(f"  {score:.2f} {vendor.name} ({vendor.slug}): {'; '.join(reasons)}")
        return "\n".join(lines)
