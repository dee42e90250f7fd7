"""Making the lists and sources that the catalogue defines. What is there already is left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import transaction

from procurement.models import Authority, Recipe, VendorList
from scraping.catalogue.definitions import Definition
from scraping.models import Source

State = Literal["not installed", "switched off", "switched on"]


@dataclass(frozen=True, slots=True)
class Installed:
    """What installing one definition made. False where it was there before, and so was left as it is."""

    list: VendorList
    source: Source
    made_list: bool
    made_source: bool
    made_recipe: bool

    @property
    def is_new(self) -> bool:
        return self.made_list or self.made_source or self.made_recipe


@transaction.atomic
def install(definition: Definition) -> Installed:
    """Make a definition's list, its source (switched off) and its recipe, where there is none.

    Nothing that is there is changed: not a list with the same slug, nor its sources, nor its recipes. A list that is
    there without a source gets the source.
    """
    vendor_list = VendorList.objects.select_related("authority").filter(slug=definition.slug).first()
    made_list = vendor_list is None
    if vendor_list is None:
        vendor_list = _make_list(definition)
    vendor_list.lock()
    source = vendor_list.sources.order_by("-enabled", "-pk").first()
    made_source = source is None
    if source is None:
        source = Source.objects.create(list=vendor_list, **definition.source)
    # The recipe of a list that has captures reads those; another one is for a person to decide.
    made_recipe = made_source and not vendor_list.recipes.exists()
    if made_recipe:
        Recipe.objects.create(list=vendor_list, version=1, text=definition.recipe, note="From the catalogue.")
    return Installed(vendor_list, source, made_list, made_source, made_recipe)


def _make_list(definition: Definition) -> VendorList:
    who = definition.authority
    authority, _ = Authority.objects.get_or_create(
        jurisdiction=who["jurisdiction"],
        name=who["name"],
        defaults={"name_printed": who["name_printed"], "website": who["website"]},
    )
    gap = {"gap_after": definition.gap_after} if definition.gap_after else {}
    return VendorList.objects.create(slug=definition.slug, authority=authority, **definition.fields, **gap)


def state(definition: Definition) -> State:
    """Whether a definition's list is there with a source, and whether that is switched on."""
    enabled = list(Source.objects.filter(list__slug=definition.slug).values_list("enabled", flat=True))
    if not enabled:
        return "not installed"
    return "switched on" if any(enabled) else "switched off"
