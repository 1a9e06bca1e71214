"""Where a flow ends well: the record is approved."""

from typing import ClassVar

from engines.kernel.documents import Label
from engines.workflow.facts import Facts
from engines.workflow.nodes.base import Node, NodeType, Passing


class EndNode(NodeType):
    """Ends the flow: the state field is set and the event of the flow is sent."""

    key = "end"
    title: ClassVar[Label] = {"en": "End", "zh-CN": "结束"}
    description: ClassVar[Label] = {"en": "The record is approved here.", "zh-CN": "流程在此通过并结束。"}
    icon = "circle-check"

    def arrive(self, node: Node, facts: Facts) -> Passing:  # noqa: ARG002
        return Passing(ends=True)
