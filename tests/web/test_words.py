"""Nobody meets an English sentence in the Chinese product, nor a missing value in one."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from catalogues import messages, problem_codes, script_words

from dougong.web.i18n import TRANSLATIONS, catalog
from dougong.web.problems import FOLDER, fill, message, sentences
from engines.kernel.problems import Problem

PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def where(found) -> dict[str, str]:
    return dict(found)


def places(text: str) -> set[str]:
    return {"".join(match) for match in PLACE.findall(text)}


def test_every_text_of_pages_and_code_has_chinese_words():
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalog("zh_CN")}
    missing = {text: path for text, path in where(messages()).items() if text not in known}
    assert missing == {}


def test_every_text_of_scripts_has_chinese_words():
    known = {m.id for m in catalog("zh_CN", "scripts")}
    assert {text: path for text, path in where(script_words()).items() if text not in known} == {}


def test_every_problem_has_a_chinese_sentence():
    missing = {code: path for code, path in where(problem_codes()).items() if code not in sentences()}
    assert missing == {}


def test_chinese_words_keep_the_values_of_the_text():
    wrong = []
    for found in catalog("zh_CN"):
        if found.id:
            one = found.id if isinstance(found.id, str) else found.id[-1]
            words = found.string if isinstance(found.string, str) else found.string[0]
            if places(words) - {"num"} != places(one) - {"num"}:
                wrong.append((one, words))
    assert wrong == []


def test_two_areas_say_the_same_in_the_same_words():
    said = defaultdict(set)
    for path in (TRANSLATIONS / "zh_CN" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            for found in read_po(file):
                if found.id:
                    said[found.id].add(found.string)
    assert {text: words for text, words in said.items() if len(words) > 1} == {}


def test_words_that_nothing_uses_any_more_are_gone():
    used = {text for text, _ in [*messages(), *script_words()]}
    kept = {m.id if isinstance(m.id, str) else m.id[0] for m in catalog("zh_CN") if m.id}
    assert kept - used == set()


def test_a_sentence_of_a_problem_stands_in_one_file_only():
    seen: dict[str, Path] = {}
    twice = []
    for path in sorted(FOLDER.glob("*.json")):
        for code in json.loads(path.read_text()):
            if code in seen:
                twice.append((code, seen[code].name, path.name))
            seen[code] = path
    assert twice == []


@pytest.mark.parametrize(
    ("sentence", "params", "expected"),
    [
        ("不能大于 {max}", {"max": 5}, "不能大于 5"),
        ("没有“{name}”[，是不是“{near}”？]", {"name": "a", "near": "b"}, "没有“a”，是不是“b”？"),
        ("没有“{name}”[，是不是“{near}”？]", {"name": "a", "near": None}, "没有“a”"),
        ("可选：{known}", {"known": ["甲", "乙"]}, "可选：甲、乙"),
        ("{label}有误", {"label": {"zh-CN": "金额", "en": "Amount"}}, "金额有误"),
        ("{x}", {"x": "[{y}] {z}"}, "[{y}] {z}"),
        ("{flag}", {"flag": True}, "是"),
    ],
)
def test_a_sentence_is_filled_with_its_values(sentence, params, expected):
    assert fill(sentence, params, "zh-CN") == expected


def test_an_unknown_code_falls_back_to_the_english_sentence():
    problem = Problem("test.nowhere", "", "English it is")
    assert message(problem, "zh-CN") == "English it is"
    assert message(Problem("password.wrong", "", "Not it"), "en") == "Not it"
