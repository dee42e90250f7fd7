"""The register: what ships is sound, loads again without harm, and never undoes a curator."""

import csv
import json
import re
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from vendors import countries, matching, names, register_csv, register_load
from vendors.models import Alias, Identifier, Ownership, PrintedName, Vendor

SHIPPED = register_csv.read(register_load.STARTING_REGISTER)


def shipped(kind):
    return [fact for fact in SHIPPED if fact.kind == kind]


def write(folder, **files):
    """A register of CSV files, given as lines without their headings."""
    folder.mkdir(exist_ok=True)
    for name, columns in register_csv.COLUMNS.values():
        lines = files.get(name.removesuffix(".csv"), [])
        (folder / name).write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(
        tmp_path / "register",
        vendors=["acme,Acme,US,https://acme.example", "globex,Globex,DE,https://globex.example"],
        aliases=["acme,艾克米,zh-Hans,https://acme.example/cn"],
        identifiers=["acme,stock,NYSE:ACM,https://acme.example"],
        ownerships=["acme,globex,,DE,2020-02-01,,https://globex.example"],
    )


def actions(steps):
    return [(s.action, s.fact.kind, s.fact.reference) for s in steps if s.action != "same"]


class TestShipped:
    def test_is_broad(self):
        vendors = shipped("vendor")
        assert len(vendors) >= 300
        assert len({fact.values["country"] for fact in vendors} - {""}) >= 15

    def test_every_fact_has_a_source(self):
        lacking = [f.reference for f in SHIPPED if not f.values["source"] and f.values.get("country") != ""]
        assert lacking == []

    def test_check_digits_hold(self):
        """A number that was copied wrong is worse than none."""
        alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
        seen = set()
        for fact in shipped("identifier"):
            scheme, _, value = fact.reference.partition(":")
            seen.add(scheme)
            if scheme == "lei":
                assert len(value) == 20 and int("".join(str(int(c, 36)) for c in value)) % 97 == 1, value
            elif scheme == "uscc":
                total = sum(alphabet.index(c) * w for c, w in zip(value, weights, strict=False))
                assert len(value) == 18 and alphabet[(31 - total % 31) % 31] == value[-1], value
            elif scheme == "ogrn":
                assert len(value) == 13 and int(value[:12]) % 11 % 10 == int(value[12]), value
            elif scheme == "wikidata":
                assert re.fullmatch(r"Q[1-9]\d*", value)
            else:
                assert re.fullmatch(r"[A-Z]+:[A-Z0-9.-]+", value), fact
        assert seen == {"lei", "uscc", "ogrn", "wikidata", "stock"}

    @pytest.mark.django_db
    def test_founding_case_is_known_by_every_spelling(self, shared_data):
        register_load.load(register_load.STARTING_REGISTER)
        slugs = {
            "Qihoo 360 Technology Co": "qihoo-360",
            "CA-Jinchen": "ca-jinchen",
            "Jiangmin": "jiangmin",
            "Rising": "rising",
            "Kingsoft": "kingsoft",
            "Venustech": "venustech",
            "Symantec": "symantec",
            "Kaspersky Lab": "kaspersky",
            "Trend Micro": "trend-micro",
        }
        with (shared_data / "founding_case" / "vendor_spellings.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for spelling in [row["vendor"], *row["spellings_found"].split(";")]:
                    text = re.sub(r"\((?:short|product|named by mistake)\)", "", spelling).strip()
                    match = matching.match(text)
                    assert (text, match.vendor and match.vendor.slug) == (text, slugs[row["vendor"]])

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("slug", "on", "owner", "relation"),
        [
            ("symantec", "2014-08-03", None, "foreign"),
            ("symantec", "2019-11-04", "broadcom", "foreign"),
            ("mcafee", "2014-06-01", "intel", "foreign"),
            ("mcafee", "2018-01-01", None, "foreign"),
            ("kaspersky", "2014-08-03", None, "foreign"),
            ("jiangmin", "2014-08-03", None, "domestic"),
            ("h3c", "2014-08-03", "hp", "foreign"),
            ("h3c", "2017-01-01", "unisplendour", "domestic"),
            ("china-telecom-americas", "2022-03-25", "china-telecom", "domestic"),
            ("trend-micro", "2014-07-15", None, "foreign"),
        ],
    )
    def test_who_owned_whom_and_who_is_foreign_to_china(self, slug, on, owner, relation):
        register_load.load(register_load.STARTING_REGISTER)
        firm = Vendor.objects.get(slug=slug)
        day = date.fromisoformat(on)
        held = firm.ownership_on(day)
        assert (held.owner.slug if held else None) == owner
        assert countries.relation(firm.origin_on(day), "CN") == relation

    @pytest.mark.django_db
    def test_loads_in_few_queries_again_and_comes_back_from_an_export(self, tmp_path, django_assert_max_num_queries):
        steps = register_load.load(register_load.STARTING_REGISTER)
        assert {step.action for step in steps} == {"add"}
        with django_assert_max_num_queries(20):
            assert actions(register_load.load(register_load.STARTING_REGISTER)) == []
        register_load.export(tmp_path)
        assert actions(register_load.load(tmp_path)) == []
        for name, _ in register_csv.COLUMNS.values():
            assert (tmp_path / name).read_bytes() == (register_load.STARTING_REGISTER / name).read_bytes()


@pytest.mark.django_db
class TestLoading:
    def test_stores_each_fact_and_links_names_met_before(self, folder):
        pk = matching.link_names(["ACME Inc."])["acme inc."]
        register_load.load(folder)
        acme = Vendor.objects.get(slug="acme")
        assert PrintedName.objects.get(pk=pk).vendor == acme
        assert matching.match("艾克米有限公司").vendor == acme
        assert matching.match("Akme").suggestions[0].vendor == acme
        assert acme.identifiers.get().value == "NYSE:ACM"
        assert acme.ownerships.get().owner.slug == "globex"
        assert acme.origin_on(date(2019, 1, 1)) == "US"
        assert acme.origin_on(date(2020, 2, 1)) == "DE"

    def test_dry_run_changes_nothing_and_says_the_same(self, folder):
        dry = register_load.load(folder, dry_run=True)
        assert not Vendor.objects.exists()
        assert actions(dry) == actions(register_load.load(folder))

    def test_a_newer_file_changes_what_nobody_touched(self, folder):
        register_load.load(folder)
        write(
            folder,
            vendors=["acme,Acme,CA,https://acme.example", "globex,Globex,DE,https://globex.example"],
            aliases=["acme,艾克米,zh-Hans,https://elsewhere.example"],
            identifiers=["globex,stock,NYSE:ACM,https://acme.example"],
            ownerships=["acme,globex,,DE,2020-02-01,2021-01-01,https://globex.example"],
        )
        assert {action for action, _, _ in actions(register_load.load(folder))} == {"change"}
        assert Vendor.objects.get(slug="acme").country == "CA"
        assert Alias.objects.get(text="艾克米").source == "https://elsewhere.example"
        assert Identifier.objects.get().vendor.slug == "globex"
        assert Ownership.objects.get().until == date(2021, 1, 1)
        assert actions(register_load.load(folder)) == []

    def test_what_curators_did_stands_unless_asked(self, folder):
        register_load.load(folder)
        Vendor.objects.filter(slug="acme").update(name="ACME Corporation of Nevada")
        Alias.objects.get(text="艾克米").delete()
        Ownership.objects.all().delete()
        kept = register_load.load(folder)
        assert {action for action, _, _ in actions(kept)} == {"keep"}
        assert all(step.why for step in kept if step.action == "keep")
        assert Vendor.objects.get(slug="acme").name == "ACME Corporation of Nevada"
        assert not Alias.objects.filter(text="艾克米").exists()
        register_load.load(folder, overwrite=True)
        assert Vendor.objects.get(slug="acme").name == "Acme"
        assert Alias.objects.filter(text="艾克米").exists()
        assert Ownership.objects.exists()

    def test_a_vendor_taken_away_stays_away_with_all_that_names_it(self, folder):
        register_load.load(folder)
        Vendor.objects.get(slug="globex").delete()
        steps = register_load.load(folder)
        assert not Vendor.objects.filter(slug="globex").exists()
        assert ("keep", "vendor", "globex") in actions(steps)

    def test_a_name_that_a_curator_gave_to_another_vendor_stays_there(self, folder):
        other = Vendor.objects.create(slug="other", name="Other")
        Alias.objects.create(vendor=other, text="艾克米")
        steps = register_load.load(folder)
        assert ("keep", "alias", "acme 艾克米") in actions(steps)
        assert matching.match("艾克米").vendor == other

    @pytest.mark.parametrize(
        ("files", "sentence"),
        [
            ({"aliases": ["globex,ACME Inc.,en,x"]}, "aliases.csv line 2: “ACME Inc.” would be a name of globex"),
            ({"aliases": ["nobody,Foo,en,x"]}, "aliases.csv line 2: vendors.csv has no vendor 'nobody'"),
            ({"vendors": ["acme,Acme,UK,x"]}, "vendors.csv line 2: country 'UK' is no ISO 3166 code"),
            ({"vendors": ["acme,,US,x"]}, "needs a slug and a name"),
            ({"ownerships": ["acme,globex,,DE,1.2.2020,,x"]}, "must be dates such as 2019-11-04"),
            ({"ownerships": ["acme,globex,,DE,2020-01-01,2019-01-01,x"]}, "ends before it begins"),
            ({"ownerships": ["acme,initech,,DE,,,x"]}, "no owner 'initech'"),
        ],
    )
    def test_faults_are_refused_whole_with_their_line(self, tmp_path, files, sentence):
        good = {"vendors": ["acme,Acme,US,x", "globex,Globex,DE,x"]}
        with pytest.raises(register_csv.RegisterError) as refused:
            register_load.load(write(tmp_path / "bad", **(good | files)))
        assert sentence in str(refused.value)
        assert not Vendor.objects.exists()

    def test_not_a_register(self, tmp_path):
        with pytest.raises(register_csv.RegisterError, match=r"vendors\.csv is not there"):
            register_csv.read(tmp_path)
        (tmp_path / "vendors.csv").write_bytes(b"slug,name,country,source\nx,\xff\xfe,US,\n")
        with pytest.raises(register_csv.RegisterError, match="not UTF-8"):
            register_csv.read(tmp_path)
        (tmp_path / "vendors.csv").write_text("slug,title\n")
        with pytest.raises(register_csv.RegisterError, match="no column name, country, source"):
            register_csv.read(tmp_path)


@pytest.mark.django_db
def test_command(folder, tmp_path):
    def run(*args):
        out = StringIO()
        call_command("register", *args, stdout=out)
        return out.getvalue()

    assert "Would be 7 added" in run("load", str(folder), "--dry-run")
    assert "Done: 7 added" in run("load", str(folder))
    assert "0 added" in run("load", str(folder), "--dry-run")
    Vendor.objects.filter(slug="acme").update(name="Else")
    (line,) = run("load", str(folder), "--json").splitlines()
    assert json.loads(line)["action"] == "keep"
    assert "vendor acme was edited here" in run("load", str(folder))
    assert "2 rows in" in run("export", str(tmp_path / "out"))
    assert "3 aliases indexed" in run("reindex")
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("register", "load", str(tmp_path / "nowhere"))


def test_no_shipped_name_is_two_vendors():
    keys = [fact.reference.split(" ", 1) for fact in shipped("alias")]
    assert len({key for _, key in keys}) == len(keys)
    assert all(names.name_key(fact.values["text"]) == fact.reference.split(" ", 1)[1] for fact in shipped("alias"))
