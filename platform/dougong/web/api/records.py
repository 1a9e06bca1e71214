"""`/api/v1`: records of a form, one by one: list, read, create, change, delete, restore, choose from."""

from dataclasses import asdict
from typing import Any, Final

from flask import Blueprint, Response, request

from dougong.apps import store
from dougong.web.api.asking import query_of, query_of_address
from dougong.web.api.base import BadRequest, answer, page_of, read_body, scope
from dougong.web.api.writing import change, if_match, only, typed
from dougong.web.problems import translate
from dougong.web.request import begin_tx
from engines.form.choosing.ask import fixed_filter
from engines.form.choosing.compile import choices_of
from engines.form.form import Form
from engines.form.history import changes
from engines.form.policy import policy_for
from engines.form.query import Query, ask, get_record, list_records, options_of, pick
from engines.form.records import Saved, create_record, delete_record, restore_record, update_record
from engines.form.serialize import to_json, total_currencies
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected

records_api = Blueprint("records_api", __name__, url_prefix="/api/v1")
RECORDS: Final = "/apps/<app>/forms/<form>/records"
RECORD: Final = f"{RECORDS}/<int:record_id>"
READ, WRITE = "records:read", "records:write"
PICK_LIMIT: Final = 100


@records_api.get(RECORDS)
@scope(READ)
def list_page(app: str, form: str) -> Response:
    """A page of the records that the caller may see."""
    return _list(app, form, query_of_address())


@records_api.post(f"{RECORDS}/query")
@scope(READ)
def ask_page(app: str, form: str) -> Response:
    """The same with the question in the body, for filters that are too long for an address."""
    return _list(app, form, query_of(read_body()))


@records_api.post(RECORDS)
@scope(WRITE)
def create(app: str, form: str) -> Response:
    """Create a record from `{"values": {...}}`."""
    body = read_body()
    only(body, "values")
    values = typed(body, "values", dict, "object", required=True)

    def work(tx: Transaction) -> tuple[Any, int]:
        compiled = store.forms(tx, app).get(form)
        return _told(tx, compiled, create_record(tx, compiled, values)), 201

    return change(work)


@records_api.get(RECORD)
@scope(READ)
def read(app: str, form: str, record_id: int) -> Response:
    """One record with its rows, and what the caller may do with it; `?trash=true` finds it in the trash too."""
    only(request.args, "trash")
    with begin_tx(read_only=True) as tx:
        compiled = store.forms(tx, app).get(form)
        record = get_record(tx, compiled, record_id, trash=request.args.get("trash") in ("true", "1"))
        return answer(to_json(compiled, record, tx.actor.locale), headers={"ETag": f'"{record.version}"'})


@records_api.patch(RECORD)
@scope(WRITE)
def update(app: str, form: str, record_id: int) -> Response:
    """Change the fields in `values`. With `base` (what was read) or `If-Match` changes of others are kept or told."""
    body = read_body()
    only(body, "values", "base")
    values = typed(body, "values", dict, "object", required=True)
    base = typed(body, "base", dict, "object")
    version = if_match()

    def work(tx: Transaction) -> tuple[Any, int]:
        compiled = store.forms(tx, app).get(form)
        saved = update_record(tx, compiled, record_id, values, base=base, version=version)
        return _told(tx, compiled, saved), 200

    return change(work)


@records_api.delete(RECORD)
@scope(WRITE)
def delete(app: str, form: str, record_id: int) -> Response:
    """Move a record into the trash."""
    version = if_match()

    def work(tx: Transaction) -> tuple[Any, int]:
        saved = delete_record(tx, store.forms(tx, app).get(form), record_id, version=version)
        return {"id": saved.id, "version": saved.version}, 200

    return change(work)


@records_api.post(f"{RECORD}/restore")
@scope(WRITE)
def restore(app: str, form: str, record_id: int) -> Response:
    """Take a record out of the trash."""

    def work(tx: Transaction) -> tuple[Any, int]:
        compiled = store.forms(tx, app).get(form)
        return _told(tx, compiled, restore_record(tx, compiled, record_id)), 200

    return change(work)


@records_api.get(f"{RECORD}/history")
@scope(READ)
def history(app: str, form: str, record_id: int) -> Response:
    """What happened to a record, the newest first, of the fields that the caller may see."""
    with begin_tx(read_only=True) as tx:
        found = changes(tx, store.forms(tx, app).get(form), record_id)
    return answer({"items": [asdict(one) for one in found]})


@records_api.get("/apps/<app>/forms/<form>/options")
@scope(READ)
def options(app: str, form: str) -> Response:
    """Records to choose from by title: of this form, or what `?field=lines.product` of it may be set to."""
    only(request.args, "field", "search", "limit", "held")
    text = request.args.get("limit", "20")
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= PICK_LIMIT):
        message = f"The limit is a whole number from 1 to {PICK_LIMIT}"
        raise BadRequest(Problem("request.limit", "limit", message, {"limit": PICK_LIMIT}))
    field, search = request.args.get("field"), request.args.get("search")
    with begin_tx(read_only=True) as tx:
        compiled = store.forms(tx, app).get(form)
        if field:
            _pickable(tx, compiled, field)
            held = [int(one) for one in request.args.get("held", "").split(",") if one.isdecimal() and len(one) < 19]
            linkage = choices_of(compiled).get(field)
            if linkage is None:
                found = options_of(tx, compiled, field, search, int(text), held[:200])
            else:  # there is no record to compare with: `/choices` has one
                found = pick(tx, linkage.form, search, fixed_filter(ask(tx, linkage.form), linkage), int(text))
        else:
            found = pick(tx, compiled, search, limit=int(text))
    return answer({"items": [{"id": one.id, "title": one.title, "subtitle": one.subtitle} for one in found]})


def _list(app: str, form: str, query: Query) -> Response:
    with begin_tx(read_only=True) as tx:
        compiled = store.forms(tx, app).get(form)
        _check_columns(compiled, query)
        try:
            page = list_records(tx, compiled, query)
        except NotFound as error:  # a field that the question names, not the place that was asked
            raise Rejected(error.problems) from error
        items = (to_json(compiled, record, tx.actor.locale) for record in page.rows)
        more: dict[str, Any] = {"total": page.total, "capped": page.capped, "totals": dict(page.totals)}
        more["total_currencies"] = total_currencies(compiled, page.totals)
        return answer(page_of(items, page.next_cursor, more))


def _check_columns(form: Form, query: Query) -> None:
    """Raise `Rejected` with every column that is no field of the form."""
    problems: list[Problem] = []
    for key in query.columns or ():
        try:
            form.get(key, f"columns.{key}")
        except ProblemError as error:
            problems += error.problems
    if problems:
        raise Rejected(problems)


def _pickable(tx: Transaction, form: Form, path: str) -> None:
    """Raise `Rejected` for a field that does not point at records, or that the caller neither sees nor sets."""
    try:
        one = form.at(path)
    except NotFound as error:
        raise Rejected(error.problems) from error
    policy = policy_for(tx, form)
    if policy.sees(one.path) is False and policy.edits(one.path, "create") is False:
        message = f"You may not see {one.label()}"
        raise Rejected(Problem("record.field_hidden", path, message, {"label": one.label(tx.actor.locale)}))
    if one.type.target_form(one) is None or path in form.subforms:
        message = f"{one.label()} does not point at records"
        raise Rejected(Problem("filter.no_path", path, message, {"field": path}))


def _told(tx: Transaction, form: Form, saved: Saved) -> dict[str, Any]:
    """What a write answers: id and version, or the whole record for `Prefer: return=representation`."""
    short: dict[str, Any] = {"id": saved.id, "version": saved.version, "changed": saved.changed}
    if saved.warnings:
        short["warnings"] = [one.as_dict() for one in translate(saved.warnings, tx.actor.locale)]
    if "return=representation" not in request.headers.get("Prefer", "") or not policy_for(tx, form).may("read"):
        return short
    try:
        return to_json(form, get_record(tx, form, saved.id), tx.actor.locale) | short
    except NotFound:  # what was written may lie outside of what the writer sees
        return short
