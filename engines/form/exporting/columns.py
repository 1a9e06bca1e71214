"""The columns of a file: fields of the record, of its rows and of their rows, that the reader may see somewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from engines.form.fields.base import Field
from engines.form.form import Form, SubForm
from engines.form.policy import Policy, policy_for
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected, suggest

SEPARATOR: Final = " / "
"""Between the names of a sub-form and its field in a head; imports read it so."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: the path of its field (`amount`, `lines.product`, `_owner`), the field, and the head of the file."""

    path: str
    field: Field
    head: str

    @property
    def subform(self) -> str:
        """The path of the sub-form whose rows hold the field; empty for the record's own."""
        return self.path.rpartition(".")[0]


def offered(tx: Transaction, form: Form, *, rows: bool = True, hidden: bool = False) -> dict[str, Field]:
    """Every field that this person may export, by path: the form's order, then the system's.

    `rows` takes the fields of sub-forms in, `hidden` those that the form never shows.
    """
    policy = policy_for(tx, form)
    found: dict[str, Field] = {}
    for key, one in form.fields.items():
        if (one.hidden and not hidden) or policy.sees(key) is False:
            continue
        if key in form.subforms:
            found |= dict(_of_rows(policy, form.subforms[key], hidden=hidden)) if rows else {}
        elif one.type.is_value:
            found[key] = one
    return found | {key: one for key, one in form.system_fields.items() if key in form.table.c}


def _of_rows(policy: Policy, sub: SubForm, *, hidden: bool) -> Iterator[tuple[str, Field]]:
    for key, one in sub.fields.items():
        path = f"{sub.path}.{key}"
        if (one.hidden and not hidden) or policy.sees(path) is False:
            continue
        if key in sub.subforms:
            yield from _of_rows(policy, sub.subforms[key], hidden=hidden)
        elif one.type.is_value:
            yield path, one


def export_columns(tx: Transaction, form: Form, paths: Iterable[str] | None) -> tuple[ExportColumn, ...]:
    """The columns for these paths in the order of the file: the record's own first, then those of rows.

    None means every field that the form shows, without the system's. Raises `Rejected` for a path that this person
    cannot export, and for no column at all.
    """
    known = offered(tx, form, hidden=paths is not None)
    wanted = [path for path in known if path not in form.system_fields] if paths is None else list(dict.fromkeys(paths))
    problems = []
    for number, path in enumerate(wanted):
        if path not in known:
            message = f'"{path}" cannot be exported{suggest(path, known)}'
            problems.append(Problem("export.column", f"columns[{number}]", message, {"field": path}))
    if not wanted:
        problems.append(Problem("export.nothing", "columns", "Choose at least one column", {}))
    if problems:
        raise Rejected(problems)
    order = {path: place for place, path in enumerate(known)}
    own = [path for path in wanted if "." not in path]
    inner = sorted((path for path in wanted if "." in path), key=lambda path: order[path])
    return tuple(_headed(tx, form, known, [*own, *inner]))


def _headed(tx: Transaction, form: Form, known: dict[str, Field], paths: Iterable[str]) -> Iterator[ExportColumn]:
    """Columns with heads of which no two are alike: a second one bears its key."""
    used: set[str] = set()
    for path in paths:
        head = _head(form, path, tx.actor.locale)
        if head in used:
            head = f"{head} ({path})"
        used.add(head)
        yield ExportColumn(path, known[path], head)


def _head(form: Form, path: str, locale: str) -> str:
    parts = path.split(".")
    steps = (".".join(parts[: number + 1]) for number in range(len(parts)))
    return SEPARATOR.join(form.at(step).label(locale) or step for step in steps)
