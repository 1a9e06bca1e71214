"""Why this value? What a computed, looked-up, rolled-up or numbered value was made of, as a dialog."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale
from dougong.web.numbers import read_number
from dougong.web.records.locate import open_form, record_url
from dougong.web.request import begin_tx
from engines.form.derive.origins import given_paths
from engines.form.derive.why import Explanation, why
from engines.form.form import Field, Form
from engines.form.rules.sentence import expression_sentence

why_pages = Blueprint("why", __name__)


def explains(form: Form, field: Field) -> bool:
    """Whether somebody may wonder where the value comes from: it was not simply entered."""
    if field.type.key == "explanation":
        return False
    return field.expression is not None or not field.type.writable or field.path in given_paths(form)


@why_pages.get("/a/<app>/<form>/<int:record_id>/why/<field>")
def explain(app: str, form: str, record_id: int, field: str) -> ResponseReturnValue:
    """The explanation of a field of a record; `?row=` names the row of a sub-form."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        told = why(tx, opened, record_id, field, read_number(request.args.get("row")))
        locale = current_locale()
        subform = field.rpartition(".")[0] or None
        return render_template(
            "records/why.html",
            told=told,
            sentence=expression_sentence(opened, told.expression, locale, subform) if _computed(told) else "",
            computed=_computed(told),
            filter=expression_sentence(opened, told.filter, locale, subform, told.over) if told.filter else "",
            text=told.text(locale),
            url=lambda one: record_url(app, one.form, one.id) if one.form and one.id is not None else "",
        )


def _computed(told: Explanation) -> bool:
    """Whether the expression is what gives the value; a default value stands among what may have given it."""
    return bool(told.expression) and told.kind != "default"
