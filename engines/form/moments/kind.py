"""The kind of document that a moment is: a condition over a form, what is said when it becomes true, and to whom."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.references import OwnFields
from engines.form.schema_parts import EXPRESSION, FIELD_KEY, FORM_KEY, TITLE, keyed
from engines.formula import Place, Type, compile_expression
from engines.kernel.documents import Document, DocumentKind, Label, Reference, described, key_schema, label_schema
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem, ProblemError, suggest

TO: Final = ("owner", "field", "role")

_PEOPLE: Final = keyed(
    {
        "kind": described(
            {"enum": list(TO)},
            ("Who", "The record's owner, a member field of it, or everybody with a role."),
            ("对象", "记录负责人、记录中的成员字段，或拥有某角色的所有人。"),
        ),
        "field": key_schema(
            FIELD_KEY,
            ("Field", "The member field that names them."),
            ("字段", "指定人员的成员字段。"),
        ),
        "role": described(
            {"type": "string", "maxLength": 60},
            ("Role", "The role whose people are told."),
            ("角色", "通知拥有此角色的人。"),
        ),
    },
    ("kind",),
    20,
)


class MomentKind(DocumentKind):
    """A condition that becomes true because time passes, and whom it tells."""

    key = "moment"
    title: ClassVar[Label] = {"en": "Moment", "zh-CN": "到时提醒"}
    description: ClassVar[Label] = {
        "en": "A condition over the records of a form, often with TODAY or NOW; when it becomes true of a record, an "
        "event is written once and people are told.",
        "zh-CN": "针对表单记录的条件，通常含 TODAY 或 NOW；某条记录开始满足条件时只触发一次事件并通知相关人员。",
    }
    properties: ClassVar[Mapping[str, Any]] = {
        "title": TITLE,
        "form": key_schema(
            FORM_KEY,
            ("Form", "The form whose records are watched."),
            ("表单", "被关注的表单。"),
        ),
        "when": described(
            EXPRESSION,
            ("When", "The condition; it tells once each time it becomes true of a record."),
            ("条件", "记录每次由不满足变为满足时触发一次。"),
        ),
        "existing": described(
            {"type": "boolean"},
            ("Tell of existing records", "Whether records that fulfil the condition already tell at once."),
            ("包含已有记录", "启用时已满足条件的记录是否立即触发。"),
        ),
        "people": described(
            _PEOPLE,
            ("People", "Who gets a notice."),
            ("通知对象", "谁会收到通知。"),
        ),
        "text": label_schema(
            ("Text", "What the notice says below the record's name."),
            ("通知内容", "通知中显示在记录名称下方的文字。"),
        ),
    }
    required = ("title", "form", "when")

    def references(self, document: Document) -> Iterable[Reference]:
        """The form, the fields of the condition and those that name people, and the roles."""
        form = document["form"]
        yield Reference("form", form, "", "form")
        own = OwnFields(form, {})
        yield from own.settings(document["when"], "when")
        for one in document.get("people", ()):
            at = f"people.{one['key']}"
            if one.get("field"):
                yield Reference("form", form, f"fields.{one['field']}", f"{at}.field")
            if one.get("role"):
                yield Reference("role", one["role"], "", f"{at}.role")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The condition with its position; who is told must be there."""
        form = compiled(effective).forms.by_key.get(document["form"])
        if form is None:
            return
        try:
            compile_expression(document["when"], form.scope, expects=Type.BOOLEAN, place=Place.FILTER)
        except ProblemError as error:
            yield from (problem.under("when") for problem in error.problems)
        people = [key for key, one in form.fields.items() if one.type.key in ("member", "members")]
        for one in document.get("people", ()):
            at, kind = f"people.{one['key']}", one["kind"]
            if kind == "field" and one.get("field") not in people:
                name = one.get("field") or ""
                message = f'"{form.key}" has no member field "{name}"{suggest(name, people)}'
                yield Problem("moment.no_member_field", f"{at}.field", message, {"field": name, "form": form.key})
            if kind == "role" and not one.get("role"):
                yield Problem("moment.no_role", f"{at}.role", "Say which role", {})
