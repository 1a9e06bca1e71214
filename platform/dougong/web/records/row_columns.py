"""The columns in which rows of a sub-form stand on the page of their record: what is the same in all of their cells."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dougong.web.i18n import current_locale
from dougong.web.records import cells
from engines.form.fields.base import Field
from engines.form.form import Form


@dataclass(frozen=True, slots=True)
class RowColumn:
    """A column. `asked`: its values can be explained; `masked`: they can be shown in full; `inner`: rows of rows."""

    field: Field
    key: str
    path: str
    label: str
    numeric: bool
    asked: bool
    masked: bool
    app: str
    folder: str
    inner: tuple["RowColumn", ...] = ()

    @property
    def marked(self) -> bool:
        """Whether something may be asked of a value of it."""
        return self.asked or self.masked

    def cell(self, row: Mapping[str, Any]) -> Markup:
        """The value of a row; a dash where it may not be seen."""
        if self.key not in row:
            return cells.unseen()
        return cells.shown_with_files(row[self.key], self.field, self.app, "list", self.folder)


def row_columns(
    form: Form,
    record_id: int,
    visible: Collection[str],
    masked: Collection[str],
    explains: Callable[[Field], bool],
    subform: Field,
) -> tuple[RowColumn, ...]:
    """The columns of a sub-form that are shown; those of rows of rows have `inner` ones."""
    locale = current_locale()
    return tuple(
        RowColumn(
            field=one,
            key=one.key,
            path=one.path,
            label=one.label(locale),
            numeric=cells.is_numeric(one),
            asked=explains(one),
            masked=one.path in masked,
            app=form.app,
            folder=cells.folder_of(form, record_id, one.path),
            inner=row_columns(form, record_id, visible, masked, explains, one) if one.rows else (),
        )
        for one in subform.rows.values()
        if one.path in visible and not one.hidden
    )
