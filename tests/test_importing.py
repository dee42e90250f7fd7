"""A folder of dated files as history: manage.py import_folder."""

import io
import json
import os
import shutil
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from procurement import verification
from procurement.models import Capture, Change, Recipe, Snapshot, VendorList
from scraping import importing, pipeline
from scraping.models import Run
from tests.histories import make_list

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
CREATE = ("--create", "Antivirus", "--jurisdiction", "CN")


def moments(*names: str) -> dict[str, str]:
    files = importing.dated([importing.Named(name, bytes) for name in names], NOW)
    return {file.name: f"{file.at:%Y-%m-%d %H:%M:%S}" for file in files}


def csv(*vendors: str) -> str:
    return "".join(f"{vendor},Antivirus\n" for vendor in ("Vendor", *vendors)).replace("Antivirus", "Product", 1)


@pytest.fixture
def folder(tmp_path):
    def write(**files: str):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return write


THREE = {
    "2013-06-27.csv": csv("Rising", "Kingsoft", "Symantec"),
    "list-20140715.csv": csv("Rising", "Kingsoft", "Symantec", "Jiangmin"),
    "2014-07-31 final.csv": csv("Rising", "Kingsoft", "Jiangmin"),
}


def bring_in(folder, *words: object, slug: str = "av") -> tuple[int, list[dict]]:
    """The exit code and the JSON objects, the summary last."""
    out, code = io.StringIO(), 0
    try:
        call_command("import_folder", slug, str(folder), *map(str, words), "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_dates_are_found_anywhere_in_a_name():
    assert moments("2014-07-31.html", "2018-10-01_0f5f50c.csv", "list-20140731.xlsx", "v2_2019_03_04 (1).pdf") == {
        "2014-07-31.html": "2014-07-31 00:00:00",
        "list-20140731.xlsx": "2014-07-31 00:01:00",
        "2018-10-01_0f5f50c.csv": "2018-10-01 00:00:00",
        "v2_2019_03_04 (1).pdf": "2019-03-04 00:00:00",
    }


def test_times_are_taken_where_names_give_them_and_made_distinct_where_they_do_not():
    assert moments(
        "20140731123005.html", "2014-07-31T08-15.html", "2014-07-31 20140731.html", "2014-07-31T000000Z"
    ) == {
        "2014-07-31T000000Z": "2014-07-31 00:00:00",
        "2014-07-31 20140731.html": "2014-07-31 00:01:00",
        "2014-07-31T08-15.html": "2014-07-31 08:15:00",
        "20140731123005.html": "2014-07-31 12:30:05",
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("readme.txt", "gives no date"),
        ("2014-07.html", "gives no date"),
        ("a120140731.html", "gives no date"),
        ("2014-02-30.html", "2014-02-30, which is no date"),
        ("2014-07-01 to 2014-07-31.html", "more than one date (2014-07-01 and 2014-07-31)"),
        ("2014-07-31T10-00 2014-07-31T11-00.html", "two times of 2014-07-31"),
        ("2026-06-16.html", "has not come yet"),
        ("20260615130000.html", "has not come yet"),
    ],
)
def test_names_that_cannot_be_placed_in_time_are_refused(name, why):
    with pytest.raises(importing.ImportRefusedError) as caught:
        moments("2014-07-31.html", name)
    assert f"{name}: its" in str(caught.value) and why in str(caught.value)
    assert str(caught.value).count(": its name") + str(caught.value).count(": its date") == 1


def test_a_folder_becomes_history(folder):
    code, (*files, summary) = bring_in(folder(**THREE), *CREATE)
    assert code == 0
    assert [(one["file"], one["outcome"], one["rows"]) for one in files] == [
        ("2013-06-27.csv", "recorded", 3),
        ("list-20140715.csv", "recorded", 4),
        ("2014-07-31 final.csv", "recorded", 3),
    ]
    assert summary == {
        "list": "av",
        "files": 3,
        "from": "2013-06-27",
        "to": "2014-07-31",
        "recorded": 3,
        "unchanged": 0,
        "held": 0,
        "failed": 0,
        "dry_run": False,
    }
    assert [(c.kind, c.entry.vendor) for c in Change.objects.order_by("at")] == [
        ("added", "Jiangmin"),
        ("dropped", "Symantec"),
    ]
    assert set(Capture.objects.values_list("file_name", flat=True)) == set(THREE)


def counts() -> list[int]:
    return [table.objects.count() for table in (VendorList, Capture, Snapshot, Change, Recipe, Run)]


def test_doing_it_again_changes_nothing_and_more_files_are_added_beside(folder):
    path = folder(**THREE)
    bring_in(path, *CREATE)
    before = counts()
    code, (*files, _) = bring_in(path)
    assert code == 0 and {one["outcome"] for one in files} == {"unchanged"}
    assert counts() == before
    # It sorts before the file of its day that was brought in already, which keeps its time.
    folder(**{"2014-07-31 draft.csv": csv("Rising", "Kingsoft", "Jiangmin", "Kaspersky")})
    code, (*files, summary) = bring_in(path)
    assert (code, summary["recorded"], summary["unchanged"]) == (0, 1, 3)
    times = dict(Capture.objects.values_list("file_name", "captured_at"))
    assert f"{times['2014-07-31 final.csv']:%H:%M}" == "00:00"
    assert f"{times['2014-07-31 draft.csv']:%H:%M}" == "00:01"
    assert bring_in(path)[1][-1]["unchanged"] == 4


def test_several_files_of_a_day_may_say_the_same_again(folder):
    one, other = csv("Rising", "Kingsoft"), csv("Rising")
    path = folder(**{"2014-07-31_a.csv": one, "2014-07-31_b.csv": other, "2014-07-31_c.csv": one})
    assert bring_in(path, *CREATE)[0] == 0
    assert [(c.kind, f"{c.at:%H:%M}") for c in Change.objects.order_by("at")] == [
        ("dropped", "00:01"),
        ("relisted", "00:02"),
    ]
    assert bring_in(path)[1][-1]["unchanged"] == 3


def test_a_file_that_was_ingested_by_itself_is_recognised(folder):
    path = folder(**THREE)
    vendor_list = make_list(slug="av")
    body = THREE["2013-06-27.csv"].encode()
    pipeline.ingest(vendor_list, body, at=datetime(2013, 6, 27, tzinfo=UTC), file_name="downloaded.csv")
    _, (first, *_) = bring_in(path)
    assert first["outcome"] == "unchanged"
    assert vendor_list.snapshots.count() == 3


def test_the_worst_outcome_is_the_exit_code_and_the_others_are_recorded(folder):
    path = folder(**THREE, **{"2013-12-01.csv": "Company,Product\nRising,AV\n", "2014-01-01.csv": ""})
    code, (*files, summary) = bring_in(path, *CREATE)
    assert code == 1
    outcomes = {one["file"]: one["outcome"] for one in files}
    assert outcomes["2013-12-01.csv"] == "held" and outcomes["2014-01-01.csv"] == "failed"
    assert (summary["recorded"], summary["held"], summary["failed"]) == (3, 1, 1)
    assert all(one["reason"] for one in files if one["outcome"] in {"held", "failed"})
    (path / "2014-01-01.csv").unlink()
    assert bring_in(path)[0] == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_file_that_cannot_be_read_does_not_stop_the_others(folder):
    path = folder(**THREE)
    (path / "2013-06-27.csv").chmod(0)
    code, (*files, _) = bring_in(path, *CREATE)
    assert code == 1
    assert [one["outcome"] for one in files] == ["failed", "recorded", "recorded"]


def test_a_reader_that_fails_does_not_stop_the_others():
    def broken() -> bytes:
        raise OSError(5, "Input/output error")

    named = [importing.Named("2014-01-01.csv", broken), importing.Named("2014-01-02.csv", csv("Rising").encode)]
    done = list(importing.bring_in(make_list(), importing.dated(named, NOW)))
    assert [one.outcome for one in done] == ["failed", "recorded"]
    assert "Input/output error" in done[0].reason


def test_a_folder_with_an_undated_file_is_refused_before_anything_is_made(folder):
    path = folder(**THREE, **{"notes.txt": "mine"})
    with pytest.raises(CommandError, match=r"notes\.txt: its name gives no date"):
        bring_in(path, *CREATE)
    assert counts() == [0] * 6
    assert bring_in(path, *CREATE, "--only", "*.csv")[0] == 0


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        bring_in(tmp_path / "none", *CREATE)
    (tmp_path / ".DS_Store").write_text("x")
    (tmp_path / "2014-07-31").mkdir()
    with pytest.raises(CommandError, match="holds no file"):
        bring_in(tmp_path, *CREATE)
    with pytest.raises(CommandError, match="no list 'av'"):
        (tmp_path / "2014-07-31.csv").write_text(csv("Rising"))
        bring_in(tmp_path)
    assert counts() == [0] * 6


def test_a_dry_run_shows_how_each_file_would_be_read_and_records_nothing(folder):
    path = folder(**THREE, **{"2015-01-01.csv": "Company,Product\nRising,AV\n", "2015-01-02.csv": ""})
    code, (*files, summary) = bring_in(path, *CREATE, "--dry-run")
    assert [(one["outcome"], one["rows"]) for one in files] == [
        ("recorded", 3),
        ("recorded", 4),
        ("recorded", 3),
        ("held", 0),
        ("failed", 0),
    ]
    assert (code, summary["dry_run"]) == (1, True)
    assert counts() == [0] * 6
    with pytest.raises(CommandError, match="no list 'av'"):
        bring_in(path, "--dry-run")


def test_another_recipe_reads_the_files_anew(folder, tmp_path_factory):
    path = folder(**THREE)
    bring_in(path, *CREATE)
    recipe = tmp_path_factory.mktemp("recipe") / "recipe.yaml"
    recipe.write_text("format: csv\ncolumns: {vendor: Vendor, category: Product}\n")
    code, (*_, summary) = bring_in(path, "--recipe", recipe)
    assert (code, summary["recorded"]) == (0, 3)
    assert Recipe.objects.count() == 2
    assert {c.cause for c in Change.objects.all()} == {"source"}
    assert bring_in(path, "--recipe", recipe)[1][-1]["unchanged"] == 3


def test_people_are_told_in_words(folder):
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_folder", "av", str(folder(**THREE)), *CREATE, stdout=out, stderr=io.StringIO())
    lines = out.getvalue().splitlines()
    assert lines[-2] == "2014-07-31 00:00  recorded        3 rows  2014-07-31 final.csv  1 dropped"
    assert lines[-1] == "Of 3 files from 2013-06-27 to 2014-07-31: 3 recorded."


def test_real_editions_of_a_list_in_any_shape(shared_data, tmp_path):
    """Months of pages of modules in process, as they were saved, beside files that are no version of the list."""
    for name in ("2020-10-24.html", "2021-02-19.html", "2021-12-19.html", "2020-10-24.truth.csv"):
        shutil.copy(shared_data / "nist_cmvp_mip" / name, tmp_path)
    code, (*files, _) = bring_in(tmp_path, "--create", "Modules", "--jurisdiction", "US", "--only", "*.html")
    assert code in {0, 3}
    assert len(files) == 3
    assert not [finding for finding in verification.verify(VendorList.objects.get()) if finding.problem]
