"""Text to syntax tree: grammar, positions, and what a person is told when the text cannot be read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from engines.formula.limits import DIGITS_AFTER, DIGITS_BEFORE, MAX_DEPTH, MAX_LENGTH
from engines.kernel.problems import Problem, Rejected

GRAMMAR = r"""
start: _EQ_FIRST? comparison
?comparison: joined | comparison COMPARE joined -> binary | comparison EQUAL joined -> binary
?joined: sum | joined JOIN sum -> binary
?sum: product | sum ADD product -> binary | sum MINUS product -> binary
?product: power | product MULTIPLY power -> binary
?power: unary | power RAISE unary -> binary
?unary: postfix | MINUS unary -> negate | ADD unary -> plus
?postfix: atom | postfix DOT NAME -> member
?atom: NUMBER -> number
     | NUMBER PERCENT -> percent
     | STRING -> string
     | NAME -> name
     | NAME OPEN CLOSE -> call
     | NAME OPEN comparison (COMMA comparison)* CLOSE -> call
     | OPEN comparison CLOSE -> group

_EQ_FIRST: /\A\s*[=＝]/
NUMBER: /[0-9０-９]+([.．][0-9０-９]+)?|[.．][0-9０-９]+/
STRING: /"([^"]|"")*"|[“”＂][^“”＂"]*[“”＂"]/
NAME: /[^\W\d]\w*/
COMPARE: /<=|>=|<>|!=|[<＜][=＝>＞]|[>＞][=＝]|[<>＜＞≤≥≠]|[!！][=＝]/
EQUAL: /[=＝]{1,2}/
JOIN: /[&＆]/
ADD: /[+＋]/
MINUS: /[-－−]/
MULTIPLY: /[*\/＊／×÷]/
RAISE: /[\^＾]/
PERCENT: /[%％]/
DOT: /[.．]/
COMMA: /[,，、]/
OPEN: /[(（]/
CLOSE: /[)）]/
%ignore /[\s\u00a0\u3000\ufeff]+/
"""

_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL stores in no text."""
_WIDE = str.maketrans("０１２３４５６７８９．＜＞＝！＆＋－−＊／×÷＾≤≥≠", "0123456789.<>=!&+--*/*/^\u2264\u2265\u2260")
_OPERATORS = {"\u2264": "<=", "\u2265": ">=", "\u2260": "<>", "!=": "<>", "==": "="}
_TERMINALS = {
    "CLOSE": ")", "OPEN": "(", "COMMA": ",", "NAME": "a name", "NUMBER": "a number", "STRING": "a text",
    "COMPARE": "a comparison", "EQUAL": "=", "JOIN": "&", "ADD": "+", "MINUS": "-", "MULTIPLY": "*", "RAISE": "^",
    "PERCENT": "%", "DOT": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a text."""

    value: Decimal | str
    span: Span
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A name or a dotted path; `spans` has the place of each part."""

    parts: tuple[str, ...]
    spans: tuple[Span, ...]
    depth: int = 1

    @property
    def span(self) -> Span:
        return Span(self.spans[0].start, self.spans[-1].end)


@dataclass(frozen=True, slots=True)
class Member:
    """A name after something that is not a path: `CURRENTUSER().name`."""

    owner: "Syntax"
    name: str
    name_span: Span
    span: Span
    depth: int


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or an operator with its arguments."""

    name: str
    name_span: Span
    arguments: "tuple[Syntax, ...]"
    span: Span
    depth: int
    operator: bool = field(default=False)


Syntax = Literal | Name | Member | Apply


def _span(first: Any, last: Any) -> Span:
    return Span(_edge(first).start, _edge(last).end)


def _edge(thing: Any) -> Span:
    if isinstance(thing, Token):
        return Span(thing.start_pos or 0, thing.end_pos or 0)
    span: Span = thing.span
    return span


@v_args(inline=True)
class _Builder(Transformer[Token, Syntax]):
    """Builds the tree while the parser reads, so that nesting costs no stack."""

    def start(self, tree: Syntax) -> Syntax:
        return tree

    def number(self, token: Token) -> Syntax:
        return Literal(Decimal(token.translate(_WIDE)), _edge(token))

    def percent(self, token: Token, sign: Token) -> Syntax:
        return Literal(Decimal(token.translate(_WIDE)).scaleb(-2), _span(token, sign))

    def string(self, token: Token) -> Syntax:
        inner = token[1:-1]
        return Literal(inner.replace('""', '"') if token[0] == '"' else inner, _edge(token))

    def name(self, token: Token) -> Syntax:
        return Name((str(token),), (_edge(token),))

    def member(self, owner: Syntax, _dot: Token, token: Token) -> Syntax:
        if isinstance(owner, Name):
            return Name((*owner.parts, str(token)), (*owner.spans, _edge(token)))
        return Member(owner, str(token), _edge(token), _span(owner, token), owner.depth + 1)

    def call(self, name: Token, *rest: Any) -> Syntax:
        arguments = tuple(part for part in rest if not isinstance(part, Token))
        return Apply(str(name), _edge(name), arguments, _span(name, rest[-1]), 1 + _deepest(arguments))

    def binary(self, left: Syntax, token: Token, right: Syntax) -> Syntax:
        sign = token.translate(_WIDE)
        return self._operator(_OPERATORS.get(sign, sign), token, (left, right), _span(left, right))

    def negate(self, token: Token, operand: Syntax) -> Syntax:
        if isinstance(operand, Literal) and isinstance(operand.value, Decimal):
            return Literal(operand.value.copy_negate() if operand.value else operand.value, _span(token, operand))
        return self._operator("negate", token, (operand,), _span(token, operand))

    def plus(self, token: Token, operand: Syntax) -> Syntax:
        return self._operator("plus", token, (operand,), _span(token, operand))

    def group(self, _open: Token, inner: Syntax, _close: Token) -> Syntax:
        return inner

    def _operator(self, sign: str, token: Token, operands: tuple[Syntax, ...], span: Span) -> Syntax:
        first = operands[0]
        if sign == "&" and isinstance(first, Apply) and first.name == "&":
            operands = (*first.arguments, *operands[1:])  # one flat join: cutting at the end is the same
        return Apply(sign, _edge(token), operands, span, 1 + _deepest(operands), operator=True)


def _deepest(parts: tuple[Syntax, ...]) -> int:
    return max((part.depth for part in parts), default=0)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=False)


def locate(text: str, span: Span) -> dict[str, int]:
    """Line and column (from 1) and length of a stretch, as the editor marks it."""
    line = text.count("\n", 0, span.start) + 1
    column = span.start - (text.rfind("\n", 0, span.start) + 1) + 1
    return {"line": line, "column": column, "length": max(1, span.end - span.start)}


def problem_at(text: str, span: Span, code: str, message: str, **params: Any) -> Problem:
    """A problem with its place in the text; `params` always has `suggestion` (None when there is none)."""
    return Problem(code, "", message, {**locate(text, span), "suggestion": None, **params})


@lru_cache(maxsize=4096)
def parse(text: str) -> Syntax:
    """The syntax tree of an expression.

    Raises `Rejected` with one problem that names line, column and length: `formula.empty`, `formula.too_long`,
    `formula.too_deep`, `formula.unclosed_text`, `formula.unclosed_parenthesis`, `formula.unfinished`,
    `formula.syntax`, `formula.number_out_of_range`.
    """
    if not text.strip():
        raise Rejected(problem_at(text, Span(0, 0), "formula.empty", "The expression is empty"))
    if len(text) > MAX_LENGTH:
        message = f"The expression has {len(text)} characters, at most {MAX_LENGTH} are allowed"
        span = Span(MAX_LENGTH, len(text))
        raise Rejected(problem_at(text, span, "formula.too_long", message, count=len(text), maximum=MAX_LENGTH))
    unusable = _UNUSABLE.search(text)
    if unusable:
        span = Span(unusable.start(), unusable.end())
        message = "This character cannot be stored"
        raise Rejected(problem_at(text, span, "formula.syntax", message, found=unusable[0], expected=[]))
    try:
        tree: Syntax = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise Rejected(_unreadable(text, error)) from None
    if tree.depth > MAX_DEPTH:
        message = f"The expression is nested {tree.depth} levels deep, at most {MAX_DEPTH} are allowed"
        raise Rejected(problem_at(text, tree.span, "formula.too_deep", message, count=tree.depth, maximum=MAX_DEPTH))
    problems = [_out_of_range(text, literal) for literal in _literals(tree) if _is_out_of_range(literal.value)]
    if problems:
        raise Rejected(problems)
    return tree


def _unreadable(text: str, error: UnexpectedInput) -> Problem:
    if isinstance(error, UnexpectedCharacters):
        start = error.pos_in_stream or 0
        sign = text[start]
        if sign in '"“”＂':
            return problem_at(text, Span(start, len(text)), "formula.unclosed_text", "This text has no closing quote")
        message = f'"{sign}" has no meaning here'
        return problem_at(text, Span(start, start + 1), "formula.syntax", message, found=sign, expected=[])
    if not isinstance(error, UnexpectedToken):
        return problem_at(text, Span(len(text), len(text)), "formula.unfinished", "The expression is not finished")
    token = error.token
    expected = sorted({_TERMINALS[name] for name in error.accepts if name in _TERMINALS})
    if token.type != "$END":
        message = f'"{token}" cannot stand here; expected: {" ".join(expected)}'
        return problem_at(text, _edge(token), "formula.syntax", message, found=str(token), expected=expected)
    if "CLOSE" in error.accepts:
        place = _last_open(text)
        return problem_at(
            text,
            Span(place, place + 1),
            "formula.unclosed_parenthesis",
            "This parenthesis is not closed",
            suggestion=")",
        )
    end = len(text.rstrip())
    message = "The expression is not finished: something is missing after its end"
    return problem_at(text, Span(max(0, end - 1), end), "formula.unfinished", message, expected=expected)


def _last_open(text: str) -> int:
    stack = [0]
    for token in _parser().lex(text):
        if token.type == "OPEN":
            stack.append(token.start_pos or 0)
        elif token.type == "CLOSE" and len(stack) > 1:
            stack.pop()
    return stack[-1]


def _literals(tree: Syntax) -> list[Literal]:
    found: list[Literal] = []
    walk(tree, lambda node: found.append(node) if isinstance(node, Literal) else None)
    return found


def walk(tree: Syntax, visit: Callable[[Syntax], object]) -> None:
    """Calls `visit` for every node, outside in."""
    todo = [tree]
    while todo:
        node = todo.pop()
        visit(node)
        if isinstance(node, Apply):
            todo.extend(node.arguments)
        elif isinstance(node, Member):
            todo.append(node.owner)


def names_in(syntax: Syntax) -> Iterator[tuple[str, ...]]:
    """Every dotted name of an expression, in their order."""
    match syntax:
        case Name():
            yield syntax.parts
        case Member():
            yield from names_in(syntax.owner)
        case Apply():
            for argument in syntax.arguments:
                yield from names_in(argument)


def _is_out_of_range(value: Decimal | str) -> bool:
    if isinstance(value, str):
        return False
    exponent = value.as_tuple().exponent
    return value.adjusted() >= DIGITS_BEFORE or (isinstance(exponent, int) and exponent < -DIGITS_AFTER)


def _out_of_range(text: str, literal: Literal) -> Problem:
    message = f"A number has at most {DIGITS_BEFORE} digits before and {DIGITS_AFTER} after the point"
    params = {"before": DIGITS_BEFORE, "after": DIGITS_AFTER}
    return problem_at(text, literal.span, "formula.number_out_of_range", message, **params)
