# ruff: noqa: ARG002
"""Rows that belong to a record, in a child table with an order. The value is a tuple of rows; a row is a dict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from engines.form.choosing.schema import PICKER
from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.options import properties, words
from engines.form.fields.scanned import SCANNED_ROWS
from engines.form.names import PARENT
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem, ProblemError, Rejected, suggest

MOST_ROWS = 5000


class SubformField(FieldType):
    """The lines of a quote, the members of a team with their shares."""

    key = "subform"
    icon = "table"
    group = "link"
    title = words("Sub-form", "子表单")
    description = words("Rows with fields of their own.", "由若干行组成，每行有自己的字段。")
    storage = "children"
    formula = Type.RECORDS
    searchable = True
    sortable = False
    operator_names = ("empty", "filled")
    option_properties = properties(
        min_rows=described(
            {"type": "integer", "minimum": 0, "maximum": MOST_ROWS},
            ("At least", "How many rows there must be."),
            ("最少行数", "至少要有几行。"),
        ),
        max_rows=described(
            {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
            ("At most", "How many rows there may be."),
            ("最多行数", "最多可以有几行。"),
        ),
        title=described(
            {"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 3, "x-value": True},
            (
                "Called by",
                "The columns that a row is called by where relations point at it; else its first relation or text.",
            ),
            ("行标题", "被关联时用哪些列称呼一行；不填则用第一个关联或文本列。"),
        ),
        totals=described(
            {"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 100, "x-value": True},
            (
                "Totals",
                "The number columns that are added up below the rows; without it the computed ones that the form "
                "itself adds up.",
            ),
            ("合计列", "在明细下方合计的数字列；不填则合计表单中已求和的计算列。"),
        ),
        scan=SCANNED_ROWS,
        picker=PICKER,
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> tuple[dict[str, Any], ...] | None:
        """Rows as they were sent: parsed values by key, `id` kept. Paths of problems are `[0].qty`."""
        if raw in (None, ""):
            return None
        if not isinstance(raw, list | tuple):
            raise reject("subform.not_a_list", "Must be a list of rows")
        rows: list[dict[str, Any]] = []
        problems: list[Problem] = []
        for index, one in enumerate(raw):
            row, found = self.parse_row(one, field, context)
            rows.append(row)
            problems += [problem.under(f"[{index}]") for problem in found]
        if problems:
            raise Rejected(problems)
        return tuple(rows) or None

    def parse_row(self, raw: Any, field: Field, context: Context | None = None) -> tuple[dict[str, Any], list[Problem]]:
        """One row and what is wrong with it. Computed fields in it are passed over: pages send whole rows back."""
        return self.read_row(raw, field, lambda below, one: below.type.parse(one, below, context))

    def read_row(
        self, raw: Any, field: Field, read: Callable[[Field, Any], Any]
    ) -> tuple[dict[str, Any], list[Problem]]:
        """One row, each of its values read by `read`."""
        if not isinstance(raw, Mapping):
            return {}, [Problem("subform.not_a_row", "", "Must be a row: an object of fields", {})]
        row: dict[str, Any] = {}
        problems: list[Problem] = []
        for key, value in raw.items():
            if key == "id":
                row["id"] = int(value) if str(value).isdecimal() else None
            elif key not in field.rows:
                message = f'There is no field "{key}"{suggest(str(key), field.rows)}'
                params = {"key": str(key), "known": sorted(field.rows)}
                problems.append(Problem("field.unknown", str(key), message, params))
            elif field.rows[key].type.writable:
                try:
                    row[key] = read(field.rows[key], value)
                except ProblemError as error:
                    problems += [problem.under(key) for problem in error.problems]
        return row, problems

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        """The number of rows, and every filled value in them; blanks and rules are the writer's."""
        low, high = field.options.get("min_rows", 0), field.options.get("max_rows", MOST_ROWS)
        if len(value) < low:
            yield Problem("subform.too_few", "", f"Needs at least {low} rows", {"min": low})
        if len(value) > high:
            yield Problem("subform.too_many", "", f"May have at most {high} rows", {"max": high})
        for index, row in enumerate(value):
            for key, one in row.items():
                below = field.rows.get(key)
                if below is not None and one is not None:
                    yield from (problem.under(f"[{index}].{key}") for problem in below.type.check(one, below, context))

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        if not value:
            return ""
        count = len(value)
        return f"{count} 行" if locale.startswith("zh") else f"{count} row{'' if count == 1 else 's'}"

    def to_json(self, value: Any, field: Field) -> Any:
        return [
            {
                key: field.rows[key].type.to_json(one, field.rows[key]) if key in field.rows else one
                for key, one in row.items()
            }
            for row in value or ()
        ]

    def search_text(self, value: Any, field: Field) -> str:
        found = (
            below.type.search_text(row.get(key), below)
            for row in value or ()
            for key, below in field.rows.items()
            if row.get(key) is not None
        )
        return " ".join(text for text in found if text)

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """A file has a row of its own for each row of a sub-form: here a list of such rows arrives."""
        if cell in (None, ""):
            return None
        if not isinstance(cell, list | tuple):
            raise reject("subform.not_a_list", "Must be a list of rows")
        rows: list[dict[str, Any]] = []
        problems: list[Problem] = []
        for index, cells in enumerate(cell):
            row, found = self.read_row(cells, field, lambda below, one: below.type.import_cell(one, below, context))
            rows.append(row)
            problems += [problem.under(f"[{index}]") for problem in found]
        if problems:
            raise Rejected(problems)
        return tuple(rows) or None

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        """A list of rows of cells; the writer of a file gives each its own line."""
        return [
            {
                key: field.rows[key].type.export_cell(one, field.rows[key], context)
                for key, one in row.items()
                if key in field.rows
            }
            for row in value or ()
        ] or None

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        if field.child is None:
            raise LookupError(field.path)
        rows = field.child.alias()
        found = exists(select(1).select_from(rows).where(rows.c[PARENT] == column))
        return found if op == "filled" else ~found

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        """Over the rows `name` (text) and `qty` (number) that the shared tests give to every sub-form."""
        two = ({"name": "甲"}, {"name": "b", "qty": Decimal(2)})
        return [({}, two), ({"max_rows": 3}, ({"qty": Decimal(1)},))]
