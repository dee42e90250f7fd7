"""Recording and comparing as an operator does it: manage.py ingest, compare, publish, withdraw, verify."""

import io
import itertools
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procurement import captures
from procurement.models import Capture, Change, Entry, Listing, Recipe, Snapshot, VendorList
from scraping.models import Run

pytestmark = pytest.mark.django_db

TWELVE = "vendor,product\n" + "".join(f"Vendor {n},Antivirus\n" for n in range(12))
FIVE = "vendor,product\n" + "".join(f"Vendor {n},Antivirus\n" for n in range(5))


def manage(*words: object) -> tuple[int, dict]:
    """The exit code and the last JSON object of a command."""
    out = io.StringIO()
    code = 0
    try:
        call_command(*map(str, words), "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        code = int(stop.code or 0)
    lines = out.getvalue().strip().splitlines()
    return code, json.loads(lines[-1]) if lines else {}


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "list.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def ingest(path, at="2014-01-01", *words, slug="av"):
    return manage("ingest", slug, path, "--at", at, "--create", "Antivirus", "--jurisdiction", "CN", *words)


def test_a_file_becomes_capture_snapshot_and_run(write) -> None:
    code, result = ingest(write(TWELVE))
    assert (code, result["outcome"], result["rows"]) == (0, "recorded", 12)
    snapshot = Snapshot.objects.get(pk=result["snapshot"])
    assert snapshot.capture.body == TWELVE.encode()
    assert snapshot.capture.file_name == "list.csv"
    assert snapshot.recipe.text.startswith("version:")
    run = Run.objects.get()
    assert (run.outcome, run.snapshot, run.trigger) == ("recorded", snapshot, "file")
    assert run.log


def test_the_same_bytes_at_the_same_time_change_nothing(write) -> None:
    path = write(TWELVE)
    first = ingest(path)[1]
    again = ingest(path)[1]
    assert again["outcome"] == "unchanged"
    assert again["snapshot"] == first["snapshot"]
    assert [model.objects.count() for model in (Snapshot, Capture, Recipe, Listing, Entry)] == [1, 1, 1, 12, 12]


def test_a_mass_removal_is_held_and_published_by_a_person(write) -> None:
    ingest(write(TWELVE), "2013-06-27")
    code, held = ingest(write(FIVE), "2014-07-31")
    assert code == 3
    assert "12 entries became 5" in held["reason"]
    assert not Change.objects.exists()
    assert manage("compare", "av", "2013-06-27..2014-07-31")[1]["summary"]["dropped"] == 0
    call_command("publish", str(held["snapshot"]), stdout=io.StringIO())
    summary = manage("compare", "av", "2013-06-27..2014-07-31")[1]["summary"]
    assert (summary["dropped"], summary["unchanged"]) == (7, 5)
    call_command("withdraw", str(held["snapshot"]), "--why", "it was a fragment", stdout=io.StringIO())
    assert not Change.objects.exists()
    call_command("withdraw", str(held["snapshot"]), "--why", "it was not", "--undo", stdout=io.StringIO())
    assert Change.objects.filter(kind="dropped").count() == 7
    with pytest.raises(CommandError, match="is published"):
        call_command("publish", str(held["snapshot"]))


def test_what_was_held_is_published_when_an_earlier_snapshot_explains_it(write) -> None:
    eight = "vendor,product\n" + "".join(f"Vendor {n},Antivirus\n" for n in range(8))
    ingest(write(TWELVE), "2014-01-01")
    held = ingest(write(FIVE), "2014-03-01")[1]
    assert held["outcome"] == "held"
    ingest(write(eight), "2014-02-01")
    assert Snapshot.objects.get(pk=held["snapshot"]).is_published
    assert [c.kind for c in Change.objects.filter(at__month=3)] == ["dropped"] * 3


def sizes(*counts: int) -> list[str]:
    return ["vendor,product\n" + "".join(f"Vendor {n},Antivirus\n" for n in range(count)) for count in counts]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_guard_judges_alike_in_whatever_order_files_arrive(order, write) -> None:
    history = sizes(12, 5, 4, 6)  # the second and third lose too much of the first, the fourth does not
    for n in order:
        ingest(write(history[n]), f"2014-01-0{n + 1}")
    statuses = list(Snapshot.objects.order_by("captured_at").values_list("status", flat=True))
    assert statuses == ["published", "held", "held", "published"]
    assert [c.kind for c in Change.objects.all()] == ["dropped"] * 6


def test_what_a_person_published_is_not_held_by_an_earlier_file(write) -> None:
    ingest(write(TWELVE), "2014-01-01")
    held = ingest(write(FIVE), "2014-03-01")[1]["snapshot"]
    call_command("publish", str(held), stdout=io.StringIO())
    ingest(write(sizes(20)[0]), "2014-02-01")
    assert Snapshot.objects.get(pk=held).is_published


def test_a_file_read_by_its_differing_lines_explains_a_held_one_too(write) -> None:
    history = sizes(100, 45, 85)
    ingest(write(history[0]), "2014-01-01")
    held = ingest(write(history[1]), "2014-03-01")[1]
    assert held["outcome"] == "held"
    ingest(write(history[2]), "2014-02-01")
    assert Snapshot.objects.get(pk=held["snapshot"]).is_published


def test_an_entry_has_the_words_of_the_earliest_file_that_says_it(write) -> None:
    rows = [f"{n:04},Vendor {n},Scanner {n}" for n in range(400)]
    ingest(write("\n".join(["id,vendor,product", *rows])), "2014-02-01")
    older = ["0000,VENDOR  0,Scanner 0", *rows[1:]]
    path = write("\n".join(["id,vendor,product", *older]))
    with CaptureQueriesContext(connection) as queries:
        ingest(path, "2014-01-01")
    written = " ".join(query["sql"] for query in queries if query["sql"].startswith("UPDATE"))
    assert "VENDOR  0" in written
    assert "Vendor 399" not in written  # those printed alike are not written again: a list has 25,000
    assert set(Entry.objects.filter(identifier="0000").values_list("vendor", flat=True)) == {"VENDOR  0"}


def test_decisions_are_printed_as_json(write) -> None:
    ingest(write(TWELVE), "2013-06-27")
    held = ingest(write(FIVE), "2014-07-31")[1]["snapshot"]
    code, result = manage("publish", held)
    assert (code, result["snapshot"], result["status"], result["dropped"]) == (0, held, "published", 7)
    code, result = manage("withdraw", held, "--why", "a fragment")
    assert (code, result["status"], result["dropped"], result["reason"]) == (0, "withdrawn", 0, "a fragment")
    assert manage("withdraw", held, "--why", "it was not", "--undo")[1]["status"] == "published"


def test_a_page_that_stays_broken_is_held_once(write) -> None:
    ingest(write(TWELVE), "2014-01-01")
    held = [ingest(write(FIVE), f"2014-02-0{n}")[1]["snapshot"] for n in (1, 2, 3)]
    assert len(set(held)) == 1
    assert Capture.objects.count() == 4


def test_compare_bounds_each_change_by_its_evidence(write) -> None:
    without = TWELVE.replace("Vendor 3,Antivirus\n", "")
    for at, text in (("2014-01-01", TWELVE), ("2014-02-01", TWELVE), ("2014-03-01", without)):
        ingest(write(text), at)
    _, comparison = manage("compare", "av", "2014-01-15..2014-12-31")
    (change,) = comparison["changes"]
    assert (change["kind"], change["before"]["vendor"], change["after"]) == ("dropped", "Vendor 3", None)
    assert change["last_seen"] == "2014-02-01T00:00:00Z"
    assert change["first_absent"] == "2014-03-01T00:00:00Z"
    assert comparison["summary"] == {
        "added": 0, "dropped": 1, "relisted": 0, "renamed": 0, "amended": 0, "unchanged": 11, "first_seen": 0,
    }  # fmt: skip
    assert comparison["vendors"] == {"added": 0, "dropped": 1, "reduced": 0}


def test_a_partial_snapshot_proves_no_absence(write) -> None:
    ingest(write("vendor\nSymantec\nKingsoft\n"), "2013-06-27", "--coverage", "partial")
    ingest(write("vendor\nKingsoft\nTrend Micro\n"), "2014-07-15", "--coverage", "partial")
    ingest(write("vendor\nKingsoft\nRising\n"), "2014-07-31")
    _, c = manage("compare", "av", "2013-06-27..2014-07-31")
    dropped = {d["before"]["vendor"]: d["last_seen"][:10] for d in c["changes"]}
    assert dropped == {"Symantec": "2013-06-27"}
    assert [(d["kind"], d["after"]["vendor"]) for d in c["first_seen"]] == [("first_seen", "Rising")]
    _, c = manage("compare", "av", "2014-07-15..2014-07-31")
    assert {d["before"]["vendor"]: d["last_seen"][:10] for d in c["changes"]} == {
        "Symantec": "2013-06-27",
        "Trend Micro": "2014-07-15",
    }
    assert c["summary"]["added"] == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_reading_only_the_lines_that_differ_records_the_same(write, monkeypatch, newline) -> None:
    def version(drop=(), extra=""):
        lines = ["id,vendor,product,level"]
        lines += [f'{n},"Vendor, {n % 7}",P{n},{"High" if n % 2 else "Low"}' for n in range(60) if n not in drop]
        return newline.join([*lines, extra, ""]) if extra else newline.join([*lines, ""])

    versions = [
        version(),
        version(drop={3, 4}, extra='3,"Vendor, 3",P3,Medium'),
        version(extra='900,Neu,"P ""9""",Low'),
        version(drop={3}),
        version().replace('"Vendor, 5",P5,', '"VENDOR,  5",P5,'),
        version(extra='5,"Vendor, 5",Twice,Low'),
        version(drop={1}),
    ]
    for n, text in enumerate(versions):
        assert ingest(write(text), f"2014-01-{n + 1:02d}", slug="quick")[0] == 0
    quick = [run.log[1][1] for run in Run.objects.order_by("pk")]
    assert sum("lines that differ" in step for step in quick) >= 4
    monkeypatch.setattr("scraping.deltas.between", lambda *_: None)
    for n, text in enumerate(versions):
        assert ingest(write(text), f"2014-01-{n + 1:02d}", slug="whole")[0] == 0

    def history(slug):
        vendor_list = VendorList.objects.get(slug=slug)
        return (
            list(vendor_list.snapshots.values_list("captured_at", "row_count", "entry_count", "content_hash")),
            sorted(vendor_list.listings.values_list("entry__digest", "listed_from", "listed_to")),
            sorted(vendor_list.changes.values_list("at", "kind", "entry__digest", "former__digest"), key=str),
            sorted(vendor_list.entries.values_list("vendor", "product", "identifier")),
        )

    assert history("quick") == history("whole")
    call_command("verify", stdout=io.StringIO())


def test_verify_finds_what_no_longer_is_what_was_recorded(write) -> None:
    result = ingest(write(TWELVE))[1]
    call_command("verify", "av", stdout=io.StringIO())
    capture = Snapshot.objects.get(pk=result["snapshot"]).capture
    captures.path_of(capture.sha256).write_bytes(b"altered")
    Listing.objects.first().delete()
    problems = io.StringIO()
    with pytest.raises(CommandError, match="2 of 2"):
        call_command("verify", "av", stderr=problems)
    assert capture.sha256 in problems.getvalue()


BAD = [
    (["no-such-list", "{file}", "--at", "2014-01-01"], "There is no list 'no-such-list'"),
    (["av", "/no/such/file.csv", "--at", "2014-01-01"], "cannot be read: No such file"),
    (["av", "{empty}", "--at", "2014-01-01"], "is empty"),
    (["av", "{file}", "--at", "31.07.2014"], "is no date"),
    (["av", "{file}", "--at", "2999-01-01"], "has not come yet"),
    (["av", "{file}", "--at", "0001-01-01"], "is before 1900"),
    (["av", "{file}", "--at", "0001-01-01T00:00+05:00"], "is no date"),
    (["av", "{file}", "--at", "2014-01-01", "--url", "http://example.org/" + "x" * 2000], "at most 2,000"),
    (["x" * 101, "{file}", "--at", "2014-01-01", "--create", "New", "--jurisdiction", "CN"], "slug has 101 characters"),
    (["new", "{file}", "--at", "2014-01-01", "--create", "N" * 301, "--jurisdiction", "CN"], "title has 301"),
    (
        ["av", "{file}", "--at", "2014-01-01", "--create", "Other", "--jurisdiction", "CN"],
        "There is a list 'av' already",
    ),
    (["new", "{file}", "--at", "2014-01-01", "--create", "New"], "--create needs --jurisdiction"),
    (["new", "{file}", "--at", "2014-01-01", "--create", "New", "--jurisdiction", "XY"], "needs --jurisdiction"),
    (["no slug!", "{file}", "--at", "2014-01-01", "--create", "New", "--jurisdiction", "CN"], "cannot name a list"),
    (["av", "{file}", "--at", "2014-01-01", "--recipe", "/no/recipe.yaml"], "cannot be read"),
    (["av", "{file}", "--at", "2014-01-01", "--recipe", "{file}"], "recipe"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD)
def test_bad_input_is_refused_in_a_sentence_and_loses_nothing(words, sentence, write) -> None:
    ingest(write(TWELVE, "av.csv"))
    before = [model.objects.count() for model in (VendorList, Snapshot, Capture, Run)]
    paths = {"file": write(FIVE), "empty": write("", "empty.csv")}
    with pytest.raises(CommandError, match=sentence):
        call_command("ingest", *[word.format(**paths) for word in words])
    assert [model.objects.count() for model in (VendorList, Snapshot, Capture, Run)] == before


@pytest.mark.parametrize(
    ("text", "code", "outcome"),
    [("vendor,product\n", 3, "held"), ("<html><body><p>We are under maintenance.</p></body></html>", 3, "held")],
)
def test_a_page_without_its_list_is_kept_and_not_published(text, code, outcome, write) -> None:
    ingest(write(TWELVE), "2014-01-01")
    seen, result = ingest(write(text, "page.html"), "2014-02-01")
    assert (seen, result["outcome"]) == (code, outcome)
    assert len(result["reason"]) > 20
    assert Run.objects.latest("pk").capture.body == text.encode()
    assert manage("compare", "av", "2014-01-01..2014-02-01")[1]["summary"]["unchanged"] == 12


@pytest.mark.parametrize("text", ["<html><body><p>We are under maintenance.</p></body></html>", "\x00\x01\x02"])
def test_a_first_page_without_any_list_fails_in_a_sentence(text, write) -> None:
    code, result = ingest(write(text, "page.html"))
    assert (code, result["outcome"], result["snapshot"]) == (1, "failed", None)
    assert len(result["reason"]) > 20
    assert Run.objects.get().capture.body == text.encode()


@pytest.mark.parametrize(
    ("range_", "sentence"),
    [
        ("2014-01-01", "is no range"),
        ("2014-01-01..tomorrow", "is no date"),
        ("2014-01-01..2999-01-01", "has not come yet"),
        ("2010-01-01..2014-01-01", "was first observed on 2014-01-01"),
        ("2014-03-01..2014-01-15", "Give the earlier one first"),
    ],
)
def test_a_wrong_range_is_refused_in_a_sentence(range_, sentence, write) -> None:
    ingest(write(TWELVE), "2014-01-01")
    ingest(write(TWELVE + "New,Antivirus\n"), "2014-02-01")
    with pytest.raises(CommandError, match=sentence):
        call_command("compare", "av", range_)


def test_the_text_output_says_who_and_when(write) -> None:
    ingest(write(TWELVE), "2014-01-01")
    ingest(write(TWELVE.replace("Vendor 3,Antivirus\n", "")), "2014-02-01")
    out = io.StringIO()
    call_command("compare", "av", "2014-01-01..2014-02-01", stdout=out)
    text = out.getvalue()
    assert "1 dropped, 11 unchanged" in text
    assert "Vendor 3 · Antivirus (unknown): last seen 2014-01-01, first absent 2014-02-01" in text
