"""Syntax tree to typed tree: what every name means, that types fit, what is refused where."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engines.formula.functions import OPERATORS, find_function, function_names
from engines.formula.functions.base import BLANK, Path, conversion
from engines.formula.limits import MAX_REFERENCES
from engines.formula.syntax import Apply, Literal, Member, Name, Span, Syntax, problem_at
from engines.formula.tree import Constant, FactValue, FieldValue, Node
from engines.formula.types import USER_SCOPE, Place, Scope, Type
from engines.kernel.problems import Problem, Rejected, suggest

TRUTHS = {"true": True, "false": False, "真": True, "假": False}


@dataclass(frozen=True)
class Level:
    """One row of those an expression sees: its scope and the path from the outermost row to it."""

    scope: Scope
    prefix: tuple[str, ...]


class Checker:
    """Checks one expression. Collects all problems; what is wrong becomes a blank, which fits everywhere."""

    def __init__(self, text: str, scope: Scope, place: Place, around: Sequence[tuple[Scope, str]] = ()) -> None:
        self.text = text
        self.place = place
        self.levels = []
        prefix: tuple[str, ...] = ()
        for outer, key in around:
            self.levels.append(Level(outer, prefix))
            prefix = (*prefix, key)
        self.levels.append(Level(scope, prefix))
        self.problems: list[Problem] = []
        self.references: set[tuple[str, ...]] = set()
        self.settings: set[str] = set()
        self.volatile = False

    def run(self, syntax: Syntax, expects: Type | None) -> Node:
        """The typed tree. Raises `Rejected` with every problem found."""
        node = self.check(syntax)
        if expects is not None and node.type not in (expects, Type.BLANK):
            message = f"The result must be {expects.value}, this is {node.type.value}"
            self.report(
                "formula.result_type",
                syntax.span,
                message,
                expected=expects.value,
                expected_label=expects.words,
                given=node.type.value,
                given_label=node.type.words,
                suggestion=conversion(node.type, {expects}),
            )
        if len(self.references) > MAX_REFERENCES:
            message = f"The expression reads {len(self.references)} fields, at most {MAX_REFERENCES} are allowed"
            self.report(
                "formula.too_many_references", syntax.span, message, count=len(self.references), maximum=MAX_REFERENCES
            )
        if self.problems:
            raise Rejected(self.problems)
        return Constant(None, expects or Type.TEXT) if node.type is Type.BLANK else node

    def check(self, syntax: Syntax) -> Node:
        """The typed tree of a part."""
        match syntax:
            case Literal(value=""):
                return BLANK
            case Literal(value=str() as text):
                return Constant(text, Type.TEXT)
            case Literal(value=value):
                return Constant(value, Type.NUMBER)
            case Name():
                return self._name(syntax)
            case Member():
                return self._member(syntax)
            case Apply():
                return self._apply(syntax)

    def _name(self, name: Name) -> Node:
        if len(name.parts) == 1 and self._level_of(name.parts[0]) is None and name.parts[0].lower() in TRUTHS:
            return Constant(TRUTHS[name.parts[0].lower()], Type.BOOLEAN)
        path = self.resolve(name)
        if path is None:
            return BLANK
        if path.many:
            shown = ".".join(name.parts)
            message = f"{shown} has many values: put it into SUM, COUNT, MIN, MAX or AVERAGE"
            return self.report("formula.many_values", name.span, message, name=shown)
        return FieldValue(tuple(key for key, _ in path.steps), path.type, path.up)

    def _member(self, member: Member) -> Node:
        owner = self.check(member.owner)
        if owner.type is Type.BLANK:
            return BLANK
        if not (isinstance(owner, FactValue) and owner.path == ("user",)):
            message = "Only a relation or CURRENTUSER() has fields"
            return self.report("formula.no_fields", member.name_span, message, name=member.name)
        ref = USER_SCOPE.field(member.name)
        if ref is None:
            return self._unknown(member.name, member.name_span, list(USER_SCOPE.names()))
        return FactValue(("user", ref.key), ref.type)

    def _apply(self, call: Apply) -> Node:
        if call.operator:
            return OPERATORS[call.name].check(call, self)
        function = find_function(call.name)
        if function is None:
            if call.name.lower() in TRUTHS and not call.arguments:
                return Constant(TRUTHS[call.name.lower()], Type.BOOLEAN)
            for argument in call.arguments:
                self.check(argument)
            known = function_names()
            near = _nearest(call.name.upper(), known)
            message = f"There is no function {call.name}{_offer(near)}"
            return self.report("formula.unknown_function", call.name_span, message, name=call.name, suggestion=near)
        if function.volatile:
            self.volatile = True
            if self.place is Place.STORED:
                message = (
                    f"{function.key} changes by itself and cannot stand in a stored formula: make it a live field,"
                    " which is computed whenever it is read"
                )
                self.report("formula.refused_place", call.span, message, function=function.key, place=self.place.value)
        return function.check(call, self)

    def _level_of(self, name: str) -> int | None:
        for up, level in enumerate(reversed(self.levels)):
            if level.scope.field(name) is not None:
                return up
        return None

    def peek(self, syntax: Syntax) -> Path | None:
        """The path that a name means, without complaint when it means none."""
        if not isinstance(syntax, Name) or self._level_of(syntax.parts[0]) is None:
            return None
        return self.resolve(syntax)

    def resolve(self, name: Name) -> Path | None:
        """The path that a name means: in the innermost row that knows its first part. None after reporting."""
        up = self._level_of(name.parts[0])
        if up is None:
            known = [known for level in self.levels for known in level.scope.names()]
            self._unknown(name.parts[0], name.spans[0], known)
            return None
        level = self.levels[-1 - up]
        scope: Scope | None = level.scope
        steps: list[tuple[str, bool]] = []
        scopes: list[Scope | None] = []
        kind = Type.BLANK
        for place, part in enumerate(name.parts):
            if scope is None:
                message = f"{name.parts[place - 1]} has no fields"
                self.report("formula.no_fields", name.spans[place], message, name=name.parts[place - 1])
                return None
            ref = scope.field(part)
            if ref is None:
                self._unknown(part, name.spans[place], list(scope.names()))
                return None
            kind = ref.type
            steps.append((ref.key, kind is Type.RECORDS))
            scope = ref.target if kind in (Type.RECORD, Type.RECORDS) else None
            scopes.append(scope)
        absolute = (*level.prefix, *(key for key, _ in steps))
        self.references.add(absolute)
        for place, (_, many) in enumerate(steps):  # which rows there are matters as much as what is in them
            if many:
                self.references.add(absolute[: len(level.prefix) + place + 1])
        return Path(up, tuple(steps), kind, tuple(scopes), absolute)

    @contextmanager
    def inside(self, path: Path) -> Iterator[object]:
        """Checks what stands inside an aggregate over these rows: each step to many adds the row it leads to."""
        entered = len(self.levels)
        start = len(path.absolute) - len(path.steps)
        for place, (_, many) in enumerate(path.steps):
            target = path.scopes[place]
            if many and target is not None:
                self.levels.append(Level(target, path.absolute[: start + place + 1]))
        yield self
        del self.levels[entered:]

    def setting_type(self, key: str) -> Type | None:
        """The type of a setting, remembering that it is read."""
        kind = self.levels[0].scope.setting(key)
        if kind is not None:
            self.settings.add(key)
        return kind

    def report(self, code: str, span: Span, message: str, **params: Any) -> Node:
        """Remember a problem with its place; gives a blank, which fits wherever the part stands."""
        problem = problem_at(self.text, span, code, message, **params)
        if problem not in self.problems:
            self.problems.append(problem)
        return BLANK

    def _unknown(self, name: str, span: Span, known: list[str]) -> Node:
        near = _nearest(name, known)
        message = f"There is no field {name}{_offer(near)}"
        return self.report("formula.unknown_name", span, message, name=name, suggestion=near)


def _nearest(name: str, known: list[str]) -> str | None:
    sentence = suggest(name, known)
    return sentence.split('"')[1] if sentence else None


def _offer(near: str | None) -> str:
    return f', did you mean "{near}"?' if near else ""
