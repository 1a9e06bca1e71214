"""`/api/v1`: which applications and forms there are, as the caller may use them."""

from typing import Any, Final

from flask import Blueprint, Response

from dougong.apps import store
from dougong.web.api.base import answer, scope
from dougong.web.request import begin_tx
from engines.form.counted import code_of, currency_path
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.policy import Policy, policy_for
from engines.form.transaction import Transaction
from engines.kernel.labels import label
from engines.kernel.problems import Forbidden, Problem

forms_api = Blueprint("forms_api", __name__, url_prefix="/api/v1")
OPERATIONS: Final = ("read", "create", "update", "delete", "submit", "export", "import")


@forms_api.get("/apps")
@scope("records:read")
def apps() -> Response:
    """The applications of the workspace, in their order."""
    with begin_tx(read_only=True) as tx:
        locale = tx.actor.locale
        found = [{"key": one.key, "title": label(one.title, locale), "icon": one.icon} for one in store.apps(tx)]
    return answer({"items": found})


@forms_api.get("/apps/<app>/forms")
@scope("records:read")
def forms(app: str) -> Response:
    """The forms of an application with which the caller may do something; `_member` and `_department` among them."""
    with begin_tx(read_only=True) as tx:
        found = [(form, policy_for(tx, form)) for form in store.forms(tx, app)]
        return answer({"items": [_form(tx, form, policy) for form, policy in found if _may(form, policy)]})


@forms_api.get("/apps/<app>/forms/<form>")
@scope("records:read")
def form(app: str, form: str) -> Response:
    """One form with the fields that the caller may see or fill, their types and options."""
    with begin_tx(read_only=True) as tx:
        compiled = store.forms(tx, app).get(form)
        policy = policy_for(tx, compiled)
        if not _may(compiled, policy):
            message = f"You may not use {compiled.label}"
            raise Forbidden(Problem("form.denied", form, message, {"form": compiled.label(tx.actor.locale)}))
        fields = [_field(tx, policy, one) for one in compiled.fields.values() if usable(policy, one)]
        return answer(_form(tx, compiled, policy) | {"fields": fields, "views": list(compiled.views)})


def usable(policy: Policy, one: Field) -> bool:
    """Whether the actor sees a field somewhere, or may fill it."""
    return policy.sees(one.path) is not False or policy.edits(one.path, "create") is not False


def _may(form: Form, policy: Policy) -> list[str]:
    known = OPERATIONS[:1] if form.system else OPERATIONS
    return [operation for operation in known if policy.may(operation)]


def _form(tx: Transaction, form: Form, policy: Policy) -> dict[str, Any]:
    locale = tx.actor.locale
    return {
        "key": form.key,
        "title": form.label(locale),
        "description": form.description(locale),
        "icon": form.icon,
        "title_field": form.title_field,
        "may": _may(form, policy),
        "revision": form.revision,
    }


def _field(tx: Transaction, policy: Policy, one: Field) -> dict[str, Any]:
    locale = tx.actor.locale
    found: dict[str, Any] = {
        "key": one.key,
        "type": one.type.key,
        "label": one.label(locale),
        "help": one.help(locale),
        "required": one.required,
        "unique": one.unique,
        "writable": one.type.writable and not one.readonly and policy.edits(one.path, "create") is not False,
        "operators": list(one.type.operators(one)),
    }
    if one.choices:
        found["choices"] = [
            {"key": choice.key, "label": choice.label(locale), "color": choice.color, "disabled": choice.disabled}
            for choice in one.choices
        ]
    if one.type.look(one) == "money":
        found["currency"] = code_of(one.end if one.type.key == "lookup" and one.end is not None else one)
        if (path := currency_path(one)) is not None:
            found["currency_field"] = ".".join(path)
    if one.type.target_form(one):
        found["form"] = one.options.get("form") or one.type.target_form(one)
        if one.options.get("rows"):
            found["rows"] = one.options["rows"]
    if one.parts:
        found["forms"] = list(one.type.reads(one))
    if one.rows:
        found["fields"] = [_field(tx, policy, inner) for inner in one.rows.values() if usable(policy, inner)]
    return found
