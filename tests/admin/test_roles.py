"""Who may do what in the admin: every page, for everybody."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from procurement.entries import Row
from procurement.models import Report, Statement
from scraping import pipeline, roles
from scraping.models import Run, Source
from tests.admin.pages import person, signed_in
from tests.histories import day, make_list, make_recipe, record
from vendors.models import PrintedName, Vendor

pytestmark = pytest.mark.django_db

OURS = ["vendors", "procurement", "scraping"]
# Beyond looking, which everybody with a role may: who edits which records. Nobody else, not even a superuser, where
# a record is not named here.
EDITS = {
    "vendors.vendor": {"curator": "add change delete"},
    "vendors.printedname": {"curator": "change"},
    "procurement.report": {"curator": "add change delete"},
    "procurement.statement": {"curator": "add change delete"},
    "procurement.authority": {"operator": "add change delete"},
    "procurement.vendorlist": {"operator": "add change delete"},
    "scraping.source": {"operator": "add change delete"},
}
SUPERUSERS = {"vendors.printedname": "change"}
DECIDERS = {"curator", "operator", ""}


@pytest.fixture
def record_of_everything():
    vendor = Vendor.objects.create(slug="v", name="V")
    vendor_list = make_list()
    make_recipe(vendor_list)
    record(vendor_list, day(0), [Row("A"), Row("B")])
    record(vendor_list, day(1), [Row("A")])
    held = record(vendor_list, day(2), [Row("C")], hold="why").snapshot
    held.decisions.create(action="withdraw")
    source = Source.objects.create(list=vendor_list, url="https://example.org/", interval=timedelta(days=1))
    pipeline.finish(Run.objects.create(list=vendor_list, source=source), "failed", reason="why")
    report = Report.objects.create(publisher="P", title="T")
    Statement.objects.create(report=report, speaker="S", stance="asserts", text="So.").vendors.add(vendor)
    assert PrintedName.objects.exists()


def models():
    return [model for model in admin.site._registry if model._meta.app_label in OURS]


def expected(model, role: str, act: str) -> bool:
    label = model._meta.label_lower
    if act == "view":
        return True
    if role == "":
        return label in EDITS and act in SUPERUSERS.get(label, "add change delete").split()
    return act in EDITS.get(label, {}).get(role, "").split()


@pytest.mark.parametrize("role", ["", "analyst", "curator", "operator"])
def test_access_table(record_of_everything, role):
    client = signed_in(person("p", role))
    for model in models():
        base, pk = f"admin:{model._meta.app_label}_{model._meta.model_name}", model._default_manager.first().pk
        looking = [f"{base}_changelist", (f"{base}_change", pk), (f"{base}_history", pk)]
        for one in looking:
            name, args = (one, []) if isinstance(one, str) else (one[0], [one[1]])
            assert client.get(reverse(name, args=args)).status_code == 200, (role, name)
        for act, address in [
            ("add", reverse(f"{base}_add")),
            ("change", reverse(f"{base}_change", args=[pk])),
            ("delete", reverse(f"{base}_delete", args=[pk])),
        ]:
            answer = client.post(address, {}).status_code
            assert (answer != 403) == expected(model, role, act), (role, address, answer)


@pytest.mark.parametrize("role", ["", "analyst", "curator", "operator"])
def test_who_decides_scrapes_and_links(record_of_everything, role):
    client = signed_in(person("p", role))
    held = apps.get_model("procurement", "Snapshot").objects.held().get()
    source, name = Source.objects.get(), PrintedName.objects.first()
    shown = client.get(reverse("admin:procurement_snapshot_change", args=[held.pk])).content.decode()
    assert ('formaction="../publish/"' in shown) == (role in DECIDERS)
    allowed = {
        reverse("admin:procurement_snapshot_withdraw", args=[held.pk]): role in DECIDERS,
        reverse("admin:procurement_snapshot_publish", args=[held.pk]): role in DECIDERS,
        reverse("admin:procurement_snapshot_restore", args=[held.pk]): role in DECIDERS,
        reverse("admin:scraping_source_scrape", args=[source.pk]): role in {"operator", ""},
    }
    for address, may in allowed.items():
        assert (client.post(address).status_code != 403) == may, (role, address)
    answer = client.post(
        reverse("admin:vendors_printedname_changelist"), {"link": f"{name.pk}:{Vendor.objects.get().pk}"}
    )
    assert (answer.status_code != 403) == (role in {"curator", ""})


def test_strangers_and_people_without_a_role_see_nothing(record_of_everything):
    nobody = person("nobody", "analyst")
    nobody.groups.clear()
    for model in models():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert Client().get(address).status_code == 302
        assert signed_in(nobody).get(address).status_code == 403
    assert "waiting" not in signed_in(nobody).get(reverse("admin:index")).content.decode()


def test_every_post_needs_its_token(record_of_everything):
    client = signed_in(person("p"), enforce_csrf_checks=True)
    held = apps.get_model("procurement", "Snapshot").objects.held().get()
    addresses = [
        reverse("admin:procurement_snapshot_publish", args=[held.pk]),
        reverse("admin:scraping_source_scrape", args=[Source.objects.get().pk]),
        reverse("admin:vendors_printedname_changelist"),
        *(reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in models()),
    ]
    for address in addresses:
        assert client.post(address, {"link": "1:1"}).status_code == 403, address


def test_making_the_roles_again_takes_nothing_away(record_of_everything):
    roles.make(apps)
    curators = Group.objects.get(name="curator")
    more = apps.get_model("auth", "Permission").objects.get(codename="view_user")
    curators.permissions.add(more)
    before = set(curators.permissions.values_list("codename", flat=True))
    roles.make(apps)
    assert set(curators.permissions.values_list("codename", flat=True)) == before


def test_the_migrations_make_the_groups(tmp_path):
    # In a database of its own: tests that flush theirs take the groups away.
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}"}
    names = "from django.contrib.auth.models import Group; print(*Group.objects.values_list('name', flat=True))"
    for words in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", names]):
        done = subprocess.run([sys.executable, "manage.py", *words], env=environment, capture_output=True, check=True)
    assert {"analyst", "curator", "operator"} <= set(done.stdout.decode().split())
