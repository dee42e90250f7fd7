"""Keys and digests: what makes a row the same entry, and what makes it say the same."""

from hypothesis import given
from hypothesis import strategies as st

from procurement.entries import Row, content_hash, digest_of, digests_of, key_of, keys_of

cells = st.text(alphabet=st.sampled_from("aA ßé金\t\u200b\x1e\x1fＡ"), max_size=5)
extras = st.dictionaries(st.sampled_from(["a", "b", "A"]), cells)
rows = st.lists(st.builds(Row, cells, cells, cells, cells, cells, extras), max_size=6)


@given(rows)
def test_many_rows_have_the_keys_and_digests_of_each(batch) -> None:
    assert keys_of(batch) == [key_of(row) for row in batch]
    assert digests_of(batch) == [digest_of(row) for row in batch]


def test_presentation_is_no_difference() -> None:
    plain = Row("Kingsoft", "Guard 9", "Antivirus", "A-1", "CN", {"Level": "High"})
    shown = Row(" KINGSOFT ", "Guard\u00a0 9", "ａntivirus", "a-1", "CN\u200b", {"level": "high", "Note": " "})
    assert digest_of(plain) == digest_of(shown)
    assert key_of(plain) == key_of(shown)


def test_the_key_is_the_identifier_or_else_vendor_product_and_category() -> None:
    assert key_of(Row("A", "x", identifier="7")) == key_of(Row("B", "y", identifier="7"))
    assert key_of(Row("A", "x", "c", extra={"n": "1"})) == key_of(Row("A", "x", "c", extra={"n": "2"}))
    assert key_of(Row("A", "x")) != key_of(Row("A", "", "x"))
    assert key_of(Row("i")) != key_of(Row(identifier="i"))


def test_cells_do_not_run_into_each_other() -> None:
    assert digest_of(Row(extra={"a": "b", "c": "d"})) != digest_of(Row(extra={"a": "b\x1ec\x1fd"}))
    assert digest_of(Row("a", "b")) != digest_of(Row("a\x1fb"))


@given(rows, rows)
def test_a_content_hash_can_be_brought_forward(old, new) -> None:
    before, after = set(digests_of(old)), set(digests_of(new))
    forward = content_hash(after - before, after=content_hash(before), without=before - after)
    assert forward == content_hash(after)
