# ruff: noqa: ARG002
"""Text with headings, lists and links, kept as clean HTML."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import compare
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.text import part_of_text, without_controls
from engines.form.richtext import clean, plain_sql, plain_text
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

LONGEST = 100_000
LONGEST_HTML = 500_000


class RichTextField(FieldType):
    """An article, minutes, a proposal."""

    key = "richtext"
    icon = "text-size"
    group = "text"
    title = words("Rich text", "富文本")
    description = words("Text with headings, lists, links and tables.", "带标题、列表、链接和表格的文字。")
    formula = Type.TEXT
    searchable = True
    sortable = False
    sample_text = words("Text with bold words and a list", "带粗体和列表的文字")
    operator_names = ("contains", "ncontains", "empty", "filled")
    option_properties = properties(
        max_length=described(
            {"type": "integer", "minimum": 1, "maximum": LONGEST, "default": 20_000},
            ("Longest", "The most characters that may be entered, formatting not counted."),
            ("最多字数", "最多可以输入多少个字，不计格式。"),
        ),
        rows=described(
            {"type": "integer", "minimum": 3, "maximum": 40, "default": 8},
            ("Height", "How many lines the input shows."),
            ("高度", "输入框显示的行数。"),
        ),
        export=one_of(
            ("html", "text"),
            "html",
            ("In files", "Exports keep the formatting as HTML, or give the plain text, which loses it."),
            ("导出", "导出时以 HTML 保留格式，或仅导出纯文本（丢失格式）。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """HTML is cleaned; a text without tags becomes paragraphs."""
        if raw is None:
            return None
        if not isinstance(raw, str):
            raise reject("text.not_text", "Must be a text", value=str(raw)[:50])
        if len(raw) > LONGEST_HTML:
            message = f"Must have at most {LONGEST_HTML} characters, has {len(raw)}"
            raise reject("text.too_long", message, max=LONGEST_HTML, length=len(raw))
        return clean(without_controls(raw)) or None

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        high, length = field.options.get("max_length", LONGEST), len(plain_text(value))
        if length > high:
            message = f"Must have at most {high} characters, has {length}"
            yield Problem("text.too_long", "", message, {"max": high, "length": length})

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return "" if value is None else plain_text(clean(value))

    def html(self, value: str) -> str:
        """What may be shown as it is: cleaned once more, since columns may be filled by conversions."""
        return clean(value)

    def search_text(self, value: Any, field: Field) -> str:
        return "" if value is None else plain_text(value)

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        return self.parse(cell if cell is None else str(cell), field, context)

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        """The plain text where that gives the value back, else HTML (or the plain text all the same, by option)."""
        if value is None:
            return None
        text = plain_text(value)
        return text if field.options.get("export") == "text" or clean(text) == value else value

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        return part_of_text(raw)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """Words are looked for in what people read, not in the tags."""
        return compare(plain_sql(column) if op in ("contains", "ncontains") else column, op, value)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "<h2>纪要</h2><p>第一行 <strong>重点</strong> &lt; 5 &amp; 6</p><ul><li>甲</li><li>乙</li></ul>"),
            ({"rows": 4}, "<p>only a paragraph</p>"),
        ]
