"""The page on which columns get their fields: what it shows of a plan, and the plan that its form sends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from dougong.imports.store import Import, remembered
from dougong.web.i18n import gettext
from engines.form.fields.base import Context, Field
from engines.form.fields.links import split_names
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.importing import DATE_ORDERS, ImportPlan, Target, guess_targets, importable
from engines.form.importing.dates import Order
from engines.form.importing.guess import Sample
from engines.form.importing.lookup import Names, naming_fields
from engines.form.importing.plan import MODES
from engines.form.scope import target_of
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.kernel.problems import Rejected

SLOTS: Final = 2
"""A column may fill so many fields."""
VALUES_SHOWN: Final = 60
NAMED: Final = 300
NAMING: Final = ("email", "phone", "number", "relation")
"""Kinds of fields, beside texts and what is unique, that can tell which record a row means."""


@dataclass(slots=True)
class Slot:
    """One field that a column fills, with what may be said of it."""

    name: str
    target: Target | None = None
    field: Field | None = None
    orders: Mapping[str, int] = attribute(default_factory=dict)
    unclear: bool = False
    ways: list[tuple[str, str]] = attribute(default_factory=list)
    unknown: list[tuple[str, int]] = attribute(default_factory=list)
    more: int = 0
    choices: list[tuple[str, str]] = attribute(default_factory=list)
    names: list[str] = attribute(default_factory=list)


@dataclass(slots=True)
class ColumnView:
    """One column of the file with its first cells and its slots."""

    position: int
    header: str
    samples: list[str]
    filled: int
    distinct: int
    slots: list[Slot]


def start_plan(tx: Transaction, form: Form, found: Import) -> ImportPlan:
    """The plan that a new file begins with: what was used last time, the rest guessed."""
    before = remembered(tx, found.app, found.form, found.headers)
    samples = [
        Sample(head, [value for value, _ in column["values"]])
        for head, column in zip(found.headers, (found.file or {})["columns"], strict=True)
    ]
    known = [_fitting(found, one) for one in before.targets] if before else ()
    targets = guess_targets(tx, form, samples, known)
    if before is not None:
        return ImportPlan(tuple(targets), before.mode, before.keys, before.blanks, before.incomplete)
    return ImportPlan(tuple(targets))


def _fitting(found: Import, target: Target) -> Target:
    """A remembered target; the order of its days is found anew where it does not fit this file."""
    column = (found.file or {})["columns"][target.column] if target.column is not None else {}
    wrong = column.get("orders", {}).get(target.order, 0)
    return replace(target, order=_best_order(found, target.column or 0)) if wrong else target


def read_plan(form: MultiDict[str, str], found: Import) -> ImportPlan:
    """The plan that the page's form says. Unknown fields are left for `check_plan` to tell."""
    targets = []
    for position in range(len(found.headers)):
        for slot in range(SLOTS):
            path = form.get(f"t-{position}-{slot}", "")
            if path:
                one = _target(form, f"{position}-{slot}", path, position)
                targets.append(one if one.order is not None else replace(one, order=_best_order(found, position)))
    for name, value in form.items():
        if name.startswith("fixed-") and value.strip():
            path = name.removeprefix("fixed-")
            if all(one.field != path for one in targets):
                targets.append(Target(path, None, empty=value.strip()))
    mode = form.get("mode", "create")
    filled = {one.field for one in targets}
    return ImportPlan(
        tuple(targets),
        mode if mode in MODES else "create",
        tuple(key for key in form.getlist("key") if key in filled),
        "clear" if form.get("blanks") == "clear" else "keep",
        form.get("incomplete") == "1",
    )


def _best_order(found: Import, position: int) -> Order | None:
    """The order of days that fits a column best, as all columns of the file tell; None where it holds no days."""
    columns = (found.file or {}).get("columns", ())
    mine = columns[position].get("orders") if position < len(columns) else None
    if mine is None:
        return None
    others = {order: sum(one["orders"][order] for one in columns if "orders" in one) for order in mine}
    return min(mine, key=lambda order: (mine[order], others[order]))


def _target(form: MultiDict[str, str], name: str, path: str, position: int) -> Target:
    order = form.get(f"order-{name}", "")
    values: dict[str, str] = {}
    for place in range(VALUES_SHOWN):
        text = form.get(f"v-{name}-{place}", "")
        meant = form.get(f"m-{name}-{place}", "")
        if text and meant:
            values[text] = "" if meant == "-" else meant
    return Target(
        path,
        position,
        order=order if order in DATE_ORDERS else None,
        values=values,
        by=form.get(f"by-{name}") or None,
        empty=form.get(f"empty-{name}", "").strip(),
        create_choices=form.get(f"create-{name}") == "1",
    )


def column_views(tx: Transaction, form: Form, found: Import, plan: ImportPlan) -> list[ColumnView]:
    """Every column of the file as the page shows it."""
    views = []
    about = (found.file or {})["columns"]
    preview = (found.file or {})["preview"]
    fields = importable(tx, form)
    for position, head in enumerate(found.headers):
        column = about[position]
        samples = [str(row[position]) for row in preview if position < len(row) and row[position] is not None]
        mine = [one for one in plan.targets if one.column == position][:SLOTS]
        slots = [_slot(tx, form, fields, plan, position, place, one, about) for place, one in enumerate(mine)]
        slots += [Slot(f"{position}-{place}") for place in range(len(slots), SLOTS)]
        views.append(ColumnView(position, head, samples[:3], column["filled"], column["distinct"], slots))
    return views


def _slot(
    tx: Transaction,
    form: Form,
    fields: Mapping[str, Field],
    plan: ImportPlan,
    position: int,
    place: int,
    target: Target,
    about: list[Mapping[str, Any]],
) -> Slot:
    slot = Slot(f"{position}-{place}", target, fields.get(target.field))
    one, column = slot.field, about[position]
    if one is None:
        return slot
    if one.type.key in ("date", "datetime") and "orders" in column:
        slot.orders = column["orders"]
        fits = [order for order, wrong in slot.orders.items() if wrong == 0]
        slot.unclear = len(fits) > 1
    texts = [(value, count) for value, count in column["values"]]
    if one.type.has_choices:
        slot.choices = [(choice.key, choice.label(tx.actor.locale) or choice.key) for choice in one.choices]
        slot.unknown = _unreadable(tx, one, target, texts)
    elif one.type.target_form(one):
        _relation(tx, form, plan, slot, target, texts, about)
    slot.more = max(0, len(slot.unknown) - VALUES_SHOWN)
    slot.unknown = slot.unknown[:VALUES_SHOWN]
    return slot


def _unreadable(tx: Transaction, one: Field, target: Target, texts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Texts that are no choice, and those that something was said of already."""
    context, found = Context.of(tx), []
    for text, count in texts:
        try:
            one.type.import_cell(text, one, context)
            known = True
        except Rejected:
            known = False
        if not known or text in target.values:
            found.append((text, count))
    return found


def _relation(
    tx: Transaction,
    form: Form,
    plan: ImportPlan,
    slot: Slot,
    target: Target,
    texts: list[tuple[str, int]],
    about: list[Mapping[str, Any]],
) -> None:
    if slot.field is None:
        return
    other = target_of(form, slot.field)
    slot.ways = [(each.key, each.label(tx.actor.locale)) for each in naming_fields(other)]
    names = Names(tx, other, target.by)
    parts = {text: split_names(text) if slot.field.type.storage == "links" else [text] for text, _ in texts}
    names.learn({*parts, *(each for some in parts.values() for each in some)})
    promised: set[str] = set()
    if other.key == form.key:
        source = plan.at(target.by or other.title_field or "")
        if source is not None and source.column is not None:
            promised = {fold(value) for value, _ in about[source.column]["values"]}
    slot.unknown = [
        (text, count)
        for text, count in texts
        if text in target.values
        or not (names.known.get(text) or all(names.known.get(each) or fold(each) in promised for each in parts[text]))
    ]
    if slot.unknown:
        table = other.table
        ids = list(tx.connection.scalars(table.select().with_only_columns(table.c.id).limit(NAMED)))
        slot.names = sorted(set(titles(tx, other, ids).values()))


def field_groups(tx: Transaction, form: Form) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from: those of the record, those of each sub-form, those of the system."""
    locale = tx.actor.locale
    own: list[tuple[str, str]] = []
    system: list[tuple[str, str]] = []
    inner: dict[str, list[tuple[str, str]]] = {}
    for path, one in importable(tx, form).items():
        label = one.label(locale)
        if path.startswith("_"):
            system.append((path, label))
        elif "." in path:
            inner.setdefault(path.partition(".")[0], []).append((path, label))
        else:
            own.append((path, f"{label} *" if one.required else label))
    groups = [(form.label(locale), own)]
    groups += [(form.fields[key].label(locale), fields) for key, fields in inner.items()]
    return [*groups, (gettext("System"), system)] if system else groups


def key_fields(form: Form, plan: ImportPlan, locale: str) -> list[tuple[str, str]]:
    """The mapped fields that can tell which record a row means, those that are unique first."""
    found = []
    for one in plan.targets:
        field_ = form.fields.get(one.field)
        if field_ is None or field_.storage != "column" or one.column is None:
            continue
        if field_.unique or field_.type.folds or field_.type.key in NAMING:
            found.append((not field_.unique, one.field, field_.label(locale)))
    return [(key, label) for _, key, label in sorted(found, key=lambda each: each[0])]


def lacking(tx: Transaction, form: Form, plan: ImportPlan) -> list[tuple[Field, str]]:
    """Required fields that no column fills, with the value that every row gets."""
    by_column = {one.field for one in plan.targets if one.column is not None}
    fixed = {one.field: one.empty for one in plan.targets if one.column is None}
    return [
        (one, fixed.get(path, ""))
        for path, one in importable(tx, form).items()
        if path not in by_column
        and (path in fixed or (one.required and one.default is None and "." not in path and one.type.writable))
    ]
