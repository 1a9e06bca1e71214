"""Filters on a list page: reading the one in the address, naming its conditions, offering fields and operators."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dougong.web.i18n import current_locale, gettext, lazy_gettext
from engines.form.fields.base import Field
from engines.form.fields.period import PeriodField
from engines.form.form import Form
from engines.form.query import picked
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected

OPERATORS = {
    "eq": lazy_gettext("is"),
    "ne": lazy_gettext("is not"),
    "in": lazy_gettext("is one of"),
    "nin": lazy_gettext("is none of"),
    "lt": lazy_gettext("is less than"),
    "le": lazy_gettext("is at most"),
    "gt": lazy_gettext("is greater than"),
    "ge": lazy_gettext("is at least"),
    "between": lazy_gettext("is between"),
    "contains": lazy_gettext("contains"),
    "ncontains": lazy_gettext("does not contain"),
    "starts": lazy_gettext("starts with"),
    "empty": lazy_gettext("is empty"),
    "filled": lazy_gettext("is filled"),
    "relative": lazy_gettext("is in"),
    "is_me": lazy_gettext("is me"),
    "my_team": lazy_gettext("is in my team"),
    "my_department": lazy_gettext("is in my department"),
    "under": lazy_gettext("lies in"),
    "nunder": lazy_gettext("does not lie in"),
    "within": lazy_gettext("is near"),
    "covers": lazy_gettext("covers"),
    "overlaps": lazy_gettext("overlaps with"),
    "inside": lazy_gettext("lies within"),
    "starts_from": lazy_gettext("begins on or after"),
    "starts_until": lazy_gettext("begins on or before"),
    "ends_from": lazy_gettext("ends on or after"),
    "ends_until": lazy_gettext("ends on or before"),
}
RELATIVE = {
    "today": lazy_gettext("today"),
    "yesterday": lazy_gettext("yesterday"),
    "tomorrow": lazy_gettext("tomorrow"),
    "this_week": lazy_gettext("this week"),
    "last_week": lazy_gettext("last week"),
    "next_week": lazy_gettext("next week"),
    "this_month": lazy_gettext("this month"),
    "last_month": lazy_gettext("last month"),
    "next_month": lazy_gettext("next month"),
    "this_quarter": lazy_gettext("this quarter"),
    "last_quarter": lazy_gettext("last quarter"),
    "next_quarter": lazy_gettext("next quarter"),
    "this_year": lazy_gettext("this year"),
    "last_year": lazy_gettext("last year"),
    "next_year": lazy_gettext("next year"),
}
COUNTED = {
    "last_n_days": lazy_gettext("the last … days"),
    "next_n_days": lazy_gettext("the next … days"),
}
"""Periods of as many days as are asked for: `last_n_days:7`."""
_RANGES = ("between", "covers", "overlaps", "inside")

BY_DAY = {
    "lt": lazy_gettext("is before"),
    "le": lazy_gettext("is on or before"),
    "gt": lazy_gettext("is after"),
    "ge": lazy_gettext("is on or after"),
}
"""How moments are compared."""
_MOMENTS = ("date", "datetime", "time", "period")

_SAME = re.compile(r'([\w.]+)\s*=\s*"([^"]*)"')
_NAMES = re.compile(r'"[^"]*"|[A-Za-z_]\w*(?:\.\w+)*')


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition in words, and the filter without it ("" where nothing is left)."""

    text: str
    without: str


def read(text: str | None) -> dict[str, Any] | None:
    """The filter in the address. Raises `Rejected` for what is no JSON object."""
    if not text:
        return None
    try:
        tree = json.loads(text)
    except json.JSONDecodeError:
        tree = None
    if not isinstance(tree, dict):
        raise Rejected(Problem("filter.no_json", "filter", "The filter in the address cannot be read"))
    return tree or None


def chips(tx: Transaction, form: Form, tree: Mapping[str, Any] | None) -> list[Chip]:
    """A chip for each condition of the outermost group."""
    if not tree:
        return []
    parts = list(tree["and"]) if isinstance(tree.get("and"), list) else [tree]
    found = []
    for position, part in enumerate(parts):
        rest = parts[:position] + parts[position + 1 :]
        left = json.dumps({"and": rest}, ensure_ascii=False) if rest else ""
        found.append(Chip(words(tx, form, part), left))
    return found


def words(tx: Transaction, form: Form, part: Mapping[str, Any]) -> str:
    """A condition, or a group of them, as a sentence."""
    for group, joint in (("and", gettext("and")), ("or", gettext("or"))):
        if isinstance(part.get(group), list):
            return "(" + f" {joint} ".join(words(tx, form, inner) for inner in part[group]) + ")"
    if "expression" in part:
        return _spoken(tx, form, str(part["expression"]))
    path, op = str(part.get("field", "")), str(part.get("op", ""))
    field = _field(form, path)
    name = " › ".join(_labels(form, path)) if field else path
    operator = _operator(field, op)
    if op in ("empty", "filled", "is_me", "my_team", "my_department"):
        return f"{name} {operator}"
    return f"{name} {operator} {_value(tx, field, op, part.get('value'))}"


def _spoken(tx: Transaction, form: Form, text: str) -> str:
    """An expression for people: a plain comparison as a condition, else with the labels of its fields."""
    same = _SAME.fullmatch(text.strip())
    if same is not None and _field(form, same[1]):
        return words(tx, form, {"field": same[1], "op": "eq", "value": same[2]})

    def named(found: re.Match[str]) -> str:
        word = found[0]
        return " › ".join(_labels(form, word)) if not word.startswith('"') and _field(form, word) else word

    return _NAMES.sub(named, text)


def offers(form: Form, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Fields with their operators and options, as the filter builder in the page takes them."""
    locale = current_locale()
    offered = []
    for key in _with_parts(form, keys):
        field = form.at(key)
        operators = [op for op in field.type.operators(field) if op in OPERATORS]
        if not operators:
            continue
        offered.append(
            {
                "key": key,
                "label": field.label(locale),
                "type": _input(field),
                "form": _asked(form, field),
                "precision": str(field.options.get("precision", "")),
                "operators": [[op, _operator(field, op)] for op in operators],
                "choices": [[one.key, one.label(locale)] for one in field.choices] or _quarters(field),
            }
        )
    return offered


def chosen(tx: Transaction, form: Form, tree: Mapping[str, Any] | None) -> dict[str, list[dict[str, Any]]]:
    """The records that the conditions of a filter name, with their titles: by field, as the builder shows them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, values in _conditions(tree or {}):
        field = _field(form, path)
        ids = [int(one) for one in map(str, values) if one.isdecimal() and len(one) < 19]
        if field is not None and field.target is not None:
            named = picked(tx, field.target, ids)  # type: ignore[arg-type]
            found.setdefault(path, []).extend({"id": one.id, "title": one.title} for one in named)
    return found


def _conditions(tree: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The path and the values of every condition of a filter."""
    for joint in ("and", "or"):
        for part in tree[joint] if isinstance(tree.get(joint), list) else ():
            yield from _conditions(part)
    value = tree.get("value")
    yield str(tree.get("field", "")), value if isinstance(value, list) else [value]


def _operator(field: Field | None, op: str) -> str:
    """An operator in words; of moments as one speaks of them."""
    moments = field is not None and field.type.look(field) in _MOMENTS
    return str((BY_DAY if moments else {}).get(op) or OPERATORS.get(op, op))


def _quarters(field: Field) -> list[list[str]]:
    """The quarters to choose from, the latest first."""
    if not isinstance(field.type, PeriodField) or field.options.get("precision") != "quarter":
        return []
    every = [one for _, quarters in field.type.quarters("") for one in quarters]
    return [[one, field.type.display(field.type.parse(one, field), field, current_locale())] for one in every]


def _asked(form: Form, field: Field) -> str | None:
    """Where the picker of a field asks: the other form, for rows what the field itself offers."""
    return f"{form.key}/options/{field.path}" if field.options.get("rows") else field.type.target_form(field)


def _with_parts(form: Form, keys: Iterable[str]) -> Iterator[str]:
    """Keys with those of relations to one of several forms taken apart: by form, and by record of each form."""
    for key in keys:
        parts = [part.key for part in form.at(key).parts.values()]
        yield from parts or [key]


def _input(field: Field) -> str:
    kind = field.type.look(field)
    if field.type.target_form(field):
        return "record"
    if kind == "percent" or (kind == "number" and field.options.get("percent")):
        return "percent"
    return {
        "number": "number",
        "money": "number",
        "rating": "number",
        "slider": "number",
        "time": "time",
        "period": "date",
        "tags": "tags",
        "location": "location",
        "date_range": "date",
        "date": "date",
        "datetime": "datetime",
        "choice": "choice",
        "choices": "choice",
        "boolean": "boolean",
    }.get(kind, "text")


def _field(form: Form, path: str) -> Field | None:
    """The field at the end of a path over relations; None where there is none."""
    here: Any = form
    field: Field | None = None
    for step in path.split("."):
        try:
            field = here.get(step)
        except (NotFound, AttributeError):
            return None
        here = here.subforms[step] if step in getattr(here, "subforms", {}) else field.target
    return field


def _labels(form: Form, path: str) -> list[str]:
    steps = path.split(".")
    found = [_field(form, ".".join(steps[: count + 1])) for count in range(len(steps))]
    return [field.label(current_locale()) for field in found if field is not None]


def _value(tx: Transaction, field: Field | None, op: str, value: Any) -> str:
    if op == "relative":
        return _relative(str(value))
    if op == "within":
        return _circle(value)
    values = value if isinstance(value, list) else [value]
    if op in _RANGES and isinstance(value, str):
        return _relative(value)
    if op in _RANGES and len(values) == 2 and values[0] == values[1]:
        values = values[:1]
    joint = " – " if op in _RANGES else "、" if current_locale() == "zh-CN" else ", "
    return joint.join(_one(tx, field, one) for one in values)


def _relative(value: str) -> str:
    """A period that moves with today, in words."""
    word, _, count = value.partition(":")
    return str(COUNTED[word]).replace("…", count) if word in COUNTED else str(RELATIVE.get(value, value))


def _circle(value: Any) -> str:
    """The place and the distance of a condition on what is near."""
    lng, lat, metres = [*(re.split(r"[,，\s]+", value) if isinstance(value, str) else value), "", "", ""][:3]
    return gettext("%(place)s (up to %(metres)s m)", place=f"{lng}, {lat}", metres=metres)


def _one(tx: Transaction, field: Field | None, value: Any) -> str:
    if value is None or value == "":
        return gettext("(empty)")
    if field is not None:
        option = field.choice(str(value))
        if option is not None:
            return option.label(current_locale())
        if field.type.key == "boolean" or field.options.get("result") == "boolean":
            return gettext("Yes") if value in (True, "true", "1") else gettext("No")
        if field.target is not None and str(value).isdecimal() and len(str(value)) < 19:
            found = picked(tx, field.target, [int(value)])  # type: ignore[arg-type]
            return (found[0].title if found else None) or f"#{value}"
        if isinstance(value, str) and field.type.look(field) in (*_MOMENTS, "money"):
            return _moment(field, value)
    return str(value)


def _moment(field: Field, value: str) -> str:
    """A day, a month, a quarter or money of a condition as the field shows it; as given where that cannot be."""
    if field.type.look(field) in ("date", "period", "money"):
        try:
            return field.type.display(field.type.parse(value, field), field, current_locale())
        except Rejected:
            return value
    return value.replace("T", " ", 1)
