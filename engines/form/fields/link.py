# ruff: noqa: ARG002
"""A relation to one of several forms: the lead, the customer or the opportunity that a follow-up is about.

The value is one text, `customer:5`, or a `FormLink` with its title where it was read. Beside it stand columns that are
derived from it: `target__form` (the form's key) and, for every form that may be chosen, `target__customer` with the
record's id: a real foreign key with an index. These columns are fields of their own (`Field.parts`), so filters,
expressions, rights, joins and related lists go through them as through any relation (docs/decisions/links.md).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Choice, Context, Field, FieldType, Words, reject
from engines.form.fields.choice import ChoiceField
from engines.form.fields.links import LARGEST, REVERSE, RelationField
from engines.form.fields.operators import BLANK
from engines.form.fields.options import one_of, properties, words
from engines.formula.types import Type
from engines.kernel.documents import described
from engines.kernel.problems import Problem

FORM: Final = "form"
JOINT: Final = "__"
"""No field key has two underscores, so the parts of a link never take the name of a field."""
MOST_FORMS: Final = 20
_TEXT: Final = re.compile(r"([a-z](?:_?[a-z0-9])*):([0-9]{1,19})")
_NAMED: Final = re.compile(r"\s*([^:：]+?)\s*[:：]\s*(.*\S)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FormLink:
    """One record of one of the forms that a link may point at, as it was read: with its title."""

    form: str
    id: int
    title: str = ""

    @property
    def text(self) -> str:
        """The value that is stored."""
        return f"{self.form}:{self.id}"


def split(value: Any) -> tuple[str, int] | None:
    """Form and id of a parsed, stored or read value; None for a blank."""
    if isinstance(value, FormLink):
        return value.form, value.id
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    return (found[1], int(found[2])) if found else None


def part_key(key: str, name: str) -> str:
    """The column of one part: `target__customer`."""
    return f"{key}{JOINT}{name}"


def part_of(one: Field) -> str:
    """The key of the field that a part belongs to; a field's own key where it is no part."""
    return one.key.partition(JOINT)[0]


def part_values(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of links hold, for the values of their fields."""
    found: dict[str, Any] = {}
    for one in fields:
        if one.parts:
            found |= one.type.to_columns(values.get(one.key), one)
            found.pop(one.key)
    return found


class LinkField(FieldType):
    """The one thing that a follow-up, a task or a note is about."""

    key = "link"
    icon = "arrows-split-2"
    group = "link"
    title = words("Relation to one of several forms", "多表关联")
    description = words(
        "One record of one of several forms: a lead, a customer or an opportunity.",
        "从多个表单中选择一条记录：线索、客户或商机。",
    )
    formula = Type.TEXT
    sortable = False
    in_subform = False
    required_options = ("forms",)
    operator_names: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "nin", "empty", "filled")
    option_properties = properties(
        forms=described(
            {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_FORMS,
                "items": {
                    "type": "object",
                    "properties": {
                        "key": described(
                            {
                                "type": "string",
                                "pattern": "^[a-z](_?[a-z0-9])*$",
                                "maxLength": 24,
                                "x-widget": "form",
                            },
                            ("Form", "The key of a form whose records may be chosen."),
                            ("表单", "可以选择其记录的表单的标识。"),
                        ),
                        "on_delete": one_of(
                            ("restrict", "clear", "cascade"),
                            "restrict",
                            (
                                "When the other is deleted",
                                "Refuse while this points at it, empty this field, or delete this too.",
                            ),
                            ("对方删除时", "仍被引用时禁止删除、清空此字段，或连同本记录一起删除。"),
                        ),
                    },
                    "required": ["key"],
                    "additionalProperties": False,
                },
            },
            ("Forms", "The forms whose records may be chosen, in the order of the tabs; packs may add some."),
            ("关联表单", "可以选择哪些表单的记录，按页签顺序；扩展包可以追加。"),
        ),
        reverse=REVERSE,
    )

    # -- parts --------------------------------------------------------------------------------------------------

    def made_of(self, field: Field, forms: Mapping[str, Any]) -> dict[str, Field]:
        """The fields that a link consists of, by their name in expressions: `form`, and each form's key."""
        made: dict[str, Field] = {}
        choices = []
        for one in field.options["forms"]:
            target = forms.get(one["key"])
            label = Words(one["key"]) if target is None else target.label
            choices.append(Choice(one["key"], label))
            options = {"form": one["key"], "many": False, "on_delete": one.get("on_delete", "restrict")}
            name = part_key(field.key, one["key"])
            part = _bare(field, name, RELATION, options, _joined(field.label, label))
            part.target = target
            made[one["key"]] = part
        kind = _bare(field, part_key(field.key, FORM), CHOICE, CHOICE.fill({}), _joined(field.label, _FORM_LABEL))
        kind.choices = tuple(choices)
        return {FORM: kind, **made}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        yield from super().check_options(options)
        seen: set[str] = set()
        for number, one in enumerate(options.get("forms", ())):
            key = one.get("key") if isinstance(one, Mapping) else None
            if key == FORM:
                yield Problem("link.reserved", f"forms[{number}].key", 'A form called "form" cannot be chosen here', {})
            if key in seen:
                message = f'"{key}" stands in the list twice'
                yield Problem("link.form_twice", f"forms[{number}].key", message, {"key": key})
            seen.add(str(key))

    # -- columns ------------------------------------------------------------------------------------------------

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def columns(self, field: Field) -> list[Column[Any]]:
        found: list[Column[Any]] = [Column(field.key, Text(collation="C"))]
        found.append(Column(part_key(field.key, FORM), Text(collation="C")))
        return found + [Column(part_key(field.key, one["key"]), BigInteger()) for one in field.options["forms"]]

    def reads(self, field: Field) -> tuple[str, ...]:
        return tuple(one["key"] for one in field.options["forms"])

    def derived_keys(self, field: Field) -> tuple[str, ...]:
        return (part_key(field.key, FORM), *(part_key(field.key, one["key"]) for one in field.options["forms"]))

    def to_columns(self, value: Any, field: Field) -> dict[str, Any]:
        found = split(value)
        written: dict[str, Any] = {field.key: None if found is None else f"{found[0]}:{found[1]}"}
        written |= dict.fromkeys(self.derived_keys(field))
        if found is not None and part_key(field.key, found[0]) in written:
            written[part_key(field.key, FORM)] = found[0]
            written[part_key(field.key, found[0])] = found[1]
        return written

    # -- values -------------------------------------------------------------------------------------------------

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """`{"form": "customer", "id": 5}`, its text `customer:5`, or a `FormLink`."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, FormLink):
            form, identity = raw.form, raw.id
        elif isinstance(raw, Mapping):
            if raw.get("id") in (None, ""):
                return None
            form, identity = str(raw.get("form") or ""), raw["id"]
        else:
            found = split(str(raw).strip())
            if found is None:
                message = 'Must be {"form": "…", "id": 1}'
                raise reject("link.not_a_link", message, value=str(raw)[:50])
            form, identity = found
        return self._of(form, identity, field)

    def _of(self, form: str, raw: Any, field: Field) -> str:
        known = [one["key"] for one in field.options["forms"]]
        if form not in known:
            message = f'Records of "{form[:30]}" cannot be chosen here'
            raise reject("link.other_form", message, form=form[:30], known=known)
        identity = raw.strip() if isinstance(raw, str) else raw
        if isinstance(identity, str) and identity.isascii() and identity.isdecimal() and len(identity) < 20:
            identity = int(identity)
        if isinstance(identity, bool) or not isinstance(identity, int) or not 0 < identity <= LARGEST:
            raise reject("relation.not_an_id", f'"{str(raw)[:50]}" is not the id of a record', value=str(raw)[:50])
        return f"{form}:{identity}"

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        found = split(value)
        if found is None:
            return ""
        title = value.title if isinstance(value, FormLink) else ""
        return title or f"{self.form_label(field, found[0], locale)} #{found[1]}"

    def form_label(self, field: Field, form: str, locale: str) -> str:
        """What the form of a value is called."""
        kind = field.parts.get(FORM)
        option = kind.choice(form) if kind is not None else None
        return form if option is None else option.label(locale)

    def to_json(self, value: Any, field: Field) -> Any:
        found = split(value)
        if found is None:
            return None
        plain: dict[str, Any] = {"form": found[0], "id": found[1]}
        return plain | {"title": value.title} if isinstance(value, FormLink) else plain

    def form_text(self, value: Any, field: Field, zone: str = "Asia/Shanghai") -> Any:
        found = split(value)
        return None if found is None else value if isinstance(value, FormLink) else FormLink(*found)

    def posted(self, texts: Sequence[str], field: Field) -> Any:
        """A page sends the form and the id under one name; a script may send the value's text."""
        if len(texts) == 1:
            return texts[0]
        return {"form": texts[0], "id": texts[-1]}

    # -- files --------------------------------------------------------------------------------------------------

    def import_cell(self, cell: Any, field: Field, context: Context) -> Any:
        """`Customer: Acme` (the form by key or title), or a title that only one of the forms knows."""
        text = "" if cell is None else str(cell).strip()
        if not text or split(text):
            return self.parse(text, field, context)
        named = self.named(text, field)
        if named is not None:
            found = self._find(named[1], named[0], field, context)
            if found is not None:
                return found
        hits = {one["key"]: self._find(text, one["key"], field, context) for one in field.options["forms"]}
        hits = {form: found for form, found in hits.items() if found}
        if len(hits) > 1:
            message = f'Records of several forms are called "{text[:60]}": write the form before it'
            raise reject("link.ambiguous", message, value=text[:60], forms=sorted(hits))
        if not hits:
            raise reject("relation.not_found", f'Nothing is called "{text[:60]}"', value=text[:60], form="")
        return next(iter(hits.values()))

    def named(self, text: str, field: Field) -> tuple[str, str] | None:
        """The form that a cell begins with, and the rest of it."""
        found = _NAMED.fullmatch(text)
        if found is None:
            return None
        head = found[1].casefold()
        for one in field.options["forms"]:
            kind = field.parts.get(FORM)
            option = kind.choice(one["key"]) if kind is not None else None
            titles = () if option is None else option.label.all()
            if head == one["key"] or head in (title.casefold() for title in titles):
                return one["key"], found[2]
        return None

    def _find(self, text: str, form: str, field: Field, context: Context) -> str | None:
        if text.startswith("#") and text[1:].isdecimal():
            return self._of(form, text[1:], field)
        found = context.lookup(form, text) if context.lookup else None
        return None if found is None else f"{form}:{found}"

    def export_cell(self, value: Any, field: Field, context: Context) -> Any:
        found = split(value)
        if found is None:
            return None
        title = value.title if isinstance(value, FormLink) else ""
        return f"{self.form_label(field, found[0], context.locale)}: {title or f'#{found[1]}'}"

    # -- filters ------------------------------------------------------------------------------------------------

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        if op in BLANK:
            return None
        if op in ("in", "nin"):
            return tuple(self.parse(one, field, context) for one in (raw if isinstance(raw, list | tuple) else [raw]))
        return self.parse(raw, field, context)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"forms": [{"key": "other"}]}, FormLink("other", 1, "甲公司"))]


RELATION: Final = RelationField()
CHOICE: Final = ChoiceField()
_FORM_LABEL: Final = Words({"en": "form", "zh-CN": "表单"})


def _bare(owner: Field, key: str, kind: FieldType, options: dict[str, Any], label: Words) -> Field:
    return Field(key=key, type=kind, label=label, form_key=owner.form_key, options=options, readonly=True)


def _joined(first: Words, second: Words) -> Words:
    return Words({locale: f"{first(locale)} · {second(locale)}" for locale in ("en", "zh-CN")})
