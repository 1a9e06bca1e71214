"""What a live query finds for a record: records of another form, as the reader may see them, now.

Conditions are those of linkage: a field there against an expression over this record, any operator of the field (so a
price valid from one day to another, from a smallest quantity). They read the record's own fields. A condition whose
value here is blank finds nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select

from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, Record, Sort, ask, condition_of, list_records
from engines.form.rules.checks import check_condition
from engines.form.rules.compile import link_of
from engines.form.rules.linkage import NO_VALUE, operands, ordered
from engines.form.rules.model import Linkage
from engines.form.transaction import Transaction
from engines.formula import Expression, Place, compile_expression, json_value
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest

NOTHING: Final = {"field": "id", "op": "in", "value": []}


@dataclass(frozen=True, slots=True)
class Found:
    """What a live query found. `new` are the fields that a record added from here has, None where none may be added."""

    form: Form
    columns: tuple[str, ...]
    rows: tuple[Record, ...] = ()
    total: int | None = 0
    capped: bool = False
    totals: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] | None = None
    readable: bool = True


def live_query(tx: Transaction, form: Form, key: str, values: Mapping[str, Any]) -> Found:
    """Ask a live query of a form over the values of a record (stored or being filled in), as expressions read them.

    Raises `NotFound` where there is no such query.
    """
    one = form.decor.get(key)
    link = _link(form, key) if one is not None and one.type.key == "query" else None
    if one is None or link is None:
        raise NotFound(Problem("field.unknown", key, f'There is no live query "{key[:40]}"', {"key": key[:40]}))
    policy = policy_for(tx, link.form)
    columns = tuple(name for name in one.options["columns"] if name in link.form.every)
    columns = tuple(name for name in columns if policy.sees(name) is not False)
    if not policy.may("read"):
        return Found(link.form, columns, readable=False)
    given = operands(link, values, facts_of(tx, form.forms))
    names = [spec["field"] for spec in one.options.get("where", ())]
    new = _new(link, names, given) if one.options.get("new", True) and policy.may("create") else None
    if given is None:
        return Found(link.form, columns, new=new)
    query = Query(
        columns,
        _filter(link, names, given),
        sort=tuple(Sort(str(each.field), each.descending) for each in link.sort),
        limit=one.options.get("limit", 10),
        totals=tuple(name for name in one.options.get("totals", ()) if name in columns),
    )
    if any(each.expression is not None for each in link.sort):
        return _sorted(tx, link, query, columns, new)
    page = list_records(tx, link.form, query)
    return Found(link.form, columns, page.rows, page.total, page.capped, page.totals, new)


def reads_of_query(form: Form, key: str) -> frozenset[str]:
    """The fields of the record that a live query's conditions read: it is asked again when one of them changes."""
    link = _link(form, key)
    return frozenset(str(path[0]) for one in (link.expressions() if link else ()) for path in one.references)


def _sorted(tx: Transaction, link: Linkage, query: Query, columns: tuple[str, ...], new: Any) -> Found:
    """With an order by expressions: the ids in this order first, then their records."""
    plain = Query(columns, query.filter, limit=1, totals=query.totals)
    page = list_records(tx, link.form, plain)
    asked = ask(tx, link.form)
    ids = select(asked.table.c.id).select_from(asked.table).where(condition_of(asked, plain))
    wanted = list(asked.run(ordered(asked, link, ids).limit(query.limit)).scalars())
    if not wanted:
        return Found(link.form, columns, new=new)
    chosen = {"field": "id", "op": "in", "value": wanted}
    rows = {one.id: one for one in list_records(tx, link.form, Query(columns, chosen, limit=len(wanted))).rows}
    records = tuple(rows[one] for one in wanted if one in rows)
    return Found(link.form, columns, records, page.total, page.capped, page.totals, new)


def _filter(link: Linkage, names: list[str], given: tuple[Any, ...]) -> dict[str, Any] | None:
    parts: list[dict[str, Any]] = []
    for one, name, value in zip(link.where, names, given, strict=True):
        if one.op in NO_VALUE:
            parts.append({"field": name, "op": one.op})
        elif value is not None:
            several = one.op in ("in", "nin") and not isinstance(value, list | tuple)
            parts.append({"field": name, "op": one.op, "value": json_value([value] if several else value)})
    if not parts:
        return NOTHING if link.any and link.where else None
    return {"or" if link.any else "and": parts}


def _new(link: Linkage, names: list[str], given: tuple[Any, ...] | None) -> dict[str, Any]:
    """The fields that a new record needs to be found here: conditions that say what a field is."""
    found = {}
    for one, name, value in zip(link.where, names, given or (), strict=bool(given)):
        if one.op == "eq" and value is not None and name in link.form.fields and link.form.fields[name].type.writable:
            found[name] = value
    return found


@lru_cache(maxsize=1024)
def _link(form: Form, key: str) -> Linkage | None:
    def compiled(text: str, scope: Any, expects: Any, place: Place, _: str) -> Expression | None:
        try:
            return compile_expression(text, scope, expects=expects, place=place)
        except ProblemError:
            return None

    return link_of(form, form.decor[key].options, form.scope, compiled, key) if key in form.decor else None


def check_queries(form: Form) -> Iterator[Problem]:
    """What is wrong with the live queries of a form: forms, fields and expressions that are not there."""
    for one in form.decor.values():
        if one.type.key == "query":
            yield from _check(form, one, f"fields.{one.key}.options")


def _check(form: Form, one: Field, at: str) -> Iterator[Problem]:
    try:
        source = form.forms.get(one.options["form"], f"{at}.form")
    except NotFound as error:
        yield from error.problems
        return
    for name in (*one.options["columns"], *(one.options.get("totals") or ())):
        if name not in source.every:
            message = f'There is no field "{name}"{suggest(name, source.every)}'
            yield Problem("field.unknown", f"{at}.columns", message, {"key": name, "known": sorted(source.every)})
    for place, condition in enumerate(one.options.get("where", ())):
        here = f"{at}.where[{place}]"
        yield from check_condition(source, condition, here)
        if condition.get("value"):
            yield from _check_value(form, condition["value"], f"{here}.value")
    for place, key in enumerate(one.options.get("sort", ())):
        here = f"{at}.sort[{place}]"
        if bool(key.get("field")) == bool(key.get("expression")):
            yield Problem("linkage.sort", here, "Sort by a field or by an expression")
        elif key.get("field"):
            try:
                follow(source, key["field"], f"{here}.field")
            except ProblemError as error:
                yield from error.problems
        else:
            yield from _compiles(key["expression"], source.scope, Place.LIVE, f"{here}.expression")


def _check_value(form: Form, text: str, at: str) -> Iterator[Problem]:
    yield from _compiles(text, form.scope, Place.DEFAULT, at)
    try:
        found = compile_expression(text, form.scope, place=Place.DEFAULT)
    except ProblemError:
        return
    if any(len(path) > 1 and path[0] not in form.subforms for path in found.references):
        message = "A live query compares with fields of this record itself; put the related value into a field first"
        yield Problem("query.beyond", at, message, {})


def _compiles(text: str, scope: Any, place: Place, at: str) -> Iterator[Problem]:
    try:
        compile_expression(text, scope, place=place)
    except ProblemError as error:
        yield from (problem.under(at) for problem in error.problems)
