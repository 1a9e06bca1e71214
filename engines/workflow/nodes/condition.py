"""A fork: the first branch whose condition holds is taken."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from engines.kernel.documents import Label, described, key_schema, label_schema
from engines.workflow.facts import Facts
from engines.workflow.nodes.base import NEXT, Exit, Node, NodeType, Passing


class ConditionNode(NodeType):
    """Branches are asked in their order; `otherwise` is where the flow goes when none holds."""

    key = "condition"
    title: ClassVar[Label] = {"en": "Condition", "zh-CN": "条件分支"}
    description: ClassVar[Label] = {
        "en": "Sends the record one way or another by what stands in it.",
        "zh-CN": "根据记录的内容决定流程的走向。",
    }
    icon = "git-fork"
    properties: ClassVar[Mapping[str, Any]] = {
        "branches": described(
            {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": key_schema(40),
                        "label": label_schema(
                            ("Label", "The words on the line in the picture of the flow."),
                            ("名称", "流程图中连线上的文字。"),
                        ),
                        "when": described(
                            {"type": "string", "minLength": 1, "maxLength": 5000},
                            ("Condition", "An expression over the form; the branch is taken when it is true."),
                            ("条件", "关于表单字段的表达式，成立时走此分支。"),
                        ),
                        "next": NEXT,
                    },
                    "required": ["key", "when", "next"],
                    "additionalProperties": False,
                },
            },
            ("Branches", "Asked from top to bottom; the first one that holds is taken."),
            ("分支", "自上而下判断，走第一个成立的分支。"),
        ),
        "otherwise": described(
            {"type": "string", "maxLength": 40},
            ("Otherwise", "The key of the node to which the flow goes when no branch holds."),
            ("其他情况", "所有分支都不成立时进入的节点的标识。"),
        ),
    }
    required = ("branches", "otherwise")

    def exits(self, options: Mapping[str, Any]) -> Iterable[Exit]:
        for branch in options["branches"]:
            yield Exit(f"branches.{branch['key']}.next", branch["next"], branch.get("label"))
        yield Exit("otherwise", options["otherwise"])

    def arrive(self, node: Node, facts: Facts) -> Passing:
        holds = facts.holds_at(node.key)
        for branch in node.options["branches"]:
            if holds.get(branch["key"], False):
                return Passing(branch["next"], say="branch", params={"branch": branch["key"]})
        return Passing(node.options["otherwise"], say="branch", params={"branch": None})
