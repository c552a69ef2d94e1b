from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.retrieval.bm25 import MAX_TERMS, LexicalIndex

texts = st.lists(st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join), max_size=12)


def test_a_score_is_bm25_of_runs_of_four_characters():
    index = LexicalIndex.of(["abc", "abcabc", "xyz"])

    scores = index.scores("ABC!")

    mean, k1, b = (2 + 5 + 2) / 3, 1.2, 0.75

    def bm25(length: int) -> float:
        idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
        return idf * (k1 + 1) / (1 + k1 * (1 - b + b * length / mean))

    expected = [2 * bm25(2), 2 * bm25(5), 0.0]
    assert scores.tolist() == pytest.approx(expected, abs=1e-3)


def test_inflections_and_scripts_without_spaces_match():
    index = LexicalIndex.of(["refunding orders", "cancel a flight", "退款订单失败"])
    assert int(np.argmax(index.scores("the refunded order"))) == 0
    assert int(np.argmax(index.scores("订单失败了"))) == 2


@pytest.mark.parametrize(
    "query",
    ['"order', "order*", "NEAR(order refund)", "order AND NOT (", "'; DROP TABLE x; --", "-"],
)
def test_syntax_in_a_query_means_nothing(query: str):
    index = LexicalIndex.of(["an order", "a parcel"])
    assert np.isfinite(index.scores(query)).all()
    assert (index.scores(query)[0] > index.scores(query)[1]) == ("order" in query)


@given(known=texts, added=texts, query=st.sampled_from(["a b", "f", "a a c d e f", "", "z"]))
def test_texts_added_one_by_one_score_as_if_indexed_at_once(
    known: list[str], added: list[str], query: str
):
    index = LexicalIndex.of(known)
    for text in added:
        index = index.with_text(text)
    expected = LexicalIndex.of([*known, *added]).scores(query)
    assert index.scores(query).tolist() == expected.tolist()


@given(known=st.lists(st.text(max_size=12), max_size=8), query=st.text(max_size=12))
def test_any_text_is_indexed_at_once_as_one_by_one(known: list[str], query: str):
    index = LexicalIndex.of([])
    for text in known:
        index = index.with_text(text)
    assert index.scores(query).tolist() == LexicalIndex.of(known).scores(query).tolist()


def test_texts_in_more_letters_than_any_script_has_are_indexed():
    letters = [letter for code in range(0x3400, 0x2A000) if (letter := chr(code)).isalnum()]
    lines = ["".join(letters[start : start + 4_000]) for start in range(0, len(letters), 4_000)]
    assert len(letters) > 60_000

    index = LexicalIndex.of(lines)

    for row, line in enumerate(lines):
        assert np.flatnonzero(index.scores(line[100:120])).tolist() == [row]


@given(known=texts, added=texts, query=st.sampled_from(["a b", "c d e f"]), data=st.data())
def test_texts_that_leave_leave_nothing_behind(
    known: list[str], added: list[str], query: str, data: st.DataObject
):
    index = LexicalIndex.of(known)
    for text in added:
        index = index.with_text(text)
    everything = [*known, *added]
    gone = data.draw(st.lists(st.booleans(), min_size=index.size, max_size=index.size))
    left = [text for text, leaves in zip(everything, gone, strict=True) if not leaves]

    index = index.without(np.array(gone, np.bool_)).with_text("a b c")

    assert index.scores(query).tolist() == LexicalIndex.of([*left, "a b c"]).scores(query).tolist()


@given(known=texts, query=st.sampled_from(["a b", "c d e f"]), data=st.data())
def test_the_order_of_the_texts_changes_no_score(known: list[str], query: str, data: st.DataObject):
    order = data.draw(st.permutations(range(len(known))))
    scores = LexicalIndex.of(known).scores(query)
    permuted = LexicalIndex.of([known[place] for place in order]).scores(query)
    assert permuted.tolist() == scores[list(order)].tolist()


def test_many_added_texts_are_found_like_the_first_ones():
    index = LexicalIndex.of(["common first"])
    for number in range(2_500):
        index = index.with_text(f"common word{number}")
    assert int(np.argmax(index.scores("word2499"))) == 2_500
    assert int(np.argmax(index.scores("word7"))) == 8
    assert (index.scores("common") > 0).all()


def test_of_a_long_query_the_rarest_terms_count():
    common = " ".join(f"common{number}" for number in range(MAX_TERMS))
    index = LexicalIndex.of([common, common, f"{common} rare"])
    scores = index.scores(f"{common} rare")
    assert int(np.argmax(scores)) == 2


def test_nothing_is_found_among_no_texts_or_by_no_words():
    assert LexicalIndex.of([]).scores("order").tolist() == []
    assert LexicalIndex.of(["", "  "]).scores("order").tolist() == [0.0, 0.0]
    assert LexicalIndex.of(["an order"]).scores("¿?").tolist() == [0.0]
    assert LexicalIndex.of(["a", "b"]).scores("a")[0] > 0.0
