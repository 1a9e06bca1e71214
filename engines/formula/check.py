"""Syntax tree to typed tree: what every name means, that types fit, what is refused where."""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from engines.formula.bind import can_be_asked
from engines.formula.functions import OPERATORS, find_function, function_names
from engines.formula.functions.base import BLANK, Level, Path, Source, conversion
from engines.formula.functions.calendar import CHOSEN
from engines.formula.functions.rows import OVER_ROWS
from engines.formula.limits import MAX_REFERENCES
from engines.formula.sources import SourceReader
from engines.formula.syntax import Apply, Literal, Member, Name, Span, Syntax, problem_at
from engines.formula.tree import Call, Constant, FactValue, FieldValue, Node
from engines.formula.types import NAMED_FACTS, NAMED_SCOPE, USER_SCOPE, Place, Scope, Scores, Type, Unit
from engines.formula.units import Units
from engines.kernel.problems import Problem, Rejected, suggest

OUTER = frozenset({"OUTER", "外层"})
"""What leads out of the innermost row where it has a field of the same name."""
TRUTHS = {"true": True, "false": False, "真": True, "假": False}


class Checker:
    """Checks one expression. Collects all problems; what is wrong becomes a blank, which fits everywhere."""

    def __init__(self, text: str, scope: Scope, place: Place, around: Sequence[tuple[Scope, str]] = ()) -> None:
        self.text = text
        self.place = place
        self.levels: list[Level] = []
        prefix: tuple[str, ...] = ()
        for outer, key in around:
            self.levels.append(Level(outer, prefix))
            prefix = (*prefix, key)
        self.levels.append(Level(scope, prefix))
        self.problems: list[Problem] = []
        self.references: set[tuple[str, ...]] = set()
        self.settings: set[str] = set()
        self.volatile = False
        self.needs_server = False
        self.reads_forms: set[str] = set()
        self.unit: Unit | None = None

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
        if not self.problems:
            node = self._counted(node, syntax)
        if not self.problems and self.needs_server and not can_be_asked(node):
            message = "Inside the rows of another form, rows of this record cannot be combined with them row by row"
            self.report("formula.mixed_rows", syntax.span, message)
        if self.problems:
            raise Rejected(self.problems)
        return Constant(None, expects or Type.TEXT) if node.type is Type.BLANK else node

    def _counted(self, node: Node, syntax: Syntax) -> Node:
        """Follow the currencies of amounts; where rows of different ones are added up, base amounts are read."""

        def report(code: str, message: str, **params: Any) -> None:
            self.report(code, syntax.span, message, **params)

        units = Units([level.scope for level in self.levels], report)
        node, self.unit = units.follow(node)
        for path, base in units.exchanged.items():
            found = [one for one in self.references if one[-len(path) :] == path]
            self.references.update((*one[: -len(path)], *base) for one in found)
        return node

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
        read = set(self.references)
        owner = self.check(member.owner)
        if owner.type is Type.BLANK:
            return BLANK
        if isinstance(member.owner, Apply) and not member.owner.operator:
            function, self.references = find_function(member.owner.name), read
            found = None if function is None else function.named(member.owner, member.name, member.name_span, self)
            if found is not None:
                return found
        path = owner.path if isinstance(owner, FactValue) else ()
        somebody = path[1] if len(path) == 2 and path[0] == "user" and path[1] in NAMED_FACTS else None
        if path != ("user",) and somebody is None:
            message = "Only a relation, CURRENTUSER(), DEPT() or MANAGER() has fields"
            return self.report("formula.no_fields", member.name_span, message, name=member.name)
        scope = USER_SCOPE if somebody is None else NAMED_SCOPE
        ref = scope.field(member.name)
        if ref is None:
            return self._unknown(member.name, member.name_span, list(scope.names()))
        return FactValue(("user", ref.key if somebody is None else NAMED_FACTS[somebody][ref.key]), ref.type)

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
        if function.places is not None and self.place not in function.places:
            message = f"{function.key} has a meaning only where a record is being written: in rules and default values"
            self.report("formula.only_in_writes", call.span, message, function=function.key, place=self.place.value)
        over_rows = OVER_ROWS.get(function.key)
        rows = self.source(call.arguments[0]) if over_rows is not None and call.arguments else None
        if over_rows is not None and rows is not None:
            return over_rows(function, rows, call, self)
        return function.check(call, self)

    def source(self, syntax: Syntax) -> Source | None:
        """The rows that an expression means, if it means rows at all."""
        return SourceReader(self).read(syntax)

    @contextmanager
    def within(self, source: Source) -> Iterator[object]:
        """Checks what stands inside an aggregate over these rows."""
        entered = len(self.levels)
        self.levels.extend(source.levels)
        yield self
        del self.levels[entered:]

    def _level_of(self, name: str) -> int | None:
        for up, level in enumerate(reversed(self.levels)):
            if level.scope.field(name) is not None:
                return up
        return None

    def peek(self, syntax: Syntax) -> Path | None:
        """The path that a name means, without complaint when it means none."""
        if not isinstance(syntax, Name):
            return None
        if self._level_of(syntax.parts[0]) is None and not self._is_outer(syntax):
            return None
        return self.resolve(syntax)

    def _is_outer(self, name: Name) -> bool:
        """Whether a name begins with OUTER, inside of rows that have no field of that name."""
        first = unicodedata.normalize("NFKC", name.parts[0]).upper()
        return first in OUTER and len(name.parts) > 1 and len(self.levels) > 1 and self._level_of(name.parts[0]) is None

    def _outer(self, name: Name) -> Path | None:
        """The path of a name as the row around reads it."""
        innermost = self.levels.pop()
        found = self.resolve(Name(name.parts[1:], name.spans[1:]))
        self.levels.append(innermost)
        return None if found is None else replace(found, up=found.up + 1)

    def resolve(self, name: Name) -> Path | None:
        """The path that a name means: in the innermost row that knows its first part. None after reporting."""
        if self._is_outer(name):
            return self._outer(name)
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
        scores: Scores = ()
        remote: tuple[int, str] | None = None
        for place, part in enumerate(name.parts):
            if scope is None:
                message = f"{name.parts[place - 1]} has no fields"
                self.report("formula.no_fields", name.spans[place], message, name=name.parts[place - 1])
                return None
            owner = scope
            ref = scope.field(part)
            if ref is None:
                self._unknown(part, name.spans[place], list(scope.names()))
                return None
            if ref.sealed and (self.place is not Place.RULE or place or level is not self.levels[0]):
                self.sealed(part, name.spans[place])
            if ref.within is not None and place + 1 < len(name.parts):
                scope = ref.within
                self.needs_server = True  # a page holds the value as one, not its parts
                continue
            kind, scores = ref.type, ref.scores
            steps.append((ref.key, kind is Type.RECORDS))
            scope = ref.target if kind in (Type.RECORD, Type.RECORDS) else None
            scopes.append(scope)
            if ref.remote and remote is None:
                remote = self._remote(name, place, steps, owner)
        absolute = None if level.prefix is None else (*level.prefix, *(key for key, _ in steps))
        self.note_reference(absolute, steps)
        return Path(up, tuple(steps), kind, tuple(scopes), absolute, remote, scores)

    def sealed(self, name: str, span: Span) -> None:
        """Report that an encrypted value cannot be read here."""
        message = f"{name} is encrypted: only rules of the record itself can read it, formulas and filters cannot"
        self.report("formula.encrypted", span, message, name=name)

    def note_reference(self, absolute: tuple[str, ...] | None, steps: Sequence[tuple[str, bool]]) -> None:
        """Remember that a path is read: which rows there are matters as much as what is in them."""
        if absolute is None:
            return
        self.references.add(absolute)
        start = len(absolute) - len(steps)
        self.references.update(absolute[: start + place + 1] for place, (_, many) in enumerate(steps) if many)

    def _remote(
        self, name: Name, place: int, steps: Sequence[tuple[str, bool]], owner: Scope
    ) -> tuple[int, str] | None:
        """Where the rows begin that no record carries; they can be asked for from one record only."""
        self.needs_server = True
        if any(many for _, many in steps[:-1]):
            message = f"{name.parts[place]} cannot be read from many rows at once: make it a field of these rows"
            self.report("formula.remote_rows", name.spans[place], message, name=name.parts[place])
        return place, owner.key

    @contextmanager
    def inside(self, path: Path) -> Iterator[object]:
        """Checks what stands inside an aggregate over these rows: each step to many adds the row it leads to."""
        entered = len(self.levels)
        self.levels.extend(path.levels)
        yield self
        del self.levels[entered:]

    def setting_type(self, key: str) -> Type | None:
        """The type of a setting, remembering that it is read."""
        kind = self.levels[0].scope.setting(key)
        if kind is not None:
            self.settings.add(key)
        return kind

    def calendar(self) -> Node | None:
        """Which calendar counts where a function names none: what the innermost row says that can say so.

        None where nothing can: then the first calendar counts. The page asks the server for such a part.
        """
        for level in reversed(self.levels):
            ways: tuple[str | None, str | None] | None = getattr(level.scope, "calendar", None)
            if ways is None:
                continue
            found = [self._way(way, kind) for way, kind in zip(ways, (Type.TEXT, Type.RECORD), strict=True)]
            if any(isinstance(one, FieldValue) for one in found):
                self.needs_server = True
                return Call(CHOSEN, tuple(found), Type.TEXT)
        return None

    def _way(self, way: str | None, kind: Type) -> Node:
        path = None if way is None else self.resolve(Name(tuple(way.split(".")), (Span(0, 0),) * (way.count(".") + 1)))
        return Constant(None, kind) if path is None else FieldValue(tuple(key for key, _ in path.steps), kind, path.up)

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
