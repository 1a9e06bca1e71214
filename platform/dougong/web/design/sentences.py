"""The changes of a publish as sentences, one for each thing that people would call one change."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dougong.apps.plan import DocumentChange
from dougong.designer.panels import form_properties, panels
from dougong.web.design.words import Words, kind_title, property_title, words_of
from dougong.web.i18n import gettext, ngettext
from engines.form.fields import FIELD_TYPES
from engines.form.rules.model import FormRule
from engines.form.rules.sentence import sentence
from engines.kernel.keyed import MISSING, Address, Document, get, same
from engines.kernel.labels import label
from engines.kernel.merge import Change

Sign = Literal["add", "change", "remove"]
_SIGNS: dict[str, Sign] = {"insert": "add", "remove": "remove"}


@dataclass(frozen=True, slots=True)
class Line:
    """One change in words; `was` and `now` are given where both can be said in short."""

    sign: Sign
    text: str
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What happens to one document."""

    kind: str
    key: str
    kind_title: str
    title: str
    action: Sign
    lines: tuple[Line, ...]


class Teller:
    """Tells the way from one state of an app's documents to another."""

    def __init__(
        self, app: str, before: Mapping[Address, Document], after: Mapping[Address, Document], locale: str
    ) -> None:
        self.before = Words(app, before, locale)
        self.after = Words(app, after, locale)
        self.locale = locale
        words = panels(locale)
        self.properties: Mapping[str, Any] = words["field"]
        self.of_form: Mapping[str, Any] = form_properties(locale)
        self.options: Mapping[str, Any] = {one["key"]: one["options"] for one in words["types"]}

    def tell(self, change: DocumentChange) -> Told:
        """One document's changes."""
        side = self.before if change.action == "remove" else self.after
        lines: list[Line] = []
        if change.kind == "form" and change.action == "add":
            lines = list(self._new_form(change.key))
        elif change.action == "change":
            lines = list(self._form(change) if change.kind == "form" else self._other(change))
        title = side.document(change.kind, change.key)
        return Told(change.kind, change.key, kind_title(change.kind, self.locale), title, change.action, tuple(lines))

    # -- forms --------------------------------------------------------------------------------------------------------

    def _new_form(self, key: str) -> Iterator[Line]:
        fields = self.after.documents["form", key].get("fields", ())
        names = gettext(", ").join(words_of(one, self.locale) for one in fields)
        yield Line("add", ngettext("One field: %(names)s", "%(num)d fields: %(names)s", len(fields), names=names))
        for rule in self._rules(self.after, key).values():
            yield Line("add", gettext("New rule: %(rule)s", rule=rule))

    def _form(self, change: DocumentChange) -> Iterator[Line]:
        groups: dict[tuple[str, ...], list[Change]] = {}
        for one in change.changes:
            groups.setdefault(self._group(one.path), []).append(one)
        layout = []
        groups.pop(("same_rows",), None)  # said by what becomes of the rows
        for group, changes in groups.items():
            head = group[0]
            if head == "fields":
                yield from self._field(change.key, group, changes)
            elif head == "rules":
                yield from self._rule(change.key, group, changes)
            elif head in ("sections", "tabs"):
                layout.append(group)
            elif len(group) > 1:
                yield self._element(change, group, changes)
            else:
                yield self._property("form", change.key, "", group, self.of_form.get(head, {}))
        if layout:
            yield self._layout(change.key, layout)

    @staticmethod
    def _group(path: tuple[str, ...]) -> tuple[str, ...]:
        """The thing that a change belongs to: a property of a field (of rows), a rule, an option, a view."""
        if path[0] != "fields":
            return path[:2] if path[0] in ("rules", "sections", "tabs", "views", "related") else path[:1]
        depth = 2
        if len(path) > 3 and path[2] == "fields":
            depth = 4
        rest = path[depth:]
        if not rest:
            return path
        if rest[:2] == ("options", "choices"):
            return path[: depth + 3]
        return path[: depth + 2] if rest[0] == "options" else path[: depth + 1]

    def _field(self, form: str, group: tuple[str, ...], changes: list[Change]) -> Iterator[Line]:
        inside = len(group) > 3 and group[2] == "fields"
        depth = 4 if inside else 2
        path = f"{group[1]}.{group[3]}" if inside else group[1]
        rest = group[depth:]
        operations = {one.operation for one in changes}
        name = self.after.field(form, path)
        if not rest:
            if "insert" in operations:
                kind = self._type(get(self.after.documents["form", form], group))
                yield Line("add", gettext("New field “%(field)s” (%(type)s)", field=name, type=kind))
            elif "remove" in operations:
                yield Line("remove", gettext("The field “%(field)s” goes", field=self.before.field(form, path)))
            else:
                yield Line("change", gettext("The field “%(field)s” moves", field=name))
            return
        was, now = (get(side.documents["form", form], group) for side in (self.before, self.after))
        if rest[0] == "label":
            old, new = (label(None if one is MISSING else one, self.locale) for one in (was, now))
            yield Line("change", gettext("A field is called differently"), old, new)
        elif rest[0] == "type":
            text = gettext("The field “%(field)s” becomes another type", field=name)
            yield Line("change", text, self._type({"type": was}), self._type({"type": now}))
        elif rest[:2] == ("options", "choices") and len(rest) == 3:
            yield self._option(name, was, now, operations)
        elif rest[0] == "options" and len(rest) > 1:
            kind = get(self.after.documents["form", form], (*group[:depth], "type"))
            schema = self.options.get(str(kind), {}).get(rest[1], {})
            yield self._property("form", form, path, group, schema)
        else:
            yield self._property("form", form, path, group, self.properties.get(rest[0], {}))

    def _type(self, body: Any) -> str:
        kind = str(body.get("type")) if isinstance(body, Mapping) else ""
        return label(FIELD_TYPES.get(kind).title, self.locale) if kind in FIELD_TYPES else kind

    def _option(self, field: str, was: Any, now: Any, operations: Collection[str]) -> Line:
        old, new = (words_of(one, self.locale) for one in (was, now))
        if "insert" in operations or was is MISSING:
            return Line("add", gettext("New option “%(option)s” of “%(field)s”", option=new, field=field))
        if "remove" in operations or now is MISSING:
            return Line("remove", gettext("The option “%(option)s” of “%(field)s” goes", option=old, field=field))
        if old != new:
            return Line("change", gettext("An option of “%(field)s” is called differently", field=field), old, new)
        return Line("change", gettext("The option “%(option)s” of “%(field)s” changes", option=new, field=field))

    def _property(self, kind: str, key: str, path: str, group: tuple[str, ...], schema: Mapping[str, Any]) -> Line:
        """A property of a field, or of the form where `path` is empty."""
        was, now = (get(side.documents[kind, key], group) for side in (self.before, self.after))
        title = str(schema.get("title") or group[-1])
        subform = path.partition(".")[0] if "." in path else ""
        old, new = (side.value(one, schema, key, subform) for side, one in ((self.before, was), (self.after, now)))
        text = gettext("“%(field)s”: %(what)s", field=self.after.field(key, path), what=title) if path else title
        return Line("change", text, old, new) if old and new and old != new else Line("change", text)

    def _rules(self, side: Words, form: str) -> dict[str, str]:
        known = side.form(form)
        rules = known.rules if known is not None else ()
        return {one.key: sentence(known, one, self.locale) for one in rules if known and isinstance(one, FormRule)}

    def _rule(self, form: str, group: tuple[str, ...], changes: list[Change]) -> Iterator[Line]:
        if len(group) < 2:
            yield from self._all_rules(form)
            return
        was, now = (self._rules(side, form).get(group[1]) or self._unread(side, form, group) for side in self._sides())
        operations = {one.operation for one in changes if one.path == group}
        if "insert" in operations:
            yield Line("add", gettext("New rule: %(rule)s", rule=now))
        elif "remove" in operations:
            yield Line("remove", gettext("A rule goes: %(rule)s", rule=was))
        elif was == now:
            yield Line("change", gettext("A rule changes: %(rule)s", rule=now))
        else:
            yield Line("change", gettext("A rule changes"), was, now)

    def _all_rules(self, form: str) -> Iterator[Line]:
        """The first rules that a form gets, or its last ones: they change as one."""
        was, now = (self._rules(side, form) for side in self._sides())
        for key, rule in now.items():
            if key not in was:
                yield Line("add", gettext("New rule: %(rule)s", rule=rule))
            elif was[key] != rule:
                yield Line("change", gettext("A rule changes"), was[key], rule)
        for key, rule in was.items():
            if key not in now:
                yield Line("remove", gettext("A rule goes: %(rule)s", rule=rule))
        if was == now:
            yield Line("change", gettext("The rules change"))

    def _sides(self) -> tuple[Words, Words]:
        return self.before, self.after

    def _unread(self, side: Words, form: str, group: tuple[str, ...]) -> str:
        """A rule that cannot be compiled (yet): its title, or what it says."""
        rule = get(side.documents["form", form], group)
        if not isinstance(rule, Mapping):
            return ""
        return label(rule.get("title"), self.locale) or str(rule.get("when") or rule.get("check") or "…")

    def _layout(self, form: str, groups: list[tuple[str, ...]]) -> Line:
        names = []
        for group in groups:
            found = next(
                (
                    body
                    for side in (self.after, self.before)
                    if isinstance(body := get(side.documents["form", form], group), dict)
                ),
                {},
            )
            name = label(found.get("title"), self.locale)
            if name and name not in names:
                names.append(name)
        if not names:
            return Line("change", gettext("The order of the fields on the page changes"))
        joined = gettext(", ").join(names)
        return Line("change", gettext("The layout changes: %(sections)s", sections=joined))

    # -- all others ---------------------------------------------------------------------------------------------------

    def _element(self, change: DocumentChange, group: tuple[str, ...], changes: list[Change]) -> Line:
        """An element of a list of a document: a view, a related list, an item of a menu."""
        was, now = (get(side.documents[change.kind, change.key], group) for side in (self.before, self.after))
        list_title = property_title(change.kind, group[0], self.locale)
        operations = {one.operation for one in changes if one.path == group}
        sign: Sign = next((_SIGNS[one] for one in operations if one in _SIGNS), "change")
        side = self.before if now is MISSING else self.after
        name = side.element(change.kind, change.key, was if now is MISSING else now)
        text = gettext("%(list)s: “%(name)s”", list=list_title, name=name or side.document(change.kind, change.key))
        old, new = words_of(was, self.locale), words_of(now, self.locale)
        return Line(sign, text, old, new) if sign == "change" and old != new else Line(sign, text)

    def _other(self, change: DocumentChange) -> Iterator[Line]:
        groups: dict[tuple[str, ...], list[Change]] = {}
        for one in change.changes:
            keyed = isinstance(
                get(self.after.documents[change.kind, change.key], one.path[:1]),
                list,
            )
            groups.setdefault(one.path[: 2 if keyed else 1], []).append(one)
        for group, changes in groups.items():
            if len(group) > 1:
                yield self._element(change, group, changes)
                continue
            was, now = (get(side.documents[change.kind, change.key], group) for side in (self.before, self.after))
            title = property_title(change.kind, group[0], self.locale)
            old, new = self.before.value(was, {}), self.after.value(now, {})
            yield Line("change", title, old, new) if old and new and not same(old, new) else Line("change", title)
