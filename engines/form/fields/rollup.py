# ruff: noqa: ARG002
"""A number, sum or date over the rows of a sub-form, over related records or over the records that point here.

Kept in a column and exact at every moment: whoever writes one of the rows sets the value anew in the same transaction
(`engines.form.derive`). Underneath it is an expression over these rows; its looks are those of `result`.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Column, text

from engines.form.fields.base import Field
from engines.form.fields.formula import FormulaField
from engines.form.fields.options import one_of, properties, words
from engines.kernel.documents import described
from engines.kernel.problems import Problem

COUNTING: Final = ("count", "filled")
NEVER_BLANK: Final = (*COUNTING, "sum")
"""Of no rows these are 0; the others are blank (EXPRESSIONS.md, 7)."""
FUNCTIONS: Final[Mapping[str, str]] = {
    "count": "COUNT",
    "filled": "COUNT",
    "sum": "SUM",
    "average": "AVERAGE",
    "min": "MIN",
    "max": "MAX",
    "earliest": "EARLIEST",
    "latest": "LATEST",
}
RESULTS: Final = ("number", "money", "percent", "date", "datetime")
_KEY: Final = {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$"}


def list_key(of: Mapping[str, Any]) -> str:
    """The name, in expressions, of the rows that point here: `delivery__lines__order_line`. No field is called so."""
    return "__".join(part for part in (of["form"], of.get("rows"), of["field"]) if part)


class RollupField(FormulaField):
    """How many orders a customer has, what they are worth, when the last one was."""

    key = "rollup"
    icon = "sum"
    group = "link"
    title = words("Roll-up", "汇总")
    description = words("Counts or adds up rows or related records.", "统计子表行或关联记录的个数、合计等。")
    searchable = False
    required_options = ("of", "aggregate")
    expression_option = "of"
    option_properties = properties(
        of=described(
            {
                "type": ["string", "object"],
                "minLength": 1,
                "maxLength": 200,
                "properties": {
                    "form": described(
                        {**_KEY, "maxLength": 24, "x-widget": "form"},
                        ("Form", "The form that points here."),
                        ("表单", "引用此处的表单。"),
                    ),
                    "rows": described(
                        {**_KEY, "maxLength": 40},
                        ("Sub-form", "The sub-form of it whose rows point here; without one its records do."),
                        ("子表", "该表单中引用此处的子表；不填则为其记录。"),
                    ),
                    "field": described(
                        {**_KEY, "maxLength": 40},
                        ("Relation", "The relation by which they point here."),
                        ("关联字段", "用哪个关联字段引用此处。"),
                    ),
                },
                "required": ["form", "field"],
                "additionalProperties": False,
            },
            (
                "Rows",
                "A sub-form, a relation to many, or a related list of this form; or the records, or rows of a"
                " sub-form, that point here by a relation.",
            ),
            (
                "汇总对象",
                "本表单的子表、多选关联或相关列表；也可以是通过关联字段引用此处的记录或子表行。",
            ),
        ),
        aggregate=one_of(
            tuple(FUNCTIONS),
            "count",
            ("Aggregate", "What is made of the rows; “Filled in” counts those where the field is not empty."),
            ("汇总方式", "如何汇总；“已填写”统计该字段不为空的行数。"),
        ),
        field=described(
            {"type": "string", "minLength": 1, "maxLength": 10_000},
            ("Field", "The field of the rows, a path over their relations, or an expression: qty * price."),
            ("汇总字段", "行上的字段、经过关联的路径，或表达式：qty * price。"),
        ),
        filter=described(
            {"type": "string", "minLength": 1, "maxLength": 10_000},
            ("Only rows where", 'A condition over the row: state = "won".'),
            ("筛选条件", '行需要满足的条件：state = "won"。'),
        ),
        result=one_of(
            RESULTS,
            "number",
            ("Result", "What kind of value comes out; it decides how it is shown."),
            ("结果类型", "结果是什么类型，决定显示方式。"),
        ),
        **{
            name: FormulaField.option_properties[name]
            for name in ("decimals", "percent", "grouping", "unit", "currency", "currency_field", "base", "precision")
        },
    )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """A percentage is a number that is shown in percent; rows are counted in whole numbers."""
        filled = super().fill(options)
        if filled["aggregate"] in ("count", "filled") and "decimals" not in options:
            filled["decimals"] = 0
        return filled | {"result": "number", "percent": True} if filled["result"] == "percent" else filled

    def expression_of(self, options: Mapping[str, Any]) -> str | None:
        """The aggregate as an expression: `SUM(orders, IF(state = "won", amount, ""))`."""
        of, name = options["of"], FUNCTIONS[options["aggregate"]]
        if of is None:
            return None
        of = list_key(of) if isinstance(of, Mapping) else of
        body, condition = options.get("field"), options.get("filter")
        if options["aggregate"] == "count":
            return f"COUNTIF({of}, {condition})" if condition else f"COUNT({of})"
        return f'{name}({of}, IF({condition}, {body}, ""))' if condition else f"{name}({of}, {body})"

    def keeps(self, field: Field) -> bool | None:
        return True

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        """What the schema says, and that every aggregate but `count` has a field."""
        found = list(super().check_options(options))
        yield from found
        if not found and options["aggregate"] != "count" and not options.get("field"):
            message = "Say which field of the rows is meant"
            yield Problem("rollup.field_missing", "field", message, {"aggregate": options["aggregate"]})

    def columns(self, field: Field) -> list[Column[Any]]:
        columns = super().columns(field)
        if columns and self.is_never_blank(field):
            columns[0] = Column(field.key, self.column_type(field), server_default=text("0"))
        return columns

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        return super().to_columns(self.initial(field) if value is None else value, field)

    def is_never_blank(self, field: Field) -> bool:
        """Whether there is a value also where there are no rows."""
        return field.options["aggregate"] in NEVER_BLANK

    def initial(self, field: Field) -> Decimal | None:
        """The value over no rows."""
        return Decimal(0) if self.is_never_blank(field) else None

    def folded(self, options: Mapping[str, Any]) -> bool:
        return False

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({"of": "items", "aggregate": "max", "field": "qty", "result": "money"}, Decimal("2.50")),
        ]
