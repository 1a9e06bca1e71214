"""What the form engine asks of the stored files (`engines.form.transaction.Files`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Text, column, func, literal, select, update

from dougong.workspace.tables import FILE
from engines.form.transaction import File, Transaction


def _array(values: Iterable[Any], kind: type[Any]) -> BindParameter[Any]:
    """Values as one parameter."""
    return literal(list(values), ARRAY(kind))


class FileBook:
    """The `_file` table of the workspace that a transaction is in."""

    def known(self, tx: Transaction, names: Sequence[str]) -> Mapping[str, File]:
        """The stored files with these ids. A visitor without a name owns what stands in no record yet."""
        query = select(FILE).where(FILE.c.token.in_(names), FILE.c.deleted_at.is_(None))
        found = {}
        for row in tx.connection.execute(query):
            mine = row.created_by == tx.actor.id and (tx.actor.id is not None or row.record_id is None)
            found[row.token] = File(row.name, row.size, row.media_type, mine, row.form, row.record_id, row.field)
        return found

    def claim(self, tx: Transaction, form: str, field: str, standing: Mapping[str, int]) -> None:
        """Note where files stand that stood nowhere yet: `standing` are the records of a form by the ids of files."""
        named = func.unnest(_array(standing, Text), _array(standing.values(), BigInteger))
        place = named.table_valued(column("token", Text), column("record", BigInteger)).render_derived(name="place")
        loose = FILE.c.token == place.c.token, FILE.c.record_id.is_(None)
        tx.connection.execute(update(FILE).where(*loose).values(form=form, record_id=place.c.record, field=field))


BOOK = FileBook()
