"""What records of another form are called, asked once for all cells of a chunk."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, func, select

from engines.form.fields.base import Field
from engines.form.folding import fold
from engines.form.form import Form
from engines.form.names import ID
from engines.form.policy import policy_for
from engines.form.row_names import rows_named
from engines.form.scope import alive_in
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

SEVERAL: Final = -1


def naming_fields(form: Form) -> list[Field]:
    """The fields by which people may name a record of a form: its title first, then what is unique, then texts."""
    if form.key == "_member":
        return [form.fields["name"], form.fields["email"]]
    if form.of_rows is not None:  # rows are named by their record and their number in it
        return []
    first = [form.fields[form.title_field]] if form.title_field in form.fields else []
    unique = [one for one in form.fields.values() if one.unique and one.storage == "column"]
    texts = [one for one in form.fields.values() if one.type.folds and one.storage == "column"]
    return list(dict.fromkeys([*first, *unique, *texts]))


class Several:
    """Names in every form that a relation to one of several forms may point at."""

    def __init__(self, tx: Transaction, form: Form, one: Field) -> None:
        self.each = {key: Names(tx, form.forms.get(key)) for key in one.type.reads(one)}

    def learn(self, texts: Iterable[str]) -> None:
        """Ask for all of these at once, also for what stands behind the name of a form."""
        known = set(texts)
        known |= {text.replace("：", ":").partition(":")[2].strip() for text in known}
        for names in self.each.values():
            names.learn(known)

    def find(self, form: str, text: str) -> int | None:
        """The id of what a form calls so; None where nothing is. Raises `Rejected` where two are."""
        return self.each[form].find(text) if form in self.each else None


@dataclass(slots=True)
class Names:
    """Ids by what a field of a form says. Only records that the actor may see and that are not in the trash count."""

    tx: Transaction
    form: Form
    by: str | None = None
    known: dict[str, int | None] = field(default_factory=dict)

    def learn(self, texts: Iterable[str]) -> None:
        """Ask for all of these at once."""
        missing = {text for text in texts if text} - self.known.keys()
        if not missing:
            return
        self.known |= dict.fromkeys(missing)
        if self.form.of_rows is not None and self.by != ID:
            records = Names(self.tx, self.form.of_rows.form)
            self.known |= rows_named(self.tx, self.form, missing, records.all)
            return
        folded: dict[str, list[str]] = {}
        for text in missing:
            folded.setdefault(fold(text), []).append(text)
        for one in self._fields():
            for value, record_id in self.tx.connection.execute(self._query(one, missing)):
                for text in folded.get(fold(str(value)), ()):
                    before = self.known[text]
                    self.known[text] = record_id if before in (None, record_id) else SEVERAL

    def all(self, texts: set[str]) -> dict[str, int | None]:
        """The ids of all of these; `SEVERAL` for a name that two bear."""
        self.learn(texts)
        return {text: self.known[text] for text in texts if text}

    def find(self, text: str) -> int | None:
        """The id of what is called so; None where nothing is. Raises `Rejected` where two are."""
        self.learn([text])
        found = self.known[text]
        if found == SEVERAL:
            message = f'Several records are called "{text[:60]}"'
            params = {"value": text[:60], "form": self.form.label(self.tx.actor.locale)}
            raise Rejected(Problem("import.ambiguous", "", message, params))
        return found

    def remember(self, text: str, record_id: int) -> None:
        """A record that was made just now."""
        if self.known.get(text) is None:
            self.known[text] = record_id

    def _fields(self) -> list[Field]:
        if self.by is None and self.form.key == "_member":
            return naming_fields(self.form)
        key = self.by or self.form.title_field
        return [self.form.fields[key]] if key in self.form.fields else []

    def _query(self, one: Field, texts: set[str]) -> Select[Any]:
        table = self.form.table
        column = table.c[one.key]
        query = select(column, table.c[ID])
        if one.unique and one.type.folds and one.fold_key in table.c:
            query = query.where(table.c[one.fold_key].in_([fold(text) for text in texts]))
        elif one.type.folds or one.type.key == "email":
            query = query.where(func.lower(column).in_({text.strip().lower() for text in texts}))
        else:
            query = query.where(column.in_([text.strip() for text in texts]))
        alive = alive_in(self.form, table)
        if alive is not None:
            query = query.where(alive)
        if self.form.key == "_member":
            query = query.where(table.c["active"])
        return query.where(policy_for(self.tx, self.form).rows("read")).order_by(table.c[ID])
