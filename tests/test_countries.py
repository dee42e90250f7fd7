"""Countries by name, and who is foreign to whom."""

import pytest

from vendors import countries


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("RU", "Russia"),
        ("US", "United States"),
        ("CN", "China"),
        ("TW", "Taiwan"),
        ("KR", "South Korea"),
        ("GB", "United Kingdom"),
        ("EU", "European Union"),
        ("", "unknown"),
        ("QQ", "QQ"),
    ],
)
def test_names(code, name):
    assert countries.name(code) == name


def test_choices_are_all_codes_by_name():
    choices = countries.choices()
    assert ("JP", "Japan") in choices
    assert [name for _, name in choices] == sorted(name for _, name in choices)
    assert all(countries.is_code(code) for code, _ in choices)
    assert not countries.is_code("us")


@pytest.mark.parametrize(
    ("country", "jurisdiction", "relation"),
    [
        ("US", "CN", "foreign"),
        ("CN", "CN", "domestic"),
        ("", "CN", "unknown"),
        ("US", "", "unknown"),
        ("FR", "EU", "domestic"),
        ("GB", "EU", "foreign"),
        ("DE", "FR", "foreign"),
    ],
)
def test_relation(country, jurisdiction, relation):
    assert countries.relation(country, jurisdiction) == relation
