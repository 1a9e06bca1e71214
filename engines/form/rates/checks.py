"""What is wrong with amounts whose record says the currency: names that lead nowhere, base amounts that cannot be."""

from collections.abc import Iterator, Mapping
from typing import Any

from engines.form.collected import document_path
from engines.form.counted import code_of, currency_path
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.rates.compile import base_currency, beside, currencies_document, money_fields, rate_field
from engines.form.rates.totals import is_mixed
from engines.form.rules.compile import row_scope
from engines.formula import Type, Unit
from engines.kernel.problems import Problem, suggest


def check_currencies(form: Form) -> Iterator[Problem]:
    """Everything wrong with the currencies of a form's amounts; paths start in the document."""
    for one in money_fields(form):
        if one.type.key == "lookup":
            continue
        at = f"{document_path(one)}.options"
        yield from _field(form, one, at)
        yield from _result(form, one, at)
    for view in form.views:
        for name in (*view.get("totals", ()), *((view["sum"],) if view.get("sum") else ())):
            found = form.fields.get(name)
            if found is not None and is_mixed(found):
                yield mixed(found, f"views.{view['key']}.totals")


def mixed(one: Field, at: str) -> Problem:
    """An amount of many currencies cannot be added up: what to do about it."""
    message = (
        f"{one.label()} has the currency of each record and cannot be added up: give it a base amount (base), and the"
        " total is in the base currency"
    )
    return Problem("money.mixed_currencies", at, message, {"label": one.label(), "field": one.key})


def _field(form: Form, one: Field, at: str) -> Iterator[Problem]:
    path, base = currency_path(one), one.options.get("base")
    if path is None:
        if base is not None:
            message = "Say which field names the currency: without it every amount is in one"
            yield Problem("money.base_without_currency", f"{at}.base", message, {"label": one.label()})
        return
    scope = row_scope(form, one.subform) if one.subform else form.scope
    if scope.field(path[0]) is None:
        known = list(scope.names())
        message = f'There is no field "{path[0]}"{suggest(path[0], known)}'
        yield Problem("field.unknown", f"{at}.currency_field", message, {"key": path[0], "known": known})
        return
    if one.type.look(one) != "money":
        message = "Only an amount has a currency: let the result be money"
        yield Problem("money.not_money", f"{at}.currency_field", message, {"label": one.label()})
    if base is not None:
        yield from _base(form, one, base, f"{at}.base")


def _base(form: Form, one: Field, base: Mapping[str, Any], at: str) -> Iterator[Problem]:
    if "." in (one.subform or ""):
        message = f"{one.label()} stands in rows of rows, which keep no base amount"
        yield Problem("money.base_nested", at, message, {"label": one.label()})
        return
    code = base_currency(form.forms)
    if currencies_document(form.forms) is None:
        message = "The app has no document of the kind currency, which names the base currency and the rates"
        yield Problem("money.no_rates", at, message, {})
    fields = beside(form, one)
    held = fields.get(base["amount"])
    if held is None:
        yield _unknown(base["amount"], fields, f"{at}.amount")
    elif held is one or held.type.look(held) != "money" or currency_path(held) or code_of(held) != code:
        message = f"{held.label()} must be another money field, in {code}"
        yield Problem("money.base_amount", f"{at}.amount", message, {"label": held.label(), "currency": code})
    elif held.expression is None and (one.live or one in form.maintained):
        message = f"{one.label()} is computed later than the record is written: let the base amount be a formula"
        yield Problem("money.base_late", f"{at}.amount", message, {"label": one.label()})
    if base.get("rate"):
        rate = rate_field(form, one, base["rate"])
        if rate is None:
            yield _unknown(base["rate"], fields, f"{at}.rate")
        elif rate.type.key != "number":
            message = f"{rate.label()} must be a number that people may fill in"
            yield Problem("money.base_rate", f"{at}.rate", message, {"label": rate.label()})
        elif one.subform and rate.subform is None and one.currency is not None and not one.currency.outer:
            message = f"{rate.label()} is one rate for all rows, but each row has its own currency"
            yield Problem("money.one_rate", f"{at}.rate", message, {"label": rate.label()})
    if base.get("date"):
        scope = row_scope(form, one.subform) if one.subform else form.scope
        head = base["date"].split(".")[0]
        if scope.field(head) is None:
            yield _unknown(head, dict.fromkeys(scope.names()), f"{at}.date")


def _result(form: Form, one: Field, at: str) -> Iterator[Problem]:
    """A formula says that its result is what its expression counts."""
    unit: Unit | None = getattr(one.expression, "unit", None)
    if unit is None or one.type.key not in ("formula", "rollup"):
        return
    look = one.type.look(one)
    if look != "money":
        if not unit.code and one.type.formula_type(one) is Type.NUMBER:
            message = f"The result is an amount in the currency that {unit.words} names: let it be money"
            yield Problem("formula.currency", f"{at}.result", message, {"currency": unit.words, "label": one.label()})
        return
    scope = form.subforms[one.subform].scope if one.subform else form.scope
    ref = scope.field(one.key)
    declared = None if ref is None else ref.unit
    if declared is not None and declared != unit:
        option = "currency" if unit.code else "currency_field"
        message = f'The expression counts {unit.words}, the field says {declared.words}: set "{option}" to {unit.words}'
        if not unit.code:
            message += ", or name this field and the rate as base of the amount"
        params = {"currency": unit.words, "declared": declared.words, "option": option}
        yield Problem("formula.currency", f"{at}.{option}", message, params)


def _unknown(key: str, known: Mapping[str, Any], at: str) -> Problem:
    message = f'There is no field "{key}"{suggest(key, list(known))}'
    return Problem("field.unknown", at, message, {"key": key, "known": list(known)})
