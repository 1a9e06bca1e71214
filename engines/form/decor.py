"""What the parts of a page without a value need of a record: texts for addresses and codes, what buttons set."""

from collections.abc import Iterator, Mapping
from typing import Any

from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.fields.page import filled_url, names_in
from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.formula import Place, compile_expression
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


def _set(form: Form, value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    field: Field | None = form.fields.get(value["key"])
    if field is None:
        yield _unknown(form, value["key"], path)
        return
    if not field.type.writable:
        message = f"{field.label} is computed and cannot be set"
        yield Problem("button.computed_field", path, message, {"label": field.label("zh-CN")})
        return
    try:
        compile_expression(value["value"], form.scope, expects=field.type.formula_type(field), place=Place.DEFAULT)
    except ProblemError as error:
        for problem in error.problems:
            yield problem.under(f"{path}.value")


def _unknown(form: Form, key: str, path: str) -> Problem:
    message = f'There is no field "{key}"{suggest(key, form.fields)}'
    return Problem("field.unknown", path, message, {"key": key, "known": sorted(form.fields)})
