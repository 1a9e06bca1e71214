"""What may be written in an expression: functions with their help, and the names that fields go by."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from engines.form.compile import collect
from engines.form.form import Form
from engines.form.rules.model import FormRule
from engines.form.rules.sentence import expression_sentence, sentence
from engines.formula import Type
from engines.formula.reference import catalogue
from engines.formula.types import Scope
from engines.kernel.documents import Document
from engines.kernel.keyed import Address

DEEP: Final = 3
MOST: Final = 2000
PEOPLE: Final = ("_created_by", "_updated_by", "_owner")


@lru_cache(maxsize=4)
def functions(locale: str) -> list[dict[str, Any]]:
    """Every function with its usage, help and examples in one language."""
    return catalogue("zh-CN" if locale.lower().startswith("zh") else "en")


def names_in(
    documents: Mapping[Address, Document], app: str, key: str, inside: str, locale: str
) -> list[dict[str, Any]]:
    """The names that an expression of a form (or of a row of its sub-form) may use: path, labels on the way, type.

    Through relations and into sub-forms, three steps deep at most. Raises `NotFound`.
    """
    form = collect(app, documents).forms.target(key)
    if inside and inside not in form.subforms:
        return []
    scope: Scope = form.subforms[inside].scope if inside else form.scope
    found: list[dict[str, Any]] = []
    level: list[tuple[Scope, tuple[str, ...], tuple[str, ...], bool]] = [(scope, (), (), False)]
    for depth in range(DEEP):
        following = []
        for here, path, labels, many in level:
            for name, words, kind, target in _names(here, locale):
                if depth and name in PEOPLE:
                    continue
                way, said = (*path, name), (*labels, words)
                rows = many or kind is Type.RECORDS
                found.append(
                    {"name": ".".join(way), "label": said[-1], "way": said[:-1], "type": kind.value, "many": rows}
                )
                if target is not None and len(found) < MOST:
                    following.append((target, way, said, rows))
        level = following
    return found[:MOST]


def _names(scope: Scope, locale: str) -> Iterator[tuple[str, str, Type, Scope | None]]:
    form = getattr(scope, "owner", scope)
    every: Mapping[str, Any] = getattr(scope, "fields", {})
    if isinstance(form, Form) and scope is form:
        every = form.every
    for name in scope.names():
        ref = scope.field(name)
        if ref is None:
            continue
        field = every.get(name) or (form.every.get(name) if isinstance(form, Form) else None)
        words = field.label(locale) if field is not None else ref.label or name
        yield name, words, ref.type, ref.target


def sentences(documents: Mapping[Address, Document], app: str, key: str, locale: str) -> dict[str, str]:
    """The rules of a form, and the formulas of its fields, as sentences by their place: `rules.limit`, `fields.total`.

    What cannot be understood yet is left out. Raises `NotFound` for an unknown form.
    """
    form = collect(app, documents).forms.get(key)
    found = {f"rules.{rule.key}": sentence(form, rule, locale) for rule in form.rules if isinstance(rule, FormRule)}
    for field in [*form.fields.values(), *(one for rows in form.every_subform() for one in rows.fields.values())]:
        text = field.options.get("expression")
        if isinstance(text, str) and text:
            found[f"fields.{field.path}"] = expression_sentence(form, text, locale, field.subform)
    return found
