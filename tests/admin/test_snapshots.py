"""Deciding on snapshots in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from procurement.entries import Row
from procurement.models import Change, Decision, Listing, Snapshot
from tests.admin.pages import change, changelist, messages_on, page, person, signed_in
from tests.histories import day, make_list, make_recipe, record

pytestmark = pytest.mark.django_db


def test_a_held_snapshot_shows_its_reason_and_what_publishing_would_change(ann, held):
    soup = page(ann, change(held))
    text = soup.select_one(".decision-panel").get_text(" ", strip=True)
    assert "12 became 2." in text
    assert "11 would vanish · 1 would come" in text
    assert "Vendor 11" in text  # nothing of it would be left
    assert len(soup.select("section[aria-labelledby=group-dropped] tbody tr")) == 11
    assert held.get_absolute_url() in {a["href"] for a in soup.select("a[href]")}


def test_the_preview_is_what_publishing_does(ann):
    vendor_list = make_list()
    rows = [Row("A", "1", identifier="i1"), Row("B", "1"), Row("C", "1"), Row("C", "2")]
    record(vendor_list, day(0), [*rows, Row("Z", "9")])
    record(vendor_list, day(1), rows)
    new = [Row("A2", "1", identifier="i1"), Row("C", "1", origin="CN"), Row("Z", "9"), Row("D", "1")]
    snapshot = record(vendor_list, day(2), new, hold="why").snapshot
    shown = {
        section["aria-labelledby"].removeprefix("group-"): len(section.select("tbody tr"))
        for section in page(ann, change(snapshot)).select("section.differences")
    }
    ann.post(reverse("admin:procurement_snapshot_publish", args=[snapshot.pk]))
    kinds = list(Change.objects.filter(later=snapshot).values_list("kind", flat=True))
    assert shown == {kind: kinds.count(kind) for kind in set(kinds)}
    assert set(shown) == {"dropped", "added", "relisted", "renamed", "amended"}


def test_a_partial_snapshot_is_shown_to_drop_nothing(ann):
    vendor_list = make_list()
    record(vendor_list, day(0), [Row("A"), Row("B")])
    snapshot = record(vendor_list, day(1), [Row("A", origin="US"), Row("C")], hold="why", coverage="partial").snapshot
    text = page(ann, change(snapshot)).select_one(".decision-panel").get_text(" ", strip=True)
    assert "1 would come" in text and "vanish" not in text and "amended" not in text


def test_one_press_publishes_with_its_person_and_its_reason(held):
    carla = person("carla", "curator")
    client = signed_in(carla)
    response = client.post(reverse("admin:procurement_snapshot_publish", args=[held.pk]), {"why": "Seen."}, follow=True)
    assert messages_on(response)[0].startswith("Published: ")
    held.refresh_from_db()
    assert held.is_published
    decision = Decision.objects.get()
    assert (decision.by, decision.why) == (carla, "Seen.")
    assert LogEntry.objects.get().get_change_message() == "Published: Seen."
    assert Listing.objects.filter(list=held.list, listed_to=day(1)).count() == 11


def test_withdrawing_needs_a_reason_and_restoring_undoes_it(ann, held):
    withdraw = reverse("admin:procurement_snapshot_withdraw", args=[held.pk])
    restore = reverse("admin:procurement_snapshot_restore", args=[held.pk])
    response = ann.post(withdraw, {"why": "  "})
    assert response.status_code == 200 and "Give a reason" in response.content.decode()
    ann.post(withdraw, {"why": "A broken page."})
    held.refresh_from_db()
    assert (held.status, held.reason) == ("withdrawn", "A broken page.")
    ann.post(restore)
    held.refresh_from_db()
    assert held.is_published
    assert [d.action for d in Decision.objects.all()] == ["withdraw", "restore"]


def test_a_decision_that_comes_too_late_is_answered_in_words(ann, bob, held):
    publish = reverse("admin:procurement_snapshot_publish", args=[held.pk])
    ann.post(publish)
    response = bob.post(publish, follow=True)
    assert "nothing was changed" in messages_on(response)[0]
    assert Decision.objects.count() == 1


def test_looking_at_a_decision_decides_nothing(ann, held):
    for step in ("publish", "withdraw", "restore"):
        assert ann.get(reverse(f"admin:procurement_snapshot_{step}", args=[held.pk])).status_code == 200
    held.refresh_from_db()
    assert held.status == "held"


def test_several_are_withdrawn_together_after_confirmation(ann, held):
    make_recipe(held.list)
    second = record(held.list, day(2), [Row("Only")], hold="12 became 1.").snapshot
    data = {"action": "withdraw_chosen", "_selected_action": [held.pk, second.pk]}
    first_answer = ann.post(changelist(Snapshot), data)
    assert "Withdraw 2 snapshots?" in first_answer.content.decode()
    assert Snapshot.objects.held().count() == 2
    ann.post(changelist(Snapshot), data | {"confirmed": "1", "why": "A broken page."})
    assert Snapshot.objects.filter(status="withdrawn").count() == 2


def test_held_snapshots_come_first(ann, held):
    record(held.list, day(5), [Row(f"Vendor {n}", "Product") for n in range(12)])
    statuses = [cell.text for cell in page(ann, changelist(Snapshot)).select("td.field-status")]
    assert statuses[0] == "Held for review" and set(statuses[1:]) == {"Published"}
