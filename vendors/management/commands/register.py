"""manage.py register load|export|reindex: the register of vendors as CSV files."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vendors import curation, index, register_load
from vendors.models import Alias
from vendors.register_csv import RegisterError


class Command(BaseCommand):
    help = "Loads the register of vendors from CSV files, writes it to them, or makes the search index again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        load = does.add_parser("load", help="load a folder of CSV files; the starting register where none is named")
        load.add_argument("folder", nargs="?", type=Path, default=register_load.STARTING_REGISTER)
        load.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        load.add_argument("--overwrite", action="store_true", help="let the files win over what curators edited")
        load.add_argument(
            "--json", action="store_true", help="one JSON object a line for each fact that is not as it was"
        )
        export = does.add_parser("export", help="write the register to a folder of CSV files")
        export.add_argument("folder", type=Path)
        does.add_parser("reindex", help="make the search index again, and every link that the aliases give")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "_" + options["does"])(**options)

    def _load(self, folder: Path, dry_run: bool, overwrite: bool, json: bool, **options: Any) -> None:
        try:
            steps = register_load.load(folder, overwrite=overwrite, dry_run=dry_run)
        except RegisterError as error:
            raise CommandError(f"{error}\nNothing was loaded.") from error
        for step in steps:
            if step.action != "same" and (json or dry_run or step.why):
                self.stdout.write(self._as_json(step) if json else self._as_text(step))
        if not json:
            done = Counter(step.action for step in steps)
            would = "Would be" if dry_run else "Done:"
            self.stdout.write(
                f"{would} {done['add']} added, {done['change']} changed, {done['same']} as they were, "
                f"{done['keep']} kept as curators left them."
            )

    def _as_json(self, step: register_load.Step) -> str:
        row = {"action": step.action, "kind": step.fact.kind, "reference": step.fact.reference}
        return json.dumps(row | {"values": step.fact.values, "why": step.why}, ensure_ascii=False)

    def _as_text(self, step: register_load.Step) -> str:
        return f"{step.action} {step.fact.kind} {step.fact.reference}" + (f": {step.why}" if step.why else "")

    def _export(self, folder: Path, **options: Any) -> None:
        try:
            written = register_load.export(folder)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written ({error.strerror}). Name a folder that can.") from error
        self.stdout.write(", ".join(f"{rows} rows in {folder / name}" for name, rows in written.items()))

    def _reindex(self, **options: Any) -> None:
        indexed = index.rebuild()
        moved = curation.relink(set(Alias.objects.values_list("key", flat=True)))
        self.stdout.write(f"{indexed} aliases indexed, {len(moved)} printed names linked anew.")
