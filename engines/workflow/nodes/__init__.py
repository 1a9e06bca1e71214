"""The node types of a flow, in plain sight."""

from engines.kernel.registry import Registry
from engines.workflow.nodes.approval import ApprovalNode
from engines.workflow.nodes.base import NodeType
from engines.workflow.nodes.cc import CcNode
from engines.workflow.nodes.condition import ConditionNode
from engines.workflow.nodes.end import EndNode
from engines.workflow.nodes.start import StartNode

NODE_TYPES: Registry[NodeType] = Registry(
    "flow node",
    [StartNode(), ApprovalNode(), ConditionNode(), CcNode(), EndNode()],
)
