"""Regular expressions: only where the database need not compute them (EXPRESSIONS.md, rule 8)."""

from dataclasses import dataclass

from engines.formula import regex
from engines.formula.functions.base import BLANK, Checking, Function, coerce
from engines.formula.functions.define import shown
from engines.formula.sql import several
from engines.formula.syntax import Apply
from engines.formula.tree import Call, Constant, Node, Primitive
from engines.formula.types import Place, Type

_T, _B = Type.TEXT, Type.BOOLEAN

MATCHES = Primitive("matches", regex.matches, several.never, total=True)
EXTRACT = Primitive("extract", regex.extract, several.never)

_HERE = frozenset({Place.RULE, Place.DEFAULT})


@dataclass(frozen=True)
class Matching(Function):
    """REGEXMATCH and REGEXEXTRACT: the pattern is a literal, read when the expression is compiled."""

    primitive: Primitive = MATCHES
    result: Type = _B

    def check(self, call: Apply, checker: Checking) -> Node:
        """Refused where the value is computed by the database: in formulas and filters."""
        nodes = [checker.check(argument) for argument in call.arguments]
        if not self.count_between(call, checker, 2, 2):
            return BLANK
        for place in (0, 1):
            if nodes[place].type not in (_T, Type.BLANK):
                return self.wrong_type(call, checker, place, nodes[place].type, {_T})
        if checker.place not in _HERE:
            message = f"{self.key} cannot be computed by the database; it may stand in rules and default values"
            checker.report("formula.refused_in_sql", call.span, message, function=self.key, place=checker.place.value)
        pattern = nodes[1].value if isinstance(nodes[1], Constant) else None
        span = call.arguments[1].span
        if not isinstance(pattern, str):
            return checker.report("formula.regex_literal", span, "The pattern must be a literal text")
        try:
            code = regex.program(pattern)
        except regex.Unreadable as error:
            message = f"This pattern cannot be used: {error}"
            return checker.report("formula.regex", span, message, reason=str(error), reason_label=error.words)
        return Call(self.primitive, (coerce(nodes[0], _T), Constant(code, _T)), self.result)


FUNCTIONS = (
    Matching(
        "REGEXMATCH",
        ("正则匹配", "REGEXTEST"),
        "text",
        "REGEXMATCH(text, pattern)",
        {
            "zh-CN": "文本中是否有一处符合正则表达式。只能用在规则和默认值中；可用的写法见下文。",
            "en": "Whether the pattern is found in the text. Only in rules and default values; see below for what a"
            " pattern may have.",
        },
        shown({'REGEXMATCH("13800001234", "^1[3-9]\\d{9}$")': "TRUE", 'REGEXMATCH("abc", "^\\d+$")': "FALSE"}),
    ),
    Matching(
        "REGEXEXTRACT",
        ("正则提取",),
        "text",
        "REGEXEXTRACT(text, pattern)",
        {
            "zh-CN": "文本中第一处符合正则表达式的部分；没有则为空。只能用在规则和默认值中。",
            "en": "The first part of the text that the pattern fits; blank if there is none. Only in rules and default"
            " values.",
        },
        shown({'REGEXEXTRACT("单号 SO-2024-001 已发", "[A-Z]+-\\d+")': '"SO-2024"'}),
        primitive=EXTRACT,
        result=_T,
    ),
)
