"""Names: what is the same text, what is the same name, and what never is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendors import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kaspersky  Lab ", "kaspersky lab"),
        ("Ｋａｓｐｅｒｓｋｙ　Ｌａｂ", "Kaspersky Lab"),
        ("カﾞ", "ガ"),
        ("Dassault Syste\u0300mes", "Dassault Systèmes"),
        ("Kasper\u00adsky\u200b", "Kaspersky"),
        ("\ufeff赛门铁克", "赛门铁克"),
        ("㈱日立", "(株)日立"),
        ("Straße", "STRASSE"),
        ("Norton™", "Norton®"),
        ("a\tb\n c", "A B C"),
    ],
)
def test_presentation_folds_away(one, other):
    assert names.fold(one) == names.fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("赛门铁克", "賽門鐵克"), ("Kaspersky Lab", "Kaspersky, Lab"), ("Foo Inc", "Foo"), ("é", "e")]
)
def test_what_is_more_than_presentation_stays_apart_when_folded(one, other):
    assert names.fold(one) != names.fold(other)


ASCII_OR_ANY = st.one_of(st.text(st.characters(codec="ascii")), st.text())


@given(ASCII_OR_ANY)
def test_fold_settles_at_once_and_does_not_see_composition(text):
    folded = names.fold(text)
    assert names.fold(folded) == folded
    assert names.fold(unicodedata.normalize("NFD", text)) == folded
    assert names.fold(f"  {text}\t") == folded


@given(ASCII_OR_ANY)
def test_key_follows_from_the_fold_and_is_empty_only_for_nothing(text):
    assert names.name_key(text) == names.name_key(names.fold(text))
    assert bool(names.name_key(text)) == bool(names.fold(text))


FORMS = [
    ("Kaspersky Lab, Inc.", "kaspersky lab"),
    ("Huawei Technologies Co., Ltd.", "huawei technologies"),
    ("Huawei Technologies Company", "huawei technologies"),
    ("Dassault Systèmes S.A.S.", "dassault systèmes"),
    ("Foo S. A.", "foo"),
    ("Foo Sp. z o.o.", "foo"),
    ("ESET, spol. s r.o.", "eset"),
    ("JetBrains s.r.o.", "jetbrains"),
    ("Novo A/S", "novo"),
    ("Foo GmbH & Co. KG", "foo"),
    ("SAP SE", "sap"),
    ("Telstra Pty Ltd", "telstra"),
    ("Elastic N.V.", "elastic"),
    ("Elasticsearch B.V.", "elasticsearch"),
    ("Ericsson AB (publ)", "ericsson"),
    ("Nokia Oyj", "nokia"),
    ("Sony K.K.", "sony"),
    ("Foo Sdn. Bhd.", "foo"),
    ("Foo L.L.C.", "foo"),
    ("Red Hat(R), Inc.", "red hat"),
    ("Red Hat®, Inc.", "red hat"),
    ("АО «Лаборатория Касперского»", "лаборатория касперского"),
    ("Лаборатория Касперского, АО", "лаборатория касперского"),
    ('ООО "Доктор Веб"', "доктор веб"),
    ("ПАО Ростелеком", "ростелеком"),
    ("ЗАО «1С»", "1с"),
    ("Публичное акционерное общество «Ростелеком»", "ростелеком"),
    ("Общество с ограниченной ответственностью «Яндекс»", "яндекс"),
    ("北京江民新科技术有限公司", "北京江民新科技术"),
    ("中兴通讯股份有限公司", "中兴通讯"),
    ("小米科技有限责任公司", "小米科技"),
    ("中國電信股份有限公司", "中国电信"),
    ("微软公司", "微软"),
    ("微软（中国）有限公司", "微软中国"),
    ("北京 江民 新科技术 有限公司", "北京江民新科技术"),
    ("奇虎 360", "奇虎360"),
    ("トレンドマイクロ株式会社", "トレンドマイクロ"),
    ("株式会社 日立製作所", "日立制作所"),
    ("㈱日立製作所", "日立制作所"),
    ("삼성전자 주식회사", "삼성전자"),
    ("(주)안랩", "안랩"),
    ("HCL Technologies Ltd. 有限公司", "hcl technologies"),
]


@pytest.mark.parametrize(("text", "key"), FORMS)
def test_legal_forms_go(text, key):
    assert names.name_key(text) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("SAS Institute", "sas institute"),
        ("AB", "ab"),
        ("Corporate Express", "corporate express"),
        ("Inco", "inco"),
        ("Visa", "visa"),
        ("Lincoln", "lincoln"),
        ("A. O. Smith Corporation", "ao smith"),
        ("X Corp.", "x corp"),
        ("LLC", "llc"),
        ("有限公司", "有限公司"),
        ("公司", "公司"),
        ("中国电信北京分公司", "中国电信北京分公司"),
        ("金山软件集团", "金山软件集团"),
        ("АОС", "аос"),
        ("Аонет", "аонет"),
        ("C++ Builders", "c++ builders"),
        ("!!!", "!!!"),
    ],
)
def test_brands_are_not_eaten(text, key):
    assert names.name_key(text) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("中兴", "中芯"),
        ("华为", "华威"),
        ("华为技术有限公司", "华威技术有限公司"),
        ("北京江民", "江民"),
        ("联想（北京）有限公司", "联想（上海）有限公司"),
        ("China Telecom (Americas) Corp", "China Telecom"),
        ("金山软件集团有限公司", "金山软件有限公司"),
        ("Kaspersky", "Kasperski"),
        ("HP Inc.", "HPE Inc."),
        ("Sun", "Son"),
    ],
)
def test_other_firms_keep_other_keys(one, other):
    assert names.name_key(one) != names.name_key(other)


@pytest.mark.parametrize(
    ("text", "core", "places"),
    [
        ("北京江民新科技术有限公司", "江民新科技术", ("北京",)),
        ("深圳市大疆创新科技有限公司", "大疆创新科技", ("深圳",)),
        ("微软（中国）有限公司", "微软", ("中国",)),
        ("锐捷网络（北京）有限公司", "锐捷网络", ("北京",)),
        ("Beijing Rising Information Technology Co Ltd", "rising information technology", ("beijing",)),
        ("China Telecom (Americas) Corp", "china telecom", ("americas",)),
        ("北京", "北京", ()),
        ("Beijing", "beijing", ()),
    ],
)
def test_parts_show_places_apart(text, core, places):
    parts = names.parts(text)
    assert (parts.core, parts.places) == (core, places)
