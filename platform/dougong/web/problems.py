"""Problems in the reader's language: the code names the sentence, the params fill it.

Messages in the code are English. The Chinese sentences lie in `problems_zh/*.json`, one file for each area:
`{"number.too_large": "不能大于 {max}"}`. A part in `[...]` is left out where a value that it names is missing or blank;
`{texts.mine}` reaches into a mapping.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dougong.web.i18n import current_locale
from engines.kernel.labels import label
from engines.kernel.problems import Problem, ProblemError

FOLDER = Path(__file__).parent / "problems_zh"
_OPTIONAL = re.compile(r"\[([^\[\]]*\{[^\[\]]*)\]")
_VALUE = re.compile(r"\{([\w.]+)\}")


@cache
def sentences() -> Mapping[str, str]:
    """Every Chinese sentence by the code of its problem."""
    merged: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        merged.update(json.loads(path.read_text()))
    return merged


def message(problem: Problem, locale: str) -> str:
    """The sentence for a person; English where there is no Chinese one (a test looks for those)."""
    sentence = sentences().get(problem.code) if locale.startswith("zh") else None
    return problem.message if sentence is None else fill(sentence, problem.params, locale)


def said(error: ProblemError) -> str:
    """What is in the way, in the words of the reader, for a message on the page that one stays on."""
    return " ".join(dict.fromkeys(message(one, current_locale()) for one in error.problems))


def fill(sentence: str, params: Mapping[str, Any], locale: str) -> str:
    """The sentence with its values, without the optional parts whose values are missing."""

    def shown(match: re.Match[str]) -> str:
        return show(find(params, match[1]), locale)

    def optional(match: re.Match[str]) -> str:
        values = [show(find(params, name), locale) for name in _VALUE.findall(match[1])]
        return _VALUE.sub(shown, match[1]) if all(values) else ""

    return _VALUE.sub(shown, _OPTIONAL.sub(optional, sentence))


def find(params: Mapping[str, Any], name: str) -> Any:
    """A value by its name, or by `outer.inner` inside a mapping."""
    first, _, rest = name.partition(".")
    value = params.get(first)
    return find(value, rest) if rest and isinstance(value, Mapping) else value


def show(value: Any, locale: str) -> str:
    """A value as a sentence shows it: labels in the language, lists with its commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if locale.startswith("zh") else str(value).lower()
    if isinstance(value, Mapping):
        return label(value, locale)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ("、" if locale.startswith("zh") else ", ").join(show(item, locale) for item in value)
    return str(value)


def translate(problems: Iterable[Problem], locale: str) -> list[Problem]:
    """The same problems with their messages in a language."""
    return [Problem(p.code, p.path, message(p, locale), p.params) for p in problems]


def stored_problems(stored: Iterable[Mapping[str, Any]] | None, locale: str) -> list[Problem]:
    """Problems that a job or a ledger keeps, with their messages in a language."""
    told = [Problem(one["code"], one.get("path", ""), one["message"], one.get("params") or {}) for one in stored or ()]
    return translate(told, locale)
