"""What a live query finds for a record: records of another form, as the reader may see them, now.

Conditions are those of linkage: a field there against an expression over this record, any operator of the field (so a
price valid from one day to another, from a smallest quantity). They read the record's own fields. A condition whose
value here is blank finds nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engines.form.choosing.ask import among, filter_of, given_by, ordered_ids
from engines.form.choosing.compile import quiet
from engines.form.facts import facts_of
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.policy import policy_for
from engines.form.query import Query, Record, Sort, ask, list_records
from engines.form.query.ask import Ask
from engines.form.rules.checks import check_question
from engines.form.rules.compile import link_of
from engines.form.rules.linkage import Operands
from engines.form.rules.model import Linkage
from engines.form.transaction import Transaction
from engines.formula import Place
from engines.kernel.problems import NotFound, Problem, suggest


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
    given = given_by(link, values, facts_of(tx, form.forms))
    new = _new(link, given) if one.options.get("new", True) and policy.may("create") else None
    if given is None:
        return Found(link.form, columns, new=new)
    asked = ask(tx, link.form)
    query = Query(
        columns,
        filter_of(asked, link, given),
        sort=tuple(Sort(str(each.field), each.descending) for each in link.sort),
        limit=one.options.get("limit", 10),
        totals=tuple(name for name in one.options.get("totals", ()) if name in columns),
    )
    if any(each.expression is not None for each in link.sort):
        return _sorted(asked, link, query, columns, new)
    page = list_records(tx, link.form, query)
    return Found(link.form, columns, page.rows, page.total, page.capped, page.totals, new)


def reads_of_query(form: Form, key: str) -> frozenset[str]:
    """The fields of the record that a live query's conditions read: it is asked again when one of them changes."""
    link = _link(form, key)
    return frozenset(str(path[0]) for one in (link.expressions() if link else ()) for path in one.references)


def _sorted(asked: Ask, link: Linkage, query: Query, columns: tuple[str, ...], new: Any) -> Found:
    """With an order by expressions: the ids in this order first, then their records."""
    plain = Query(columns, query.filter, limit=1, totals=query.totals)
    page = list_records(asked.tx, link.form, plain)
    wanted = ordered_ids(asked, link, plain, query.limit)
    if not wanted:
        return Found(link.form, columns, new=new)
    chosen = Query(columns, among(wanted), limit=len(wanted), count="none")
    rows = {one.id: one for one in list_records(asked.tx, link.form, chosen).rows}
    records = tuple(rows[one] for one in wanted if one in rows)
    return Found(link.form, columns, records, page.total, page.capped, page.totals, new)


def _new(link: Linkage, given: Operands | None) -> dict[str, Any]:
    """The fields that a new record needs to be found here: conditions that say what a field is."""
    found = {}
    for one, value in zip(link.where, given or (), strict=bool(given)):
        plain = link.form.fields.get(one.name)
        if one.op == "eq" and value is not None and plain is not None and plain.type.writable:
            found[one.name] = value
    return found


@lru_cache(maxsize=1024)
def _link(form: Form, key: str) -> Linkage | None:
    return link_of(form, form.decor[key].options, form.scope, quiet, key) if key in form.decor else None


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
    yield from check_question(source, one.options, at, form.scope)
    for place, condition in enumerate(one.options.get("where", ())):
        made = quiet(condition.get("value") or "", form.scope, None, Place.DEFAULT, "")
        if made is not None and any(len(path) > 1 and path[0] not in form.subforms for path in made.references):
            message = (
                "A live query compares with fields of this record itself; put the related value into a field first"
            )
            yield Problem("query.beyond", f"{at}.where[{place}].value", message, {})
