"""A sub-form becomes a form of its own, and a form a sub-form of what its records belong to: as edits of a draft.

The documents say it (`same_rows`), so that the publish carries the data over, and going back carries it back.
"""

from collections.abc import Mapping
from typing import Any, Final

from dougong.apps import drafts
from dougong.apps.drafts import Draft
from engines.form.fields import FIELD_TYPES
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.problems import NotFound, Problem, Rejected

KEY: Final = 24


def split_rows(tx: Transaction, draft: Draft, form: str, field: str) -> str:
    """Make a sub-form a form of its own, which points at the record that its rows belonged to; gives its key.

    Who may do what stays: its records are visible when the record is that they belong to. A related list stands where
    the rows stood. Raises `NotFound`.
    """
    every = drafts.merged(tx, draft).documents
    document, rows = _rows(every, form, field)
    key = _free(f"{form}_{field}"[:KEY], {name for kind, name in every if kind == "form"})
    inner = [dict(one) for one in rows["fields"]]
    parent = _free(form, {one["key"] for one in inner})
    link = {"key": parent, "type": "relation", "label": document["title"], "options": {"form": form}, "required": True}
    split: Document = {
        "kind": "form",
        "key": key,
        "title": rows.get("label", field),
        "icon": "list",
        "fields": [link, *inner],
        "same_rows": [{"key": "rows", "rows": f"{form}.{field}", "parent": parent}],
    }
    texts = [one["key"] for one in inner if one["type"] in ("text", "serial")]
    if texts:
        split["title_field"] = texts[0]
    drafts.put_document(tx, draft, split, seen=tx.revision)
    related = {
        "key": field,
        "title": rows.get("label", field),
        "form": key,
        "field": parent,
        "columns": [one["key"] for one in inner][:6],
    }
    left = _without(document, field)
    left["related"] = [*document.get("related", ()), related]
    drafts.put_document(tx, draft, left, seen=tx.revision)
    for (kind, _), body in every.items():
        if kind == "group" and body.get("form") == form:
            drafts.put_document(tx, draft, _group(body, every, key, field, parent), seen=tx.revision)
    return key


def join_rows(tx: Transaction, draft: Draft, form: str, parent: str) -> str:
    """Make a form a sub-form of the form that its relation `parent` points at; gives the key of the sub-form.

    What cannot stand in rows (a sub-form, say) stays in the trash with the form. Raises `NotFound`, `Rejected`.
    """
    every = drafts.merged(tx, draft).documents
    document = _form(every, form)
    link = next((one for one in document["fields"] if one["key"] == parent), None)
    target = (link or {}).get("options", {}).get("form", "")
    if link is None or link["type"] != "relation" or link["options"].get("many") or ("form", target) not in every:
        message = f'"{parent}" does not point at one record of another form'
        raise Rejected(Problem("split.no_parent", "parent", message, {"field": parent}))
    holder = _form(every, target)
    said = [
        one for one in document.get("same_rows", ()) if one["parent"] == parent and one["rows"].startswith(f"{target}.")
    ]
    wanted = said[0]["rows"].partition(".")[2] if said else form
    key = _free(wanted, {one["key"] for one in holder["fields"]})
    inner = [
        one
        for one in document["fields"]
        if one["key"] != parent and one["type"] in FIELD_TYPES and FIELD_TYPES.get(one["type"]).in_subform
    ]
    rows = {"key": key, "type": "subform", "label": document["title"], "fields": inner}
    related = [one for one in holder.get("related", ()) if (one["form"], one["field"]) != (form, parent)]
    joined = {**holder, "fields": [*holder["fields"], rows]}
    joined |= {"related": related} if "related" in holder else {}
    drafts.put_document(tx, draft, _said(joined, form, f"{target}.{key}", parent), seen=tx.revision)
    for (kind, name), body in every.items():
        if kind == "group" and body.get("form") == form:
            drafts.remove_document(tx, draft, kind, name, seen=tx.revision)
        if kind == "menu":
            items = [one for one in body.get("items", ()) if one.get("target", {}).get("form") != form]
            if len(items) != len(body.get("items", ())):
                drafts.put_document(tx, draft, {**body, "items": items}, seen=tx.revision)
    drafts.remove_document(tx, draft, "form", form, seen=tx.revision)
    return key


def _said(holder: Document, form: str, rows: str, parent: str) -> Document:
    """The form that gets the rows, saying whose records they were."""
    others = [one for one in holder.get("same_rows", ()) if one["rows"] != rows]
    entry = {"key": _free("rows", {one["key"] for one in others}), "rows": rows, "form": form, "parent": parent}
    return {**holder, "same_rows": [*others, entry]}


def _form(every: Mapping[Address, Document], key: str) -> Document:
    document = every.get(("form", key))
    if document is None:
        raise NotFound(Problem("document.not_found", key, f'There is no form "{key}"', {"kind": "form", "key": key}))
    return document


def _rows(every: Mapping[Address, Document], form: str, field: str) -> tuple[Document, Mapping[str, Any]]:
    document = _form(every, form)
    rows = next((one for one in document["fields"] if one["key"] == field and one["type"] == "subform"), None)
    if rows is None:
        message = f'The form "{form}" has no sub-form "{field}"'
        raise NotFound(Problem("split.no_rows", field, message, {"form": form, "field": field}))
    return document, rows


def _free(key: str, taken: set[str]) -> str:
    number, found = 2, key
    while found in taken:
        found, number = f"{key}_{number}", number + 1
    return found


def _without(document: Document, field: str) -> Document:
    """The form without a field, and without its place on the page."""
    left = {**document, "fields": [one for one in document["fields"] if one["key"] != field]}
    if "sections" in document:
        left["sections"] = [
            {**one, "fields": [name for name in one["fields"] if name != field]} if "fields" in one else one
            for one in document["sections"]
        ]
    return left


def _group(group: Document, every: Mapping[Address, Document], form: str, field: str, parent: str) -> Document:
    """The rights of a group over what were rows, from its rights over the record and the rows' fields."""
    fields = group.get("fields", {})
    own = {name.removeprefix(f"{field}."): right for name, right in fields.items() if name.startswith(f"{field}.")}
    rest = fields.get(field, fields.get("*"))
    taken = {name for kind, name in every if kind == "group"}
    found = {**group, "key": _free(f"{form}_{group['key']}"[:36], taken), "form": form, "rows": [{"inherit": parent}]}
    return {**found, "fields": own | ({"*": rest} if rest is not None else {})}
