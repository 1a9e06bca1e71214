"""What the form engine asks of the stored files (`engines.form.transaction.Files`)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from dougong.workspace.tables import FILE
from engines.form.transaction import File, Transaction


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

    def claim(self, tx: Transaction, form: str, record_id: int, field: str, names: Sequence[str]) -> None:
        """Note where files stand that stood nowhere yet."""
        loose = FILE.c.token.in_(names), FILE.c.record_id.is_(None)
        tx.connection.execute(update(FILE).where(*loose).values(form=form, record_id=record_id, field=field))


BOOK = FileBook()
