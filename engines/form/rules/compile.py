"""The rules of a form's document as compiled rules."""

from collections.abc import Callable

from engines.form.fields.base import Words
from engines.form.form import Form, Rule
from engines.formula import Expression, Place, Scope, Type

Compile = Callable[[str, Scope, Type | None, Place, str], Expression | None]
"""Compiles a text over a scope; None after a problem was noted under the path."""


def compile_rules(form: Form, compiled: Compile) -> tuple[Rule, ...]:
    """Every rule of a form whose expressions could be compiled."""
    rules = []
    for spec in form.document.get("rules", ()):
        path = f"rules.{spec['key']}"
        check = compiled(spec["check"], form, Type.BOOLEAN, Place.RULE, f"{path}.check")
        when = None
        if spec.get("when"):
            when = compiled(spec["when"], form, Type.BOOLEAN, Place.RULE, f"{path}.when")
        if check is not None:
            rules.append(Rule(spec["key"], check, Words(spec.get("message")), spec.get("field"), when))
    return tuple(rules)
