"""Copy: people are shown the record and asked nothing."""

from collections.abc import Mapping
from typing import Any, ClassVar

from engines.kernel.documents import Label
from engines.workflow.facts import Facts
from engines.workflow.nodes.base import NEXT, Node, NodeType, Passing
from engines.workflow.people import PEOPLE


class CcNode(NodeType):
    """Goes on at once. When the rules find nobody, nobody is told."""

    key = "cc"
    title: ClassVar[Label] = {"en": "Copy", "zh-CN": "抄送"}
    description: ClassVar[Label] = {
        "en": "Shows the record to people without asking them for anything.",
        "zh-CN": "让相关人员知晓此记录，无需其处理。",
    }
    icon = "send"
    properties: ClassVar[Mapping[str, Any]] = {"people": PEOPLE, "next": NEXT}
    required = ("people", "next")

    def arrive(self, node: Node, facts: Facts) -> Passing:
        people = facts.people_of(node.key)
        return Passing(node.options["next"], copy=people, say="copied" if people else "", params={"people": people})
