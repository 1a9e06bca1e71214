"""What the page of a form needs to compute while a person types: trees of formulas, defaults, rules and following
fields, facts, which fields of related records they read, and what the server has to be asked for."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import select

from dougong.web.records.looked_up import WORDS, followed, words_of
from engines.form.collected import every_field
from engines.form.counted import code_of
from engines.form.facts import facts_of
from engines.form.fields.base import Field, Link
from engines.form.fields.link import FormLink, part_of
from engines.form.form import Form
from engines.form.names import ID
from engines.form.query import Record, ask, get_record
from engines.form.rates.compile import base_followers, rate_fields
from engines.form.rates.read import digits_of
from engines.form.rates.totals import base_of
from engines.form.rules.behaviour import behaviour_expressions, behaviour_of, reads_of
from engines.form.rules.evaluate import shown_by_rules
from engines.form.rules.fit import places_of
from engines.form.rules.model import Action, FormRule
from engines.form.titles import titles
from engines.form.transaction import Transaction
from engines.form.write.preview import Preview, question
from engines.formula import browser_facts, json_value
from engines.formula.tree import Node, PriorValue, children
from engines.kernel.problems import Forbidden, NotFound

TITLE = "_title"
"""Where the values of a related record keep its title."""


def live_data(
    tx: Transaction, form: Form, visible: Iterable[str], mode: str, record: Record | None = None
) -> dict[str, Any]:
    """Everything for the script, as JSON. What reads fields that the person may not see is asked of the server."""
    seen = set(visible)
    facts = browser_facts(facts_of(tx, form.forms))
    used = {name for one in _expressions(form) for name in getattr(one, "settings", ())}
    facts["settings"] = {key: value for key, value in facts["settings"].items() if key in used}
    if record is not None and any(reads_before(one.node) for one in _expressions(form)):
        facts["prior"] = {key: _json(value) for key, value in record.values.items()}
    behaviour = behaviour_of(form)
    return {
        "app": form.app,
        "form": form.key,
        "mode": mode,
        "record": record.id if record is not None else None,
        "fields": [_about(form, field, seen, tx.actor.locale) for field in form.fields.values() if field.key in seen],
        **_stored(form, seen, record),
        "digits": digits_of(tx, form.forms) if any(field.currency is not None for field in every_field(form)) else {},
        "needs": needs(form, seen),
        "facts": facts,
        "rules": [_rule(tx, form, rule, seen) for rule in form.rules if isinstance(rule, FormRule) and mode in rule.on],
        "hidden": sorted(shown_by_rules(form)),
        "hiddenValues": behaviour.hidden_values,
        "linkages": [
            *(_linkage(form, field) for field in (*behaviour.linked, *behaviour.offered) if field.path in seen),
            *_rates(form, seen),
        ],
    }


def reads_before(node: Node) -> bool:
    """Whether something in an expression asks what a value was before (`PRIOR`, `CHANGED`)."""
    return isinstance(node, PriorValue) or any(reads_before(one) for one in children(node))


def needs(form: Form, seen: set[str]) -> dict[str, list[str]]:
    """For each relation (`customer`, `lines.product`), the fields of the related record that some expression reads."""
    found: dict[str, set[str]] = {}
    for subform, expression in _placed(form, seen):
        for path in expression.references:
            inner = subform is not None and path[0] in form.subforms[subform].fields
            steps = [*(subform.split(".") if subform and inner else ()), *map(str, path)]
            cut = 1
            while cut < len(steps) and ".".join(steps[:cut]) in form.subforms:
                cut += 1
            if len(steps) > cut:
                found.setdefault(".".join(map(str, steps[:cut])), set()).add(str(steps[cut]))
    return {key: sorted(names) for key, names in found.items() if key in seen}


def related_title(tx: Transaction, form: Form, path: str, record_id: int, seen: set[str]) -> dict[str, Any]:
    """The title (`_title`) of a record that an expression chose: of one that a person chose the page has it."""
    target: Any = form.at(path).target
    return {} if target is None or path not in seen else {TITLE: titles(tx, target, [record_id])[record_id]}


def related_values(tx: Transaction, form: Form, path: str, record_id: int, seen: set[str]) -> dict[str, Any]:
    """The fields of a chosen record that the page's expressions read, as far as the person may see them."""
    target: Any = form.at(path).target
    names = needs(form, seen).get(path, ())
    if target is None or not names:
        return {"id": record_id}
    if target.of_rows is not None:
        words = words_of(tx, form, path, [record_id], seen).get(record_id)
        return {"id": record_id, **_row_values(tx, target, record_id, names), **({WORDS: words} if words else {})}
    try:
        record = get_record(tx, target, record_id)
    except (NotFound, Forbidden):
        return {"id": record_id}
    words = words_of(tx, form, path, [record_id], seen).get(record_id)
    values = {name: _json(record.values.get(name)) for name in names if name in record.values}
    return {"id": record_id, **values, **({WORDS: words} if words else {})}


def _row_values(tx: Transaction, rows: Form, row_id: int, names: Iterable[str]) -> dict[str, Any]:
    """The same of a row that was chosen, as far as its record may be read."""
    asked = ask(tx, rows)
    fields = [rows.every[name] for name in names if name in rows.every and rows.every[name].links is None]
    if not fields or not asked.policy.may("read"):
        return {}
    table, columns = asked.table, [asked.scope.column(one.key).label(one.key) for one in fields]
    query = select(*columns).where(table.c[ID] == row_id, asked.alive(), asked.policy.rows("read"))
    found = asked.run(query).mappings().first()
    if found is None:
        return {}
    read = {one.key: one.type.from_column(found[one.key], one) for one in fields}
    links = {one.key for one in fields if one.type.target_form(one)}
    return {key: _json(Link(one) if key in links and one is not None else one) for key, one in read.items()}


def answered(tx: Transaction, form: Form, found: Preview) -> dict[str, Any]:
    """What the server found for a page that is being filled in, as JSON."""
    linked: list[dict[str, Any]] = []
    for name, (field, value) in found.values.items():
        linked.append({"path": name, "value": answer_value(tx, field, value)})
    for name, rows in found.rows.items():
        fields = form.subforms[name].fields
        told = answer_rows(tx, [[(fields[key], value) for key, value in row.items()] for row in rows])
        linked.append({"path": name, "rows": told})
    for name, keys in found.choices.items():
        linked.append({"path": name, "choices": [{"value": key, "label": key} for key in keys]})
    return {"linked": linked, "answers": dict(found.answers)}


def answer_value(tx: Transaction, field: Field, value: Any) -> Any:
    """A value as expressions read it; a record with the title that pickers show."""
    return answer_rows(tx, [[(field, value)]])[0][field.key]


def answer_rows(tx: Transaction, rows: Sequence[Sequence[tuple[Field, Any]]]) -> list[dict[str, Any]]:
    """The same for many fields of many rows, by their keys: each form that they point at is asked once for titles."""
    wanted: dict[str, tuple[Form, set[int]]] = {}
    for field, value in chain.from_iterable(rows):
        target: Any = field.target
        if target is not None and value is not None:
            wanted.setdefault(target.key, (target, set()))[1].update(_ids(value))
    named = {key: titles(tx, target, ids) for key, (target, ids) in wanted.items()}
    return [{field.key: _answer(field, value, named) for field, value in row} for row in rows]


def _ids(value: Any) -> list[int]:
    return [int(one) for one in (value if isinstance(value, tuple | list) else (value,))]


def _answer(field: Field, value: Any, named: Mapping[str, Mapping[int, str]]) -> Any:
    target: Any = field.target
    if target is None or value is None:
        return _json(value)
    found = [{"id": one, "title": named[target.key][one] or f"#{one}"} for one in _ids(value)]
    return found if isinstance(value, tuple | list) else found[0]


def row_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row as expressions read it; records with the titles that pickers show."""
    return {key: _titled(value) for key, value in row.items() if not key.startswith("_")}


def _titled(value: Any) -> Any:
    if isinstance(value, Link):
        return {"id": value.id, "title": value.title or f"#{value.id}"}
    if isinstance(value, tuple | list) and value and isinstance(value[0], Link):
        return [_titled(one) for one in value]
    return _json(value)


def _json(value: Any) -> Any:
    if isinstance(value, FormLink):
        return value.text
    if isinstance(value, Link):
        return {"id": value.id}
    if isinstance(value, Mapping):
        return {key: _json(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_json(one) for one in value]
    return json_value(value)


def _placed(form: Form, seen: set[str]) -> Iterable[tuple[str | None, Any]]:
    """Every expression that a page may evaluate, with the sub-form that it stands in."""
    for field in every_field(form):
        for expression in (field.expression, field.default):
            if expression is not None and field.path in seen:
                yield field.subform, expression
    yield from behaviour_expressions(form)
    for field in every_field(form):
        if field.currency is not None and field.path in seen:
            yield field.subform, field.currency.code


def _expressions(form: Form) -> Iterable[Any]:
    for field in every_field(form):
        yield from (one for one in (field.expression, field.default) if one is not None)
    for _, expression in behaviour_expressions(form):
        yield expression


def _stored(form: Form, seen: set[str], record: Record | None) -> dict[str, Any]:
    """What is stored of fields without inputs that an expression reads: of the record, and of its rows by their ids."""
    if record is None:
        return {}
    read = {str(path[0]) for one in _expressions(form) for path in one.references}
    read |= {str(path[1]) for one in _expressions(form) for path in one.references if len(path) > 1}

    def wanted(fields: Mapping[str, Field]) -> list[str]:
        told = (one for one in fields.values() if one.path in seen and one.path not in record.editable)
        return [one.key for one in told if one.key in read and one.expression is None and not one.rows]

    own = {key: record.values[key] for key in wanted(form.fields) if record.values.get(key) is not None}
    rows: dict[str, Any] = {}
    for key, sub in form.subforms.items():
        keys = wanted(sub.fields)
        if keys and "." not in key:
            found = record.values.get(key) or ()
            rows[key] = {str(row["id"]): row_json({name: row.get(name) for name in keys}) for row in found}
    return {"stored": row_json(own), "storedRows": rows}


def _about(form: Form, field: Field, seen: set[str], locale: str) -> dict[str, Any]:
    about: dict[str, Any] = {"key": field.key, "type": field.type.key}
    if field.expression is not None:
        about["formula"] = _expr(form, field.expression, field.subform, seen, question("formula", field.path))
    if field.default is not None:
        about["default"] = _expr(form, field.default, field.subform, seen, question("default", field.path))
    if field.follow is not None and _may(form, field.follow, field.subform, seen):
        about["follow"] = field.follow.tree()
    relation = followed(form, field)
    if relation in seen:
        about["words"] = relation
    if field.required:
        about["required"] = True
    if field.readonly and field.type.writable:
        about["readonly"] = True
        if field.choices:
            about["labels"] = {one.key: one.label(locale) for one in field.choices}
    frozen = base_followers(form).get(field.path)
    if frozen is not None and _may(form, frozen, field.subform, seen):
        about["follow"] = frozen.tree()
    places = places_of(field)
    if places is not None:
        about["places"] = places
    look = field.type.look(field)
    if look in ("number", "money", "percent"):
        about["decimals"] = field.options.get("decimals", 2 if look == "money" else None)
        about["percent"] = look == "percent" or bool(field.options.get("percent"))
        about["symbol"] = (look == "money" and field.options.get("currency", "CNY")) or ""
    if field.currency is not None and _may(form, field.currency.code, field.subform, seen):
        about |= {"unit": field.currency.code.tree(), "unitAround": field.currency.outer}
        base = base_of(field)
        if base is not None:
            about["base"] = {"key": base.key, "symbol": code_of(base)}
    if field.rows:
        about["rows"] = [_about(form, inner, seen, locale) for inner in field.rows.values() if inner.path in seen]
    return about


def _rates(form: Form, seen: set[str]) -> Iterable[dict[str, Any]]:
    """The rates that the server fills in: asked for when the currency or the date changes."""
    for rate, one in rate_fields(form).items():
        if rate in seen:
            reads = [one.currency.head, one.currency.frozen.day_head]
            about = {"path": rate, "as": "value", "reads": sorted(key for key in reads if key), "refill": True}
            subform = one.currency.frozen.rate.subform
            yield about | ({"subform": subform} if subform else {})


def _rule(tx: Transaction, form: Form, rule: FormRule, seen: set[str]) -> dict[str, Any]:
    locale = tx.actor.locale
    about: dict[str, Any] = {"key": rule.key, "on": sorted(rule.on)}
    for word, expression in (("when", rule.when), ("check", rule.check)):
        if expression is not None:
            about[word] = _expr(form, expression, rule.subform, seen, question("rule", rule.key, word))
    if rule.check is not None:
        about["message"] = rule.message(locale)
        about["field"] = rule.field or ""
    if rule.subform is not None:
        about["subform"] = rule.subform
    about["actions"] = [_action(form, rule, action, seen, locale) for action in rule.actions]
    return about


def _action(form: Form, rule: FormRule, action: Action, seen: set[str], locale: str) -> dict[str, Any]:
    about: dict[str, Any] = {"key": action.key, "do": action.do}
    about["fields"] = [path for path in action.fields if path in seen]
    if action.value is not None:
        name = question("rule", rule.key, action.key, "value")
        about["value"] = _expr(form, action.value, rule.subform, seen, name)
    if isinstance(action.choices, tuple):
        about["choices"] = list(action.choices)
    elif action.choices is not None:
        name = question("rule", rule.key, action.key, "choices")
        about["choices"] = _expr(form, action.choices, rule.subform, seen, name)
    if action.color:
        about["color"] = action.color
    if action.message.value is not None:
        about["message"] = action.message(locale)
    if action.field:
        about["field"] = action.field
    return about


def _linkage(form: Form, field: Field) -> dict[str, Any]:
    kind = "choices" if field.linkage.choices else "rows" if field.rows else "value"
    reads = set[str]().union(*(reads_of(form, one, field.subform) for one in field.linkage.expressions()))
    about: dict[str, Any] = {"path": field.path, "as": kind, "reads": sorted(reads)}
    return about | ({"subform": field.subform} if field.subform else {})


def _expr(form: Form, expression: Any, subform: str | None, seen: set[str], name: str) -> dict[str, Any]:
    """A tree where the page holds everything that it reads; else a question with the names on the page that matter."""
    if _may(form, expression, subform, seen):
        tree: dict[str, Any] = expression.tree()
        return tree
    rows = form.subforms[subform].fields if subform else {}
    reads = {str(path[0]) for path in expression.references}
    reads = {part_of(form.parts[key]) if key in form.parts else key for key in reads}
    known = {key for key in reads if key in seen or (key in rows and f"{subform}.{key}" in seen)}
    return {"ask": name, "reads": sorted(known)}


def _may(form: Form, expression: Any, subform: str | None, seen: set[str]) -> bool:
    """Whether the page holds everything that an expression reads of the record itself."""
    if expression.needs_server:
        return False
    rows = form.subforms[subform].fields if subform else {}
    for path in expression.references:
        place = f"{subform}.{path[0]}" if path[0] in rows else path[0]
        for step in (*path[1:], None):
            if place.startswith("_") or place not in seen:
                return False
            if step is None or place not in form.subforms:
                break
            place = f"{place}.{step}"
    return True
