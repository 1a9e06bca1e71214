"""Where a form would carry an encrypted value into a field that keeps it in the clear, or ask too much of it."""

from collections.abc import Iterator

from engines.form.collected import document_path, every_field
from engines.form.fields.base import Field
from engines.form.filters import follow
from engines.form.form import Form, Forms
from engines.form.protect.seal import exact_only
from engines.form.write.copying import copies_of
from engines.kernel.problems import Problem, ProblemError


def check_flow(form: Form) -> Iterator[Problem]:
    """What is wrong with what copies, links and lists encrypted fields; paths start in the form's document."""
    for path, copies in copies_of(form).items():
        for copy in copies:
            if copy.taken.encrypted and not copy.to.encrypted:
                yield _in_the_clear(copy.to, copy.taken, f"{document_path(form.at(path))}.options.copy")
    for one in every_field(form):
        yield from _linkage(one)
        for condition in (one.options.get("path"), one.options.get("key")):
            found = _end(form, one, condition)
            if found is not None and found.encrypted:
                yield exact_only(found, f"{document_path(one)}.options")
    for view in form.views:
        yield from _view(form, view["key"], [key["field"] for key in view.get("sort", ())], "sort")
        yield from _view(form, view["key"], [key for key in (view.get("by"), view.get("sum")) if key], "by")


def check_types(old: Forms | None, new: Forms) -> Iterator[Problem]:
    """A field changes its type in one publish and is encrypted in another: the database cannot convert what is sealed.

    Paths begin with the kind and key of the form.
    """
    for form in new.own():
        before = old.by_key.get(form.key) if old is not None else None
        for one in every_field(form) if before is not None else ():
            was = next((each for each in every_field(before) if each.path == one.path), None) if before else None
            if was is not None and was.type.key != one.type.key and (was.encrypted or one.encrypted):
                label = one.label()
                message = f"{label} cannot be encrypted (or decrypted) and change its type in one step: publish in two"
                at = f"form.{form.key}.{document_path(one)}.type"
                yield Problem("encrypted.two_steps", at, message, {"label": label})


def _linkage(one: Field) -> Iterator[Problem]:
    link, at = one.linkage, f"{document_path(one)}.linkage"
    if link is None:
        return
    ways = [(one, link.take)] if link.take else []
    ways += [(one.rows[to], source) for to, source in link.rows if to in one.rows]
    for to, source in ways:
        try:
            _, taken = follow(link.form, source)
        except ProblemError:
            continue
        if taken.encrypted and (link.choices or link.aggregate):
            yield exact_only(taken, at)
        elif taken.encrypted and not to.encrypted:
            yield _in_the_clear(to, taken, at)


def _view(form: Form, view: str, keys: list[str], part: str) -> Iterator[Problem]:
    for key in keys:
        one = form.fields.get(key)
        if one is not None and one.encrypted:
            yield exact_only(one, f"views.{view}.{part}")


def _end(form: Form, one: Field, path: object) -> Field | None:
    if not isinstance(path, str):
        return None
    try:
        return follow(form, path)[1] if one.subform is None else None
    except ProblemError:
        return None


def _in_the_clear(to: Field, taken: Field, path: str) -> Problem:
    message = f"{taken.label()} is encrypted, {to.label()} is not: its value would be kept in the clear"
    return Problem("encrypted.into_clear", path, message, {"label": taken.label(), "to": to.label()})
