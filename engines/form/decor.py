"""What the parts of a page without a value need of a record: texts for addresses and codes, what buttons set."""

from collections.abc import Iterator, Mapping
from typing import Any

from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.fields.page import filled_url, names_in
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.formula import Expression, Place, compile_expression
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest


def button_values(tx: Transaction, form: Form, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a button sets in a record with these values. Raises `NotFound` where there is no such button."""
    button = form.decor.get(key)
    if button is None or button.options.get("do") != "set":
        raise NotFound(Problem("button.unknown", key, "There is no such button", {"key": key}))
    facts = facts_of(tx, form.forms)
    found = {}
    for one in button.options["values"]:
        field = form.get(one["key"])
        expression = compile_expression(
            one["value"], form.scope, expects=field.type.formula_type(field), place=Place.DEFAULT
        )
        found[field.key] = expression.evaluate(values, facts)
    return found


def button_call(form: Form, key: str) -> tuple[Field, dict[str, Expression]]:
    """A button that makes a call, and its inputs compiled. Raises `NotFound` where there is no such button."""
    button = form.decor.get(key)
    if button is None or button.options.get("do") != "call":
        raise NotFound(Problem("button.unknown", key, "There is no such button", {"key": key}))
    return button, {
        one["key"]: compile_expression(one["value"], form.scope, place=Place.DEFAULT)
        for one in button.options.get("inputs", ())
    }


def record_url(form: Form, url: str, record_id: int | None, values: Mapping[str, Any], locale: str, zone: str) -> str:
    """An address with the values of a record in it. What the reader may not see is blank."""
    texts = {"id": "" if record_id is None else str(record_id)}
    for key in names_in(url):
        field = form.fields.get(key)
        if field is not None and values.get(key) is not None:
            texts[key] = field.type.display(values[key], field, locale, zone)
    return filled_url(url, texts)


def check_decor(form: Form) -> Iterator[Problem]:
    """Names and expressions of notes, codes and buttons."""
    for one in form.decor.values():
        at = f"fields.{one.key}.options"
        for key in names_in(one.options.get("url", "")):
            if key != "id" and key not in form.fields:
                yield _unknown(form, key, f"{at}.url")
        if one.type.key == "barcode" and one.options.get("of") == "field":
            key = one.options.get("field", "")
            if key not in form.fields:
                yield _unknown(form, key, f"{at}.field")
        for value in one.options.get("values", ()):
            yield from _set(form, value, f"{at}.values.{value['key']}")
        for given in one.options.get("inputs", ()):
            yield from _readable(form, given["value"], f"{at}.inputs.{given['key']}.value")
        for taken in one.options.get("outputs", ()):
            yield from _settable(form, taken["field"], f"{at}.outputs.{taken['key']}.field")


def _set(form: Form, value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    wrong = list(_settable(form, value["key"], path))
    yield from wrong
    if not wrong:
        field = form.fields[value["key"]]
        yield from _readable(form, value["value"], f"{path}.value", expects=field.type.formula_type(field))


def _settable(form: Form, key: str, path: str) -> Iterator[Problem]:
    field: Field | None = form.fields.get(key)
    if field is None:
        yield _unknown(form, key, path)
    elif not field.type.writable:
        message = f"{field.label} is computed and cannot be set"
        yield Problem("button.computed_field", path, message, {"label": field.label("zh-CN")})


def _readable(form: Form, text: str, path: str, *, expects: Any = None) -> Iterator[Problem]:
    try:
        compile_expression(text, form.scope, expects=expects, place=Place.DEFAULT)
    except ProblemError as error:
        for problem in error.problems:
            yield problem.under(path)


def _unknown(form: Form, key: str, path: str) -> Problem:
    message = f'There is no field "{key}"{suggest(key, form.fields)}'
    return Problem("field.unknown", path, message, {"key": key, "known": sorted(form.fields)})
