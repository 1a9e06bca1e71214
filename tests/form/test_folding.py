"""The folded form and the sort key of a text."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.form.folding import fold, sort_key

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x01"), max_size=40)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("GTX Pro", "gtx  pro "),
        ("ＡＢＣ１", "abc1"),
        ("Straße", "STRASSE"),
        ("远山\u3000科技", "远山 科技"),
        ("ﬁ", "FI"),
    ],
)
def test_what_people_take_for_the_same_folds_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert unicodedata.is_normalized("NFC", fold(text)) or fold(text)


@given(TEXTS, TEXTS)
def test_texts_that_fold_alike_sort_alike(left: str, right: str) -> None:
    assert (sort_key(left) == sort_key(right)) == (fold(left) == fold(right))


def test_names_stand_in_the_order_of_their_pinyin_among_latin_words() -> None:
    names = [
        "张三",
        "阿里",
        "Apple",
        "章四",
        "重庆",
        "上海",
        "ＡＢＣ",
        "曾国藩",
        "10号",
        "长沙",
        "banana",
        "李四",
        "李",
    ]
    assert sorted(names, key=sort_key) == [
        "10号", "阿里", "ＡＢＣ", "Apple", "banana", "长沙", "重庆", "李", "李四", "上海", "曾国藩", "张三", "章四",
    ]  # fmt: skip


def test_every_common_character_has_a_reading() -> None:
    """All of the first block but ten Japanese units that nobody is named after."""
    without = [chr(code) for code in range(0x4E00, 0x9FA6) if not sort_key(chr(code))[0].isascii()]
    assert len(without) == 10 and "瓩" not in without


def test_sorting_by_pinyin_loads_no_phrase_dictionary() -> None:
    """D17: every web process writes records."""
    script = "import sys; from engines.form.folding import sort_key; sort_key('张三'); print('pypinyin' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
