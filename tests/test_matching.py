"""Printed names find their vendors: by exact alias or identifier only, all of their history at once."""

import json
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command

from vendors import curation, index, matching, names
from vendors.models import Alias, Identifier, PrintedName, Vendor

pytestmark = pytest.mark.django_db


def vendor(slug, *aliases, name=""):
    firm = Vendor.objects.create(slug=slug, name=name or slug.title())
    for text in aliases:
        curation.add_alias(firm, text)
    return firm


@pytest.fixture
def relinked():
    """What names_relinked said, call by call."""
    heard = []

    def hear(sender, names, **kwargs):
        heard.append(sorted(names))

    curation.names_relinked.connect(hear)
    yield heard
    curation.names_relinked.disconnect(hear)


@pytest.fixture
def firms():
    return {
        "kaspersky": vendor("kaspersky", "Kaspersky Lab", "卡巴斯基", "Лаборатория Касперского"),
        "zte": vendor("zte", "ZTE", "中兴", "中兴通讯"),
        "smic": vendor("smic", "SMIC", "中芯国际"),
        "huawei": vendor("huawei", "Huawei", "华为"),
        "symantec": vendor("symantec", "Symantec", "赛门铁克"),
        "jiangmin": vendor("jiangmin", "江民"),
    }


class TestLinkNames:
    def test_links_by_exact_alias_alone(self, firms):
        texts = ["KASPERSKY LAB, Inc.", "АО «Лаборатория Касперского»", "賽門鐵克", "中芯", "Kasperski Lab", "北京江民"]
        linked = matching.link_names(texts)
        found = {text: PrintedName.objects.get(pk=linked[names.fold(text)]).vendor for text in texts}
        assert [found[t] and found[t].slug for t in texts] == ["kaspersky", "kaspersky", "symantec", None, None, None]

    def test_one_name_for_each_spelling_apart_from_presentation(self, firms):
        linked = matching.link_names(["Huawei", "ＨＵＡＷＥＩ", " huawei ", "Huawei Inc.", "", "  "])
        assert set(linked) == {"huawei", "huawei inc."}
        assert PrintedName.objects.get(fold="huawei").text == "Huawei"

    def test_met_again_is_the_same_and_stays_as_it_is(self, firms):
        first = matching.link_names(["Huawei", "Nobody"])
        assert matching.link_names(["Nobody", "huawei"]) == first
        assert PrintedName.objects.count() == 2

    def test_a_key_of_two_vendors_links_neither(self):
        Alias.objects.create(vendor=vendor("one"), text="Rising")
        Alias.objects.create(vendor=vendor("two"), text="Rising")
        pk = matching.link_names(["Rising"])["rising"]
        assert PrintedName.objects.get(pk=pk).vendor is None

    def test_queries_do_not_grow_with_rows(self, firms, django_assert_max_num_queries):
        with django_assert_max_num_queries(7):  # known, savepoint, aliases, insert (SQLite: in 2 parts), read, release
            matching.link_names(f"Firm {n}" for n in range(200))
        with django_assert_max_num_queries(1):  # known
            matching.link_names(f"Firm {n}" for n in range(200))

    def test_a_name_met_by_another_worker_meanwhile_is_taken_as_it_is(self, firms, monkeypatch):
        keep = matching._meet

        def meanwhile(texts):
            PrintedName.objects.create(fold="huawei", text="HUAWEI", key="huawei")
            return keep(texts)

        monkeypatch.setattr(matching, "_meet", meanwhile)
        linked = matching.link_names(["Huawei", "ZTE"])
        assert PrintedName.objects.get(pk=linked["huawei"]).text == "HUAWEI"
        assert PrintedName.objects.get(pk=linked["zte"]).vendor == firms["zte"]

    def test_names_too_long_for_a_column_are_kept_apart(self):
        long = "x" * 500
        linked = matching.link_names([long + "a", long + "b"])
        assert set(linked) == {long + "a", long + "b"}
        assert len(set(linked.values())) == 2
        assert matching.link_names([long + "b"])[long + "b"] == linked[long + "b"]


class TestMatch:
    def test_by_alias(self, firms):
        match = matching.match("中興通訊股份有限公司")
        assert (match.vendor, match.how, match.suggestions) == (firms["zte"], "alias", [])

    @pytest.mark.parametrize("text", ["914403001922038216", "uscc:914403001922038216", "USCC: 914403001922038216"])
    def test_by_identifier(self, firms, text):
        Identifier.objects.create(vendor=firms["huawei"], scheme="uscc", value="914403001922038216")
        match = matching.match(text)
        assert (match.vendor, match.how) == (firms["huawei"], "identifier")

    def test_a_stock_code_is_known_with_its_exchange_only(self, firms):
        Identifier.objects.create(vendor=firms["zte"], scheme="stock", value="SZSE:000063")
        assert matching.match("SZSE:000063").vendor == firms["zte"]
        assert matching.match("000063").vendor is None

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("Kaspersky Labs Asia", "kaspersky"),
            ("Касперский", "kaspersky"),
            ("kabasiji", "kaspersky"),
            ("北京卡巴斯基", "kaspersky"),
            ("Symantek", "symantec"),
            ("sai men tie ke", "symantec"),
            ("北京江民新科技", "jiangmin"),
            ("Huawai", "huawei"),
            ("Хуавэй", "huawei"),
            ("Zhongxing Telecom Equipment", "zte"),
        ],
    )
    def test_likeness_ranks_and_never_links(self, firms, text, first):
        match = matching.match(text)
        assert match.vendor is None
        assert match.suggestions[0].vendor.slug == first
        assert 0 < match.suggestions[0].score < 1
        assert match.suggestions[0].reasons

    def test_sound_finds_a_name_known_in_another_script_only(self):
        vendor("symantec", "Symantec")
        vendor("rising", "Rising")
        assert matching.match("赛门铁克").suggestions[0].vendor.slug == "symantec"

    def test_two_vendors_with_the_name_are_both_suggested(self):
        for slug in ("one", "two"):
            Alias.objects.create(vendor=vendor(slug), text="Rising")
        match = matching.match("RISING Ltd")
        assert match.vendor is None
        assert {s.vendor.slug for s in match.suggestions} == {"one", "two"}

    @pytest.mark.parametrize("text", ["", "   ", "!!!", "\u200b", "x" * 1000])
    def test_odd_names_match_nothing(self, firms, text):
        assert matching.match(text) == matching.Match(text)

    def test_many_at_once_cost_as_many_queries_as_one(self, firms, django_assert_num_queries):
        texts = [f"{text}{n}" for text in ("Kasperskij", "Huawei", "华为", "赛门") for n in range(50)]
        # aliases by key, fragments' counts, their aliases, the aliases compared, vendors
        with django_assert_num_queries(5):
            many = matching.match_many(texts)
        assert [m.name for m in many] == texts
        assert many[7].suggestions == matching.match(texts[7]).suggestions

    def test_index_follows_the_aliases(self, firms):
        alias = Alias.objects.get(text="赛门铁克")
        alias.text = "诺顿"
        alias.save()
        assert matching.match("赛门铁").suggestions == [] or matching.match("赛门铁").suggestions[0].score < 0.8
        assert matching.match("诺顿公").suggestions[0].vendor == firms["symantec"]
        kept = matching.match("Kasperski Lab").suggestions
        assert index.rebuild() == Alias.objects.count()
        assert matching.match("Kasperski Lab").suggestions == kept
        Alias.objects.all().delete()
        assert matching.match("Kasperski Lab").suggestions == []


class TestCuration:
    def test_an_alias_relinks_all_history_at_once(self, firms, relinked):
        linked = matching.link_names(["Kaspersky ZAO", "KASPERSKY, Inc.", "Kaspersky Lab"])
        curation.add_alias(firms["kaspersky"], "Kaspersky", language="en", source="a page")
        assert relinked == [sorted([linked["kaspersky, inc."]])]
        assert PrintedName.objects.get(fold="kaspersky, inc.").vendor == firms["kaspersky"]
        assert PrintedName.objects.get(fold="kaspersky zao").vendor is None

    def test_an_alias_of_another_vendor_is_refused_in_a_sentence(self, firms):
        with pytest.raises(ValidationError, match="is a name of Zte already"):
            curation.add_alias(firms["smic"], "中兴有限公司")
        assert not firms["smic"].aliases.filter(key="中兴").exists()

    def test_an_alias_twice_is_one(self, firms):
        assert curation.add_alias(firms["zte"], "ZTE Inc.") == firms["zte"].aliases.get(key="zte")

    def test_an_empty_alias_is_refused(self, firms):
        with pytest.raises(ValidationError, match="empty"):
            curation.add_alias(firms["zte"], " \u200b ")

    def test_link_and_unlink(self, firms, relinked):
        linked = matching.link_names(["Касперский", "КАСПЕРСКИЙ, ООО"])
        name = PrintedName.objects.get(fold="касперский")
        person = get_user_model().objects.create_user("curator")
        curation.link(name, firms["kaspersky"], person)
        assert set(PrintedName.objects.values_list("vendor__slug", flat=True)) == {"kaspersky"}
        assert firms["kaspersky"].aliases.filter(key="касперский").exists()
        assert LogEntry.objects.filter(user=person, object_id=str(firms["kaspersky"].pk)).exists()
        curation.unlink(name, person)
        assert set(PrintedName.objects.values_list("vendor", flat=True)) == {None}
        assert relinked == [sorted(linked.values())] * 2

    def test_a_name_of_two_vendors_is_linked_alone_and_stays_so(self, relinked):
        one, two = vendor("one"), vendor("two")
        for firm in (one, two):
            Alias.objects.create(vendor=firm, text="Rising")
        matching.link_names(["Rising", "Rising Inc"])
        name = PrintedName.objects.get(fold="rising")
        curation.link(name, two)
        assert name.vendor == two
        assert PrintedName.objects.get(fold="rising inc").vendor is None
        two.aliases.get().save()
        name.refresh_from_db()
        assert name.vendor == two
        assert relinked == [[name.pk]]

    def test_aliases_changed_by_the_admin_have_the_same_effect(self, firms, relinked):
        pks = sorted(matching.link_names(["Norton", "Norton Inc."]).values())
        alias = Alias.objects.create(vendor=firms["symantec"], text="Norton")
        assert set(PrintedName.objects.values_list("vendor__slug", flat=True)) == {"symantec"}
        alias.vendor = firms["zte"]
        alias.save()
        assert set(PrintedName.objects.values_list("vendor__slug", flat=True)) == {"zte"}
        alias.text = "Norten"
        alias.save()
        assert set(PrintedName.objects.values_list("vendor", flat=True)) == {None}
        alias.text = "Norton"
        alias.save()
        Alias.objects.filter(pk=alias.pk).delete()
        assert relinked == [pks] * 5

    def test_a_vendor_deleted_lets_its_names_go_aloud(self, firms, relinked):
        pks = sorted(matching.link_names(["ZTE", "中兴"]).values())
        firms["zte"].delete()
        assert relinked == [pks]
        assert set(PrintedName.objects.values_list("vendor", flat=True)) == {None}


def test_command_prints_json_lines_and_text(firms):
    out = StringIO()
    call_command("match", "賽門鐵克", "Kasperski", "qqq", "--json", stdout=out)
    linked, alike, unknown = map(json.loads, out.getvalue().splitlines())
    assert linked == {"name": "賽門鐵克", "vendor": "symantec", "how": "alias", "suggestions": []}
    assert (alike["vendor"], alike["how"]) == (None, None)
    assert alike["suggestions"][0].keys() == {"slug", "name", "score", "reasons"}
    assert alike["suggestions"][0]["slug"] == "kaspersky"
    assert unknown["suggestions"] == []
    out = StringIO()
    call_command("match", "ZTE", "Kasperski", "qqq", stdout=out)
    assert "ZTE: Zte (zte), by alias" in out.getvalue()
    assert "Kasperski: no vendor; it may be" in out.getvalue()
    assert "qqq: no vendor, and none like it" in out.getvalue()
