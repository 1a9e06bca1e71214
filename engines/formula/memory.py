"""Whole forms in memory: an asker over rows that are simply there, for examples, previews and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engines.formula.python import compile_node
from engines.formula.tree import Aggregate
from engines.formula.types import Facts

_ROWS = "\x00rows"


@dataclass
class MemoryAsk:
    """Answers from `forms`: the records of each form by its key; `facts` are those that it computes with."""

    forms: Mapping[str, Sequence[Mapping[str, Any]]]
    facts: Facts | None = field(default=None, repr=False)

    def __call__(self, node: Aggregate, start: Mapping[str, Any] | None) -> Any:
        """The value of an aggregate that begins at a whole form, or at a record that has its rows with it."""
        assert self.facts is not None
        if node.form is None:
            return compile_node(replace(node, remote=None))((start or {},), self.facts)
        inside = replace(node, form=None, steps=((_ROWS, True), *node.steps))
        return compile_node(inside)(({_ROWS: list(self.forms.get(node.form, ()))},), self.facts)


def with_forms(facts: Facts, forms: Mapping[str, Sequence[Mapping[str, Any]]]) -> Facts:
    """The same facts with records in memory for what reads whole forms."""
    ask = MemoryAsk(forms)
    ask.facts = replace(facts, ask=ask)
    return ask.facts
