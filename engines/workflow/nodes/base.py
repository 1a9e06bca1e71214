"""What every node type says about itself: its schema, where it leads, and what happens when a flow arrives."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engines.kernel.documents import Label, described, key_schema, label, label_schema
from engines.workflow.facts import Facts


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a node: where it stands in the node (`branches.free.next`), where it leads, and its words."""

    path: str
    target: str
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """What a node does when a flow arrives.

    Either it `follow`s to another node, or it `ask`s people and waits, or the flow `ends` here. `copy` are people who
    are shown the record; `say` and `params` go into the story.
    """

    follow: str | None = None
    ask: tuple[int, ...] = ()
    copy: tuple[int, ...] = ()
    ends: bool = False
    say: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a flow: its key, its type and its options as the document has them."""

    key: str
    type: "NodeType"
    options: Mapping[str, Any]

    @property
    def label(self) -> Label | None:
        """The words for the node in every language; the type's own title where the document names none."""
        title: Label | None = self.options.get("title")
        return title or self.type.title

    def title(self, locale: str) -> str:
        return label(self.label, locale)

    def exits(self) -> Iterator[Exit]:
        return iter(self.type.exits(self.options))


class NodeType:
    """A kind of node. Stateless; subclasses set the class attributes and say what happens on arrival."""

    key: ClassVar[str]
    title: ClassVar[Label]
    description: ClassVar[Label]
    icon: ClassVar[str]
    properties: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    waits: ClassVar[bool] = False
    """Whether a person may have to act before the flow goes on."""

    def schema(self) -> dict[str, Any]:
        """The closed schema of one node of this type."""
        return {
            **described(
                {"type": "object"},
                (label(self.title, "en"), label(self.description, "en")),
                (label(self.title, "zh-CN"), label(self.description, "zh-CN")),
            ),
            "properties": {
                "key": key_schema(40),
                "type": described({"const": self.key}, ("Type", "The kind of node."), ("类型", "节点的类型。")),
                "title": label_schema(
                    ("Title", "What people see in the to-do list, the story and the picture of the flow."),
                    ("名称", "在待办列表、流程动态和流程图中显示的名称。"),
                ),
                **self.properties,
            },
            "required": ["key", "type", *self.required],
            "additionalProperties": False,
        }

    def exits(self, options: Mapping[str, Any]) -> Iterable[Exit]:
        """Every way out of a node with these options."""
        return (Exit("next", options["next"]),) if "next" in options else ()

    def arrive(self, node: Node, facts: Facts) -> Passing:
        """What happens when a flow arrives. Raises `Needed` where facts are missing that the node needs."""
        raise NotImplementedError


NEXT = described(
    {"type": "string", "maxLength": 40},
    ("Next node", "The key of the node to which the flow goes on."),
    ("下一节点", "流程继续流转到的节点的标识。"),
)
