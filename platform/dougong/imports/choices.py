"""Texts of a file that become choices of a field: a draft and a publish, before the first row is written."""

import copy
from collections.abc import Collection, Mapping
from typing import Any

from dougong.apps import drafts, store
from dougong.apps.publish import publish
from dougong.apps.revisions import CHOICES
from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.transaction import Actor
from engines.kernel.documents import Document


def add_choices(
    workspaces: Workspaces,
    info: WorkspaceInfo,
    actor: Actor,
    app: str,
    form: str,
    wanted: Mapping[str, Collection[str]],
) -> int:
    """Add choices to fields of a form (by path) and publish; tells how many. Raises `Forbidden`, `Rejected`."""
    with workspaces.begin(info, actor, origin="import") as tx:
        drafts.may_design(tx)
        effective = store.load(tx, app)
        forms = store.forms(tx, app)
        changed: dict[tuple[str, str], Document] = {}
        added = 0
        for path, texts in wanted.items():
            one = forms.get(form).at(path)
            known = {choice.key for choice in one.choices}
            fresh = [text for text in dict.fromkeys(texts) if text not in known]
            if not fresh:
                continue
            address = ("option_set", one.options["set"]) if one.options.get("set") else ("form", form)
            document = changed.setdefault(address, copy.deepcopy(dict(effective.documents[address])))
            choices = document["choices"] if address[0] == "option_set" else _choices(document, path)
            choices += [{"key": text} for text in fresh]
            added += len(fresh)
        if not changed:
            return 0
        draft = drafts.open_draft(tx, app, CHOICES)
        for document in changed.values():
            drafts.put_document(tx, draft, document)
    publish(workspaces, info, actor, draft.id)
    return added


def _choices(document: Document, path: str) -> list[dict[str, Any]]:
    """The list of choices of a field in a form's document."""
    fields = document["fields"]
    for key in path.split("."):
        field = next(one for one in fields if one["key"] == key)
        fields = field.get("fields", [])
    found: list[dict[str, Any]] = field["options"]["choices"]
    return found
