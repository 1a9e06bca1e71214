"""Amounts whose record says the currency, compiled: how the currency is found, and where the base amount is frozen."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from engines.form.collected import document_path
from engines.form.counted import CNY, code_of, currency_path, looked_up_path, up_to
from engines.form.fields.base import Field
from engines.form.form import Form, Forms
from engines.form.rules.compile import row_scope
from engines.formula import Expression, Place, Scope, Type

Compile = Callable[[str, Scope, Type | None, Place, str], Expression | None]
MONEY: Final = frozenset({"money", "formula", "rollup", "lookup"})


@dataclass(frozen=True, slots=True)
class Frozen:
    """Where the rate of an amount and the amount in the base currency are kept.

    `rate` and `day` are None where the document names none; `outer` says that the rate stands in the record around the
    row; `computed` that the base amount is a formula, which nobody fills.
    """

    amount: Field
    rate: Field | None
    day: Expression | None
    day_head: str | None
    base: str
    outer: bool
    computed: bool
    shown: Expression | None = None
    """The base amount for a page on which one types."""


@dataclass(frozen=True, slots=True)
class Currency:
    """How the currency of an amount is found: `code` over the row (and the record around it), `fixed` where that is
    blank. `outer` says that the record around the row names it, `head` is the field that the path begins with."""

    code: Expression
    fixed: str
    head: str
    outer: bool
    frozen: Frozen | None = None


def base_currency(forms: Forms) -> str:
    """The base currency of an app."""
    setting = currencies_document(forms)
    return CNY if setting is None else str(setting["base"])


def currencies_document(forms: Forms) -> Mapping[str, Any] | None:
    """The document that names the base currency and the form with the rates."""
    return next((one for (kind, _), one in forms.documents.items() if kind == "currency"), None)


def compile_currencies(form: Form, compiled: Compile) -> None:
    """Give amounts their currency. What is wrong with names is told by `engines.form.rates.checks`."""
    for one in money_fields(form):
        text = _path_of(form, one)
        if text is None:
            continue
        at = f"{document_path(one)}.options.currency_field"
        scope = row_scope(form, one.subform) if one.subform else form.scope
        head = text.split(".")[0]
        if scope.field(head) is None:
            continue  # told by the checks
        code = compiled(text, scope, Type.TEXT, Place.DEFAULT, at)
        if code is None:
            continue
        outer = up_to(form, one, head) > 0
        end = one.end if one.type.key == "lookup" and one.end is not None else one
        one.currency = Currency(code, code_of(end), head, outer, _frozen(form, one, scope, compiled))
        _mark(one.currency.frozen)


def _mark(frozen: Frozen | None) -> None:
    """People fill in no base amount: it is the amount times the rate."""
    if frozen is not None and not frozen.computed:
        frozen.amount.readonly = True


def money_fields(form: Form) -> Iterator[Field]:
    """Every field of a form, rows included, that may be an amount."""
    for fields in (form.fields, *(sub.fields for sub in form.every_subform())):
        yield from (one for one in fields.values() if one.type.key in MONEY)


@lru_cache(maxsize=1024)
def frozen_amounts(form: Form) -> tuple[Field, ...]:
    """The amounts of a form that keep a base amount."""
    found = (one for one in money_fields(form) if one.currency is not None and one.currency.frozen is not None)
    return tuple(found)


def filled_keys(form: Form) -> frozenset[str]:
    """The paths of rates and base amounts that a write fills."""
    found: set[str] = set()
    for one in frozen_amounts(form):
        frozen = one.currency.frozen
        found |= {frozen.rate.path} if frozen.rate is not None else set()
        found |= set() if frozen.computed else {frozen.amount.path}
    return frozenset(found)


def rows_following(form: Form, keys: Iterable[str]) -> list[str]:
    """The sub-forms whose base amounts move when these fields of the record do."""
    changed, found = set(keys), dict[str, None]()
    for one in frozen_amounts(form):
        frozen = one.currency.frozen
        heads = {one.currency.head, frozen.day_head, frozen.rate.key if frozen.outer else None}
        if one.subform is not None and changed & (heads - beside(form, one).keys()):
            found.setdefault(one.subform)
    return list(found)


@lru_cache(maxsize=1024)
def rate_fields(form: Form) -> Mapping[str, Field]:
    """The rates that are filled, by path, each with the first amount that it belongs to."""
    found: dict[str, Field] = {}
    for one in frozen_amounts(form):
        if one.currency.frozen.rate is not None:
            found.setdefault(one.currency.frozen.rate.path, one)
    return found


@lru_cache(maxsize=1024)
def base_followers(form: Form) -> Mapping[str, Any]:
    """The base amounts that a page computes while one types, by path, with their expressions."""
    frozen = (one.currency.frozen for one in frozen_amounts(form))
    return {one.amount.path: one.shown for one in frozen if one.shown is not None}


def beside(form: Form, one: Field) -> Mapping[str, Field]:
    """The fields of the row that a field stands in."""
    return form.subforms[one.subform].fields if one.subform else form.fields


def rate_field(form: Form, one: Field, key: str) -> Field | None:
    """The field that keeps a rate: beside the amount, else in the record around its row."""
    return beside(form, one).get(key) or form.fields.get(key)


def _path_of(form: Form, one: Field) -> str | None:
    """The path to the currency as an expression beside the field."""
    if one.type.key != "lookup":
        path = currency_path(one)
        return None if path is None else ".".join(path)
    path = looked_up_path(form, one)
    return None if path is None else ".".join(path)


def _frozen(form: Form, one: Field, scope: Scope, compiled: Compile) -> Frozen | None:
    spec: Mapping[str, Any] | None = None if one.type.key == "lookup" else one.options.get("base")
    amount = None if spec is None else beside(form, one).get(spec["amount"])
    if spec is None or amount is None or amount is one or amount.type.formula_type(amount) is not Type.NUMBER:
        return None
    rate = rate_field(form, one, spec["rate"]) if spec.get("rate") else None
    if rate is not None and (rate.type.formula_type(rate) is not Type.NUMBER or not rate.type.writable):
        rate = None
    day = None
    if spec.get("date") and scope.field(str(spec["date"]).split(".")[0]) is not None:
        day = compiled(spec["date"], scope, Type.DATE, Place.DEFAULT, f"{document_path(one)}.options.base.date")
    computed, shown = amount.expression is not None, None
    if rate is not None and not computed:
        text = f"ROUND({one.key} * {rate.key}, {amount.options.get('decimals', 2)})"
        shown = compiled(text, scope, Type.NUMBER, Place.DEFAULT, f"{document_path(one)}.options.base")
    return Frozen(
        amount=amount,
        rate=rate,
        day=day,
        day_head=None if day is None else str(spec["date"]).split(".")[0],
        base=base_currency(form.forms),
        outer=rate is not None and one.subform is not None and rate.subform is None,
        computed=computed,
        shown=shown,
    )


def currency_expressions(form: Form) -> Iterator[tuple[str | None, Any]]:
    """What base amounts are computed from, with the sub-form whose rows it is asked of."""
    for one in frozen_amounts(form):
        frozen = one.currency.frozen
        yield one.subform, one.currency.code
        yield from ((one.subform, each) for each in (frozen.day, frozen.shown) if each is not None)
