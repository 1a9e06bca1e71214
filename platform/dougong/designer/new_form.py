"""New forms that do not begin empty: from the columns of a file, as a copy of a form, from a template."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Final

from dougong.apps import drafts, store
from dougong.designer import forms, workbench
from dougong.designer.file_fields import KINDS, Guess, guess_field
from dougong.designer.keys import key_of
from dougong.packs.library import Library
from engines.form.transaction import Transaction
from engines.kernel.documents import Document
from engines.kernel.keyed import Address
from engines.kernel.labels import Label
from engines.kernel.problems import NotFound, Problem, Rejected

MOST_FIELDS: Final = 200
TITLES: Final = ("text", "textarea", "phone", "email")
NAME_WORDS: Final = ("名称", "姓名", "标题", "主题", "name", "title", "subject")
PEOPLE: Final = ("_member", "_department")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that becomes a field."""

    place: int
    label: str
    guess: Guess = field(default_factory=lambda: Guess("text"))


@dataclass(frozen=True, slots=True)
class Source:
    """A form that can be copied: `app:sale:quote` or `pack:crm.customer:customer`."""

    key: str
    title: Label
    group: Label
    fields: int


def columns_of(file: Mapping[str, Any], chosen: Mapping[int, str] | None = None) -> list[Column]:
    """The columns of a file that was read, with the kinds that fit best or that were `chosen`; without heads none."""
    found = []
    for place, (header, column) in enumerate(zip(file["headers"], file["columns"], strict=True)):
        if str(header).strip():
            label = " ".join(str(header).split())[:60]
            found.append(Column(place, label, guess_field(label, column, (chosen or {}).get(place))))
    return found


def form_of(key: str, title: Label, columns: Sequence[Column]) -> tuple[Document, list[dict[str, Any]]]:
    """The document of a form with a field for each column, and the targets of the import.

    Raises `Rejected` for no column, too many, or a type that no column can have.
    """
    if not columns or len(columns) > MOST_FIELDS:
        message = f"Choose at least one column and at most {MOST_FIELDS}"
        raise Rejected(Problem("designer.columns", "fields", message, {"max": MOST_FIELDS}))
    fields: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    for one in columns:
        if one.guess.type not in KINDS:
            message = f'A column cannot become a field of the type "{one.guess.type}"'
            raise Rejected(Problem("designer.column_type", "fields", message, {"type": one.guess.type}))
        name = key_of(one.label, [each["key"] for each in fields])
        made: dict[str, Any] = {"key": name, "type": one.guess.type, "label": one.label}
        fields.append(made | ({"options": dict(one.guess.options)} if one.guess.options else {}))
        targets.append({"field": name, "column": one.place, "order": one.guess.order})
    document: dict[str, Any] = {
        "kind": "form",
        "key": key,
        "title": title,
        "icon": "table",
        "fields": fields,
        "sections": [{"key": "main", "columns": 2, "fields": [one["key"] for one in fields]}],
    }
    named = [one for one in fields if one["type"] in TITLES]
    named.sort(key=lambda one: not any(word in str(one["label"]).lower() for word in NAME_WORDS))
    if named:
        document["title_field"] = named[0]["key"]
    return document, targets


# -- copies ----------------------------------------------------------------------------------------------------------


def sources(tx: Transaction) -> list[Source]:
    """Every form that can be copied: those of the workspace's apps, then those of the templates."""
    found = []
    for app in store.apps(tx):
        for (kind, key), body in sorted(workbench.documents(tx, app.key).items(), key=lambda item: item[0]):
            if kind == workbench.FORM:
                source = f"app:{app.key}:{key}"
                found.append(Source(source, body.get("title", key), app.title, len(body.get("fields", ()))))
    return [*found, *_templates()]


@lru_cache(maxsize=1)
def _templates() -> tuple[Source, ...]:
    library = Library()
    found = []
    for pack in map(library.load, library.keys()):
        for (kind, name), body in pack.layer.documents.items():
            if kind == workbench.FORM:
                title = body.get("title", name)
                found.append(Source(f"pack:{pack.key}:{name}", title, pack.manifest.title, len(body.get("fields", ()))))
    return tuple(found)


def _documents(tx: Transaction, source: str) -> tuple[Mapping[Address, Document], str]:
    kind, _, rest = source.partition(":")
    place, _, key = rest.rpartition(":")
    if kind == "app":
        every: Mapping[Address, Document] = workbench.documents(tx, place)
    elif kind == "pack":
        every = Library().load(place).layer.documents
    else:
        every = {}
    if (workbench.FORM, key) not in every:
        raise NotFound(Problem("document.not_found", source, f'There is no form "{key}"', {"kind": "form", "key": key}))
    return every, key


def copy_form(tx: Transaction, app: str, source: str, title: str, access: str) -> tuple[str, list[Label]]:
    """Put a copy of a form into the workbench; gives its key and the labels of fields that were left out.

    What a field needs from the other app comes along (option sets) or lets the field stay behind (forms that this app
    does not have). Records stay where they are. Raises `Rejected` for the title, `NotFound` for the source.
    """
    name = forms.check_title(title, access)
    every, key = _documents(tx, source)
    bench = workbench.open_bench(tx, app)
    own = workbench.documents(tx, app)
    new = forms.free_key(tx, app, name)
    known = {form for kind, form in own if kind == workbench.FORM} | {key, *PEOPLE}
    body = every[workbench.FORM, key]
    kept = [one for one in body.get("fields", ()) if _fits(one, known)]
    lost = [one for one in body.get("fields", ()) if not _fits(one, known)]
    gone = {one["key"] for one in lost}
    document: dict[str, Any] = {
        **{name: value for name, value in body.items() if name not in ("related", "views", "$schema")},
        "key": new,
        "title": title,
        "fields": [_pointing(one, key, new) for one in kept],
        "sections": [
            {**one, "fields": [each for each in one.get("fields", ()) if each not in gone]}
            for one in body.get("sections", ())
        ],
    }
    for part in ("title_field", "subtitle_field"):
        if document.get(part) in gone:
            del document[part]
    if not document["sections"]:
        del document["sections"]
    for wanted in _sets(document):
        if ("option_set", wanted) not in own and ("option_set", wanted) in every:
            drafts.put_document(tx, bench, every["option_set", wanted])
    drafts.put_document(tx, bench, document)
    forms.put_around(tx, bench, own, new, title, access)
    return new, [one.get("label", one["key"]) for one in lost]


def _fits(spec: Mapping[str, Any], known: set[str]) -> bool:
    """Whether the forms that a field points at are there; rows go by the field with the farthest reach."""
    options = spec.get("options", {})
    wanted = [
        options.get("form"),
        *(one["key"] for one in options.get("forms", ())),
        spec.get("linkage", {}).get("form"),
    ]
    return all(one is None or one in known for one in wanted) and all(
        _fits(one, known) for one in spec.get("fields", ())
    )


def _pointing(spec: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """A field whose relations to the copied form itself lead to the copy."""
    made = dict(spec)
    if made.get("options", {}).get("form") == old:
        made["options"] = {**made["options"], "form": new}
    return made


def _sets(document: Mapping[str, Any]) -> set[str]:
    every = [*document["fields"], *(row for one in document["fields"] for row in one.get("fields", ()))]
    return {one["options"]["set"] for one in every if one.get("options", {}).get("set")}


def stored_columns(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Columns as the parameters of a job keep them."""
    return [{"place": one.place, "label": one.label, **asdict(one.guess)} for one in columns]


def read_columns(stored: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Columns as `stored_columns` wrote them."""
    return [Column(one["place"], one["label"], Guess(one["type"], one["options"], one["order"])) for one in stored]
