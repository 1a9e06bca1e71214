"""Stage `files`: the files that a write brings must be files that the writer may hand on.

A field says which files a record holds, and who may see that field gets them. So a file that the record did not hold
before must have been sent in by this writer, or stand in a record in which the writer may see it. Name, size and kind
are those of the stored file, whatever was sent beside its id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from engines.form.collected import every_field
from engines.form.fields.attachment import AttachmentField
from engines.form.fields.base import Field
from engines.form.form import Form
from engines.form.names import DELETED, ID
from engines.form.nested import rows_of
from engines.form.policy import policy_for
from engines.form.transaction import File, Transaction
from engines.form.write.draft import Draft
from engines.kernel.problems import Problem

Place = tuple[str, Field, dict[str, Any]]
Files = tuple[dict[str, Any], ...]


@lru_cache(maxsize=1024)
def file_fields(form: Form) -> tuple[Field, ...]:
    """The fields of a form and of its rows that hold files."""
    return tuple(one for one in every_field(form) if isinstance(one.type, AttachmentField))


def files(draft: Draft) -> None:
    """Check the files that are new in the record and take their facts from the store."""
    if draft.tx.files is None or not file_fields(draft.form):
        return
    before = _held(draft.form, draft.old)
    places = list(_places(draft.form, draft.values))
    wanted = {file["id"] for place in places for file in _new(place, before)}
    known = before | handed_on(draft.tx, draft.form, wanted)
    for path, one, values in places:
        told = with_facts(values[one.key], known)
        if told is None:
            draft.problems.append(not_yours(path, one, values[one.key], known, draft.locale))
        elif told != tuple(values[one.key]):
            values[one.key] = told
            for problem in one.type.check(told, one, draft.context):
                draft.note(problem, path, one)


def claim(draft: Draft) -> None:
    """Note at the files that came with this write in which field of which record they stand."""
    book = draft.tx.files
    if book is None or draft.record_id is None or not file_fields(draft.form):
        return
    before = _held(draft.form, draft.old)
    fresh: dict[str, dict[str, int]] = {}
    for place in _places(draft.form, draft.values):
        for file in _new(place, before):
            fresh.setdefault(place[1].path, {})[file["id"]] = draft.record_id
    for path, standing in fresh.items():
        book.claim(draft.tx, draft.form.table.name, path, standing)


def handed_on(tx: Transaction, form: Form, names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """What fields hold of the stored files with these ids; those that the writer may not hand on are left out."""
    wanted = sorted(set(names))
    sent = tx.files.known(tx, wanted) if tx.files is not None and wanted else {}
    return {name: _facts(name, file) for name, file in sent.items() if _may_hand_on(tx, form, file)}


def with_facts(held: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> Files | None:
    """Files with the facts of the store; None where one of them is not known."""
    told = tuple({**file, **known[file["id"]]} for file in held if file["id"] in known)
    return told if len(told) == len(held) else None


def not_yours(
    path: str, one: Field, held: Iterable[Mapping[str, Any]], known: Mapping[str, Any], locale: str
) -> Problem:
    """The problem of files that are not there, or not the writer's to hand on."""
    params = {"label": one.label(locale), "ids": [file["id"] for file in held if file["id"] not in known]}
    return Problem("attachment.unknown", path, "There is no such file, or it is not yours", params)


def _places(form: Form, values: Mapping[str, Any]) -> Iterator[Place]:
    """Where files stand: the path, the field, and the values that hold them."""
    for key, one in form.fields.items():
        if isinstance(one.type, AttachmentField) and values.get(key):
            yield key, one, values  # type: ignore[misc]
    for sub in form.every_subform():
        held = [one for one in sub.fields.values() if isinstance(one.type, AttachmentField)]
        for place, row in rows_of(values, sub.path) if held else ():
            for one in held:
                if row.get(one.key):
                    yield f"{place}.{one.key}", one, row


def _held(form: Form, values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The files of a record by id, whichever of its fields they stand in."""
    return {file["id"]: file for _, one, held in _places(form, values) for file in held[one.key]}


def _facts(name: str, file: File) -> Mapping[str, Any]:
    """What a field holds of a stored file."""
    return {"id": name, "name": file.name, "size": file.size, "mime": file.mime}


def _new(place: Place, before: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    _, one, values = place
    return [file for file in values[one.key] if file["id"] not in before]


def _may_hand_on(tx: Transaction, form: Form, file: File) -> bool:
    """Whether the writer of a record of this form may put a file into it."""
    if tx.actor.is_system or file.mine:
        return True
    home = next((one for one in form.forms.by_key.values() if one.table.name == file.form), None)
    if home is None or file.record_id is None or file.field is None:
        return False
    policy = policy_for(tx, home)
    seen = policy.sees(file.field)
    if seen is False:
        return False
    query = select(1).where(home.table.c[ID] == file.record_id, home.table.c[DELETED].is_(None), policy.rows("read"))
    return tx.connection.execute(query if seen is True else query.where(seen)).first() is not None
