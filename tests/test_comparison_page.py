"""The comparison's page: its sentence, its sections, what bounds them, and how one moves from it."""

from datetime import date

import pytest
from django.urls import reverse

from procurement.entries import Row
from procurement.models import Report, Statement
from tests.histories import day, make_list, make_recipe, record
from tests.test_pages import make_vendor, queries, text_of
from vendors.models import Alias, Ownership

pytestmark = pytest.mark.django_db


def compare(client, vendor_list, ends: str, **query):
    return client.get(reverse("comparison", args=[vendor_list.slug, ends]), query)


@pytest.fixture
def founding():
    """Six names from the press, then the whole list of five."""
    for name, country in (("Symantec", "US"), ("Kaspersky", "RU"), ("Rising", "CN"), ("Kingsoft", "CN")):
        make_vendor(name, country)
    vendor_list = make_list("CN", title="Antivirus")
    names = ["Symantec", "Kaspersky", "Kingsoft"]
    note = "The press names 3 of 12."
    record(vendor_list, day(0), [Row(n) for n in names], coverage="partial", basis="reported", basis_note=note)
    record(vendor_list, day(400), [Row("Kingsoft"), Row("Rising")])
    return vendor_list


class TestFoundingCase:
    def test_says_its_sentence_and_what_bounds_it(self, client, founding):
        text = text_of(compare(client, founding, "2024-01-01..2025-02-04"))
        assert (
            "2 vendors dropped, both foreign; 1 vendor stayed; 1 first seen. "
            "Foreign vendors known to be on the list: 2 → 0." in text
        )
        assert "The earlier snapshot is partial. The press names 3 of 12." in text
        assert "nobody of them is reported as added" in text

    def test_who_appears_after_a_partial_snapshot_is_first_seen_not_added(self, client, founding):
        sections = [s.kind for s, _ in compare(client, founding, "2024-01-01..2025-02-04").context["sections"]]
        assert sections == ["dropped", "first_seen"]

    def test_each_drop_leads_to_what_proves_it(self, client, founding):
        response = compare(client, founding, "2024-01-01..2025-02-04")
        earlier, later = founding.snapshots.order_by("captured_at")
        body = response.content.decode()
        for snapshot in (earlier, later):
            assert f'href="{snapshot.get_absolute_url()}"' in body
            assert f'href="{snapshot.capture.get_absolute_url()}"' in body
            assert snapshot.capture.sha256 in body
        text = text_of(response)
        assert "Symantec United States foreign 1 Jan 2024 4 Feb 2025 reported, then captured" in text

    def test_the_time_between_is_drawn_as_not_observed(self, client, founding):
        text = compare(client, founding, "2024-01-01..2025-02-04").content.decode()
        assert "Symantec: on the list 1 Jan 2024; not observed 1 Jan 2024 to 4 Feb 2025; not on the list" in text
        assert "Rising: not observed 1 Jan 2024 to 4 Feb 2025; on the list" in text

    def test_what_was_said_of_that_time_stands_beside_it(self, client, founding):
        report = Report.objects.create(publisher="Reuters", title="On it")
        said = {"report": report, "stance": "denies", "list": founding}
        Statement.objects.create(speaker="Symantec", text="No ban.", scope="Some", about_to=date(2024, 9, 1), **said)
        Statement.objects.create(speaker="Somebody", text="Of later.", about_from=date(2026, 1, 1), **said)
        text = text_of(compare(client, founding, "2024-01-01..2025-02-04"))
        assert "Symantec denies No ban. Scope: Some Source: Reuters" in text
        assert "Of later." not in text

    def test_is_cited_with_its_hashes_and_its_limits(self, client, founding):
        citation = compare(client, founding, "2024-01-01..2025-02-04").context["citation"]
        earlier, later = founding.snapshots.order_by("captured_at")
        assert "Authority of CN (China), “Antivirus”" in citation
        assert (
            f"2024-01-01 (snapshot {earlier.pk}, partial, reported, sha256:{earlier.capture.sha256[:16]})" in citation
        )
        assert f"2025-02-04 (snapshot {later.pk}, sha256:{later.capture.sha256[:16]})" in citation
        assert "http://testserver/lists/" in citation

    def test_a_partial_end_drops_nobody(self, client, founding):
        record(founding, day(500), [Row("Rising")], coverage="partial")
        text = text_of(compare(client, founding, "2025-02-04..2025-05-15"))
        assert "The later snapshot names nobody who was not on the list before." in text
        assert "whom it does not name is not reported as dropped" in text


class TestProducts:
    def test_a_vendors_entries_are_told_together(self, client):
        make_vendor("Cisco", "US")
        vendor_list = make_list("CN")
        others = [Row("Huawei", f"H{i}") for i in range(5)]
        record(vendor_list, day(0), [*others, *(Row("Cisco", f"C{i}") for i in range(60))])
        record(vendor_list, day(9), others)
        response = compare(client, vendor_list, "2024-01-01..2024-01-10")
        text = text_of(response)
        assert (
            "1 vendor dropped, foreign. Entries: 60 dropped, 5 unchanged. Vendors known to be foreign: 1 → 0." in text
        )
        assert "Cisco 60 → 0 entries" in text
        [(section, page)] = response.context["sections"]
        assert (section.entries, len(page)) == (60, 1)

    def test_an_amendment_says_which_columns_changed(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A", "P", identifier="1", extra={"level": "Low", "seen": "x"})])
        record(vendor_list, day(1), [Row("A", "P", identifier="1", extra={"level": "High", "seen": "X "})])
        text = text_of(compare(client, vendor_list, "2024-01-01..2024-01-02"))
        assert "level: Low → to High" in text
        assert "seen:" not in text

    def test_a_rename_is_no_departure(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("Old name", "P", identifier="1"), Row("B", "Q", identifier="2")])
        record(vendor_list, day(1), [Row("New name", "P", identifier="1"), Row("B", "Q", identifier="2")])
        response = compare(client, vendor_list, "2024-01-01..2024-01-02")
        assert response.context["plain"] == "Entries: 1 renamed, 1 unchanged. "
        assert response.context["strip"] is not None
        assert "Vendor: Old name → to New name" in text_of(response)

    def test_what_our_reading_changed_is_marked_as_no_news(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A"), Row("B")], recipe=make_recipe(vendor_list))
        record(vendor_list, day(1), [Row("A")], recipe=make_recipe(vendor_list))
        text = text_of(compare(client, vendor_list, "2024-01-01..2024-01-02"))
        assert "our reading changed: not news" in text
        assert "1 difference may be ours" in text

    def test_origin_follows_the_owner_on_that_day(self, client):
        vendor = make_vendor("Lenovo", "US")
        Ownership.objects.create(vendor=vendor, country="CN", since=date(2024, 1, 5))
        vendor_list = make_list("CN")
        record(vendor_list, day(0), [Row("Lenovo"), Row("B")])
        record(vendor_list, day(2), [Row("B")])
        record(vendor_list, day(9), [Row("Lenovo"), Row("B")])
        assert "Lenovo United States foreign" in text_of(compare(client, vendor_list, "2024-01-01..2024-01-03"))
        assert "Lenovo China domestic" in text_of(compare(client, vendor_list, "2024-01-03..2024-01-10"))

    def test_no_difference(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A"), Row("B")])
        record(vendor_list, day(1), [Row("B"), Row("a ")])
        assert "No difference: all 2 entries stayed." in text_of(compare(client, vendor_list, "2024-01-01..2024-01-02"))

    def test_a_printed_name_that_an_alias_links_stands_beside_the_vendors(self, client):
        Alias.objects.create(vendor=make_vendor("Symantec", "US"), text="赛门铁克")
        vendor_list = make_list("CN", language="zh-Hans")
        record(vendor_list, day(0), [Row("赛门铁克"), Row("瑞星")])
        record(vendor_list, day(1), [Row("瑞星")])
        body = compare(client, vendor_list, "2024-01-01..2024-01-02").content.decode()
        assert '<span class="printed" lang="zh-Hans">赛门铁克</span>' in body


class TestMoving:
    @pytest.fixture
    def changing(self):
        vendor_list = make_list()
        for number, names in enumerate(["A", "A", "AB", "AB", "B", "B"]):
            record(vendor_list, day(number), [Row(n) for n in names])
        return vendor_list

    def test_steps_to_the_change_before_and_after(self, client, changing):
        steps = compare(client, changing, "2024-01-03..2024-01-04").context["steps"]
        assert steps == {"earlier": "2024-01-02..2024-01-03", "later": "2024-01-04..2024-01-05"}
        steps = compare(client, changing, "2024-01-01..2024-01-06").context["steps"]
        assert steps == {"earlier": "", "later": ""}

    def test_the_picker_offers_every_snapshot_until_they_are_too_many(self, client, changing):
        body = compare(client, changing, "2024-01-01..2024-01-02").content.decode()
        assert '<option value="2024-01-02" selected>' in body
        for number in range(10, 66):
            record(changing, day(number), [Row("B")])
        body = compare(client, changing, "2024-01-01..2024-01-02").content.decode()
        assert "<option" not in body
        assert '<input type="date" name="from" required min="2024-01-01" value="2024-01-01">' in body

    def test_two_snapshots_of_one_day_are_told_apart(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row("A")])
        record(vendor_list, day(0).replace(hour=12), [Row("A"), Row("B")])
        response = compare(client, vendor_list, "2024-01-01T00:00:00Z..2024-01-01")
        assert response.context["plain"].startswith("1 vendor added")
        assert '<option value="2024-01-01T00:00:00Z" selected>' in response.content.decode()

    def test_a_date_between_observations_stands_for_the_one_before(self, client, changing):
        record(changing, day(30), [Row("C")])
        text = text_of(compare(client, changing, "2024-01-06..2024-02-20"))
        assert (
            "On 2024-02-20 the list was not observed; what counts is its last observation before, of 31 Jan 2024."
            in text
        )

    @pytest.mark.parametrize(
        ("query", "ends"),
        [
            ({"from": "2024-01-02", "to": "2024-01-05"}, "2024-01-02..2024-01-05"),
            ({"from": "2024-01-05", "to": "2024-01-02"}, "2024-01-02..2024-01-05"),
            ({"from": "2024-01-02"}, "2024-01-02..2024-01-06"),
            ({"to": "2024-01-02"}, "2024-01-01..2024-01-02"),
            ({}, "2024-01-04..2024-01-05"),
        ],
    )
    def test_the_form_leads_to_the_address(self, client, changing, query, ends):
        response = client.get(reverse("comparison-form", args=[changing.slug]), query)
        assert response.headers["Location"] == reverse("comparison", args=[changing.slug, ends])

    def test_dates_in_the_wrong_order(self, client, changing):
        response = compare(client, changing, "2024-01-05..2024-01-02")
        assert response.status_code == 404
        assert "The first date is after the second." in text_of(response)

    def test_a_list_without_snapshots(self, client):
        response = client.get(reverse("comparison-form", args=[make_list().slug]))
        assert response.status_code == 404
        assert "has no published snapshot yet" in text_of(response)


class TestCost:
    def test_unchanged_rows_stay_folded_until_asked_for(self, client):
        vendor_list = make_list()
        rows = [Row(f"V{i:03}", f"P{i}") for i in range(250)]
        record(vendor_list, day(0), rows)
        record(vendor_list, day(1), rows[1:])
        ends = "2024-01-01..2024-01-02"
        assert "P17" not in text_of(compare(client, vendor_list, ends))
        asked = text_of(compare(client, vendor_list, ends, unchanged=1))
        assert "P17" in asked
        assert "1–200 of 249 entries" in asked

    def test_a_long_section_shows_its_beginning_and_pages_alone(self, client):
        vendor_list = make_list()
        record(vendor_list, day(0), [Row(f"V{i:03}") for i in range(230)])
        record(vendor_list, day(1), [])
        ends = "2024-01-01..2024-01-02"
        assert "All 230 vendors" in text_of(compare(client, vendor_list, ends))
        assert "201–230 of 230 vendors" in text_of(compare(client, vendor_list, ends, kind="dropped", page=3))

    def test_queries_do_not_grow_with_changes(self, client):
        make_vendor("V1", "US")
        make_vendor("V2", "CN")

        def cost(rows: int) -> int:
            vendor_list = make_list()
            before = [Row(f"V{i % 20}", f"P{i}", identifier=str(i)) for i in range(rows)]
            after = [r._replace(product="Q") if i % 3 else r for i, r in enumerate(before[1:])]
            record(vendor_list, day(0), [*before, Row("V1", "gone", identifier="gone")])
            record(vendor_list, day(1), [*after, Row("V2", "new", identifier="new")])
            return queries(client, reverse("comparison", args=[vendor_list.slug, "2024-01-01..2024-01-02"]))

        assert cost(4) == cost(39)  # short enough to draw everybody
        assert cost(200) == cost(500)
