"""Rows that relations point at, as forms of their own: `order.lines` beside `order`.

The rows of a sub-form get a compiled `Form` as soon as a relation points at them or stands among them and is counted.
It shares their fields and their table and knows two things more: `id`, and `_parent`, the record around the row. So
whatever works for relations to records (expressions, filters, titles, rights, joins, kept values) works for relations
to rows, by the same code. No list, no address and no write leads to such a form: rows are written with their record.
"""

from collections.abc import Mapping
from typing import Any, Final

from engines.form.collected import Collected, document_path, every_field
from engines.form.fields.base import Field, Words
from engines.form.fields.links import RelationField
from engines.form.fields.rollup import list_key
from engines.form.form import Form, Forms, SubForm
from engines.form.names import ID, PARENT
from engines.form.sysfields import system_fields
from engines.kernel.problems import Problem, suggest

_RELATION: Final = RelationField()


def rows_key(form: str, rows: str | None) -> str:
    """What a relation points at: `order`, or `order.lines` for the rows of a sub-form."""
    return f"{form}.{rows}" if rows else form


def make_row_forms(collected: Collected) -> None:
    """The forms of all rows that relations point at or that are counted by what they point at."""
    forms = collected.forms
    for form in forms.own():
        for one in every_field(form):
            if one.type.key == "relation" and one.options.get("rows"):
                _pointed(form, one, collected)
            of = one.options.get("of") if one.type.key == "rollup" else None
            if isinstance(of, Mapping) and not _counted(form, one, of, collected):
                one.options["of"] = None  # what is wrong is said; its expression would only say it again
    for form in forms.own():
        for one in every_field(form):
            _declared(form, one)
        for spec in form.related:
            other = forms.by_key.get(spec["form"])
            if other is not None and spec.get("rows"):
                _rows_of(forms, other, spec["rows"])


def _pointed(form: Form, one: Field, collected: Collected) -> None:
    """The rows that a relation points at, and those that it stands among."""
    target, key = collected.forms.by_key.get(one.options["form"]), one.options["rows"]
    if target is None:
        return  # said where targets are looked up
    at = f"{document_path(one)}.options.rows"
    if _rows_of(collected.forms, target, key) is None:
        known = list(target.subforms)
        message = f'{target.label()} has no sub-form "{key}"{suggest(key, known)}'
        params = {"key": key, "form": str(target.label), "known": known}
        collected.report(form.key, [Problem("relation.no_rows", at, message, params)])
    if one.subform and "." not in one.subform:
        _rows_of(collected.forms, form, one.subform)


def _counted(form: Form, one: Field, of: Mapping[str, Any], collected: Collected) -> bool:
    """The list of rows that point here, under the name that the roll-up's expression uses; False where it is wrong."""
    forms, at = collected.forms, f"{document_path(one)}.options.of"
    holder = _holder(forms, form, one)
    source = forms.by_key.get(of["form"])
    if source is None:
        known = sorted(forms.by_key)
        message = f'There is no form "{of["form"]}"{suggest(of["form"], known)}'
        collected.report(
            form.key, [Problem("form.unknown", f"{at}.form", message, {"key": of["form"], "known": known})]
        )
        return False
    rows = of.get("rows")
    place = source if rows is None else _rows_of(forms, source, rows)
    if place is None and rows is not None:
        known = list(source.subforms)
        message = f'{source.label()} has no sub-form "{rows}"{suggest(rows, known)}'
        params = {"key": rows, "form": str(source.label), "known": known}
        collected.report(form.key, [Problem("relation.no_rows", f"{at}.rows", message, params)])
        return False
    if place is None or holder is None:
        return False
    pointing = place.pointing(of["field"], holder.key)
    if pointing is None or pointing.type.target_form(pointing) != holder.key:
        message = f'{place.label()} has no relation "{of["field"]}" that points here'
        params = {"key": of["field"], "form": str(place.label)}
        collected.report(form.key, [Problem("rollup.points_elsewhere", f"{at}.field", message, params)])
        return False
    holder.counted[list_key(of)] = {"key": list_key(of), "form": source.key, "rows": rows, "field": of["field"]}
    return True


def _declared(form: Form, one: Field) -> None:
    """The list that a relation declares for expressions of the rows that it points at, or stands among rows itself."""
    wish = one.options.get("reverse") if one.type.key == "relation" else None
    if wish is None or not (one.subform or one.options.get("rows")) or "." in (one.subform or ""):
        return
    target = form.forms.find(rows_key(one.options["form"], one.options.get("rows")))
    if target is None or target.system or wish["key"] in target.every:
        return
    if one.subform:
        _rows_of(form.forms, form, one.subform)
    entry = {"key": wish["key"], "form": form.key, "rows": one.subform, "field": one.key}
    target.counted.setdefault(wish["key"], entry)


def _holder(forms: Forms, form: Form, one: Field) -> Form | None:
    """What a roll-up stands in: the form, or the rows of a sub-form."""
    return form if one.subform is None else _rows_of(forms, form, one.subform)


def _rows_of(forms: Forms, form: Form, key: str) -> Form | None:
    """The form of the rows of a sub-form, made when it is first asked for; None where there is no such sub-form."""
    known = forms.row_forms.get(rows_key(form.key, key))
    if known is not None or key not in form.subforms or "." in key:
        return known
    made = _made(form, form.subforms[key])
    forms.row_forms[made.key] = made
    return made


def _made(form: Form, sub: SubForm) -> Form:
    key = rows_key(form.key, sub.key)
    return Form(
        app=form.app,
        key=key,
        label=_joined(form.label, sub.field.label),
        icon=form.icon,
        description=Words(None),
        fields={name: one for name, one in sub.fields.items() if one.type.storage != "children"},
        system_fields={ID: system_fields(key, id_only=True)[ID], PARENT: _parent(form, sub)},
        title_field=None,
        subtitle_field=None,
        sections=(),
        views=(),
        related=(),
        document=form.document,
        revision=form.revision,
        forms=form.forms,
        of_rows=sub,
    )


def _parent(form: Form, sub: SubForm) -> Field:
    """The record around a row, as a relation of the row."""
    made = Field(
        key=PARENT,
        type=_RELATION,
        label=form.label,
        form_key=form.key,
        options=_RELATION.fill({"form": form.key}),
        readonly=True,
        subform=sub.key,
    )
    made.target = form
    return made


def _joined(form: Words, rows: Words) -> Words:
    return Words({locale: f"{form(locale)} · {rows(locale)}" for locale in ("zh-CN", "en")})
