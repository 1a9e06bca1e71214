"""Why this value? What a computed, looked-up, rolled-up or numbered value was made of, as a dialog."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale
from dougong.web.records.locate import open_form, record_url
from dougong.web.request import begin_tx
from engines.form.derive.why import why
from engines.form.fields.base import Field
from engines.form.rules.sentence import expression_sentence

why_pages = Blueprint("why", __name__)


def explains(field: Field) -> bool:
    """Whether somebody may wonder where the value comes from: it was not simply entered."""
    return field.expression is not None or not field.type.writable


@why_pages.get("/a/<app>/<form>/<int:record_id>/why/<field>")
def explain(app: str, form: str, record_id: int, field: str) -> ResponseReturnValue:
    """The explanation of a field of a record; `?row=` names the row of a sub-form."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        told = why(tx, opened, record_id, field, request.args.get("row", type=int))
        locale = current_locale()
        subform = field.partition(".")[0] if "." in field else None
        return render_template(
            "records/why.html",
            told=told,
            sentence=expression_sentence(opened, told.expression, locale, subform) if told.expression else "",
            filter=expression_sentence(opened, told.filter, locale, subform) if told.filter else "",
            text=told.text(locale),
            url=lambda one: record_url(app, one.form, one.id) if one.form and one.id is not None else "",
        )
