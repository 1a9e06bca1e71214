"""Live query (关联查询): a list of records of another form that fit this record, found whenever the page is looked at.

Nothing is stored. `engines.form.live_query` asks; the reader's policy decides what is in the list.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.fields.base import Group
from engines.form.fields.options import flag, properties, words
from engines.form.fields.page import Decor
from engines.form.rules.schema import LINKAGE
from engines.kernel.documents import described
from engines.kernel.problems import Problem

MOST_ROWS: Final = 100
_KEYS: Final = {"type": "string", "pattern": "^_?[a-z](_?[a-z0-9])*$", "maxLength": 40}
_LINKAGE: Final = LINKAGE["properties"]


class QueryField(Decor):
    """The open orders of the customer that is chosen, the last prices of the product."""

    key = "query"
    icon = "list-search"
    group: ClassVar[Group] = "link"
    title = words("Live query", "关联查询")
    description = words(
        "Records of another form that fit this one, found when one looks.", "实时列出其他表单中符合条件的记录。"
    )
    required_options = ("form", "columns")
    option_properties = properties(
        form=_LINKAGE["form"],
        where=_LINKAGE["where"],
        any=_LINKAGE["any"],
        columns=described(
            {"type": "array", "items": _KEYS, "minItems": 1, "maxItems": 12, "x-value": True},
            ("Columns", "The fields of the other form that are shown."),
            ("显示列", "显示对方表单的哪些字段。"),
        ),
        sort=described(
            _LINKAGE["sort"],
            ("Order", "By fields or expressions of the other form; without it the newest first."),
            ("排序", "按对方表单的字段或表达式排序；不填则最新的在前。"),
        ),
        limit=described(
            {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 10},
            ("Rows", "How many are shown; how many there are is told beside."),
            ("行数", "最多显示几行；旁边会显示总数。"),
        ),
        totals=described(
            {"type": "array", "items": _KEYS, "maxItems": 12, "x-value": True},
            ("Totals", "The number columns that are added up over all records found."),
            ("合计", "对查到的全部记录合计的数字列。"),
        ),
        new=flag(
            True,
            ("Add new", "Offer to add a record that fits, with its fields filled in."),
            ("可新建", "可新建一条符合条件的记录，并预填字段。"),
        ),
    )
    example: ClassVar[dict[str, Any]] = {
        "form": "other",
        "columns": ["name"],
        "where": [{"field": "name", "op": "eq", "value": '"x"'}],
    }

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        """A total needs a column to stand below."""
        yield from super().check_options(options)
        for key in options.get("totals") or ():
            if key not in options.get("columns", ()):
                message = f"{key} is added up but not shown: name it among the columns"
                yield Problem("query.total_unseen", "totals", message, {"field": key})
