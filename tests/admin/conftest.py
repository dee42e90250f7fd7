"""Who curates in these tests, and what there is to curate."""

from datetime import timedelta

import pytest
from django.test import Client

from procurement.entries import Row
from procurement.models import Snapshot
from scraping.models import Source
from tests.admin.pages import person, signed_in
from tests.histories import day, make_list, make_recipe, record
from vendors import curation
from vendors.models import Vendor


@pytest.fixture
def ann() -> Client:
    return signed_in(person("ann"))


@pytest.fixture
def bob() -> Client:
    return signed_in(person("bob"))


@pytest.fixture
def symantec() -> Vendor:
    vendor = Vendor.objects.create(slug="symantec", name="Symantec", country="US")
    curation.add_alias(vendor, "Symantec", language="en")
    return vendor


@pytest.fixture
def held() -> Snapshot:
    vendor_list = make_list()
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row(f"Vendor {n}", "Product") for n in range(12)])
    return record(
        vendor_list, day(1), [Row("Vendor 0", "Product"), Row("New", "Product")], hold="12 became 2."
    ).snapshot


@pytest.fixture
def source() -> Source:
    return Source.objects.create(list=make_list(), url="https://example.org/list.csv", interval=timedelta(days=1))
