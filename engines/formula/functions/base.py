"""What a function of the language is: a small object with names, documentation, examples and overloads."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from engines.formula.sql import build
from engines.formula.syntax import Apply, Name, Span, Syntax
from engines.formula.tree import Aggregate, Call, Constant, FieldValue, Node, Primitive, Run
from engines.formula.types import Place, Scope, Scores, Type
from engines.kernel.problems import suggest

_REQUIRED = object()


def _and(*parts: Run) -> Run:
    return lambda rows, facts: all(part(rows, facts) for part in parts)


AND = Primitive("and", _and, build.conjunction, total=True, lazy=True)

ALL_TYPES = (Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.DATETIME, Type.RECORD, Type.LIST)


@dataclass(frozen=True)
class Parameter:
    """One argument: its name for the documentation, the types it may have, a default, a fixed set of texts."""

    name: str
    types: tuple[Type, ...]
    default: Any = _REQUIRED
    choices: Mapping[str, str] | None = None
    """What may be written -> what is meant; the argument must then be a literal text."""

    @property
    def required(self) -> bool:
        return self.default is _REQUIRED

    def fits(self, type_: Type) -> bool:
        """Whether a value of this type may stand here; blank always may."""
        return type_ is Type.BLANK or type_ in self.types


Build = Callable[[tuple[Node, ...]], Node]


@dataclass(frozen=True)
class Signature:
    """One overload: parameters, one that may repeat after them, the result, and the tree it becomes."""

    parameters: tuple[Parameter, ...]
    result: Type
    build: Build
    rest: Parameter | None = None

    def at(self, place: int) -> Parameter | None:
        """The parameter for the argument at this place."""
        return self.parameters[place] if place < len(self.parameters) else self.rest

    @property
    def fewest(self) -> int:
        return sum(1 for parameter in self.parameters if parameter.required)

    @property
    def most(self) -> int | None:
        return None if self.rest else len(self.parameters)


@dataclass(frozen=True)
class Example:
    """An expression over the sample record (`engines.formula.functions.samples`) and how its value is shown."""

    text: str
    shows: str


@dataclass(frozen=True)
class Path:
    """A name that was found: how many rows outside, the steps (key, leads to many), type and scopes of the way."""

    up: int
    steps: tuple[tuple[str, bool], ...]
    type: Type
    scopes: tuple[Scope | None, ...]
    """After each step, the scope it leads to; None where it ends in a value."""
    absolute: tuple[str, ...] | None
    """The keys from the outermost record; None inside of whole forms."""
    remote: tuple[int, str] | None = None
    """The place of the step that leads to rows no record carries, and the key of the scope it starts from."""
    scores: Scores = ()
    """What the options of the choice that it ends in count."""

    @property
    def levels(self) -> "tuple[Level, ...]":
        """The rows that the steps to many lead to, outermost first."""
        start = len(self.absolute or ()) - len(self.steps)
        return tuple(
            Level(target, None if self.absolute is None else self.absolute[: start + place + 1])
            for place, (_, many) in enumerate(self.steps)
            if many and (target := self.scopes[place]) is not None
        )

    @property
    def many(self) -> bool:
        """Whether a step leads to many rows, so that only an aggregate can take it."""
        return any(many for _, many in self.steps)


@dataclass(frozen=True)
class Level:
    """One row of those an expression sees: its scope and the path from the outermost row to it.

    `prefix` is None inside of whole forms: what is read there is no part of the record.
    """

    scope: Scope
    prefix: tuple[str, ...] | None


@dataclass(frozen=True)
class Source:
    """Rows that an aggregate runs over: `lines`, `FILTER(lines, …)`, `ALL("invoice")`, and what is reached from them.

    `type` is RECORDS when the rows themselves are meant; else `column` is the value in each of them. `broken` rows were
    reported already.
    """

    up: int = 0
    steps: tuple[tuple[str, bool], ...] = ()
    levels: tuple[Level, ...] = ()
    type: Type = Type.RECORDS
    column: tuple[str, ...] = ()
    scope: Scope | None = None
    form: str | None = None
    where: Node | None = None
    remote: tuple[int, str] | None = None
    absolute: tuple[str, ...] | None = ()
    broken: bool = False

    def aggregate(
        self, kind: str, body: Node | None, type_: Type, *, key: Node | None = None, arguments: tuple[Node, ...] = ()
    ) -> Node:
        """One value of these rows."""
        return Aggregate(
            kind,
            self.steps,
            body,
            type_,
            self.up,
            form=self.form,
            where=self.where,
            key=key,
            arguments=arguments,
            remote=self.remote,
        )

    def only(self, condition: Node) -> "Source":
        """Those of the rows that also meet a condition, which is computed in each of them."""
        both = condition if self.where is None else Call(AND, (self.where, condition), Type.BOOLEAN)
        return replace(self, where=both)

    @property
    def value(self) -> Node:
        """The column as it is read in each row."""
        return FieldValue(self.column, self.type)


class Checking(Protocol):
    """What a function may ask of the checker while its use is checked."""

    place: Place
    levels: list[Level]
    references: set[tuple[str, ...]]
    reads_forms: set[str]
    needs_server: bool

    def check(self, syntax: Syntax) -> Node: ...
    def peek(self, syntax: Syntax) -> Path | None: ...
    def resolve(self, name: Name) -> Path | None: ...
    def source(self, syntax: Syntax) -> Source | None: ...
    def within(self, source: Source) -> AbstractContextManager[object]: ...
    def inside(self, path: Path) -> AbstractContextManager[object]: ...
    def report(self, code: str, span: Span, message: str, **params: Any) -> Node: ...
    def setting_type(self, key: str) -> Type | None: ...
    def calendar(self) -> Node | None: ...


@dataclass(frozen=True)
class Function:
    """A function or operator. Subclasses replace `check` where overloads cannot say what is meant."""

    key: str
    aliases: tuple[str, ...]
    family: str
    usage: str
    """The call as the documentation writes it: `LEFT(text, [count])`."""
    doc: Mapping[str, str]
    examples: tuple[Example, ...] = ()
    signatures: tuple[Signature, ...] = ()
    volatile: bool = field(default=False)
    """The value changes by itself: refused in stored formulas."""
    places: frozenset[Place] | None = None
    """The only places where it may stand; None for all."""

    def check(self, call: Apply, checker: Checking) -> Node:
        """The typed tree of one use; problems are reported to the checker."""
        arguments = [checker.check(argument) for argument in call.arguments]
        if not self.check_count(call, checker, self.signatures):
            return BLANK
        count = len(arguments)
        fitting = [s for s in self.signatures if s.fewest <= count and (s.most is None or count <= s.most)]
        for signature in fitting:
            if all(_fits(signature.at(place), node) for place, node in enumerate(arguments)):
                return self._apply(signature, arguments, call, checker)
        place = next(
            p for p, n in enumerate(arguments) if not any(_fits(s.at(p), n) for s in fitting) or p == count - 1
        )
        wanted = {t for s in fitting if (parameter := s.at(place)) for t in parameter.types}
        return self.wrong_type(call, checker, place, arguments[place].type, wanted)

    def named(self, call: Apply, name: str, span: Span, checker: Checking) -> Node | None:  # noqa: ARG002
        """What a name after a use means (`DEPT(owner).name`); None where the value says it itself, or has no fields."""
        return None

    def _apply(self, signature: Signature, arguments: list[Node], call: Apply, checker: Checking) -> Node:
        complete: list[Node] = []
        for place in range(max(len(signature.parameters), len(arguments))):
            parameter = signature.at(place)
            if parameter is None:
                break
            if place >= len(arguments):
                complete.append(Constant(parameter.default, parameter.types[0]))
            elif parameter.choices is not None:
                chosen = choose(call, checker, place, arguments[place], parameter.choices)
                if chosen is None:
                    return BLANK
                complete.append(chosen)
            else:
                complete.append(coerce(arguments[place], parameter.types[0]))
        return signature.build(tuple(complete))

    def check_count(self, call: Apply, checker: Checking, signatures: Sequence[Signature]) -> bool:
        """Report a wrong number of arguments."""
        fewest = min(signature.fewest for signature in signatures)
        most = None if any(s.most is None for s in signatures) else max(s.most or 0 for s in signatures)
        return self.count_between(call, checker, fewest, most)

    def count_between(self, call: Apply, checker: Checking, fewest: int, most: int | None) -> bool:
        """Report a number of arguments outside these bounds."""
        count = len(call.arguments)
        if count >= fewest and (most is None or count <= most):
            return True
        bounds = f"{fewest} or more" if most is None else (str(fewest) if fewest == most else f"{fewest} to {most}")
        message = f"{self.key} takes {bounds} arguments, here are {count}: {self.usage}"
        checker.report(
            "formula.argument_count",
            call.span,
            message,
            function=self.key,
            given=count,
            fewest=fewest,
            most=most,
            usage=self.usage,
        )
        return False

    def wrong_type(self, call: Apply, checker: Checking, place: int, given: Type, wanted: set[Type]) -> Node:
        """Report an argument of a type that does not fit, with the function that would convert it if there is one."""
        kinds = sorted(wanted, key=lambda kind: kind.value)
        expected = [kind.value for kind in kinds]
        advice = conversion(given, wanted)
        what = f"The operator {self.usage}" if call.operator else f"Argument {place + 1} of {self.key}"
        message = f"{what} must be {' or '.join(expected)}, this is {given.value}{advice_sentence(advice)}"
        return checker.report(
            "formula.argument_type",
            call.arguments[place].span,
            message,
            function=self.usage if call.operator else self.key,
            position=place + 1,
            expected=expected,
            expected_label=[kind.words for kind in kinds],
            given=given.value,
            given_label=given.words,
            suggestion=advice,
        )


BLANK: Node = Constant(None, Type.BLANK)


def calls(primitive: Primitive, result: Type) -> Build:
    """The usual tree of an overload: one primitive with the arguments as they stand."""
    return lambda arguments: Call(primitive, arguments, result)


def coerce(node: Node, type_: Type) -> Node:
    """A blank of no type becomes a blank of this type; anything else stays."""
    return Constant(None, type_) if node.type is Type.BLANK else node


def unify(types: Sequence[Type]) -> Type | None:
    """The common type of several values, or None. Blanks fit everywhere."""
    found = {type_ for type_ in types if type_ is not Type.BLANK}
    if len(found) > 1:
        return None
    return found.pop() if found else Type.BLANK


def choose(call: Apply, checker: Checking, place: int, node: Node, choices: Mapping[str, str]) -> Node | None:
    """The canonical form of an argument that must be one of a few literal texts; None after reporting."""
    written = node.value.strip().lower() if isinstance(node, Constant) and isinstance(node.value, str) else None
    if written is not None and written in choices:
        return Constant(choices[written], Type.TEXT)
    known = sorted(set(choices.values()))
    near = suggest(written or "", choices)
    message = f"This must be one of {', '.join(known)}{near}"
    checker.report("formula.choice", call.arguments[place].span, message, expected=known, given=written)
    return None


def conversion(given: Type, wanted: set[Type]) -> str | None:
    """The function that turns one type into one of those wanted."""
    if given in (Type.NUMBER, Type.DATE, Type.DATETIME) and Type.TEXT in wanted:
        return "TEXT"
    if given is Type.TEXT and Type.NUMBER in wanted:
        return "VALUE"
    if given in (Type.TEXT, Type.DATETIME) and Type.DATE in wanted:
        return "DATE"
    if given is Type.DATE and Type.DATETIME in wanted:
        return "DATETIME"
    return None


def advice_sentence(advice: str | None) -> str:
    """The half-sentence that names a converting function."""
    return f"; {advice}(…) converts it" if advice else ""


def _fits(parameter: Parameter | None, node: Node) -> bool:
    return parameter is not None and parameter.fits(node.type)
