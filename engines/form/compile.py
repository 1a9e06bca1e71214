"""Documents into compiled forms: fields, expressions in their order, tables. Done once per revision.

`collect` gives what could be compiled together with every problem, each under the address of its document; the checks
of the document kinds use it. `compile_forms` is for published documents and raises instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import MetaData

from engines.form import people, tables
from engines.form.calendars.compile import CHINA
from engines.form.collected import Collected, document_path, every_field, make_tables, read_choices, spec_of
from engines.form.derive.explained import explain_fields
from engines.form.fields import FIELD_TYPES
from engines.form.fields.base import Choice, Field, FieldType, Words
from engines.form.form import Form, Forms, Reverse, SubForm
from engines.form.ordering import Node, computed_by_writes, needed, order_formulas, path_steps
from engines.form.profiles import Profile, profile_field
from engines.form.protect.checks import check_encrypted
from engines.form.protect.cipher import Cipher, Sealing
from engines.form.protect.masks import MASKABLE, Mask, check_mask
from engines.form.rates.compile import compile_currencies
from engines.form.row_forms import make_row_forms
from engines.form.rules.compile import Compile, compile_rules
from engines.form.sysfields import system_fields
from engines.form.unique import beside, check_within
from engines.formula import Expression, Place, Scope, Type, compile_expression
from engines.kernel.documents import Address, Document
from engines.kernel.problems import NotFound, Problem, ProblemError, Rejected, suggest

__all__ = [
    "Collected",
    "Node",
    "collect",
    "compile_forms",
    "document_path",
    "every_field",
    "needed",
    "path_steps",
    "read_choices",
]

RESERVED: Final = frozenset({"id", "true", "false", "null", "and", "or", "not", "rows", "partial"})
"""Words that mean something else in tables, expressions or the API."""


def compile_forms(
    app: str,
    documents: Mapping[Address, Document] | Iterable[Document],
    *,
    revision: int = 0,
    cipher: Cipher | None = None,
) -> Forms:
    """The forms of an app. Raises `Rejected` with every problem; paths begin with kind and key of the document."""
    collected = collect(app, documents, revision=revision, cipher=cipher)
    if collected.problems:
        raise Rejected(
            problem.under(f"{kind}.{key}") for (kind, key), found in collected.problems.items() for problem in found
        )
    return collected.forms


def collect(
    app: str,
    documents: Mapping[Address, Document] | Iterable[Document],
    *,
    revision: int = 0,
    cipher: Cipher | None = None,
) -> Collected:
    """Compile what can be compiled and note everything that is wrong."""
    every = documents.values() if isinstance(documents, Mapping) else documents
    by_address = {(one["kind"], one["key"]): one for one in every}
    collected = Collected(
        Forms(
            app=app,
            revision=revision,
            metadata=MetaData(),
            documents=by_address,
            option_sets={one["key"]: read_choices(one.get("choices", ())) for one in _kind(by_address, "option_set")},
            settings={
                one["key"]: one for document in _kind(by_address, "parameters") for one in document.get("settings", ())
            },
            roles={one["key"]: Words(one.get("title")) for one in _kind(by_address, "role")},
            cipher=cipher,
        )
    )
    for document in (*people.PEOPLE, *_kind(by_address, "form")):
        form = _form(document, collected, app, system=document in people.PEOPLE)
        collected.forms.by_key[form.key] = form
    make_row_forms(collected)
    for form in collected.forms.own():
        _profile(form, collected)
    for form in collected.forms:
        for one in every_field(form):
            _end(form, one, ())
    for form in collected.forms:
        _targets(form, collected)
    for form in collected.forms.own():
        _parts(form, collected)
    for form in collected.forms.own():
        _reverse_lists(form)
    for form in collected.forms.own():
        _calendar(form, collected)
    for form in collected.forms:
        _expressions(form, collected)
    for form in collected.forms.own():
        _explanations(form, collected)
    order_formulas(collected)
    for form in collected.forms:
        form.rules = compile_rules(form, _reporting(form, collected))
        compile_currencies(form, _reporting(form, collected))
        form.groups = tuple(one for one in _kind(by_address, "group") if one.get("form") == form.key)
        form.formula_order = tuple(computed_by_writes(form))
    make_tables(collected.forms)
    collected.problems = {address: found for address, found in collected.problems.items() if found}
    return collected


def _kind(documents: Mapping[Address, Document], kind: str) -> list[Document]:
    return [document for (one, _), document in documents.items() if one == kind]


# -- fields -----------------------------------------------------------------------------------------------------------


def _form(document: Document, collected: Collected, app: str, *, system: bool) -> Form:
    key = document["key"]
    form = Form(
        app=app,
        key=key,
        label=Words(document.get("title", key)),
        icon=document.get("icon", "file-text"),
        description=Words(document.get("description")),
        fields={},
        system_fields=system_fields(key, id_only=system),
        title_field=document.get("title_field"),
        subtitle_field=document.get("subtitle_field"),
        sections=tuple(document.get("sections", ())),
        views=tuple(document.get("views", ())),
        related=tuple(document.get("related", ())),
        document=document,
        revision=collected.forms.revision,
        forms=collected.forms,
        system=system,
        profile_of=document.get("profile_of"),
        calendar=document.get("calendar"),
    )
    for spec in document.get("fields", ()):
        one = _field(spec, form, None, collected)
        if one is None:
            continue
        if not one.type.is_value:
            form.decor[one.key] = one
            continue
        form.fields[one.key] = one
        if one.type.storage == "children":
            form.subforms[one.key] = _rows(spec, one, form, None, collected)
    _within(form, form.fields, document.get("fields", ()), "fields", collected)
    return form


def _rows(spec: Mapping[str, Any], holder: Field, form: Form, outer: SubForm | None, collected: Collected) -> SubForm:
    """The rows of a sub-form, and one level of rows in them."""
    specs = spec.get("fields", ())
    made = SubForm(holder, holder.rows, form, outer=outer)
    for row in specs:
        inner = _field(row, form, holder.path, collected)
        if inner is None:
            continue
        holder.rows[inner.key] = inner
        if inner.type.storage == "children":
            made.subforms[inner.key] = _rows(row, inner, form, made, collected)
    _within(form, holder.rows, specs, f"{document_path(holder)}.fields", collected)
    return made


def _within(
    form: Form, fields: Mapping[str, Field], specs: Iterable[Mapping[str, Any]], path: str, collected: Collected
) -> None:
    """Tie fields that are unique beside others to those."""
    for spec in specs:
        one = fields.get(spec["key"])
        if one is not None and spec.get("unique_within"):
            place = f"{path}.{one.key}.unique_within"
            collected.report(form.key, check_within(one, fields, spec["unique_within"]), place)
            one.within = beside(one, fields, spec["unique_within"])
            for other in one.within:
                other.compared = True


def _field(spec: Mapping[str, Any], form: Form, subform: str | None, collected: Collected) -> Field | None:
    path = "fields." + ".fields.".join([*(subform.split(".") if subform else ()), spec["key"]])
    try:
        kind = FIELD_TYPES.get(spec["type"], "type")
    except NotFound as error:
        collected.report(form.key, error.problems, path)
        return None
    if spec["key"] in RESERVED:
        message = f'"{spec["key"]}" is a word of the system and cannot name a field'
        collected.report(form.key, [Problem("field.reserved", "key", message, {"key": spec["key"]})], path)
        return None
    options = spec.get("options", {})
    wrong = list(kind.check_options(options))
    if wrong:
        collected.report(form.key, wrong, f"{path}.options")
        return None
    if subform and not kind.in_subform:
        message = f"A {kind.title['en'].lower()} cannot stand in a sub-form"
        collected.report(form.key, [Problem("field.not_in_subform", "", message, {"type": kind.key})], path)
        return None
    if subform and "." in subform and kind.storage == "children":
        message = "Rows of rows cannot hold rows themselves: one level is all there is"
        collected.report(form.key, [Problem("subform.too_deep", "type", message, {})], path)
        return None
    if (spec.get("unique") or spec.get("unique_within")) and not kind.may_be_unique:
        message = f"A {kind.title['en'].lower()} cannot be unique"
        collected.report(form.key, [Problem("field.not_unique", "unique", message, {"type": kind.key})], path)
    if spec.get("mask"):
        collected.report(form.key, check_mask(kind.key, str(spec["key"])), path)
    label = Words(spec.get("label", spec["key"]))
    encrypted = bool(spec.get("encrypted"))
    if encrypted:
        found = check_encrypted(spec, possible=kind.may_be_encrypted, title=kind.title["en"].lower(), label=label())
        collected.report(form.key, found, path)
    purpose = ".".join([form.app, form.key, *(subform.split(".") if subform else ()), spec["key"]])
    return Field(
        encrypted=encrypted and kind.may_be_encrypted,
        sealing=Sealing(purpose, label(), collected.forms.cipher) if kind.may_be_encrypted else None,
        mask=Mask.of(spec["mask"]) if spec.get("mask") and kind.key in MASKABLE else None,
        key=spec["key"],
        type=kind,
        label=Words(spec.get("label", spec["key"])),
        form_key=form.key,
        options=kind.fill(options),
        required=bool(spec.get("required")),
        unique=(bool(spec.get("unique") or spec.get("unique_within")) and kind.may_be_unique) or kind.always_unique,
        readonly=bool(spec.get("readonly")) or not kind.writable,
        hidden=bool(spec.get("hidden")),
        help=Words(spec.get("help")),
        placeholder=Words(spec.get("placeholder")),
        width=spec.get("width"),
        subform=subform,
        sort_by_name=kind.folded(options)
        and not encrypted
        and (bool(options.get("pinyin")) or (not subform and spec["key"] == form.title_field)),
        choices=_choices(kind, options, collected, form, path) if kind.has_choices else (),
    )


def _choices(
    kind: FieldType, options: Mapping[str, Any], collected: Collected, form: Form, path: str
) -> tuple[Choice, ...]:
    if "set" not in options:
        return read_choices(kind.choice_specs(options))
    sets = collected.forms.option_sets
    if options["set"] not in sets:
        message = f'There is no option set "{options["set"]}"{suggest(options["set"], sets)}'
        problem = Problem("option_set.unknown", "options.set", message, {"key": options["set"], "known": sorted(sets)})
        collected.report(form.key, [problem], path)
    return sets.get(options["set"], ())


def _profile(form: Form, collected: Collected) -> None:
    """Give the people form the way to a profile form."""
    person = collected.forms.by_key.get(form.profile_of or "")
    if person is None:
        return
    if form.key in person.fields:
        message = f'A profile cannot be called "{form.key}": {person.label()} has a field of that name'
        collected.report(form.key, [Problem("form.profile_name", "key", message, {"key": form.key})])
        return
    field = profile_field(person, form)
    if field is not None:
        person.fields[form.key] = field


def _end(form: Form, one: Field, trail: tuple[Field, ...]) -> None:
    """Find the field at the end of a lookup's path, through other lookups too; what dangles has none."""
    path = one.options.get("path")
    if one.type.key != "lookup" or one.end is not None or one in trail or path is None:
        return
    fields: Mapping[str, Field] = form.subforms[one.subform].fields if one.subform else form.every
    found: Field | None = None
    for step in path.split("."):
        found = fields.get(step)
        if found is None:
            return
        owner = form.forms.by_key[found.form_key]
        _end(owner, found, (*trail, one))
        target = form.forms.find(found.type.target_form(found) or "")
        fields = {} if target is None else target.every
    if found is not None and found.type.key != "lookup":
        one.end, one.choices = found, found.choices
    elif found is not None and found.end is not None:
        one.end, one.choices = found.end, found.choices


def _targets(form: Form, collected: Collected) -> None:
    for one in (*every_field(form), *form.system_fields.values()):
        key = one.type.target_form(one)
        if key is None:
            continue
        one.target = collected.forms.find(key)
        if one.target is None and "." not in key:  # of rows `make_row_forms` has said it
            known = collected.forms.by_key
            message = f'There is no form "{key}"{suggest(key, known)}'
            problem = Problem("form.unknown", "options.form", message, {"key": key, "known": sorted(known)})
            collected.report(form.key, [problem], document_path(one))


def _reverse_lists(form: Form) -> None:
    """Give the forms that fields point at the lists that these fields declare; what they list themselves wins."""
    for one in form.fields.values():
        wish: Mapping[str, Any] | None = one.options.get("reverse")
        if wish is None:
            continue
        for target in [part.target for part in one.parts.values()] or [one.target]:
            other = form.forms.by_key.get(target.key) if target is not None else None
            if other is None or other.system:
                continue
            same = any(each["form"] == form.key and each["field"] == one.key for each in other.related)
            taken = wish["key"] in {*other.fields, *(each["key"] for each in other.related)}
            if not same and not taken:
                other.related = (*other.related, {**wish, "form": form.key, "field": one.key})


def _parts(form: Form, collected: Collected) -> None:
    """The fields that links consist of; their forms must be there, and names of columns have room for 63 bytes."""
    known = collected.forms.by_key
    for one in form.fields.values():
        one.parts = one.type.made_of(one, known)
        for name, part in one.parts.items():
            form.parts[part.key] = part
            at = f"{document_path(one)}.options.forms.{name}"
            target = part.type.target_form(part)
            if target is not None and (part.target is None or known[target].system):
                message = f'There is no form "{target}"{suggest(target, known)}'
                problem = Problem("form.unknown", "", message, {"key": target, "known": sorted(known)})
                collected.report(form.key, [problem], at)
            if len(part.key) > tables.LONGEST:
                message = "The key of the field and that of the form are too long together"
                params = {"key": part.key, "max": tables.LONGEST}
                collected.report(form.key, [Problem("link.too_long", "", message, params)], at)


# -- expressions ------------------------------------------------------------------------------------------------------


def _expressions(form: Form, collected: Collected) -> None:
    for one in every_field(form):
        if isinstance(one.expression, Profile):
            continue
        spec = spec_of(form, one)
        scope = form.subforms[one.subform].inner_scope if one.subform else form.scope
        path = document_path(one)
        beside = form.subforms[one.subform].fields if one.subform else form.fields
        collected.report(form.key, one.type.check_among(one.options, beside), f"{path}.options")
        text = one.type.expression_among(one.options, beside)
        if text is not None:
            expects = one.type.formula_type(one)
            at = f"{path}.options.{one.type.expression_option}"
            one.expression = _expression(text, scope, expects, Place.LIVE, collected, form, at)
        if spec.get("default") is not None:
            expects = one.type.formula_type(one)
            at = f"{path}.default"
            one.default = _expression(spec["default"], scope, expects, Place.DEFAULT, collected, form, at)
        for place, condition in one.type.conditions_of(one.options):
            at = f"{path}.options.{place}"
            made = _expression(condition, scope, Type.BOOLEAN, Place.RULE, collected, form, at)
            if made is not None:
                one.conditions[place] = made


def _calendar(form: Form, collected: Collected) -> None:
    """Hold the way to the calendar of a record, and the calendars that stages name, to what there is."""
    way, form.calendar = form.calendar, None
    if way is not None and _expression(way, form.scope, Type.TEXT, Place.LIVE, collected, form, "calendar"):
        form.calendar = way
    known = sorted({CHINA, *form.forms.of_kind("calendar")})
    for one in form.fields.values():
        for stage in one.options.get("stages", ()) if one.type.key == "stage" else ():
            key = stage.get("calendar")
            if key is not None and key not in known:
                message = f'There is no calendar "{key}"{suggest(key, known)}'
                problem = Problem("calendar.unknown", f"options.stages.{stage['key']}.calendar", message, {"key": key})
                collected.report(form.key, [problem], document_path(one))


def _explanations(form: Form, collected: Collected) -> None:
    """Write what explanation fields say: they read the expressions of the others."""

    def compiled(text: str, subform: str) -> Expression:
        scope = form.subforms[subform].inner_scope if subform else form.scope
        return compile_expression(text, scope, place=Place.LIVE)

    def steps(subform: str, path: tuple[str, ...]) -> Iterator[tuple[Form, str, Field | Reverse]]:
        return path_steps(form.forms, form.key, subform, path)

    def report(one: Field, problem: Problem) -> None:
        collected.report(form.key, [problem], f"{document_path(one)}.options")

    explain_fields(form, compiled, steps, report)


def _expression(
    text: str, scope: Scope, expects: Type | None, place: Place, collected: Collected, form: Form, path: str
) -> Expression | None:
    try:
        return compile_expression(text, scope, expects=expects, place=place)
    except ProblemError as error:
        collected.report(form.key, (problem.under(path) for problem in error.problems))
        return None


def _reporting(form: Form, collected: Collected) -> Compile:
    """Compiles an expression of a form; what is wrong with it is noted under its path."""

    def compiled(text: str, scope: Scope, expects: Type | None, place: Place, path: str) -> Expression | None:
        return _expression(text, scope, expects, place, collected, form, path)

    return compiled
