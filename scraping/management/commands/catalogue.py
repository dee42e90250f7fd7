"""manage.py catalogue list|show|install"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scraping import catalogue


class Command(BaseCommand):
    help = "Ready definitions of real lists: list them, show one, or install them switched off."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="every definition, and whether it is installed")
        listing.add_argument("--json", action="store_true", help="print one JSON object a line")
        showing = actions.add_parser("show", help="one definition with its recipes")
        showing.add_argument("slug", metavar="SLUG")
        showing.add_argument("--json", action="store_true", help="print one JSON object")
        installing = actions.add_parser("install", help="make lists and sources; what is there is left as it is")
        installing.add_argument("slugs", metavar="SLUG", nargs="*")
        installing.add_argument("--all", action="store_true", help="every definition")
        installing.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except catalogue.CatalogueError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        for one in catalogue.all_definitions().values():
            if options["json"]:
                self._print_json(_data(one))
            else:
                head = f"{one.slug:<38} {one.jurisdiction}  {one.fields['kind']:<9} {catalogue.state(one):<13}"
                self.stdout.write(f"{head}  {one.title}")

    def _show(self, options: dict[str, Any]) -> None:
        one = catalogue.definition(options["slug"])
        if options["json"]:
            self._print_json({**_data(one), "recipe": one.recipe, "forms": dict(one.forms)})
            return
        self.stdout.write(f"{one.title} ({one.authority['name']}, {one.jurisdiction}): {catalogue.state(one)}")
        self.stdout.write(f"{one.source['url']}\n{one.source['note']}\n\n{one.recipe}")
        for name, recipe in one.forms.items():
            self.stdout.write(f"Also, {name}:\n\n{recipe}")

    def _install(self, options: dict[str, Any]) -> None:
        if bool(options["slugs"]) == options["all"]:
            raise CommandError("Name lists of the catalogue, or give --all. See: manage.py catalogue list")
        slugs = list(catalogue.all_definitions()) if options["all"] else options["slugs"]
        for chosen in [catalogue.definition(slug) for slug in slugs]:
            done = catalogue.install(chosen)
            if options["json"]:
                made = {"list": done.made_list, "source": done.made_source, "recipe": done.made_recipe}
                self._print_json({**_data(chosen), "made": made})
            elif done.is_new:
                what = "list and source" if done.made_list else "source of the list that was there"
                self.stdout.write(f"{chosen.slug}: {what} installed, switched off.")
            else:
                self.stdout.write(f"{chosen.slug}: there already; left as it is.")

    def _print_json(self, data: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False))


def _data(one: catalogue.Definition) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "title": one.title,
        "jurisdiction": one.jurisdiction,
        "authority": one.authority["name"],
        "kind": one.fields["kind"],
        "url": one.source["url"],
        "licence": one.licence,
        "tested": len(one.pages),
        "state": catalogue.state(one),
    }
