"""The function reference, made from the registry: for the documentation and the help of the formula editor."""

from typing import Any

from engines.formula.functions import FUNCTIONS, OPERATORS
from engines.formula.functions.base import Function

FAMILIES: dict[str, dict[str, str]] = {
    "operator": {"en": "Operators", "zh-CN": "运算符"},
    "logic": {"en": "Conditions and choices", "zh-CN": "条件与选择"},
    "aggregate": {"en": "Many values to one", "zh-CN": "汇总"},
    "rounding": {"en": "Rounding and whole numbers", "zh-CN": "舍入与取整"},
    "math": {"en": "Mathematics", "zh-CN": "数学"},
    "text": {"en": "Texts", "zh-CN": "文本"},
    "list": {"en": "Lists", "zh-CN": "列表"},
    "date": {"en": "Dates and times", "zh-CN": "日期与时间"},
    "calendar": {"en": "Working days and hours", "zh-CN": "工作日与工作时长"},
    "reference": {"en": "Settings and people", "zh-CN": "参数与人员"},
    "people": {"en": "Departments, superiors, roles", "zh-CN": "部门、上级与角色"},
    "change": {"en": "What a change changes", "zh-CN": "修改前后"},
}
_HEADS = {
    "en": ("Write", "Also called", "What it gives", "Examples"),
    "zh-CN": ("写法", "别名", "说明", "示例"),
}


def markdown(locale: str) -> str:
    """The whole reference as tables, one for each family."""
    everything = [*OPERATORS.values(), *FUNCTIONS]
    sections = []
    for family, title in FAMILIES.items():
        rows = [_row(function, locale) for function in everything if function.family == family]
        heads = _HEADS[locale]
        table = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows]
        sections.append(f"### {title[locale]}\n\n" + "\n".join(table))
    return "\n\n".join(sections) + "\n"


def _row(function: Function, locale: str) -> str:
    examples = "<br>".join(f"{_code(example.text)} → {_code(example.shows)}" for example in function.examples)
    aliases = " ".join(_code(alias) for alias in function.aliases)
    cells = (_code(function.usage), aliases, function.doc[locale].replace("|", "\\|"), examples)
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    shown = text.replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def catalogue(locale: str) -> list[dict[str, Any]]:
    """Every function for the formula editor: key, aliases, family, usage, doc, examples, whether it is volatile."""
    return [
        {
            "key": function.key,
            "aliases": list(function.aliases),
            "family": function.family,
            "family_label": FAMILIES[function.family][locale],
            "usage": function.usage,
            "doc": function.doc[locale],
            "examples": [{"text": example.text, "shows": example.shows} for example in function.examples],
            "volatile": function.volatile,
        }
        for function in FUNCTIONS
    ]
