"""The options `where` and `sort` of a relation, and the option `picker` of a sub-form."""

from typing import Any, Final

from engines.form.rules.schema import LINKAGE, SOURCE_PATH
from engines.form.schema_parts import EXPRESSION
from engines.kernel.documents import described, label_schema

_LINKAGE: Final = LINKAGE["properties"]
_KEY: Final = {"type": "string", "pattern": "^[a-z](_?[a-z0-9])*$", "maxLength": 40}
_COUNT: Final = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
MOST_COLUMNS: Final = 8

WHERE: Final[dict[str, Any]] = described(
    _LINKAGE["where"],
    (
        "May be chosen",
        "Which records may be chosen: fields there compared with expressions over this record or row. Held for every "
        "writer.",
    ),
    ("可选条件", "哪些记录可以选择：对方字段与本记录（或本行）的表达式比较；任何写入方式都要满足。"),
)
SORT: Final[dict[str, Any]] = described(
    _LINKAGE["sort"],
    ("Order of the choices", "By fields or expressions of the other form; without it by title."),
    ("选项排序", "按对方表单的字段或表达式排序；不填则按标题。"),
)

_LIMIT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "group": described(
            {"type": "string", "minLength": 1, "maxLength": 200},
            ("Group", "The key of an option, or the title of the group's record; * is every group without a line."),
            ("分组", "选项的标识，或分组记录的标题；* 表示没有单独设置的所有分组。"),
        ),
        "min": described(_COUNT, ("At least", "So many of the group."), ("最少", "该组至少选择的数量。")),
        "max": described(_COUNT, ("At most", "So many of the group."), ("最多", "该组最多选择的数量。")),
    },
    "required": ["group"],
    "additionalProperties": False,
}
_EXCLUSION: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "when": described(
            EXPRESSION,
            (
                "When",
                "A condition over the record that could be chosen; names that it does not have are those of this "
                "record, OUTER.name where both have it.",
            ),
            ("条件", "针对候选记录的条件；候选记录没有的名称取自本记录，重名时用 外层.名称。"),
        ),
        "message": label_schema(("Reason", "What the person is told."), ("原因", "告诉用户的原因。")),
        "reason": described(
            EXPRESSION,
            ("Reason by expression", "Instead of condition and message: a text, blank where nothing stands against."),
            ("原因表达式", "代替条件和原因：返回文本，空表示可以选择。"),
        ),
    },
    "additionalProperties": False,
}

PICKER: Final[dict[str, Any]] = described(
    {
        "type": "object",
        "properties": {
            "field": described(
                _KEY,
                ("Relation", "The relation of the rows that is chosen: each record becomes a row."),
                ("关联字段", "明细中被选择的关联字段：每选一条记录成为一行。"),
            ),
            "title": label_schema(
                ("Button", "What the button above the rows says."),
                ("按钮文字", "明细上方按钮显示的文字。"),
            ),
            "columns": described(
                {"type": "array", "items": SOURCE_PATH, "maxItems": MOST_COLUMNS, "uniqueItems": True, "x-value": True},
                ("Columns", "The fields of the other form that are shown beside the title."),
                ("显示列", "标题旁显示对方表单的哪些字段。"),
            ),
            "where": described(
                _LINKAGE["where"],
                (
                    "Offered",
                    "Which records this dialog lists of those that may be chosen. Expressions are over the record.",
                ),
                ("列出条件", "在可选范围内，此对话框列出哪些记录；表达式针对主记录。"),
            ),
            "sort": described(
                _LINKAGE["sort"],
                ("Order", "Within the groups; without it by title."),
                ("排序", "组内排序；不填则按标题。"),
            ),
            "group": described(
                SOURCE_PATH,
                ("Groups", "A field of the other form, or a path over a relation, that puts its records into groups."),
                ("分组字段", "按对方表单的哪个字段（或经过关联的路径）分组。"),
            ),
            "quantity": described(
                _KEY,
                ("Quantity", "The number field of the rows that the stepper fills; without it one chooses yes or no."),
                ("数量字段", "由步进器填写的明细数字字段；不填则只选择是否。"),
            ),
            "count": described(
                {"enum": ["rows", "quantity"]},
                ("Counts", "What minimum and maximum of a group count: rows, or their quantities added up."),
                ("计数方式", "分组的最少和最多按行数还是按数量合计。"),
            ),
            "limits": described(
                {"type": "array", "items": _LIMIT, "maxItems": 100, "x-value": True},
                ("Limits", "Minimum and maximum of each group. Held for every writer."),
                ("分组限制", "每组的最少和最多；任何写入方式都要满足。"),
            ),
            "min_field": described(
                _KEY,
                ("Minimum from", "The number field of the group's own record, where groups are records."),
                ("最少取自", "分组为记录时，取该记录的哪个数字字段作为最少。"),
            ),
            "max_field": described(
                _KEY,
                ("Maximum from", "The number field of the group's own record, where groups are records."),
                ("最多取自", "分组为记录时，取该记录的哪个数字字段作为最多。"),
            ),
            "required": described(
                {"type": "boolean"},
                (
                    "Every group",
                    "The minimum holds for every group that is offered; otherwise only for those of which something "
                    "is chosen.",
                ),
                ("每组必选", "最少数量对所有可选分组生效；否则只对已有选择的分组生效。"),
            ),
            "exclude": described(
                {"type": "array", "items": _EXCLUSION, "maxItems": 50, "x-value": True},
                ("Excluded", "What cannot be chosen, shown grey with the reason. Held for every writer."),
                ("排除规则", "不能选择的记录，置灰并显示原因；任何写入方式都要满足。"),
            ),
            "once": described(
                {"type": "boolean"},
                ("Once", "Each record stands in one row at most."),
                ("不可重复", "每条记录最多出现在一行中。"),
            ),
        },
        "required": ["field"],
        "additionalProperties": False,
    },
    ("Picker", "A button above the rows opens a dialog that fills many rows at once."),
    ("批量选择", "明细上方的按钮打开对话框，一次填入多行。"),
)
