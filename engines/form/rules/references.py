"""What rules, linkages and following fields speak of, for "where is this used"."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from engines.kernel.documents import Document, Reference


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
        yield from _there(str(options.get("form", "")), one["from"], f"{at}.options.copy[{place}].from")
    if spec.get("linkage"):
        yield from _linked(own, spec["linkage"], f"{at}.linkage")
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
    for condition in linkage.get("where", ()):
        yield from _there(source, condition["field"], inner)
        yield from own.expression(condition.get("value"), f"{inner}.where")
    for key in linkage.get("sort", ()):
        yield from _there(source, key.get("field"), inner)


def _there(source: str, name: str | None, at: str) -> Iterator[Reference]:
    """A field of the other form; what lies behind its relations is known only when forms are compiled."""
    if name and not name.startswith("_") and name != "id" and source not in ("_member", "_department"):
        yield Reference("form", source, f"fields.{name.split('.')[0]}", at)
