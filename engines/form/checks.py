"""What a form's schema cannot say: names in views, sections, rules and related lists exist and fit."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from weakref import ref

from engines.form.choosing.checks import check_choices
from engines.form.compile import Collected, collect, document_path, every_field
from engines.form.decor import check_decor
from engines.form.fields.base import Context, Field
from engines.form.fields.serial import SerialField
from engines.form.filters import follow, read_filter
from engines.form.form import Form
from engines.form.live_query import check_queries
from engines.form.nested import check_nested
from engines.form.protect.flow import check_flow
from engines.form.rates.checks import check_currencies
from engines.form.rules.checks import check_rules
from engines.form.scanning import check_scans
from engines.form.titles import is_sorted_by
from engines.form.write.copying import check_copies
from engines.kernel.layers import Effective
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest

MOST_COLUMNS: Final = 1000
"""A table dies after 1,600 columns ever added (D3); some are kept for what is derived and for the trash."""

_CONTEXT: Final = Context()


class _Last:
    """The last compiled set of documents: one publish checks sixty forms against the same one."""

    def __init__(self) -> None:
        self.kept: tuple[Callable[[], Effective | None], Collected] | None = None

    def of(self, effective: Effective) -> Collected:
        """What these documents compile to. Threads may come together: one of them is kept."""
        kept = self.kept
        if kept is not None and kept[0]() is effective:
            return kept[1]
        collected = collect("app", effective.documents)
        self.kept = (ref(effective), collected)
        return collected


_last = _Last()


def compiled(effective: Effective) -> Collected:
    """The forms of these documents with what is wrong in them; the last answer is kept."""
    return _last.of(effective)


def check_form(form: Form) -> Iterator[Problem]:
    """Everything wrong with the parts of a form beside its fields. Paths start in the document."""
    yield from _keys(form)
    yield from _titles(form)
    yield from _sections(form)
    yield from check_decor(form)
    for view in form.views:
        yield from _view(form, view)
    yield from check_rules(form)
    yield from check_copies(form)
    yield from check_choices(form)
    yield from check_flow(form)
    yield from check_queries(form)
    yield from check_currencies(form)
    yield from check_scans(form)
    for one, problem in check_nested(form):
        yield problem.under(document_path(one))
    for related in form.related:
        yield from _related(form, related)
    yield from _profile(form)


def _keys(form: Form) -> Iterator[Problem]:
    for one in every_field(form):
        for segment in one.options.get("segments", ()):
            if segment["kind"] == "field":
                at = f"{document_path(one)}.options.segments.{segment['key']}.field"
                yield from _known(form, segment["field"], at, plain=True)
        if isinstance(one.type, SerialField) and one.type.repeats(one):
            counter = one.type.counter(one)
            message = "The counter begins anew, but the number does not show when: add a date that tells the period"
            at = f"{document_path(one)}.options.segments.{counter['key']}.reset"
            yield Problem("serial.repeats", at, message, {"reset": counter["reset"], "label": one.label.value})
        if one.type.key == "stage":
            for stage in one.options.get("stages", ()):
                for key in stage.get("needs", ()):
                    at = f"{document_path(one)}.options.stages.{stage['key']}.needs"
                    yield from _known(form, key, at, plain=True)
    columns = len(form.table.c)
    if columns > MOST_COLUMNS:
        message = f"Has {columns} columns, at most {MOST_COLUMNS} are possible"
        yield Problem("form.too_many_columns", "fields", message, {"count": columns, "max": MOST_COLUMNS})


def _titles(form: Form) -> Iterator[Problem]:
    for name, key in (("title_field", form.title_field), ("subtitle_field", form.subtitle_field)):
        if key is None:
            continue
        problems = list(_known(form, key, name, plain=True))
        yield from problems
        if problems:
            continue
        if form.get(key).encrypted:
            label = form.get(key).label()
            message = f"{label} is encrypted and cannot be a title: titles are shown, sorted and searched"
            yield Problem("encrypted.no_title", name, message, {"field": key, "label": label})
            continue
        storage = form.get(key).storage
        if storage == "children" or storage == "links" or (name == "title_field" and storage != "column"):
            message = f'"{key}" cannot be a title: it has no value of its own in the record'
            yield Problem("form.no_title", name, message, {"field": key})


def _sections(form: Form) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for section in form.sections:
        for key in section["fields"]:
            path = f"sections.{section['key']}.fields.{key}"
            if key not in form.decor:
                yield from _known(form, key, path)
            if key in seen:
                message = f'"{key}" already stands in the section "{seen[key]}"'
                yield Problem("form.twice_in_sections", path, message, {"field": key, "section": seen[key]})
            seen.setdefault(key, section["key"])


def _view(form: Form, view: Any) -> Iterator[Problem]:
    at = f"views.{view['key']}"
    for name in view.get("columns", ()):
        yield from _path(form, name, f"{at}.columns.{name}")
    for name in view.get("totals", ()):
        path = f"{at}.totals.{name}"
        field, problems = _found(form, name, path)
        yield from problems
        if field is not None and not _adds_up(field):
            message = f"{field.label()} cannot be added up"
            yield Problem("view.no_total", path, message, {"field": name})
    yield from _board(form, view, at)
    for index, sort in enumerate(view.get("sort", ())):
        path = f"{at}.sort[{index}].field"
        field, problems = _found(form, sort["field"], path)
        yield from problems
        if field is not None and not is_sorted_by(field):
            message = f"Lists cannot be sorted by {field.label()}"
            yield Problem("view.no_sort", path, message, {"field": sort["field"]})
    try:
        read_filter(form, view.get("filter"), _CONTEXT, f"{at}.filter")
    except ProblemError as error:
        yield from error.problems


def _board(form: Form, view: Any, at: str) -> Iterator[Problem]:
    """A board needs a choice of its own form to stand by, and shows fields that are there."""
    by = view.get("by")
    if view.get("layout") == "kanban" and by is None:
        yield Problem("view.no_columns", f"{at}.by", "A board needs a stage or a single choice for its columns", {})
    if by is not None:
        yield from _known(form, by, f"{at}.by", plain=True)
        field = form.fields.get(by)
        if field is not None and (field.type.key not in ("choice", "stage") or field.storage != "column"):
            message = f"{field.label()} is no stage and no single choice"
            yield Problem("view.not_a_choice", f"{at}.by", message, {"label": field.label()})
    card = view.get("card", {})
    for name in (card.get("title"), *card.get("fields", ())):
        if name is not None:
            yield from _path(form, name, f"{at}.card")
    if view.get("sum") is not None:
        summed, problems = _found(form, view["sum"], f"{at}.sum")
        yield from problems
        if summed is not None and not _adds_up(summed):
            message = f"{summed.label()} cannot be added up"
            yield Problem("view.no_total", f"{at}.sum", message, {"field": view["sum"]})


def _adds_up(field: Field) -> bool:
    return field.type.totals or field.type.formula_type(field).value == "number"


def _related(form: Form, related: Any) -> Iterator[Problem]:
    at = f"related.{related['key']}"
    try:
        other = form.forms.get(related["form"], f"{at}.form")
        sub = other.get(related["rows"], f"{at}.rows") if related.get("rows") else None
        field = other.get(related["field"], f"{at}.field") if sub is None else sub.rows.get(related["field"])
    except NotFound as error:
        yield from error.problems
        return
    if field is None:
        known = [] if sub is None else list(sub.rows)
        message = f'There is no field "{related["field"]}"{suggest(related["field"], known)}'
        yield Problem("field.unknown", f"{at}.field", message, {"key": related["field"], "known": known})
        return
    pointing = field.parts.get(form.key, field)
    if (pointing.type.target_form(pointing) or "").partition(".")[0] != form.key:
        message = f"{other.label()}.{field.label()} does not point at {form.label()}"
        params = {"form": other.key, "field": field.key, "target": form.key}
        yield Problem("related.points_elsewhere", f"{at}.field", message, params)
    for name in related.get("columns", ()):
        yield from _path(other, name, f"{at}.columns.{name}")


def _profile(form: Form) -> Iterator[Problem]:
    if not form.profile_of:
        return
    key = form.profile_of.removeprefix("_")
    field = form.fields.get(key)
    fits = field is not None and field.type.target_form(field) == form.profile_of
    if not fits or field is None or not field.required or not field.unique or field.storage != "column":
        message = f'A profile needs a field "{key}" of the type {key} that is required and unique'
        yield Problem("form.profile_field", f"fields.{key}", message, {"field": key, "of": form.profile_of})


def _known(form: Form, key: str, path: str, *, plain: bool = False) -> Iterable[Problem]:
    """Whether a field of the form itself has this key; `plain` leaves out system fields too."""
    try:
        form.get(key, path)
    except NotFound as error:
        return error.problems
    if plain and key in form.system_fields:
        message = f'"{key}" is a system field and cannot stand here'
        return [Problem("field.is_system", path, message, {"field": key})]
    return ()


def _path(form: Form, name: str, path: str) -> Iterable[Problem]:
    return _found(form, name, path)[1]


def _found(form: Form, name: str, path: str) -> tuple[Field | None, Iterable[Problem]]:
    try:
        return follow(form, name, path)[1], ()
    except ProblemError as error:
        return None, error.problems
