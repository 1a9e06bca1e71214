# ruff: noqa: ARG002
"""One or several of a list of options. The value is the option's key; people and files may also write its label.

Where `other` is allowed, a text that is no option is a value too, as it was written: an answer that the list does not
have is stored in the same column, and needs no second one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Text, and_, false, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Choice, Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK, compare
from engines.form.fields.options import flag, one_of, properties, words
from engines.form.fields.text import without_controls
from engines.form.folding import fold
from engines.formula.types import Type
from engines.kernel.documents import described, key_schema, label_schema
from engines.kernel.problems import Problem, Rejected, suggest

COLORS = ("gray", "red", "orange", "yellow", "green", "teal", "cyan", "blue", "indigo", "purple", "pink")

OTHER: Final = "__other__"
"""What a page sends where "other" was chosen and nothing was written beside it."""

MOST_OTHER: Final = 200

CHOICE_LIST = {
    "type": "array",
    "maxItems": 3000,
    "items": {
        "type": "object",
        "properties": {
            "key": described(
                {"type": "string", "minLength": 1, "maxLength": 60},
                ("Key", "What is stored and what expressions compare with; it never changes."),
                ("值", "存储和表达式比较所用的值，不再改变。"),
            ),
            "label": label_schema(
                ("Label", "What people see; the key where there is none."),
                ("名称", "人看到的文字；没有则用值。"),
            ),
            "color": described(
                {"enum": list(COLORS)},
                ("Colour", "The colour of the badge."),
                ("颜色", "标签的颜色。"),
            ),
            "disabled": flag(
                False,
                ("Disabled", "Stays readable in old records and cannot be chosen any more."),
                ("停用", "旧记录仍可显示，但不能再选。"),
            ),
            "score": described(
                {"type": "number", "minimum": -1_000_000, "maximum": 1_000_000},
                ("Score", "What the option counts in a questionnaire or a rating: SCORE(field) reads it in formulas."),
                ("分值", "此选项在问卷或评分中计多少分，公式中用 得分(字段) 读取。"),
            ),
            "hint": label_schema(
                ("Second line", "A few words that stand below the label on a tile."),
                ("补充说明", "卡片样式下显示在名称下方的一句话。"),
            ),
        },
        "required": ["key"],
        "additionalProperties": False,
    },
}

CHOICE_OPTIONS = {
    "choices": described(
        CHOICE_LIST,
        ("Options", "The options in their order."),
        ("选项", "按顺序列出的选项。"),
    ),
    "set": key_schema(
        40,
        ("Option set", "A shared option set, instead of options of its own."),
        ("选项集", "使用共享的选项集，代替自带选项。"),
    ),
    "look": one_of(
        ("auto", "dropdown", "list", "buttons", "tiles"),
        "auto",
        (
            "Look",
            "How it is chosen: by itself, from a dropdown, from a list, by buttons, or by tiles with a second line.",
        ),
        ("样式", "如何选择：自动、下拉框、平铺列表、按钮，或带补充说明的卡片。"),
    ),
    "other": flag(
        False,
        ("Other", "An answer that is no option may be written; it is stored as it was written."),
        ("允许其他", "可以填写选项之外的答案，按填写的文字保存。"),
    ),
}


def find_choice(field: Field, text: str) -> Choice:
    """The option whose key or label, in any language, a text is; folded forms count. Raises `Rejected`."""
    exact = field.choice(text)
    if exact:
        return exact
    wanted = fold(text)
    for one in field.choices:
        if wanted in (fold(one.key), *(fold(word) for word in one.label.all())):
            return one
    known = [one.key for one in field.choices]
    labels = [word for one in field.choices for word in (one.key, *one.label.all())]
    message = f'There is no option "{text[:60]}"{suggest(text, labels)}'
    raise reject("choice.unknown", message, value=text[:60], known=known[:20])


class Choosing(FieldType):
    """What single and multiple choice share."""

    has_choices = True
    indexed = True
    searchable = True
    option_properties = properties(CHOICE_OPTIONS)

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        if ("choices" in options) == ("set" in options):
            message = "Needs either options of its own or the key of an option set"
            yield Problem("choice.source", "choices", message, {})

    def labels(self, keys: Iterable[str], field: Field, locale: str) -> list[str]:
        """What people see for stored keys; a key that is gone stands for itself."""
        found = [(key, field.choice(key)) for key in keys]
        return [one.label(locale) or key if one else key for key, one in found]

    def one(self, raw: Any, field: Field) -> str:
        """The key for one entered option, or the text itself where other answers are allowed."""
        if not isinstance(raw, str):
            raise reject("choice.not_text", "Must be the key of an option", value=str(raw)[:50])
        text = raw.strip()
        if not field.options.get("other"):
            return find_choice(field, text).key
        if text == OTHER:
            raise reject("choice.other_missing", "Write what else you mean")
        try:
            return find_choice(field, text).key
        except Rejected:
            return self.other(text)

    def other(self, text: str) -> str:
        """An answer that is no option: one line of text. Raises `Rejected`."""
        text = " ".join(without_controls(text).split())
        if not text:
            raise reject("choice.other_missing", "Write what else you mean")
        if len(text) > MOST_OTHER:
            message = f"At most {MOST_OTHER} characters, has {len(text)}"
            raise reject("choice.other_too_long", message, max=MOST_OTHER, count=len(text))
        return text

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A workbook may hold a number where the option is `2` or `2026`."""
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return self.parse(str(cell) if isinstance(cell, int) else cell, field, context)


class ChoiceField(Choosing):
    """A state, a kind, a grade."""

    key = "choice"
    icon = "circle-dot"
    group = "choice"
    title = words("Single choice", "单选")
    description = words("One of a list of options with colours.", "从带颜色的选项中选一个。")
    formula = Type.TEXT

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return self.one(raw, field)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return "" if value is None else self.labels([value], field, locale)[0]

    def search_text(self, value: Any, field: Field) -> str:
        return "" if value is None else " ".join(_words(value, field))

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        options = {"choices": [{"key": "赢单", "color": "green"}, {"key": "输单"}, {"key": "<50"}]}
        named = {"choices": [{"key": "won", "label": {"zh-CN": "赢单", "en": "Won"}}]}
        scored = {"choices": [{"key": "a", "score": 5}, {"key": "b"}], "other": True, "look": "buttons"}
        return [(options, "赢单"), (options, "<50"), (named, "won"), (scored, "a"), (scored, "另外一种，没列出")]


class ChoicesField(Choosing):
    """Tags, skills, preferences."""

    key = "choices"
    icon = "list-check"
    group = "choice"
    title = words("Multiple choice", "多选")
    description = words("Several of a list of options.", "从选项中选多个。")
    formula = Type.LIST
    sortable = False
    operator_names: ClassVar[tuple[str, ...]] = (
        "in", "nin", "contains", "ncontains", "eq", "ne", "empty", "filled",
    )  # fmt: skip
    option_properties = properties(
        CHOICE_OPTIONS,
        min=described(
            {"type": "integer", "minimum": 1},
            ("At least", "How many have to be chosen when any is."),
            ("最少选择", "一旦选择，至少要选几个。"),
        ),
        max=described(
            {"type": "integer", "minimum": 1},
            ("At most", "How many may be chosen."),
            ("最多可选", "最多可以选几个。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return ARRAY(Text(collation="C"))

    def from_column(self, stored: Any, field: Field) -> Any:
        return tuple(stored) if stored else None

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return {field.key: list(value) if value else None}

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> tuple[str, ...] | None:
        """A list, or a text with options between commas, semicolons or line breaks. In the order of the options."""
        if isinstance(raw, str):
            raw = [raw] if field.choice(raw.strip()) else _split(raw)
        if raw is None:
            return None
        if not isinstance(raw, list | tuple | set | frozenset):
            raise reject("choices.not_a_list", "Must be a list of options", value=str(raw)[:50])
        chosen = {self.one(one, field) for one in raw if one not in (None, "")}
        order = {one.key: place for place, one in enumerate(field.choices)}
        return tuple(sorted(chosen, key=lambda key: (order.get(key, len(order)), key))) or None

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        low, high = field.options.get("min"), field.options.get("max")
        if low is not None and len(value) < low:
            yield Problem("choices.too_few", "", f"At least {low} have to be chosen", {"min": low})
        if high is not None and len(value) > high:
            yield Problem("choices.too_many", "", f"At most {high} may be chosen", {"max": high})

    def to_json(self, value: Any, field: Field) -> Any:
        return list(value) if value else []

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return ("、" if locale.startswith("zh") else ", ").join(self.labels(value or (), field, locale))

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        return "\n".join(self.labels(value, field, context.locale)) if value else None

    def search_text(self, value: Any, field: Field) -> str:
        return " ".join(word for key in value or () for word in _words(key, field))

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        return None if op in BLANK else self.parse(raw, field, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """`in`: any of them, `contains`: all of them, `eq`: exactly them."""
        if op in BLANK or value is None:
            return compare(column, op, None) if op in (*BLANK, "eq", "ne") else false()
        wanted = literal(list(value), ARRAY(Text()))
        filled = column.is_not(None)
        if op in ("in", "nin"):
            return (
                and_(filled, column.bool_op("&&")(wanted))
                if op == "in"
                else or_(~filled, ~column.bool_op("&&")(wanted))
            )
        if op in ("contains", "ncontains"):
            return (
                and_(filled, column.bool_op("@>")(wanted))
                if op == "contains"
                else or_(~filled, ~column.bool_op("@>")(wanted))
            )
        same = and_(column.bool_op("@>")(wanted), column.bool_op("<@")(wanted))
        return and_(filled, same) if op == "eq" else or_(~filled, ~same)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        options = {
            "choices": [{"key": "电话"}, {"key": "微信", "label": {"zh-CN": "微信", "en": "WeChat"}}, {"key": "a, b"}]
        }
        free = {**options, "other": True, "min": 1, "look": "tiles"}
        return [(options, ("电话",)), (options, ("电话", "微信", "a, b")), (free, ("微信", "展会 现场"))]


def _split(text: str) -> list[str]:
    for separator in ("\n", "；", ";", "、", "，", ","):
        if separator in text:
            return [part.strip() for part in text.split(separator) if part.strip()]
    return [text.strip()] if text.strip() else []


def _words(key: str, field: Field) -> list[str]:
    one = field.choice(key)
    return list(one.label.all()) or [key] if one else [key]
