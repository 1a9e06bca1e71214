"""What a form's document speaks of, found in the document alone: for "where is this used" and for what dangles.

Names in expressions are found in the text; what lies behind two relations is known only when forms are compiled, so
those steps are left to `compile`. References from expressions are optional: the compiler has the better message.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engines.form.fields.links import DEPARTMENT, MEMBER
from engines.form.rules.references import field_references, named, rule_references, there
from engines.formula import parse
from engines.formula.syntax import Apply, Literal, Syntax, names_in
from engines.kernel.documents import Document, Reference
from engines.kernel.problems import Rejected

PEOPLE = (MEMBER, DEPARTMENT)


def form_references(document: Document) -> Iterator[Reference]:
    """Everything that a form's document speaks of."""
    fields = {one["key"]: one for one in document.get("fields", ())}
    own = OwnFields(document["key"], fields, {one["key"]: one for one in document.get("related", ())})
    for name in ("title_field", "subtitle_field"):
        yield from own.path(document.get(name), name)
    for one in fields.values():
        yield from _field(own, one, f"fields.{one['key']}")
        yield from _rows(own.inside(one["key"]), one, f"fields.{one['key']}")
    for section in document.get("sections", ()):
        for name in section.get("fields", ()):
            yield from own.path(name, f"sections.{section['key']}.fields.{name}")
    for view in document.get("views", ()):
        at = f"views.{view['key']}"
        for part in ("columns", "totals"):
            for name in view.get(part, ()):
                yield from own.path(name, f"{at}.{part}.{name}")
        for name in (view.get("by"), view.get("sum"), view.get("card", {}).get("title")):
            yield from own.path(name, at)
        for name in view.get("card", {}).get("fields", ()):
            yield from own.path(name, f"{at}.card.fields.{name}")
        for sort in view.get("sort", ()):
            yield from own.path(sort["field"], f"{at}.sort")
        yield from filter_references(own, view.get("filter"), f"{at}.filter")
    yield from rule_references(own, document)
    for related in document.get("related", ()):
        at = f"related.{related['key']}"
        yield from there(related["form"], related.get("rows"), related["field"], f"{at}.field")
        for name in related.get("columns", ()):
            if not name.startswith("_") and "." not in name and name != "id":
                yield Reference("form", related["form"], f"fields.{name}", f"{at}.columns.{name}")


def _rows(own: "OwnFields", one: Mapping[str, Any], at: str) -> Iterator[Reference]:
    """What the fields of rows speak of, those of rows of rows too."""
    for row in one.get("fields", ()):
        yield from _field(own, row, f"{at}.fields.{row['key']}")
        yield from _rows(own.inside(row["key"]), row, f"{at}.fields.{row['key']}")


def _field(own: "OwnFields", one: Mapping[str, Any], at: str) -> Iterator[Reference]:
    options = one.get("options", {})
    target = options.get("form") if one["type"] in ("relation", "cascade") else None
    if target and target not in PEOPLE:
        yield Reference("form", target, at=f"{at}.options.form")
        if options.get("rows"):
            yield Reference("form", target, f"fields.{options['rows']}", at=f"{at}.options.rows", optional=True)
    by = (options.get("range") or {}).get("field")
    if by in own.fields:
        yield from own.path(by, f"{at}.options.range.field")
    if one["type"] == "link":
        for other in options.get("forms", ()):
            yield Reference("form", other["key"], at=f"{at}.options.forms.{other['key']}")
    if "set" in options:
        yield Reference("option_set", options["set"], at=f"{at}.options.set")
    if one["type"] == "button":
        yield from _button(own, options, f"{at}.options")
    for segment in options.get("segments", ()):
        if segment.get("kind") == "field":
            yield from own.path(segment["field"], f"{at}.options.segments.{segment['key']}.field")
    if one["type"] == "stage_info":
        yield from own.path(options.get("of"), f"{at}.options.of")
    if one["type"] == "explanation":
        yield from _optional(own.path(options.get("of"), f"{at}.options.of"))
    if one["type"] == "subform":
        yield from _columns(own, one, options, f"{at}.options")
    if target and options.get("scan"):
        yield from there(target, options.get("rows"), options["scan"], f"{at}.options.scan", optional=True)
    for process in options.get("processes", ()) if one["type"] == "stage" else ():
        yield from own.expression(process.get("when"), f"{at}.options.processes.{process['key']}.when")
    for stage in options.get("stages", ()) if one["type"] == "stage" else ():
        inner = f"{at}.options.stages.{stage['key']}"
        yield from own.expression(stage.get("enter"), f"{inner}.enter")
        for key in stage.get("needs", ()):
            yield from own.path(key, f"{inner}.needs")
    yield from own.expression(one.get("default"), f"{at}.default")
    yield from field_references(own, one, at)
    yield from own.expression(options.get("expression"), f"{at}.options.expression")
    if one["type"] == "lookup":
        yield from own.path(options.get("path"), f"{at}.options.path")
    yield from _currency(own, options, f"{at}.options")
    if one["type"] == "rollup":
        yield from own.rollup(options, f"{at}.options")


def _columns(own: "OwnFields", one: Mapping[str, Any], options: Mapping[str, Any], at: str) -> Iterator[Reference]:
    """The columns that rows are called by, those that are added up, and those that a scanned code fills."""
    for part in ("title", "totals"):
        for key in options.get(part) or ():
            yield from own.path(f"{one['key']}.{key}", f"{at}.{part}")
    scan = options.get("scan") or {}
    for part in ("field", "quantity"):
        if scan.get(part):
            yield from _optional(own.path(f"{one['key']}.{scan[part]}", f"{at}.scan.{part}"))
    chosen: Mapping[str, Any] = next((row for row in one.get("fields", ()) if row["key"] == scan.get("field")), {})
    if chosen.get("type") == "relation" and scan.get("by"):
        target = chosen["options"]
        yield from there(target["form"], target.get("rows"), scan["by"], f"{at}.scan.by", optional=True)


def _optional(found: Iterator[Reference]) -> Iterator[Reference]:
    """What dangles here is told elsewhere, with a better message."""
    return (replace(one, optional=True) for one in found)


def _currency(own: "OwnFields", options: Mapping[str, Any], at: str) -> Iterator[Reference]:
    """The field that names the currency of an amount, and those in which its worth is frozen."""
    yield from own.path(options.get("currency_field"), f"{at}.currency_field")
    for part, name in (options.get("base") or {}).items():
        yield from own.path(name, f"{at}.base.{part}")


def _button(own: "OwnFields", options: Mapping[str, Any], at: str) -> Iterator[Reference]:
    """The fields that a button reads and sets, and the call that it makes."""
    for value in options.get("values", ()):
        yield from own.path(value["key"], f"{at}.values.{value['key']}")
        yield from own.expression(value["value"], f"{at}.values.{value['key']}.value")
    if options.get("connector"):
        call = f"calls.{options['call']}" if options.get("call") else ""
        yield Reference("connector", options["connector"], call, f"{at}.connector")
    for given in options.get("inputs", ()):
        yield from own.expression(given["value"], f"{at}.inputs.{given['key']}.value")
    for taken in options.get("outputs", ()):
        yield from own.path(taken["field"], f"{at}.outputs.{taken['key']}.field")


def filter_references(own: "OwnFields", raw: Any, at: str) -> Iterator[Reference]:
    """The fields in a filter."""
    if not isinstance(raw, Mapping):
        return
    for word in ("and", "or"):
        for one in raw.get(word, ()):
            yield from filter_references(own, one, at)
    yield from own.path(raw.get("field"), at)
    yield from own.expression(raw.get("expression"), at)


class OwnFields:
    """The fields of one document and what names mean among them."""

    def __init__(
        self,
        form: str,
        fields: Mapping[str, Mapping[str, Any]],
        related: Mapping[str, Mapping[str, Any]] | None = None,
        around: tuple[str, ...] = (),
    ) -> None:
        self.form = form
        self.around = around
        self.fields = fields
        self.related = related or {}
        self.rows = {row["key"]: key for key, one in fields.items() for row in one.get("fields", ())}

    def inside(self, key: str) -> "OwnFields":
        """The same for a field of the rows `key`: what stands beside it there comes first."""
        return OwnFields(self.form, self.fields, self.related, (*self.around, key))

    def _beside(self, key: str) -> bool:
        """Whether a key names a field of the rows that these names are read in."""
        specs: Any = self.fields.values()
        for step in self.around:
            specs = next((one.get("fields", ()) for one in specs if one["key"] == step), ())
        return bool(self.around) and any(one["key"] == key for one in specs)

    def path(self, name: str | None, at: str) -> Iterator[Reference]:
        """A field key or a dotted path; system fields belong to nobody."""
        if name and self._beside(name.split(".")[0]):
            yield from self._steps((*self.around, *name.split(".")), at, optional=False)
        elif name and not name.startswith("_") and name != "id":
            yield from self._steps(tuple(name.split(".")), at, optional=False)

    def expression(self, text: str | None, at: str) -> Iterator[Reference]:
        """The fields and settings that an expression names. An unreadable text names nothing."""
        if not text:
            return
        try:
            syntax = parse(text)
        except Rejected:
            return
        for parts in dict.fromkeys(names_in(syntax)):
            if self._beside(parts[0]):
                yield from self._steps((*self.around, *parts), at, optional=True)
            elif parts[0] in self.related and parts[0] not in self.fields:
                yield from self._beyond(self.related[parts[0]], parts[1:], at)
            elif parts[0] in self.fields:
                yield from self._steps(parts, at, optional=True)
            elif parts[0] in self.rows:
                yield from self._steps((self.rows[parts[0]], *parts), at, optional=True)
        yield from self.settings(text, at)

    def rollup(self, options: Mapping[str, Any], at: str) -> Iterator[Reference]:
        """What a roll-up speaks of: its rows, and their fields."""
        if isinstance(options.get("of"), Mapping):
            yield from self._pointing(options, at)
            return
        head = str(options.get("of", "")).split(".")[0]
        if head in self.fields:
            yield from self._steps((head,), f"{at}.of", optional=True)
        elif head in self.related:
            yield from self._beyond(self.related[head], (), f"{at}.of")
        target = self.fields.get(head, {}).get("options", {}).get("form")
        other = target if head in self.fields else self.related.get(head, {}).get("form")
        for name in ("field", "filter"):
            text = options.get(name)
            yield from self.expression(text, f"{at}.{name}")
            if other and other not in PEOPLE and text:
                for parts in named(text):
                    if parts[0] != "id" and not parts[0].startswith("_"):
                        yield Reference("form", other, f"fields.{parts[0]}", at=f"{at}.{name}", optional=True)

    def _pointing(self, options: Mapping[str, Any], at: str) -> Iterator[Reference]:
        """What a roll-up speaks of that names the rows, or records, which point here."""
        of = options["of"]
        yield from there(of["form"], of.get("rows"), of["field"], f"{at}.of.field")
        for name in ("field", "filter"):
            yield from self.expression(options.get(name), f"{at}.{name}")
            for parts in named(options.get(name) or ""):
                yield from there(of["form"], of.get("rows"), ".".join(parts), f"{at}.{name}", optional=True)

    def _beyond(self, related: Mapping[str, Any], rest: tuple[str, ...], at: str) -> Iterator[Reference]:
        """The records of a related list: the field by which they point here, and what is read of them."""
        yield from there(related["form"], related.get("rows"), related["field"], at, optional=True)
        if rest and related.get("rows"):
            yield from there(related["form"], related["rows"], rest[0], at, optional=True)
        elif rest and not rest[0].startswith("_") and rest[0] != "id":
            yield Reference("form", related["form"], f"fields.{rest[0]}", at=at, optional=True)

    def settings(self, text: str, at: str) -> Iterator[Reference]:
        """The settings that an expression reads; they belong to the app, whichever document declares them."""
        try:
            syntax = parse(text)
        except Rejected:
            return
        for key in dict.fromkeys(settings_in(syntax)):
            yield Reference("setting", key, at=at, optional=True)

    def _steps(self, parts: tuple[str, ...], at: str, *, optional: bool) -> Iterator[Reference]:
        head, rest = parts[0], parts[1:]
        yield Reference("form", self.form, f"fields.{head}", at, optional)
        spec = self.fields.get(head)
        if not rest or spec is None:
            return
        way = f"fields.{head}"
        while spec is not None and spec["type"] == "subform" and rest:
            way = f"{way}.fields.{rest[0]}"
            yield Reference("form", self.form, way, at, optional)
            spec = next((row for row in spec.get("fields", ()) if row["key"] == rest[0]), None)
            rest = rest[1:]
        if spec is not None and rest and spec.get("options", {}).get("rows"):
            yield from there(spec["options"]["form"], spec["options"]["rows"], ".".join(rest), at, optional=optional)
            return
        target = spec.get("options", {}).get("form") if spec and spec["type"] in ("relation", "cascade") else None
        if spec and spec["type"] == "link" and rest[0] != "form":
            target, rest = rest[0], rest[1:]
        if rest and target and target not in PEOPLE and not rest[0].startswith("_") and rest[0] != "id":
            yield Reference("form", target, f"fields.{rest[0]}", at, optional)


def settings_in(syntax: Syntax) -> Iterator[str]:
    """Every setting that an expression asks for."""
    match syntax:
        case Apply(name=name, arguments=(Literal(value=str() as key),)) if name.upper() in SETTING_NAMES:
            yield key
        case Apply():
            for argument in syntax.arguments:
                yield from settings_in(argument)


SETTING_NAMES = ("SETTING", "参数")
