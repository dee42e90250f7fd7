"""A curator's decision changes how history reads, with that as its cause; never what it says."""

import pytest

from procurement.comparison import compare
from procurement.entries import Row
from procurement.models import Change, Listing
from vendors import curation
from vendors.models import Vendor

from .histories import day, make_list, make_recipe, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def renamed_list():
    """A list that printed Kaspersky Lab, then AO Kaspersky Lab, and dropped somebody else at the same time."""
    vendor_list = make_list("US")
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row("Kaspersky Lab", "Antivirus"), Row("Other", "Firewall"), Row("Third", "VPN")])
    record(vendor_list, day(1), [Row("AO Kaspersky Lab", "Antivirus"), Row("Third", "VPN")])
    return vendor_list


def kinds(vendor_list) -> list[tuple[str, str]]:
    return sorted(Change.objects.filter(list=vendor_list).values_list("kind", "cause"))


def test_two_names_of_one_vendor_are_a_renaming_once_an_alias_says_so(renamed_list) -> None:
    spans = list(Listing.objects.values_list("entry", "listed_from", "listed_to"))
    assert kinds(renamed_list) == [("added", "source"), ("dropped", "source"), ("dropped", "source")]
    vendor = Vendor.objects.create(slug="kaspersky", name="Kaspersky", country="RU")
    curation.add_alias(vendor, "Kaspersky Lab")
    assert kinds(renamed_list) == [("added", "source"), ("dropped", "source"), ("dropped", "source")]
    alias = curation.add_alias(vendor, "AO Kaspersky Lab")
    assert kinds(renamed_list) == [("dropped", "source"), ("renamed", "curation")]
    (renamed,) = compare(renamed_list, "2024-01-01", "2024-01-02").of_kind("renamed")
    assert (renamed.bounded.before.vendor, renamed.bounded.after.vendor) == ("Kaspersky Lab", "AO Kaspersky Lab")
    assert (renamed.vendor, renamed.relation, renamed.cause) == (vendor, "foreign", "curation")
    assert list(Listing.objects.values_list("entry", "listed_from", "listed_to")) == spans
    alias.delete()
    assert kinds(renamed_list) == [("added", "source"), ("dropped", "source"), ("dropped", "source")]


def test_an_alias_that_was_known_before_makes_it_the_lists_own_renaming() -> None:
    vendor = Vendor.objects.create(slug="kaspersky", name="Kaspersky", country="RU")
    for name in ("Kaspersky Lab", "AO Kaspersky Lab"):
        curation.add_alias(vendor, name)
    vendor_list = make_list("US")
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row("Kaspersky Lab", "Antivirus")])
    record(vendor_list, day(1), [Row("AO Kaspersky Lab", "Antivirus")])
    assert kinds(vendor_list) == [("renamed", "source")]


def test_rows_with_identifiers_are_never_taken_for_one_another() -> None:
    vendor = Vendor.objects.create(slug="kaspersky", name="Kaspersky", country="RU")
    curation.add_alias(vendor, "Kaspersky Lab")
    vendor_list = make_list("US")
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row("Kaspersky Lab", "Antivirus", identifier="1")])
    record(vendor_list, day(1), [Row("Kaspersky Lab", "Antivirus", identifier="2")])
    assert [kind for kind, _ in kinds(vendor_list)] == ["added", "dropped"]


def test_a_vendor_that_loses_its_last_entry_is_dropped_and_one_with_fewer_is_reduced() -> None:
    vendor_list = make_list("CN")
    make_recipe(vendor_list)
    for name in ("Cisco", "Juniper"):
        curation.add_alias(Vendor.objects.create(slug=name.lower(), name=name, country="US"), name)
    before = [Row("Cisco", f"Router {n}") for n in range(60)] + [Row("Juniper", f"Switch {n}") for n in range(3)]
    record(vendor_list, day(0), [*before, Row("华为", "S1")])
    record(vendor_list, day(1), [Row("Juniper", "Switch 0"), Row("华为", "S1"), Row("中兴", "Z1")])
    comparison = compare(vendor_list, "2024-01-01", "2024-01-02")
    totals = [(total.name, total.before, total.after, total.outcome, total.relation) for total in comparison.vendors]
    assert totals == [
        ("Cisco", 60, 0, "dropped", "foreign"),
        ("Juniper", 3, 1, "reduced", "foreign"),
        ("中兴", 0, 1, "added", "unknown"),
    ]
    assert comparison.vendor_summary == {"added": 1, "dropped": 1, "reduced": 1}
    assert comparison.relations == {"foreign": (2, 1), "domestic": (0, 0), "unknown": (1, 2)}


def test_origin_is_that_of_the_day(renamed_list) -> None:
    from datetime import date

    from vendors.models import Ownership

    vendor = Vendor.objects.create(slug="other", name="Other", country="US")
    curation.add_alias(vendor, "Other")
    Ownership.objects.create(vendor=vendor, country="CN", since=date(2020, 1, 1), until=date(2024, 1, 2))
    (dropped,) = (d for d in compare(renamed_list, "2024-01-01", "2024-01-02").changes if d.vendor == vendor)
    assert (dropped.origin, dropped.relation) == ("CN", "foreign")
