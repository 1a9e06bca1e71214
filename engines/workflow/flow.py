"""A flow as the engine walks it: nodes by key and the options of the whole, read from a checked document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from engines.form.events import CREATED
from engines.form.moments.scan import event_type
from engines.kernel.keyed import Document, canonical
from engines.kernel.labels import label
from engines.workflow.nodes import NODE_TYPES
from engines.workflow.nodes.base import Node

Outcome = Literal["approved", "rejected", "withdrawn"]
StateName = Literal["running", "approved", "rejected", "returned", "withdrawn"]


@dataclass(frozen=True)
class Flow:
    """One version of a flow. `digest` names the version: the same document has the same digest everywhere."""

    document: Document
    nodes: Mapping[str, Node]

    @property
    def key(self) -> str:
        return str(self.document["key"])

    @property
    def form(self) -> str:
        """The key of the form whose records walk through the flow."""
        return str(self.document["form"])

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(canonical(self.document)).hexdigest()

    @cached_property
    def start(self) -> Node:
        return next(node for node in self.nodes.values() if node.type.key == "start")

    @property
    def starts_on(self) -> str:
        """`submit` (a person decides), `create` (every new record) or `moment` (a moment of the form comes)."""
        return str(self.document.get("start", {}).get("on", "submit"))

    @property
    def starting_event(self) -> str | None:
        """The type of the event that starts the flow by itself; None where a person does."""
        if self.starts_on == "create":
            return CREATED
        return event_type(self.document["start"]["moment"]) if self.starts_on == "moment" else None

    @property
    def event(self) -> str | None:
        """The name of the event that others may act on when a record is approved, as `quote.approved`."""
        return self.document.get("event")

    @property
    def own_approval(self) -> str:
        """`ask` or `skip`: what happens when the submitter stands among the approvers."""
        return str(self.document.get("own_approval", "ask"))

    @property
    def repeated_approval(self) -> str:
        """`ask` or `skip`: what happens when an approver has approved in this round already."""
        return str(self.document.get("repeated_approval", "ask"))

    @property
    def withdrawal(self) -> str:
        """`anytime`, `unanswered` (while nobody has answered in this round) or `never`."""
        return str(self.document.get("withdraw", "anytime"))

    def title(self, locale: str) -> str:
        return label(self.document.get("title"), locale) or self.key

    def fields_of(self, state: StateName) -> dict[str, Any]:
        """What is written to the record when it comes into a state; empty when the flow sets no field."""
        states = self.document.get("states", {})
        return {states["field"]: states[state]} if "field" in states and state in states else {}


def read_flow(document: Document) -> Flow:
    """The flow of a document that passed its checks. Raises `NotFound` for a node type that this version lacks."""
    nodes = {
        node["key"]: Node(node["key"], NODE_TYPES.get(node["type"], f"nodes.{node['key']}.type"), node)
        for node in document["nodes"]
    }
    return Flow(document, nodes)
