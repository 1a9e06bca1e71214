"""Places and values of documents in the words of those who design: labels and titles instead of keys."""

from collections.abc import Mapping
from typing import Any, Final

from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.designer.panels import panels
from dougong.web.i18n import gettext
from engines.form.compile import collect
from engines.form.form import Form, Forms
from engines.form.rules.sentence import expression_sentence
from engines.kernel.documents import Document
from engines.kernel.keyed import MISSING, Address, child, list_keys
from engines.kernel.labels import label

SHOWN: Final = 80
HOLDERS: Final = ("fields", "sections", "tabs", "rules", "views", "options", "choices", "related", "actions", "nodes")
"""Properties that only hold others: they are left out of the name of a place."""


def words_of(value: Any, locale: str) -> str:
    """What an element is called: its label or title, else its key, else itself."""
    if isinstance(value, Mapping):
        return label(value.get("label") or value.get("title") or value.get("name"), locale) or str(value.get("key", ""))
    return str(value)


def kind_title(kind: str, locale: str) -> str:
    """What a kind of document is called."""
    return label(DOCUMENT_KINDS.get(kind).title, locale) if kind in DOCUMENT_KINDS else kind


def property_title(kind: str, name: str, locale: str) -> str:
    """What a property of a kind of document is called by its schema."""
    known = DOCUMENT_KINDS.get(kind).properties.get(name, {}) if kind in DOCUMENT_KINDS else {}
    return _title(known, locale) or name


def _part(schema: Mapping[str, Any], name: str) -> Any:
    """The schema of a property, also where it is that of one of several shapes; None where there is none."""
    ways = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return next((one["properties"][name] for one in ways if name in one.get("properties", {})), None)


def _title(schema: Mapping[str, Any], locale: str) -> str:
    """The title that a schema gives what it describes; blank where it gives none."""
    zh = schema.get("x-zh", {}).get("title") if locale.startswith("zh") else None
    return str(zh or schema.get("title") or "")


class Words:
    """Says places and values over one state of an app's documents."""

    def __init__(self, app: str, documents: Mapping[Address, Document], locale: str) -> None:
        self.documents = documents
        self.locale = locale
        self.forms: Forms = collect(app, documents).forms

    def document(self, kind: str, key: str) -> str:
        """A document's title."""
        return words_of(self.documents.get((kind, key), {"key": key}), self.locale) or key

    def form(self, key: str) -> Form | None:
        """A form, as far as it can be compiled."""
        return self.forms.by_key.get(key)

    def field(self, form: str, path: str) -> str:
        """`lines.qty` as `Lines › Quantity`."""
        value: Any = self.documents.get(("form", form), {})
        parts = []
        for key in path.split("."):
            value = child(child(value, "fields") if isinstance(value, dict) else MISSING, key)
            parts.append(words_of(value, self.locale) if isinstance(value, dict) else key)
        return " › ".join(parts)

    def place(self, kind: str, key: str, at: str) -> str:
        """A dotted place inside a document: labels of elements, titles of properties."""
        value: Any = self.documents.get((kind, key), {})
        schema: Any = {"properties": DOCUMENT_KINDS.get(kind).properties} if kind in DOCUMENT_KINDS else {}
        form = key if kind == "form" else self._form_of(value, "")
        parts: list[str] = []
        titles = self._titles(kind)
        above = ""
        for name in at.split(".") if at else ():
            holder, value = value, child(value, name) if isinstance(value, dict | list) else MISSING
            is_element = isinstance(value, dict) and value.get("key") == name
            known = _part(schema, name)
            schema = schema.get("items", {}) if known is None else known
            if is_element and above == "rules" and not value.get("title"):
                parts.append(gettext("Rule %(number)s", number=(list_keys(holder) or (name,)).index(name) + 1))
            elif is_element and above == "sections" and not value.get("title"):
                parts.append(gettext("Section %(number)s", number=(list_keys(holder) or (name,)).index(name) + 1))
            elif is_element:
                own = words_of(value, self.locale)
                own = own if own != name else self._unnamed(form, value)
                parts += [own] if own else [] if above == "actions" else [name]
            elif name not in HOLDERS:
                said = titles.get(name) or (_title(known, self.locale) if known is not None else "")
                parts.append(
                    said or (words_of(value, self.locale) if isinstance(value, dict) else self._name(form, name))
                )
            form = self._form_of(value, form)
            above = name
        return " › ".join(part for part in parts if part)

    @staticmethod
    def _form_of(value: Any, around: str) -> str:
        """The form whose fields are named inside of this: a related list names those of the other form."""
        said = value.get("form") if isinstance(value, Mapping) else None
        return said if isinstance(said, str) else around

    def element(self, kind: str, key: str, value: Any) -> str:
        """What an element of a list of a document is called: by its title, or by the field that it names."""
        form = key if kind == "form" else self._form_of(self.documents.get((kind, key), {}), "")
        if isinstance(value, str):
            return self._name(form, value)
        named = words_of(value, self.locale)
        return (self._unnamed(form, value) if named == value.get("key") else "") or named

    def _unnamed(self, form: str, element: Mapping[str, Any]) -> str:
        """What an element without a title is called: a join by its relation."""
        said = element.get("field")
        return self.field(form, said) if isinstance(said, str) and form else ""

    def _name(self, form: str, name: str) -> str:
        """A key in a list of fields as the field's label."""
        known = self.form(form)
        one = known.fields.get(name) if known is not None else None
        return one.label(self.locale) if one is not None else name

    def _titles(self, kind: str) -> dict[str, str]:
        found = {name: property_title(kind, name, self.locale) for name in DOCUMENT_KINDS.get(kind).properties}
        if kind == "form":
            words = panels(self.locale)
            for part in ("section", "rule", "field"):
                found |= {name: one.get("title", name) for name, one in words[part].items()}
            found |= {
                "columns": gettext("Columns"),
                "sort": gettext("Sorting"),
                "filter": gettext("Filter"),
                "totals": gettext("Totals"),
            }
            for one in words["types"]:
                found |= {name: option.get("title", name) for name, option in one["options"].items()}
        return found

    def value(self, value: Any, schema: Mapping[str, Any], form: str = "", subform: str = "") -> str:
        """A value of a property as people read it; "" for what has no short form."""
        if value is MISSING or value is None or value == "":
            return gettext("nothing")
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, str):
            known = self.form(form)
            if schema.get("x-widget") == "expression" and known is not None:
                inside = subform if subform in known.subforms else None
                return expression_sentence(known, value, self.locale, inside)
            if schema.get("x-widget") in ("form", "option_set"):
                return self.document(str(schema["x-widget"]), value)
            if schema.get("x-widget") in ("field", "path", "fields"):
                return self.field(form, value)
            return str(schema.get("x-words", {}).get(value, value))
        if isinstance(value, int | float):
            return f"{value:g}" if isinstance(value, float) else str(value)
        if isinstance(value, Mapping) and value and set(value) <= {"zh-CN", "en"}:
            return label(value, self.locale)
        if isinstance(value, list) and all(isinstance(one, str | dict) for one in value):
            names = [self._name(form, one) if isinstance(one, str) else words_of(one, self.locale) for one in value]
            text = gettext(", ").join(names)
            return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        return ""
