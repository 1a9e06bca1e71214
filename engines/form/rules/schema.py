"""The schemas of rules and of data linkage."""

from typing import Any, Final

from engines.form.operator_names import OPERATORS
from engines.form.schema_parts import EXPRESSION, FORM_KEY, TITLE, field_names, keyed
from engines.kernel.documents import described, key_schema, label_schema

PATH: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?$", "maxLength": 81}
"""A field, or a field in the rows of a sub-form: `lines.qty`."""

SOURCE_PATH: Final = {"type": "string", "minLength": 1, "maxLength": 200}

DOES: Final = (
    "show", "hide", "require", "optional", "readonly", "editable", "set", "choices", "color", "block", "warn", "lock",
)  # fmt: skip

COLORS: Final = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "gray")

_WHEN = described(
    EXPRESSION,
    ("Only when", "The rule counts only where this holds; without it, always."),
    ("仅当", "只有满足此条件时规则才生效；不填则始终生效。"),
)

_MESSAGE = label_schema(
    ("Message", "What the person is told."),
    ("提示", "给用户的提示。"),
)

_AT = described(PATH, ("Field", "Where the message stands."), ("字段", "提示显示在哪个字段旁。"))

ACTIONS: Final = keyed(
    {
        "do": described(
            {"enum": list(DOES)},
            ("Does", "What happens where the condition holds."),
            ("动作", "条件成立时做什么。"),
        ),
        "fields": field_names(
            ("Fields", "The fields it is done to; lines.qty for a field of a sub-form's rows."),
            ("字段", "作用的字段；子表单的字段写作 lines.qty。"),
        ),
        "value": described(
            EXPRESSION,
            ("Value", "What is set: an expression."),
            ("值", "要设置的值：表达式。"),
        ),
        "choices": described(
            {
                "anyOf": [
                    {
                        "type": "array",
                        "items": {"type": "string", "minLength": 1, "maxLength": 200},
                        "uniqueItems": True,
                        "maxItems": 1000,
                        "x-value": True,
                    },
                    EXPRESSION,
                ]
            },
            ("Choices", "The options that may be chosen: a list of keys, or an expression that gives them."),
            ("可选项", "允许选择的选项：标识列表，或给出它们的表达式。"),
        ),
        "color": described(
            {"enum": list(COLORS)},
            ("Colour", "The colour of the fields."),
            ("颜色", "字段的颜色。"),
        ),
        "message": _MESSAGE,
        "field": _AT,
    },
    ("do",),
    50,
)

RULES: Final = keyed(
    {
        "title": TITLE,
        "when": _WHEN,
        "on": described(
            {
                "type": "array",
                "items": {"enum": ["create", "update", "delete", "restore"]},
                "uniqueItems": True,
                "minItems": 1,
                "maxItems": 4,
                "x-value": True,
            },
            ("On", "When the rule counts; without it, whenever a record is created or changed."),
            ("时机", "规则在何时生效；不填则在新增和修改时生效。"),
        ),
        "check": described(
            EXPRESSION,
            ("Must hold", "A condition that every saved record fulfils."),
            ("必须成立", "保存的记录都要满足的条件。"),
        ),
        "message": _MESSAGE,
        "field": _AT,
        "actions": described(
            ACTIONS,
            ("Actions", "What happens where the condition holds, in order; what comes later wins."),
            ("动作", "条件成立时依次做什么；后面的优先。"),
        ),
    },
    (),
)

_SORT = {
    "type": "array",
    "maxItems": 5,
    "x-value": True,
    "items": {
        "type": "object",
        "properties": {
            "field": described(SOURCE_PATH, ("Field", "A field of the other form."), ("字段", "对方表单的字段。")),
            "expression": described(
                EXPRESSION,
                ("Expression", "A value computed of each record of the other form."),
                ("表达式", "用对方表单每条记录计算的值。"),
            ),
            "descending": described(
                {"type": "boolean"},
                ("Descending", "Largest or latest first."),
                ("降序", "最大或最新的在前。"),
            ),
        },
        "additionalProperties": False,
    },
}

_WHERE = {
    "type": "array",
    "maxItems": 20,
    "x-value": True,
    "items": {
        "type": "object",
        "properties": {
            "field": described(
                SOURCE_PATH,
                ("Field there", "A field of the other form, or a path over its relations."),
                ("对方字段", "对方表单的字段，或经过其关联的路径。"),
            ),
            "op": described({"enum": list(OPERATORS)}, ("Operator", "How it is compared."), ("运算符", "如何比较。")),
            "value": described(
                EXPRESSION,
                ("Value here", "An expression over this form; where it is blank, nothing is found."),
                ("本表单的值", "本表单的表达式；为空时查不到数据。"),
            ),
        },
        "required": ["field"],
        "additionalProperties": False,
    },
}

LINKAGE: Final[dict[str, Any]] = described(
    {
        "type": "object",
        "properties": {
            "form": key_schema(
                FORM_KEY,
                ("Form", "The form that the data comes from."),
                ("表单", "数据来自哪个表单。"),
            ),
            "where": described(
                _WHERE,
                ("Conditions", "Which of its records count."),
                ("条件", "采用哪些记录。"),
            ),
            "any": described(
                {"type": "boolean"},
                ("Any condition", "One condition is enough; otherwise all must hold."),
                ("任一条件", "满足任一条件即可；否则须全部满足。"),
            ),
            "sort": described(
                _SORT,
                ("Order", "Which record is taken where several fit: the first; without it the newest."),
                ("排序", "多条记录符合时取第一条；不填则取最新的一条。"),
            ),
            "take": described(
                SOURCE_PATH,
                ("Take", "The field of the other form whose value is taken."),
                ("取值字段", "取对方表单哪个字段的值。"),
            ),
            "rows": described(
                {
                    "type": "object",
                    "additionalProperties": SOURCE_PATH,
                    "propertyNames": {"pattern": "^[a-z](_?[a-z0-9])*$"},
                    "minProperties": 1,
                    "maxProperties": 100,
                    "x-value": True,
                },
                (
                    "Rows",
                    "For a sub-form: which of its fields is filled from which field there; a row for each record.",
                ),
                ("各行", "用于子表单：哪个字段取自对方的哪个字段；每条记录一行。"),
            ),
            "aggregate": described(
                {"enum": ["sum", "count", "min", "max", "average"]},
                ("Aggregate", "Instead of one record: one number of all that fit."),
                ("汇总", "不取单条记录，而是对全部符合的记录汇总。"),
            ),
            "as": described(
                {"enum": ["value", "choices"]},
                ("As", "The value of the field, or the choices that it offers."),
                ("用作", "作为字段的值，或作为可选项。"),
            ),
        },
        "required": ["form"],
        "additionalProperties": False,
    },
    ("Data linkage", "The value or the choices come from records of another form."),
    ("数据联动", "字段的值或可选项来自其他表单的数据。"),
)

FOLLOW: Final[dict[str, Any]] = described(
    EXPRESSION,
    (
        "Follows",
        "The value follows this expression until somebody gives another. Two fields may follow each other: the one "
        "last edited leads.",
    ),
    ("跟随计算", "值随此表达式变化，直到有人另行填写。两个字段可以互相跟随，以最后修改的为准。"),
)
