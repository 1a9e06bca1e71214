"""Where a flow begins: the submitter's own node."""

from collections.abc import Mapping
from typing import Any, ClassVar

from engines.kernel.documents import Label
from engines.workflow.facts import Facts
from engines.workflow.nodes.base import NEXT, Node, NodeType, Passing


class StartNode(NodeType):
    """Passes the record on; a returned record comes back here to be mended."""

    key = "start"
    title: ClassVar[Label] = {"en": "Start", "zh-CN": "发起"}
    description: ClassVar[Label] = {"en": "The record is submitted here.", "zh-CN": "在此提交记录。"}
    icon = "player-play"
    properties: ClassVar[Mapping[str, Any]] = {"next": NEXT}
    required = ("next",)

    def arrive(self, node: Node, facts: Facts) -> Passing:  # noqa: ARG002
        return Passing(follow=node.options["next"])
