"""What the page of a form needs to compute while a person types: the trees of formulas and defaults, facts, and which
fields of related records they read."""

from collections.abc import Iterable
from typing import Any

from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.query import get_record
from engines.form.transaction import Transaction
from engines.formula import browser_facts, json_value
from engines.kernel.problems import Forbidden, NotFound


def live_data(tx: Transaction, form: Form, visible: Iterable[str], mode: str) -> dict[str, Any]:
    """Everything for the script, as JSON. Formulas over fields that the person may not see are left to the server."""
    seen = set(visible)
    facts = browser_facts(facts_of(tx, form.forms))
    used = {name for field in _every(form) for name in _settings(field)}
    facts["settings"] = {key: value for key, value in facts["settings"].items() if key in used}
    return {
        "app": form.app,
        "form": form.key,
        "mode": mode,
        "fields": [_about(form, field, seen) for field in form.fields.values() if field.key in seen],
        "needs": needs(form, seen),
        "facts": facts,
    }


def needs(form: Form, seen: set[str]) -> dict[str, list[str]]:
    """For each relation (`customer`, `lines.product`), the fields of the related record that some expression reads."""
    found: dict[str, set[str]] = {}
    for field in _every(form):
        for expression in (field.expression, field.default):
            if expression is None or field.path not in seen:
                continue
            for path in expression.references:
                steps = (field.subform, *path) if field.subform and path[0] not in form.fields else path
                cut = 2 if steps[0] in form.subforms else 1
                if len(steps) > cut:
                    found.setdefault(".".join(map(str, steps[:cut])), set()).add(str(steps[cut]))
    return {key: sorted(names) for key, names in found.items()}


def related_values(tx: Transaction, form: Form, path: str, record_id: int, seen: set[str]) -> dict[str, Any]:
    """The fields of a chosen record that the page's expressions read, as far as the person may see them."""
    field = form.at(path)
    target: Any = field.target
    names = needs(form, seen).get(path, ())
    if target is None or not names:
        return {"id": record_id}
    try:
        record = get_record(tx, target, record_id)
    except (NotFound, Forbidden):
        return {"id": record_id}
    return {"id": record_id, **{name: json_value(record.values.get(name)) for name in names if name in record.values}}


def _every(form: Form) -> Iterable[Field]:
    for field in form.fields.values():
        yield field
        yield from field.rows.values()


def _about(form: Form, field: Field, seen: set[str]) -> dict[str, Any]:
    about: dict[str, Any] = {"key": field.key, "type": field.type.key}
    if field.expression is not None and _may(form, field, field.expression, seen):
        about["formula"] = field.expression.tree()
    if field.default is not None and _may(form, field, field.default, seen):
        about["default"] = field.default.tree()
    result = field.options.get("result", field.type.key)
    if result in ("number", "money"):
        about["decimals"] = field.options.get("decimals", 2 if result == "money" else None)
        about["percent"] = bool(field.options.get("percent"))
        about["symbol"] = (result == "money" and field.options.get("currency", "CNY")) or ""
    if field.rows:
        about["rows"] = [_about(form, inner, seen) for inner in field.rows.values() if inner.path in seen]
    return about


def _may(form: Form, field: Field, expression: Any, seen: set[str]) -> bool:
    """Whether the page holds everything that an expression reads of the record itself."""
    for path in expression.references:
        own = f"{field.subform}.{path[0]}" if field.subform and path[0] not in form.fields else path[0]
        if own.startswith("_") or own not in seen:
            return False
        if path[0] in form.subforms and len(path) > 1 and f"{path[0]}.{path[1]}" not in seen:
            return False
    return True


def _settings(field: Field) -> Iterable[str]:
    for expression in (field.expression, field.default):
        if expression is not None:
            yield from getattr(expression, "settings", ())
