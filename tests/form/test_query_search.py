"""Search pieces: whatever fragment of a text is asked for, its pieces are among those of the text."""

from hypothesis import given
from hypothesis import strategies as st

from engines.form.folding import fold
from engines.form.search import pairs_of, pieces_of, terms_of

words = st.text(alphabet="ab0中国山ｂé-", min_size=1, max_size=12)


@given(words, st.data())
def test_every_fragment_of_a_word_is_found_by_its_pieces(word: str, data: st.DataObject):
    folded = fold(word)
    start = data.draw(st.integers(0, len(folded) - 1))
    end = data.draw(st.integers(start + 1, len(folded)))
    whole, rest = pieces_of(folded[start:end])
    found = {one.removeprefix("f:") for one in pairs_of("f", folded)}
    assert set(whole) <= found
    assert not rest or any(one.startswith(rest) for one in found)
    assert whole or rest


@given(st.text(max_size=150))
def test_any_query_gives_a_few_folded_terms(text: str):
    terms = terms_of(text)
    assert len(terms) <= 8 and all(term and fold(term) == term for term in terms)
