"""The demonstration: true to its sources, loaded through the pipeline, and loaded again without a change."""

import csv
import json
from collections import Counter
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.db import transaction

from procurement import recording
from procurement.comparison import compare
from procurement.models import Capture, Change, Listing, Report, Snapshot, Statement, VendorList
from scraping.demonstration import loading
from scraping.models import Run, Source
from vendors.models import Vendor

LISTS = loading.FOLDER / "lists"


def demo(**options: object) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demonstration, loaded once for the tests of this file; what each of them changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load_vendors()
        for _ in loading.load_lists():
            pass
        loading.load_statements()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def shown(loaded, db):
    return None


def founding():
    slug, start, end = loading.FOUNDING
    return compare(VendorList.objects.get(slug=slug), start, end)


def rows_of(slug: str, day: str) -> list[dict[str, str]]:
    with (LISTS / slug / f"{day}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestTheFoundingCase:
    def test_five_foreign_vendors_were_dropped_and_nobody_was_added(self, shown):
        comparison = founding()
        assert {(c.vendor.slug, c.origin, c.kind, c.relation) for c in comparison.changes} == {
            ("symantec", "US", "dropped", "foreign"),
            ("kaspersky", "RU", "dropped", "foreign"),
            ("trend-micro", "JP", "dropped", "foreign"),
            ("eset", "SK", "dropped", "foreign"),
            ("panda-security", "ES", "dropped", "foreign"),
        }
        assert {(c.vendor.slug, c.relation) for c in comparison.first_seen} == {
            (slug, "domestic") for slug in ("qihoo-360", "ca-jinchen", "jiangmin", "rising")
        }
        assert comparison.summary["unchanged"] == 1
        assert comparison.relations["foreign"] == (5, 0)

    def test_each_drop_is_bounded_by_what_was_seen(self, shown):
        last_seen = {c.vendor.slug: f"{c.bounded.earlier.captured_at:%Y-%m-%d}" for c in founding().changes}
        assert last_seen["symantec"] == last_seen["kaspersky"] == "2013-06-27"
        assert last_seen["trend-micro"] == "2014-07-15"
        assert {f"{c.bounded.later.captured_at:%Y-%m-%d}" for c in founding().changes} == {"2014-07-31"}

    def test_the_list_of_7_august_is_the_same(self, shown):
        later = compare(VendorList.objects.get(slug="cn-cgpc-antivirus"), "2014-07-31", "2014-08-07")
        assert not later.changes
        assert not later.first_seen

    def test_claims_denials_and_corrections_stand_beside_it(self, shown):
        statements = founding().statements
        assert {s.stance for s in statements} == {"asserts", "denies", "qualifies", "corrects"}
        wrong = next(s for s in statements if "Venustech wrongly" in s.text)
        assert {s.speaker.split(" ")[0] for s in wrong.answered_by.all()} == {"Kingsoft", "People’s"}
        assert any(s.scope and s.stance == "denies" for s in statements.copy() if "Symantec" in s.speaker)

    def test_the_venustech_of_the_tweet_is_on_no_list(self, shown):
        assert not Listing.objects.filter(entry__name__vendor__slug="venustech").exists()
        assert Vendor.objects.get(slug="venustech").statements.exists()


class TestTheWhole:
    def test_every_kind_of_change_occurs_and_none_is_of_our_reading(self, shown):
        assert set(Change.objects.values_list("kind", flat=True)) == set(Change.Kind.values)
        assert set(Change.objects.values_list("cause", flat=True)) == {"source"}

    def test_nothing_is_held_and_nothing_passes_for_captured(self, shown):
        assert set(Snapshot.objects.values_list("status", flat=True)) == {"published"}
        assert set(Snapshot.objects.values_list("basis", flat=True)) == {"reported", "inferred"}

    def test_every_snapshot_names_its_source_with_an_address(self, shown):
        for snapshot in Snapshot.objects.select_related("list"):
            assert "http" in snapshot.basis_note, snapshot

    def test_every_publication_has_an_address_or_says_where_it_was_read(self, shown):
        for report in Report.objects.all():
            assert report.url or "http" in report.note, report

    def test_each_list_says_whom_it_binds_and_where_it_would_be_read(self, shown):
        for vendor_list in VendorList.objects.all():
            assert vendor_list.binds and vendor_list.binds_not, vendor_list
            assert vendor_list.sources.get().url.startswith("http")
        assert not Source.objects.filter(enabled=True).exists()

    def test_a_partial_snapshot_ends_nothing(self, shown):
        fstec = VendorList.objects.get(slug="ru-fstec-suspended")
        comparison = compare(fstec, "2022-03-03", "2022-03-23")
        assert not comparison.changes
        assert {"symantec", "trend-micro", "eset", "microsoft"} <= {
            c.vendor.slug for c in comparison.first_seen if c.vendor
        }

    def test_kaspersky_has_two_entries_on_the_covered_list_and_huawei_came_first(self, shown):
        covered = VendorList.objects.get(slug="us-fcc-covered-list")
        came = [(f"{c.at:%Y-%m-%d}", c.entry.vendor) for c in covered.changes.filter(kind="added")]
        kaspersky = Listing.objects.filter(list=covered, entry__name__vendor__slug="kaspersky")
        assert {f"{listing.listed_from:%Y-%m-%d}" for listing in kaspersky} == {"2022-03-25", "2024-07-23"}
        assert not [at for at, who in came if "Huawei" in who]


class TestLoadingAgain:
    def everything(self):
        kept = Capture.objects.values_list("pk", "sha256", "captured_at", "received_at")
        models = (Snapshot, Run, Change, Listing, Report, Statement, Vendor, Source)
        return sorted(kept), [m.objects.count() for m in models], sorted(Change.objects.values_list("pk", flat=True))

    def test_changes_nothing(self, shown):
        before = self.everything()
        assert "0 statements" in demo()
        assert self.everything() == before

    def test_keeps_what_curators_decided(self, shown):
        statement = Statement.objects.exclude(scope="").first()
        statement.text = "As a curator put it."
        statement.save()
        VendorList.objects.filter(slug="us-fcc-covered-list").update(title="Renamed by a curator")
        withdrawn = Snapshot.objects.filter(list__slug="us-fcc-covered-list").first()
        recording.withdraw(withdrawn, why="A test.")
        demo()
        statement.refresh_from_db()
        withdrawn.refresh_from_db()
        assert statement.text == "As a curator put it."
        assert VendorList.objects.get(slug="us-fcc-covered-list").title == "Renamed by a curator"
        assert withdrawn.status == "withdrawn"
        assert Statement.objects.count() == 54


class TestTheCommand:
    def test_prints_the_case(self, shown):
        text = demo()
        assert "5 vendors dropped, all foreign" in text
        assert "Symantec = 赛门铁克 (foreign, United States): last seen 2013-06-27, first absent 2014-07-31" in text
        for snapshot in Snapshot.objects.filter(list__slug="cn-cgpc-antivirus", captured_at__lt="2014-08-01T00:00Z"):
            assert snapshot.capture.sha256 in text

    def test_prints_one_json_object_a_line(self, shown):
        lines = [json.loads(line) for line in demo(json=True).splitlines()]
        assert lines[0] == {"vendor_facts": 0, "snapshots": 0, "statements": 0}
        assert lines[-1]["comparison"]["summary"]["dropped"] == 5

    def test_a_snapshot_that_cannot_be_read_stops_it_with_a_sentence(self, db, tmp_path, monkeypatch):
        folder = tmp_path / "lists" / "a-broken-list"
        folder.mkdir(parents=True)
        given = (LISTS / "cn-cgpc-energy-saving-2014" / "list.yaml").read_text(encoding="utf-8")
        (folder / "list.yaml").write_text(given, encoding="utf-8")
        (folder / "2014-05-16.csv").write_text("nothing\nof,the\nkind\n", encoding="utf-8")
        monkeypatch.setattr(loading, "FOLDER", tmp_path)
        with pytest.raises(loading.DemonstrationError, match=r"a-broken-list/2014-05-16\.csv was"):
            list(loading.load_lists())
        assert not Snapshot.objects.filter(list__slug="a-broken-list").exists()
        assert Capture.objects.filter(list__slug="a-broken-list").exists()

    def test_a_vendor_that_is_not_in_the_register_stops_it_with_a_sentence(self, db, tmp_path, monkeypatch):
        said = {"speaker": "A", "stance": "asserts", "text": "B", "vendors": ["no-such-vendor"]}
        report = {"publisher": "P", "title": "T", "statements": [said]}
        (tmp_path / "statements.yaml").write_text(yaml.safe_dump([report]), encoding="utf-8")
        monkeypatch.setattr(loading, "FOLDER", tmp_path)
        with pytest.raises(loading.DemonstrationError, match="does not have: no-such-vendor"):
            loading.load_statements()
        assert not Report.objects.filter(publisher="P").exists()


class TestTrueToTheSources:
    """The demonstration's own files against the collections that their facts were taken from."""

    def test_founding_case(self, shared_data):
        with (shared_data / "founding_case/cgpc_antivirus_snapshots.csv").open(encoding="utf-8") as file:
            facts = list(csv.DictReader(file))
        for day in ("2013-06-27", "2014-07-15", "2014-07-31", "2014-08-07"):
            known = {(f["vendor_zh"] or f["vendor"]) for f in facts if f["snapshot_date"] == day}
            assert {row["vendor"] for row in rows_of("cn-cgpc-antivirus", day)} == known

    def test_covered_list(self, shared_data):
        with (shared_data / "us_fcc_covered_list/2026-08-20_table.truth.csv").open(encoding="utf-8") as file:
            facts = [f for f in csv.DictReader(file) if not f["note"].startswith("wholly-owned")]
        rows = rows_of("us-fcc-covered-list", "2026-07-28")
        assert [r["named"].rstrip(".") for r in rows] == [f["vendor"].rstrip(".") for f in facts]
        assert [r["date_of_inclusion"][:8] for r in rows] == [f["date_listed"][:8] for f in facts]

    def test_unreliable_entities(self, shared_data):
        with (shared_data / "cn_unreliable_entity_list/timeline.truth.csv").open(encoding="utf-8") as file:
            facts = list(csv.DictReader(file))
        days = [
            s["at"]
            for s in yaml.safe_load((LISTS / "cn-mofcom-unreliable-entities/list.yaml").read_text("utf-8"))["snapshots"]
        ]
        for day in map(str, days):
            said = [f for f in facts if f["from"] <= day]
            listed = {f["vendor_en"] for f in said if f["event"] == "listed"}
            ended = {f["vendor_en"] for f in said if f["event"] == "measures ended"}
            assert {row["name_en"] for row in rows_of("cn-mofcom-unreliable-entities", day)} == listed - ended

    def test_fedramp(self, shared_data):
        columns = {
            "package_id": "id",
            "provider": "csp",
            "offering": "cso",
            "status": "status",
            "service_model": "service_model",
        }
        for path in (LISTS / "us-fedramp-high").glob("*.csv"):
            with (shared_data / "fedramp_18f/providers_csv" / path.name).open(encoding="utf-8", newline="") as file:
                high = [row for row in csv.DictReader(file) if row["impact_level"] == "High"]
            own = rows_of("us-fedramp-high", path.stem)
            assert Counter(tuple(r.values()) for r in own) == Counter(
                tuple(r[c] for c in columns.values()) for r in high
            )

    def test_recommended_free_software(self, shared_data):
        columns = ("ID", "nom", "statut", "licence", "secteur")
        for path in (LISTS / "fr-sill-operations").glob("*.csv"):
            with (shared_data / "fr_sill" / path.name).open(encoding="utf-8-sig", newline="") as file:
                rows = [r for r in csv.DictReader(file) if r["secteur"] in {"Opérations", "Réseau", "Sécurité"}]
            own = rows_of("fr-sill-operations", path.stem)
            assert [tuple(r[c] for c in columns) for r in own] == [tuple(r[c] for c in columns) for r in rows]
