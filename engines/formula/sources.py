"""Which rows an expression means where an aggregate takes rows: a name, FILTER(…), ALL("form"), or a path from them."""

from dataclasses import replace
from typing import Any

from engines.formula.functions import find_function
from engines.formula.functions.base import Level, Path, Source, coerce
from engines.formula.syntax import Apply, Member, Name, Span, Syntax
from engines.formula.tree import Constant, Node, shifted
from engines.formula.types import Place, Type, form_scope
from engines.kernel.problems import suggest

BROKEN = Source(broken=True)


class SourceReader:
    """Reads the rows that one argument means, for one checker."""

    def __init__(self, checker: Any) -> None:
        self.checker = checker

    def read(self, syntax: Syntax) -> Source | None:
        """The rows; None where something else stands there; broken ones after reporting."""
        match syntax:
            case Name():
                return self._name(syntax)
            case Member():
                owner = self.read(syntax.owner)
                return owner and self._on(owner, syntax.name, syntax.name_span)
            case Apply(operator=False):
                function = find_function(syntax.name)
                if function is not None and function.key in ("FILTER", "ALL"):
                    return self._filter(syntax) if function.key == "FILTER" else self._whole(syntax)
        return None

    def _name(self, name: Name) -> Source | None:
        path: Path | None = self.checker.peek(name)
        if path is None or not path.many:
            return None
        last = max(place for place, (_, many) in enumerate(path.steps) if many) + 1
        return Source(
            path.up,
            path.steps[:last],
            path.levels,
            path.type,
            tuple(key for key, _ in path.steps[last:]),
            path.scopes[-1],
            remote=path.remote,
            absolute=path.absolute,
        )

    def _on(self, source: Source, name: str, span: Span) -> Source:
        """The rows or values that a name after rows leads to."""
        if source.broken:
            return source
        ref = None if source.scope is None else source.scope.field(name)
        if ref is None:
            known = [] if source.scope is None else list(source.scope.names())
            near = suggest(name, known)
            suggestion = near.split('"')[1] if near else None
            self.checker.report(
                "formula.unknown_name", span, f"There is no field {name}{near}", name=name, suggestion=suggestion
            )
            return BROKEN
        if ref.sealed:
            self.checker.sealed(name, span)
        absolute = None if source.absolute is None else (*source.absolute, ref.key)
        if source.column and source.absolute is not None:
            self.checker.references.discard(source.absolute)  # a step on the way, named by the longer path
        scope = ref.target if ref.type in (Type.RECORD, Type.RECORDS) else None
        if ref.type is not Type.RECORDS:
            self.checker.note_reference(absolute, [])
            return replace(source, type=ref.type, column=(*source.column, ref.key), scope=scope, absolute=absolute)
        self.checker.note_reference(absolute, [(ref.key, True)])
        level = () if scope is None else (Level(scope, absolute),)
        if ref.remote and source.form is None:
            message = f"{name} cannot be read from many rows at once: make it a field of these rows"
            self.checker.report("formula.remote_rows", span, message, name=name)
            return BROKEN
        return replace(
            source,
            type=Type.RECORDS,
            steps=(*source.steps, *((key, False) for key in source.column), (ref.key, True)),
            column=(),
            levels=(*source.levels, *level),
            scope=scope,
            absolute=absolute,
            where=source.where and shifted(source.where, 1),
        )

    def _filter(self, call: Apply) -> Source:
        function = find_function(call.name)
        assert function is not None
        if not function.count_between(call, self.checker, 2, None):
            return BROKEN
        source = self.read(call.arguments[0])
        if source is None or (source.type is not Type.RECORDS and not source.broken):
            given = self.checker.check(call.arguments[0]).type if source is None else source.type
            function.wrong_type(call, self.checker, 0, given, {Type.RECORDS})
            return BROKEN
        if source.broken:
            return source
        with self.checker.within(source):
            for place, argument in enumerate(call.arguments[1:], 1):
                condition: Node = self.checker.check(argument)
                if condition.type not in (Type.BOOLEAN, Type.BLANK):
                    function.wrong_type(call, self.checker, place, condition.type, {Type.BOOLEAN})
                    return BROKEN
                source = source.only(coerce(condition, Type.BOOLEAN))
        return source

    def _whole(self, call: Apply) -> Source:
        function = find_function(call.name)
        assert function is not None
        if not function.count_between(call, self.checker, 1, 1):
            return BROKEN
        key = self.checker.check(call.arguments[0])
        span = call.arguments[0].span
        if not (isinstance(key, Constant) and isinstance(key.value, str)):
            self.checker.report("formula.form_key", span, 'The form must be named by a literal: ALL("invoice")')
            return BROKEN
        scope = form_scope(self.checker.levels[0].scope, key.value)
        if scope is None:
            message = f"There is no form {key.value} that can be read here"
            self.checker.report("formula.unknown_form", span, message, name=key.value)
            return BROKEN
        self.checker.volatile = True
        self.checker.needs_server = True
        self.checker.reads_forms.add(key.value)
        if self.checker.place is Place.STORED:
            message = (
                "A stored formula cannot read a whole form, whose records change without it: make it a live field,"
                " which is computed whenever it is read"
            )
            self.checker.report("formula.whole_form_stored", call.span, message, form=key.value)
            return BROKEN
        return Source(levels=(Level(scope, None),), scope=scope, form=key.value, absolute=None)
