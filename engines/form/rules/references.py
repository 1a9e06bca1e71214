"""What rules, linkages and following fields speak of, for "where is this used"."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from engines.formula import parse
from engines.formula.syntax import names_in
from engines.kernel.documents import Document, Reference
from engines.kernel.problems import Rejected


class Own(Protocol):
    """The fields of the document at hand (`engines.form.references.OwnFields`)."""

    def path(self, name: str | None, at: str) -> Iterator[Reference]:
        """What a field or path is a reference to."""

    def expression(self, text: str | None, at: str) -> Iterator[Reference]:
        """What an expression names."""


def rule_references(own: Own, document: Document) -> Iterator[Reference]:
    """Everything that the rules of a form's document name."""
    for rule in document.get("rules", ()):
        at = f"rules.{rule['key']}"
        yield from own.path(rule.get("field"), f"{at}.field")
        for part in ("check", "when"):
            yield from own.expression(rule.get(part), f"{at}.{part}")
        for action in rule.get("actions", ()):
            inner = f"{at}.actions.{action['key']}"
            yield from own.path(action.get("field"), f"{inner}.field")
            for name in action.get("fields", ()):
                yield from own.path(name, f"{inner}.fields.{name}")
            yield from own.expression(action.get("value"), f"{inner}.value")
            if isinstance(action.get("choices"), str):
                yield from own.expression(action["choices"], f"{inner}.choices")


def field_references(own: Own, spec: Mapping[str, Any], at: str) -> Iterator[Reference]:
    """What the linkage of a field, and the expression that it follows, name."""
    yield from own.expression(spec.get("follow"), f"{at}.follow")
    options = spec.get("options") or {}
    for place, one in enumerate(options.get("copy") or ()):
        yield from own.path(one["to"], f"{at}.options.copy[{place}].to")
        yield from there(
            str(options.get("form", "")), options.get("rows"), one["from"], f"{at}.options.copy[{place}].from"
        )
    if spec.get("linkage"):
        yield from _linked(own, spec["linkage"], f"{at}.linkage")
    if spec.get("type") == "relation" and options.get("form"):
        yield from _conditions(own, str(options["form"]), options, f"{at}.options", options.get("rows"))
    if spec.get("type") == "subform" and options.get("picker"):
        yield from _picked(own, spec, options["picker"], f"{at}.options.picker")
    if spec.get("type") == "query" and options.get("form"):
        yield from _linked(own, options, f"{at}.options")
        for name in options.get("columns") or ():
            yield from _there(options["form"], name, f"{at}.options.columns")


def _linked(own: Own, linkage: Mapping[str, Any], inner: str) -> Iterator[Reference]:
    """What a linkage, or a live query, names: the other form, its fields, and fields here."""
    source = linkage["form"]
    yield Reference("form", source, at=f"{inner}.form")
    rows = linkage.get("rows")
    for name in (linkage.get("take"), *(rows.values() if isinstance(rows, Mapping) else ())):
        yield from _there(source, name, inner)
    yield from _conditions(own, source, linkage, inner)


def _conditions(
    own: Own, source: str, options: Mapping[str, Any], inner: str, rows: str | None = None
) -> Iterator[Reference]:
    """Which records (or `rows` of them) count: fields there, and fields here."""
    for condition in options.get("where") or ():
        yield from there(source, rows, condition["field"], inner)
        yield from own.expression(condition.get("value"), f"{inner}.where")
    for key in options.get("sort") or ():
        yield from there(source, rows, key.get("field"), inner)
        yield from _maybe(source, key.get("expression"), inner, rows)


def _picked(own: Own, spec: Mapping[str, Any], picker: Mapping[str, Any], inner: str) -> Iterator[Reference]:
    """The fields of the rows that a picker fills, and what it reads here and of the other form."""
    for name in ("field", "quantity"):
        if picker.get(name):
            yield from own.path(f"{spec['key']}.{picker[name]}", f"{inner}.{name}")
    relation: Mapping[str, Any] = next((row for row in spec.get("fields", ()) if row["key"] == picker["field"]), {})
    source = str((relation.get("options") or {}).get("form", ""))
    if not source:
        return
    yield from _conditions(own, source, picker, inner)
    for name in (picker.get("group"), *(picker.get("columns") or ())):
        yield from _there(source, name, inner)
    for place, rule in enumerate(picker.get("exclude") or ()):
        text = rule.get("when") or rule.get("reason")
        yield from own.expression(text, f"{inner}.exclude[{place}]")
        yield from _maybe(source, text, f"{inner}.exclude[{place}]")


def _maybe(source: str, text: str | None, at: str, rows: str | None = None) -> Iterator[Reference]:
    """Fields of the other form that an expression may name: it also names what stands here, or in rows."""
    for name in sorted({parts[0] for parts in named(text)}):
        for reference in there(source, rows, name, at):
            yield replace(reference, optional=True)


def named(text: str | None) -> tuple[tuple[str, ...], ...]:
    """Every dotted name of a text, each once; an unreadable one names nothing."""
    try:
        return tuple(dict.fromkeys(names_in(parse(text)))) if text else ()
    except Rejected:
        return ()


def _there(source: str, name: str | None, at: str) -> Iterator[Reference]:
    """A field of the other form; what lies behind its relations is known only when forms are compiled."""
    if name and not name.startswith("_") and name != "id" and source not in ("_member", "_department"):
        yield Reference("form", source, f"fields.{name.split('.')[0]}", at)


def there(source: str, rows: str | None, name: str | None, at: str, *, optional: bool = False) -> Iterator[Reference]:
    """A field of another form, or of the rows of one of its sub-forms, from which `_parent` leads to the record."""
    if rows is None or not name:
        for reference in _there(source, name, at):
            yield replace(reference, optional=optional)
        return
    head, _, rest = name.partition(".")
    if head == "_parent":
        yield from there(source, None, rest, at, optional=optional)
    elif head != "id":
        yield Reference("form", source, f"fields.{rows}.fields.{head}", at, optional)
