"""What a change of tables consists of: steps in three phases, and what of the trash may come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engines.kernel.documents import Document

Phase = Literal["prepare", "switch", "finish"]


@dataclass(frozen=True, slots=True)
class DdlStep:
    """One thing to do. `about` is an English sentence; `code` and `params` say the same for translation.

    `sql` is one statement. A step with `refresh` has none: the derived columns of that field are filled in Python by
    `engines.form.refresh`. One with `fill` sets a kept value of all records anew; whoever can does it in pieces
    (`engines.form.derive.job.fill_chunk`) instead of by its statement. `concurrent` may not run inside a transaction.
    `undo` takes the step back; it is also what has to run before a concurrent step that broke off is tried again.
    `rows_query` counts the rows that are rewritten or hidden, `fails_query` the values that stand against it,
    `examples_query` shows ten of them, `values_query` all: `id`, `record` and `value`.
    """

    phase: Phase
    sql: str
    about: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    undo: str | None = None
    concurrent: bool = False
    destructive: bool = False
    refresh: str | None = None
    fill: str | None = None
    rows_query: str | None = None
    fails_query: str | None = None
    examples_query: str | None = None
    values_query: str | None = None


@dataclass(frozen=True, slots=True)
class Trashed:
    """Something in the trash that may come back: when it was removed and its definition then.

    `document` is a form's document for a form, a field's object for a field.
    """

    revision: int
    document: Document


Trash = Mapping[tuple[str, str], Trashed]
"""By form and place: `("order", "")` a form, `("order", "amount")` or `("order", "lines.qty")` a field."""
