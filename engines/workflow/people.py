"""Rules that name people: what a document may say. `assignees` turns them into ids."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engines.kernel.documents import described

# Places of a person besides the form's own fields: the record's owner and whoever submitted it.
OWNER: Final = "_owner"
SUBMITTER: Final = "_submitter"

_KIND = (("Kind", "How the people are found."), ("方式", "如何找到处理人。"))


def _rule(kind: str, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"kind": described({"const": kind}, *_KIND), name: schema},
        "required": ["kind", name],
        "additionalProperties": False,
    }


PEOPLE: Final = described(
    {
        "type": "array",
        "x-value": True,
        "minItems": 1,
        "maxItems": 50,
        "items": {
            "oneOf": [
                _rule(
                    "member",
                    "member",
                    described(
                        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 3}]},
                        ("Member", "The id or the e-mail address of one person."),
                        ("成员", "某位成员的编号或邮箱。"),
                    ),
                ),
                _rule(
                    "role",
                    "role",
                    described(
                        {"type": "string", "maxLength": 40},
                        ("Role", "Everybody who has this role."),
                        ("角色", "拥有此角色的所有成员。"),
                    ),
                ),
                _rule(
                    "department_head",
                    "of",
                    described(
                        {"type": "string", "maxLength": 40},
                        (
                            "Head of the department of",
                            "`_owner`, `_submitter`, or a member or department field. Where that person is the head "
                            "or the department has none, the head of the department above.",
                        ),
                        (
                            "谁的部门主管",
                            "`_owner`（负责人）、`_submitter`（提交人），或成员、部门字段。本人即主管或部门没有主管时，"
                            "为上级部门的主管。",
                        ),
                    ),
                ),
                _rule(
                    "field",
                    "field",
                    described(
                        {"type": "string", "maxLength": 40},
                        ("Field", "The people in a member field of the record, or `_owner`, or `_submitter`."),
                        ("字段", "记录中成员字段里的人，或 `_owner`（负责人）、`_submitter`（提交人）。"),
                    ),
                ),
            ]
        },
    },
    ("People", "All whom these rules find, each once."),
    ("处理人", "这些规则找到的所有人，重复的只算一次。"),
)


def named_fields(rules: Iterable[Mapping[str, Any]]) -> Iterable[tuple[int, str, str]]:
    """The fields that rules speak of: the rule's number, the property, the field. System places are left out."""
    for index, rule in enumerate(rules):
        name = {"field": "field", "department_head": "of"}.get(rule["kind"])
        if name and rule[name] not in (OWNER, SUBMITTER):
            yield index, name, rule[name]
