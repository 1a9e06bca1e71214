"""What the options of a choice count: scores of a questionnaire or a rating. They are part of the form's design, so a
use becomes a table of constants, and the page computes it like the server.
"""

from dataclasses import dataclass

from engines.formula.functions.aggregate import SUM_OF
from engines.formula.functions.base import BLANK, Checking, Function
from engines.formula.functions.define import shown
from engines.formula.functions.lists import HAS_ANY, LIST_OF
from engines.formula.functions.logic import CONDITIONAL, SWITCH
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Constant, Node
from engines.formula.types import Scores, Type

_N, _T, _B, _L = Type.NUMBER, Type.TEXT, Type.BOOLEAN, Type.LIST
_NONE = Constant(None, _N)


@dataclass(frozen=True)
class Score(Function):
    """SCORE(choice)."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The argument is the field itself: a text that was computed has no options."""
        if not self.count_between(call, checker, 1, 1):
            return BLANK
        path = checker.peek(call.arguments[0])
        node = checker.check(call.arguments[0])
        if node.type is Type.BLANK:
            return BLANK
        if path is None or not path.scores or node.type not in (_T, _L):
            message = "SCORE takes a choice whose options have scores: give its options scores first"
            return checker.report("formula.no_scores", call.arguments[0].span, message, function=self.key)
        return _several(node, path.scores) if node.type is _L else _one(node, path.scores)


def _one(node: Node, scores: Scores) -> Node:
    cases = [part for key, score in scores for part in (Constant(key, _T), Constant(score, _N))]
    return Call(SWITCH, (node, *cases, _NONE), _N)


def _several(node: Node, scores: Scores) -> Node:
    """Their sum; blank where nothing that has a score is chosen."""

    def chosen(*keys: str) -> Node:
        return Call(HAS_ANY, (node, Call(LIST_OF, tuple(Constant(key, _T) for key in keys), _L)), _B)

    parts = tuple(Call(CONDITIONAL, (chosen(key), Constant(score, _N), _NONE), _N) for key, score in scores)
    return Call(CONDITIONAL, (chosen(*(key for key, _ in scores)), Call(SUM_OF, parts, _N), _NONE), _N)


FUNCTIONS: tuple[Function, ...] = (
    Score(
        "SCORE",
        ("得分", "分值"),
        "list",
        "SCORE(choice)",
        {
            "zh-CN": "单选或多选字段所选选项的分值；多选为各项之和；没有选中带分值的选项时为空。分值在选项上设置。",
            "en": "What the chosen option of a choice counts, of several options together; blank where nothing that"
            " has a score is chosen. Scores are set at the options.",
        },
        shown({"SCORE(grade)": "5", "SCORE(topics)": "4", "SUM(lines, SCORE(rating))": "8"}),
    ),
)
