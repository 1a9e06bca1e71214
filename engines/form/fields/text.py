# ruff: noqa: ARG002
"""One line of text and several lines of text."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK
from engines.form.fields.options import properties, words
from engines.form.fields.scanned import SCANNED
from engines.form.folding import fold, sort_key
from engines.form.protect.cipher import COVERED
from engines.form.protect.seal import EXACT, exact_sql, opened, sealed_columns, sealed_operand, written_columns
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

LONGEST = 10_000  # EXPRESSIONS.md, 8

MAX_LENGTH = described(
    {"type": "integer", "minimum": 1, "maximum": LONGEST},
    ("Longest", "The most characters that may be entered."),
    ("最多字数", "最多可以输入多少个字。"),
)
MIN_LENGTH = described(
    {"type": "integer", "minimum": 1, "maximum": LONGEST},
    ("Shortest", "The fewest characters when something is entered."),
    ("最少字数", "填写时至少要输入多少个字。"),
)


def without_controls(text: str) -> str:
    """The text without characters that no database column or page can hold."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF and c != "\x7f"))


def part_of_text(raw: Any) -> str | None:
    """The text that a condition looks for, as the database can hold it; None for none. Raises `Rejected`."""
    if raw is not None and not isinstance(raw, str):
        raise reject("text.not_text", "Must be a text", value=str(raw)[:50])
    found = without_controls(raw or "")
    if raw and not found:
        raise reject("text.not_text", "Must be a text", value="")
    return found or None


class Textual(FieldType):
    """What all texts share: a `COLLATE "C"` column, folded forms beside it, search, `contains`."""

    formula = Type.TEXT
    searchable = True
    folds = True
    may_be_encrypted = True
    operator_names: ClassVar[tuple[str, ...]] = (
        "contains",
        "ncontains",
        "eq",
        "ne",
        "starts",
        "in",
        "nin",
        "empty",
        "filled",
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def columns(self, field: Field) -> list[Column[Any]]:
        if field.encrypted and field.storage == "column":
            return sealed_columns(field, self.column_type(field))
        return super().columns(field)

    def derived_keys(self, field: Field) -> tuple[str, ...]:
        return (field.digest_key,) if field.encrypted else ()

    def sort_columns(self, field: Field) -> list[str]:
        return [] if field.encrypted else super().sort_columns(field)

    def from_column(self, stored: Any, field: Field) -> Any:
        if stored.__class__ is str and stored and stored[0] > COVERED:  # as nearly every cell
            return stored
        return opened(stored, field)

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        if field.encrypted and field.storage == "column":
            return written_columns(value, field)
        written = super().to_columns(value, field)
        if written and field.sort_by_name:
            written[field.sort_key] = None if value is None else sort_key(value)
        if written and self.folds and (field.unique or field.compared):
            written[field.fold_key] = None if value is None else fold(value)
        return written

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        if raw is None:
            return None
        if not isinstance(raw, str):
            raise reject("text.not_text", "Must be a text", value=str(raw)[:50])
        return self.tidy(raw) or None

    def tidy(self, text: str) -> str:
        """What is kept of an entered text."""
        return " ".join(without_controls(text.replace("\t", " ").replace("\n", " ")).split(" ")).strip()

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        high, low = field.options.get("max_length", LONGEST), field.options.get("min_length", 0)
        if len(value) > high:
            message = f"Must have at most {high} characters, has {len(value)}"
            yield Problem("text.too_long", "", message, {"max": high, "length": len(value)})
        if len(value) < low:
            message = f"Must have at least {low} characters, has {len(value)}"
            yield Problem("text.too_short", "", message, {"min": low, "length": len(value)})

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """Parts of a text are not held to the rules of a whole one (`contains "@"` on an e-mail field)."""
        if op in BLANK:
            return None
        if op in ("in", "nin"):
            return super().parse_operand(op, raw, field, context)
        if field.encrypted:
            return sealed_operand(lambda: self.parse(raw, field, context), lambda: part_of_text(raw))
        return part_of_text(raw)

    def operators(self, field: Field) -> tuple[str, ...]:
        return EXACT if field.encrypted else super().operators(field)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        if field.encrypted:  # `column` is that of the digests
            return exact_sql(field, column, op, value)
        return super().filter_sql(field, column, op, value, context)

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """Workbooks give numbers where people wrote codes: 13800138000.0 is `13800138000`."""
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return self.parse(cell if cell is None else str(cell), field, context)


class TextField(Textual):
    """A name, a code, a title: one line."""

    key = "text"
    icon = "letter-case"
    title = words("Text", "单行文本")
    description = words("One line: a name, a code, a title.", "一行文字，例如名称、编码、标题。")
    may_be_unique = True
    option_properties = properties(
        max_length=MAX_LENGTH,
        min_length=MIN_LENGTH,
        pinyin=described(
            {"type": "boolean", "default": False},
            ("Sort by pinyin", "Lists sort this field by the pinyin of names. Always so for the title of a record."),
            ("按拼音排序", "列表按拼音排列此字段；记录标题总是如此。"),
        ),
        scan=SCANNED,
    )

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "上海远山科技有限公司"),
            ({"max_length": 20, "min_length": 2}, "O'Neil & Söhne <b>"),
            ({"pinyin": True}, "重庆 100%_\\"),
        ]


class TextareaField(Textual):
    """A remark, a description: several lines."""

    key = "textarea"
    icon = "align-left"
    title = words("Long text", "多行文本")
    description = words("Several lines; line breaks are kept.", "多行文字，保留换行。")
    sortable = False
    folds = False
    operator_names = ("contains", "ncontains", "eq", "ne", "empty", "filled")
    option_properties = properties(
        max_length=MAX_LENGTH,
        rows=described(
            {"type": "integer", "minimum": 2, "maximum": 30, "default": 4},
            ("Height", "How many lines the input shows."),
            ("高度", "输入框显示的行数。"),
        ),
    )

    def tidy(self, text: str) -> str:
        """Line breaks are `\\n` whatever the browser or file wrote; no blanks at the ends."""
        return without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).strip()

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, "第一行\n\n第三行，含\t制表符"), ({"rows": 8, "max_length": 30}, "one line")]
