"""The schema of the rules of a form."""

from typing import Final

from engines.form.schema_parts import EXPRESSION, FIELD_KEY, keyed
from engines.kernel.documents import described, key_schema, label_schema

RULES: Final = keyed(
    {
        "check": described(
            EXPRESSION,
            ("Must hold", "A condition that every saved record fulfils."),
            ("必须成立", "保存的记录都要满足的条件。"),
        ),
        "when": described(
            EXPRESSION,
            ("Only when", "The rule counts only where this holds."),
            ("仅当", "只有满足此条件时才检查。"),
        ),
        "message": label_schema(
            ("Message", "What the person is told when it does not hold."),
            ("提示", "不满足时给用户的提示。"),
        ),
        "field": key_schema(
            FIELD_KEY,
            ("Field", "Where the message stands."),
            ("字段", "提示显示在哪个字段旁。"),
        ),
    },
    ("check", "message"),
)
