"""How a value looks on a page: a tag for an option, a link for a record, a person with a face, numbers to the right.

A type whose look needs no Python has a template of its own, `fields/<type>_display.html`; it sees `value`, `field`,
`app`, `place`, `locale` and `text`, the value as one line.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from flask import current_app
from jinja2 import TemplateNotFound
from markupsafe import Markup, escape

from dougong.web.i18n import current_locale, gettext, zone
from dougong.web.records.locate import record_url
from dougong.web.render import ago, icon, initials, tone
from engines.form.fields.base import Field, Link
from engines.form.fields.link import FormLink, LinkField
from engines.form.form import Form
from engines.form.query import Record

Show = Callable[[Any, Field, str], Markup]
Place = Literal["list", "detail"]
CELL_TEXT: Final = 120
"""How many characters of a long text a cell of a list shows."""
"""Where a value stands: one line in a list, or with room on the page of a record."""

NUMERIC: Final = frozenset({"number", "money", "percent"})
_META: Final[Mapping[str, str]] = {
    "_owner": "owner",
    "_dept": "department",
    "_created_at": "created_at",
    "_created_by": "created_by",
    "_updated_at": "updated_at",
    "_updated_by": "updated_by",
    "_flow_state": "flow_state",
}


def cell(form: Form, key: str, record: Record, place: Place = "list") -> Markup:
    """The cell of a field in a list or on a record; a dash for a field that may not be seen here."""
    field = form.at(key)
    if key in _META:
        return shown(getattr(record.meta, _META[key]), field, form.app, place)
    values = record.values
    if field.key not in values:
        return unseen()
    drawn = shown_with_files(values[field.key], field, form.app, place, folder_of(form, record.id, key))
    late = any(path.partition(".")[0] == key for path in record.recomputing)
    return drawn + _recomputing() if late else drawn


def unseen() -> Markup:
    """What stands in the place of a value that may not be seen here."""
    return Markup('<span class="text-secondary" title="{}">—</span>').format(gettext("You may not see this"))


def folder_of(form: Form, record_id: int, path: str) -> str:
    """The address under which the files of a record's field (`photo`, `lines.photo`) are found."""
    return f"/a/{form.app}/{form.key}/{record_id}/files/{path}"


def shown_with_files(value: Any, field: Field, app: str, place: Place, folder: str) -> Markup:
    """A value of a record that is there, so that its files can be opened."""
    if field.type.key == "attachment" and value:
        return _files(value, folder)
    return shown(value, field, app, place, folder)


def late_columns(form: Form, subform: str, record: Record) -> list[str]:
    """What the columns of a sub-form are called whose values are not up to date yet."""
    late = sorted(path for path in record.recomputing if path.startswith(f"{subform}."))
    return [form.at(path).label(current_locale()) for path in late]


def _recomputing() -> Markup:
    """The mark of a value that is not up to date yet: a change reached more records than could follow at once."""
    mark = Markup(' <span class="badge bg-yellow-lt" data-recomputing>{}{}</span>')
    return mark.format(icon("refresh", "sm"), gettext("being recomputed"))


def shown(value: Any, field: Field, app: str, place: Place = "list", folder: str = "") -> Markup:
    """A value as HTML; empty for a blank. `folder` is where the files of the record's field are found, if anywhere."""
    if value is None or value in ("", (), []):
        return Markup("")
    field = field.end or field  # a lookup looks like what it looks up
    show = _BY_TYPE.get(look(field))
    if show is _long and place == "list":
        return Markup('<span class="dg-clip">{}</span>').format(_beginning(text_of(value, field)))
    if show is not None:
        return show(value, field, app)
    text = text_of(value, field)
    name = _template(look(field))
    if name is None:
        return escape(text)
    words = {"value": value, "field": field, "app": app, "place": place, "locale": current_locale(), "text": text}
    words["folder"] = folder
    html = current_app.jinja_env.get_template(name).render(words)  # a cell needs none of what pages are given
    return Markup(html.strip())  # noqa: S704 - templates escape by themselves


def _template(kind: str) -> str | None:
    """The display template of a type, None where there is none; asked for once for each application."""
    known: dict[str, str | None] = current_app.extensions.setdefault("dougong.displays", {})
    if kind not in known:
        name = f"fields/{kind}_display.html"
        try:
            current_app.jinja_env.get_template(name)
            known[kind] = name
        except TemplateNotFound:
            known[kind] = None
    return known[kind]


def text_of(value: Any, field: Field) -> str:
    """A value as one line of text."""
    return field.type.display(value, field, current_locale(), zone())


def look(field: Field) -> str:
    """The type whose look a field has: a formula looks like its result."""
    return field.type.look(field)


def is_numeric(field: Field) -> bool:
    """Whether the values stand to the right."""
    return look(field) in NUMERIC


def _number(value: Any, field: Field, _app: str) -> Markup:
    text = text_of(value, field)
    red = field.options.get("negative_red") and isinstance(value, Decimal) and value < 0
    return Markup('<span class="text-danger">{}</span>').format(text) if red else escape(text)


def _long(value: Any, field: Field, _app: str) -> Markup:
    return Markup('<span class="dg-long">{}</span>').format(text_of(value, field))


def _beginning(text: str) -> str:
    """The beginning of a long text, on one line."""
    line = " ".join(text[:1000].split())
    return line if len(line) <= CELL_TEXT else f"{line[: CELL_TEXT - 1]}…"


def _choice(value: Any, field: Field, _app: str) -> Markup:
    keys: Sequence[str] = value if isinstance(value, list | tuple) else (value,)
    tags = []
    for key in keys:
        option = field.choice(key)
        name = option.label(current_locale()) if option else key
        color = option.color if option else None
        attribute = Markup(' data-color="{}"').format(color) if color else ""
        tags.append(
            Markup('<span class="dg-tag"{}><span class="text-truncate">{}</span></span>').format(attribute, name)
        )
    return _together(tags)


def _links(value: Any, field: Field, app: str) -> Markup:
    links: Sequence[Link] = value if isinstance(value, list | tuple) else (value,)
    target = field.type.target_form(field) or ""
    return _joined([_link(one, target, app) for one in links])


def _form_link(value: FormLink, field: Field, app: str) -> Markup:
    """A record of one of several forms: the icon of its form (which says its name) and a link."""
    part = field.parts.get(value.form)
    target: Any = None if part is None else part.target
    name = field.type.form_label(field, value.form, current_locale()) if isinstance(field.type, LinkField) else ""
    shape = Markup('<span class="text-secondary" title="{}">{}</span>').format(
        name, icon(getattr(target, "icon", "link"), "sm")
    )
    link = Markup('<a href="{}">{}</a>').format(record_url(app, value.form, value.id), value.title or "—")
    return _together([shape, link])


def _joined(parts: Sequence[Markup]) -> Markup:
    return _together(parts, "、" if current_locale() == "zh-CN" else ", ")


def _together(parts: Sequence[Markup], glue: str = " ") -> Markup:
    """Several parts as one: a card of a phone sets what stands side by side in a cell far apart."""
    return parts[0] if len(parts) == 1 else Markup("<span>{}</span>").format(escape(glue).join(parts))


def _link(value: Any, target: str, app: str) -> Markup:
    title = getattr(value, "title", None)
    if title is None:
        return Markup('<span class="text-secondary">—</span>')
    record = getattr(value, "record", None)
    if "." in target:  # a row of a sub-form: the page of its record, at the row
        form, _, rows = target.partition(".")
        if record is None:
            return escape(title)
        return Markup('<a href="{}#{}-row-{}">{}</a>').format(record_url(app, form, record), rows, value.id, title)
    return Markup('<a href="{}">{}</a>').format(record_url(app, target, value.id), title)


def _people(value: Any, _field: Field, _app: str) -> Markup:
    links: Sequence[Link] = value if isinstance(value, list | tuple) else (value,)
    faces = []
    for one in links:
        name = _name(one)
        faces.append(
            Markup(
                '<span class="d-inline-flex align-items-center gap-2"><span class="dg-avatar dg-avatar-sm" '
                'data-tone="{}" aria-hidden="true">{}</span><span class="text-truncate">{}</span></span>'
            ).format(tone(name), initials(name), name)
        )
    return _together(faces)


def _departments(value: Any, _field: Field, _app: str) -> Markup:
    links: Sequence[Link] = value if isinstance(value, list | tuple) else (value,)
    return _joined([escape(_name(one, closed=True)) for one in links])


def _name(one: Link, *, closed: bool = False) -> str:
    """What somebody (or a department) is called; who is there no longer is shown as such."""
    if not one.left:
        return one.title or "—"
    return gettext("%(name)s (closed)", name=one.title) if closed else gettext("%(name)s (left)", name=one.title)


def _boolean(value: Any, _field: Field, _app: str) -> Markup:
    name = gettext("Yes") if value else gettext("No")
    return Markup('<span class="d-inline-flex align-items-center gap-1">{}{}</span>').format(
        icon("circle-check" if value else "circle-x", "sm"), name
    )


def _masked(value: Any, field: Field) -> bool:
    """Whether a value is only its mask: nobody can be called under it."""
    return field.mask is not None and "*" in str(value)


def _phone(value: Any, field: Field, _app: str) -> Markup:
    if _masked(value, field):
        return escape(value)
    return Markup('<a href="tel:{0}">{0}</a>').format(value)


def _email(value: Any, field: Field, _app: str) -> Markup:
    if _masked(value, field):
        return escape(value)
    return Markup('<a href="mailto:{0}">{0}</a>').format(value)


def _files(value: Any, folder: str) -> Markup:
    """Links to the files of a record's field, which the record's policy guards."""
    link = Markup('<a class="text-break" href="{}/{}">{} {}</a>')
    return _together(
        [link.format(folder, one["id"], icon("paperclip", "sm"), one.get("name") or one["id"]) for one in value]
    )


def _rows(value: Any, _field: Field, _app: str) -> Markup:
    return escape(gettext("%(count)s rows", count=len(value)))


def _instant(value: Any, field: Field, _app: str) -> Markup:
    return ago(value) if field.key.startswith("_") else escape(text_of(value, field))


_BY_TYPE: Final[Mapping[str, Show]] = {
    "choice": _choice,
    "choices": _choice,
    "number": _number,
    "money": _number,
    "relation": _links,
    "link": _form_link,
    "member": _people,
    "members": _people,
    "department": _departments,
    "departments": _departments,
    "boolean": _boolean,
    "phone": _phone,
    "email": _email,
    "subform": _rows,
    "textarea": _long,
    "datetime": _instant,
}
