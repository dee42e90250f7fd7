"""Reading stored captures again by a better recipe: manage.py reextract."""

import io

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement import captures, recording, verification
from procurement.models import Capture, Change, Decision, Entry, Listing, Recipe, Snapshot, VendorList
from scraping import extractors, pipeline, rereading
from scraping.models import Run
from tests.histories import day, make_list
from tests.test_commands import manage
from tests.test_paging import NEXT, link, page

pytestmark = pytest.mark.django_db

OLD = "format: csv\ncolumns: {vendor: Company, extra: []}\n"
BETTER = "format: csv\ncolumns: {vendor: [Company, Firm], product: Product, extra: []}\n"


def csv(*rows: str, head: str = "Company,Product,Note") -> bytes:
    return "\n".join([head, *rows, ""]).encode()


# Symantec is added and Kaspersky dropped by the publisher; the products were not read at first.
PAGES = [
    csv("Rising,AV 1,a", "Kaspersky,KIS,b", "Kingsoft,Duba,c"),
    csv("Rising,AV 1,a", "Kaspersky,KIS,b", "Kingsoft,Duba,c", "Symantec,Norton,d"),
    csv("Rising,AV 1,a", "Kingsoft,Duba,c", "Symantec,Norton,d"),
]


@pytest.fixture
def vendor_list() -> VendorList:
    vendor_list = make_list()
    for number, body in enumerate(PAGES):
        run = pipeline.ingest(vendor_list, body, at=day(number), recipe_text=OLD if number == 0 else None)
        assert run.outcome == "recorded", run.reason
    return vendor_list


def use(vendor_list: VendorList, text: str) -> Recipe:
    return Recipe.objects.create(list=vendor_list, version=vendor_list.recipes.count() + 1, text=text)


def reextract(vendor_list: VendorList, *words: str) -> tuple[int, dict]:
    return manage("reextract", vendor_list.slug, *words)


def changes(vendor_list: VendorList) -> list[tuple[str, str, str, str]]:
    found = vendor_list.changes.select_related("entry").order_by("at", "entry__vendor")
    return [(f"{c.at:%d}", c.kind, c.entry.vendor, c.cause) for c in found]


def everything() -> list:
    tables = [Capture, Recipe, Snapshot, Entry, Listing, Change, Decision, Run]
    return [list(table.objects.order_by("pk").values()) for table in tables]


def assert_true_record(vendor_list: VendorList) -> None:
    assert [finding for finding in verification.verify(vendor_list) if finding.problem] == []


SOURCE_ONLY = [("02", "added", "Symantec", "source"), ("03", "dropped", "Kaspersky", "source")]


def test_a_whole_history_is_read_anew_and_its_changes_are_the_publishers(vendor_list):
    assert changes(vendor_list) == SOURCE_ONLY
    use(vendor_list, BETTER)
    code, summary = reextract(vendor_list)
    assert (code, summary["superseded"], summary["recipe"]) == (0, 3, 2)
    assert changes(vendor_list) == SOURCE_ONLY
    live = vendor_list.snapshots.published()
    assert {snapshot.recipe.version for snapshot in live} == {2}
    assert set(Listing.objects.filter(list=vendor_list).values_list("entry__product", flat=True)) == {
        "AV 1",
        "KIS",
        "Duba",
        "Norton",
    }
    old = vendor_list.snapshots.filter(status="superseded")
    assert old.count() == 3 and {one.superseded_by.recipe.version for one in old} == {2}
    assert_true_record(vendor_list)


def test_doing_it_again_changes_nothing(vendor_list):
    use(vendor_list, BETTER)
    reextract(vendor_list)
    before = everything()
    code, summary = reextract(vendor_list)
    assert (code, summary["captures"]) == (0, 0)
    assert everything() == before


def test_a_dry_run_shows_what_would_change_and_writes_nothing(vendor_list):
    use(vendor_list, BETTER)
    before = everything()
    foreseen = list(rereading.foresee(vendor_list))
    assert everything() == before
    assert [(one.rows_before, one.rows_after, one.came, one.gone) for one in foreseen] == [
        (3, 3, 3, 3),
        (4, 4, 4, 4),
        (3, 3, 3, 3),
    ]
    code, summary = reextract(vendor_list, "--dry-run")
    assert (code, summary["superseded"], summary["dry_run"]) == (0, 3, True)
    assert everything() == before


def test_what_it_foresees_is_what_it_does(vendor_list):
    use(vendor_list, BETTER)
    foreseen = [(one.action, one.rows_after, one.came, one.gone, one.changed) for one in rereading.foresee(vendor_list)]
    done = [(one.action, one.rows_after, one.came, one.gone, one.changed) for one in rereading.reread(vendor_list)]
    assert foreseen == done


def test_a_recipe_not_yet_in_use_can_be_tried(vendor_list):
    before = everything()
    assert {one.action for one in rereading.foresee(vendor_list, BETTER)} == {"superseded"}
    assert {one.action for one in rereading.foresee(vendor_list, OLD)} == set()
    with pytest.raises(extractors.RecipeError):
        rereading.foresee(vendor_list, "format: tea")
    assert everything() == before


def test_the_same_rows_by_another_recipe_keep_their_snapshot_and_cause(vendor_list):
    use(vendor_list, "format: csv\ncolumns: {vendor: [Company, Firm], extra: []}\n")
    snapshots = list(vendor_list.snapshots.values_list("pk", flat=True))
    code, summary = reextract(vendor_list)
    assert (code, summary["same"], summary["superseded"]) == (0, 3, 0)
    assert list(vendor_list.snapshots.values_list("pk", flat=True)) == snapshots
    assert {snapshot.recipe.version for snapshot in vendor_list.snapshots.all()} == {2}
    assert changes(vendor_list) == SOURCE_ONLY
    assert Decision.objects.filter(action="reread").count() == 3


def test_what_differs_between_old_and_new_reading_is_our_recipes_change(vendor_list):
    # The recipe asks for a column that the first page does not have, so that one stays as it was read.
    earlier = csv("Rising", "Kaspersky", head="Company")
    assert pipeline.ingest(vendor_list, earlier, at=day(-1)).outcome == "recorded"
    use(vendor_list, BETTER)
    code, summary = reextract(vendor_list)
    assert (code, summary["kept"], summary["superseded"]) == (1, 1, 3)
    assert {(at, cause) for at, _, _, cause in changes(vendor_list)} == {
        ("01", "recipe"),
        ("02", "source"),
        ("03", "source"),
    }
    kept = vendor_list.snapshots.published().get(captured_at=day(-1))
    assert kept.recipe.version == 1
    # Once a recipe fits all of it, nothing is left that we changed.
    use(vendor_list, OLD)
    assert reextract(vendor_list)[0] == 0
    assert {cause for *_, cause in changes(vendor_list)} == {"source"}
    assert_true_record(vendor_list)


def test_a_capture_that_the_recipe_does_not_fit_is_reported_with_its_reason(vendor_list):
    use(vendor_list, "format: csv\ncolumns: {vendor: Supplier}\n")
    before = everything()
    code, summary = reextract(vendor_list)
    assert (code, summary["kept"]) == (1, 3)
    assert all("'Supplier'" in one.reason for one in rereading.foresee(vendor_list))
    assert everything() == before


def test_what_was_held_for_a_misfit_is_recorded_once_the_recipe_fits(vendor_list):
    misfit = pipeline.ingest(vendor_list, csv("Rising,AV 2,a", head="Firm,Product,Note"), at=day(5))
    assert (misfit.outcome, misfit.error_code, misfit.snapshot) == ("held", "recipe_misfit", None)
    named = pipeline.ingest(
        vendor_list,
        csv("Jiangmin,KV,a", head="Firm,Product,Note"),
        at=day(4),
        coverage="partial",
        basis="reported",
        basis_note="A newspaper.",
        label="Issue 3",
    )
    assert named.snapshot is None
    code, summary = reextract(vendor_list)  # by the recipe that does not fit
    assert (code, summary["kept"]) == (0, 2)
    use(vendor_list, BETTER)
    code, summary = reextract(vendor_list)
    assert (code, summary["superseded"], summary["recorded"]) == (0, 3, 2)
    partial = vendor_list.snapshots.published().get(captured_at=day(4))
    assert (partial.coverage, partial.basis, partial.basis_note, partial.label) == (
        "partial",
        "reported",
        "A newspaper.",
        "Issue 3",
    )
    misfit.refresh_from_db()
    assert misfit.snapshot.status == "published" and misfit.outcome == "held"
    assert reextract(vendor_list)[1]["captures"] == 0
    assert_true_record(vendor_list)


def test_pages_that_were_held_because_our_recipe_read_too_little_are_published():
    vendor_list = make_list()
    rows = [f"Vendor {n},Product {n},x" for n in range(20)]
    narrow = OLD + "filters: [{keep: {column: Note, equals: x}}]\n"
    assert pipeline.ingest(vendor_list, csv(*rows), at=day(0), recipe_text=narrow).outcome == "recorded"
    unmarked = csv(*(row.removesuffix("x") + "y" for row in rows))
    held = [pipeline.ingest(vendor_list, unmarked, at=day(n)) for n in (1, 2, 3)]
    assert {run.outcome for run in held} == {"held"}
    assert len({run.snapshot_id for run in held}) == 1  # a page that stays broken is held once
    assert reextract(vendor_list)[1]["captures"] == 0
    use(vendor_list, OLD)
    foreseen = [one.action for one in rereading.foresee(vendor_list)]
    assert foreseen == ["same", "published", "recorded", "recorded"]
    code, _ = reextract(vendor_list)
    assert code == 0
    assert [s.row_count for s in vendor_list.snapshots.published()] == [20, 20, 20, 20]
    assert changes(vendor_list) == []


def test_what_was_withdrawn_stays_withdrawn_and_what_is_truly_suspicious_stays_held():
    vendor_list = make_list()
    rows = [f"Vendor {n},Product {n},x" for n in range(20)]
    pipeline.ingest(vendor_list, csv(*rows), at=day(0), recipe_text=OLD)
    wrong = pipeline.ingest(vendor_list, csv(*rows[:19]), at=day(1)).snapshot
    recording.withdraw(wrong, why="The wrong file.")
    assert pipeline.ingest(vendor_list, csv(*rows[:3]), at=day(2)).outcome == "held"
    use(vendor_list, BETTER)
    assert reextract(vendor_list)[0] == 0
    live = vendor_list.snapshots.exclude(status="superseded").order_by("captured_at")
    assert [(s.status, s.recipe.version) for s in live] == [("published", 2), ("withdrawn", 2), ("held", 2)]
    assert_true_record(vendor_list)


def test_a_recipe_that_reads_no_rows_leaves_the_history_as_it_was(vendor_list):
    use(vendor_list, OLD + "filters: [{keep: {column: Note, equals: none}}]\n")
    before = everything()
    code, summary = reextract(vendor_list)
    assert (code, summary["kept"]) == (1, 3)
    assert everything() == before


def test_all_pages_of_a_capture_are_read_again():
    vendor_list = make_list()
    bodies = [page("Rising", then=link("?p=2")), page("Jiangmin", then=link("?p=3")), page("Symantec")]
    urls = ["https://example.org/list", "https://example.org/list?p=2", "https://example.org/list?p=3"]
    received = [pipeline.Received(body, day(0), "fetched", url=url) for body, url in zip(bodies, urls, strict=True)]
    by_url = {one.url: one for one in received}
    run = Run.objects.create(list=vendor_list, trigger="person")
    pipeline.settle(run, received[0], recipe_text=NEXT, fetch_page=by_url.__getitem__)
    assert run.snapshot.row_count == 3
    use(vendor_list, NEXT.replace("vendor: Vendor", "vendor: Vendor, extra: []"))
    assert [(one.action, one.rows_after) for one in rereading.foresee(vendor_list)] == [("same", 3)]
    use(vendor_list, NEXT.replace("vendor:", "product:"))
    assert reextract(vendor_list)[0] == 0
    assert sorted(vendor_list.listings.filter(listed_to__year=9999).values_list("entry__product", flat=True)) == [
        "Jiangmin",
        "Rising",
        "Symantec",
    ]
    use(vendor_list, NEXT.replace("paging: {next: 'a[rel=next]'}", ""))
    code, summary = reextract(vendor_list)
    assert (code, summary["kept"]) == (1, 1)
    (kept,) = rereading.foresee(vendor_list)
    assert "2 of the pages" in kept.reason


def test_a_failure_in_the_middle_leaves_all_as_it_was(vendor_list, monkeypatch):
    use(vendor_list, BETTER)
    before = everything()
    calls = []

    def supersede(*args, **kwargs):
        calls.append(args)
        if len(calls) == 3:
            raise OSError("the disk is full")
        return real(*args, **kwargs)

    real = rereading.recording.supersede
    monkeypatch.setattr(rereading.recording, "supersede", supersede)
    with pytest.raises(OSError, match="disk"):
        rereading.reread(vendor_list)
    assert everything() == before


def test_a_capture_whose_bytes_are_missing_is_reported(vendor_list):
    captures.path_of(vendor_list.captures.get(captured_at=day(1)).sha256).unlink()
    use(vendor_list, BETTER)
    code, summary = reextract(vendor_list)
    assert (code, summary["kept"], summary["superseded"]) == (1, 1, 2)


def test_a_list_without_a_recipe_is_told_so():
    vendor_list = make_list()
    with pytest.raises(CommandError, match="no recipe"):
        call_command("reextract", vendor_list.slug)


def test_people_are_told_in_words(vendor_list):
    use(vendor_list, BETTER)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reextract", vendor_list.slug, "--dry-run", stdout=out, stderr=io.StringIO())
    lines = out.getvalue().splitlines()
    assert lines[0] == "2024-01-01 00:00:00 UTC  superseded  3 rows → 3  3 came, 3 gone"
    assert lines[-1] == "Nothing was written. By recipe version 2: 3 superseded by what it reads now."


firm = st.sampled_from(["Rising", "Kaspersky", "Kingsoft", "Symantec"])
line = st.tuples(firm, st.sampled_from(["AV", "Suite", ""])).map(lambda cells: f"{cells[0]},{cells[1]},x")
version = st.tuples(st.lists(line, min_size=1, max_size=3), st.sampled_from(["full", "full", "partial"]))


def history(vendor_list: VendorList) -> tuple[list, list]:
    listings = vendor_list.listings.values_list("entry__vendor", "entry__product", "listed_from", "listed_to")
    changes = vendor_list.changes.values_list("at", "kind", "cause", "entry__vendor", "entry__product")
    return sorted(listings), sorted(changes)


@given(st.lists(version, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_history_read_anew_is_the_one_that_the_recipe_would_have_given(versions):
    old, new = make_list(), make_list()
    for vendor_list, recipe in ((old, OLD), (new, BETTER)):
        for number, (lines, coverage) in enumerate(versions):
            pipeline.ingest(vendor_list, csv(*lines), at=day(number), recipe_text=recipe, coverage=coverage)
    use(old, BETTER)
    foreseen = [one.action for one in rereading.foresee(old)]
    assert [one.action for one in rereading.reread(old)] == foreseen
    assert history(old) == history(new)
    assert_true_record(old)
