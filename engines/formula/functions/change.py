"""What changes with a write: the value a field had before. Only where a record is being written (rules, defaults)."""

from dataclasses import dataclass

from engines.formula.functions.base import BLANK, Checking, Example, Function
from engines.formula.functions.operators import UNEQUAL
from engines.formula.syntax import Apply
from engines.formula.tree import Call, FieldValue, Node, PriorValue
from engines.formula.types import Place, Type

WRITES = frozenset({Place.RULE, Place.DEFAULT})


@dataclass(frozen=True)
class Prior(Function):
    """PRIOR and CHANGED."""

    compares: bool = False

    def check(self, call: Apply, checker: Checking) -> Node:
        """`PRIOR(field)`: one field with one value, of the record or of a row of a sub-form."""
        if not self.count_between(call, checker, 1, 1):
            return BLANK
        path = checker.peek(call.arguments[0])
        level = None if path is None else checker.levels[-1 - path.up]
        prefix = None if level is None else level.prefix
        if path is None or level is None or prefix is None or len(path.steps) > 1 or path.many or len(prefix) > 1:
            message = f"{self.key} takes one field with one value, of this record or of a row of it"
            return checker.report("formula.prior_field", call.arguments[0].span, message, function=self.key)
        checker.needs_server = True
        rows = prefix[0] if prefix else level.scope.key.partition(".")[2]
        key = path.steps[0][0]
        before = PriorValue(key, path.type, path.up, rows or None)
        if not self.compares:
            return before
        return Call(UNEQUAL, (FieldValue((key,), path.type, path.up), before), Type.BOOLEAN)


FUNCTIONS: tuple[Function, ...] = (
    Prior(
        "PRIOR",
        ("原值", "修改前"),
        "change",
        "PRIOR(field)",
        {
            "zh-CN": "字段在本次修改之前的值；新建时为空。只能用在规则和默认值里。",
            "en": "The value that the field had before this change; blank in a new record. Only in rules and defaults.",
        },
        (Example("PRIOR(amount)", "100"), Example("amount - PRIOR(amount)", "20")),
        places=WRITES,
    ),
    Prior(
        "CHANGED",
        ("已修改", "有变化"),
        "change",
        "CHANGED(field)",
        {
            "zh-CN": "字段在本次修改中是否变了；新建时填了值即为是。只能用在规则和默认值里。",
            "en": "Whether this change gives the field another value; in a new record whether it has one. Only in rules"
            " and defaults.",
        },
        (Example("CHANGED(amount)", "TRUE"), Example("CHANGED(owner)", "FALSE")),
        places=WRITES,
        compares=True,
    ),
)
