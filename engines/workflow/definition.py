"""What a flow document may hold (D7, D9): its closed schema, what it refers to, and the checks beyond the schema."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from engines.form.calendars import CHINA
from engines.form.checks import compiled
from engines.form.references import OwnFields
from engines.formula import Place, Type, compile_expression, parse
from engines.formula.syntax import names_in
from engines.kernel.documents import (
    Document,
    DocumentKind,
    Label,
    Reference,
    described,
    label_schema,
    validate,
)
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem, ProblemError, suggest
from engines.workflow.flow import read_flow
from engines.workflow.graph import check_graph
from engines.workflow.nodes import NODE_TYPES
from engines.workflow.people import named_fields

STATES = ("running", "approved", "rejected", "returned", "withdrawn")

_STATE_WORDS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "running": (("In approval", "Written when the record is submitted."), ("审批中", "提交时写入的值。")),
    "approved": (("Approved", "Written when the record is approved."), ("已通过", "审批通过时写入的值。")),
    "rejected": (("Rejected", "Written when the record is rejected."), ("已拒绝", "审批被拒绝时写入的值。")),
    "returned": (
        ("Returned", "Written when the record comes back to its submitter."),
        ("已退回", "退回发起人时写入的值。"),
    ),
    "withdrawn": (
        ("Withdrawn", "Written when the submitter takes the record back."),
        ("已撤回", "提交人撤回时写入的值。"),
    ),
}


def _choice(values: Iterable[str], en: tuple[str, str], zh: tuple[str, str]) -> dict[str, Any]:
    return described({"enum": list(values)}, en, zh)


class FlowKind(DocumentKind):
    """A flow: how records of a form are approved."""

    key = "flow"
    title: ClassVar[Label] = {"en": "Flow", "zh-CN": "流程"}
    description: ClassVar[Label] = {
        "en": "How records of a form are submitted, approved, rejected and returned.",
        "zh-CN": "表单记录如何提交、审批、拒绝和退回。",
    }
    required = ("title", "form", "nodes")
    properties: ClassVar[Mapping[str, Any]] = {
        "title": label_schema(
            ("Title", "What people see in the to-do list and on the record."),
            ("名称", "在待办列表和记录页上显示的名称。"),
        ),
        "description": label_schema(
            ("Description", "What the flow is for."),
            ("说明", "流程的用途。"),
        ),
        "form": described(
            {"type": "string", "maxLength": 24},
            ("Form", "The key of the form whose records walk through this flow."),
            ("表单", "使用此流程的表单的标识。"),
        ),
        "start": described(
            {
                "type": "object",
                "properties": {
                    "on": _choice(
                        ("submit", "create", "moment"),
                        (
                            "Starts on",
                            "`submit`: a person submits the record. `create`: every new record starts it. `moment`: a "
                            "record starts it when a moment comes.",
                        ),
                        (
                            "启动方式",
                            "`submit` 由人提交；`create` 新建记录时自动启动；`moment` 到时提醒的条件成立时自动启动。",
                        ),
                    ),
                    "moment": described(
                        {"type": "string", "maxLength": 40},
                        ("Moment", "The key of the moment of this form that starts the flow."),
                        ("到时提醒", "启动流程的到时提醒的标识，须属于同一表单。"),
                    ),
                },
                "if": {"properties": {"on": {"const": "moment"}}, "required": ["on"]},
                "then": {"required": ["moment"]},
                "else": {"not": {"required": ["moment"]}},
                "additionalProperties": False,
            },
            ("Start", "What starts the flow."),
            ("启动", "流程如何启动。"),
        ),
        "nodes": described(
            {
                "type": "array",
                "minItems": 2,
                "maxItems": 200,
                "items": {"oneOf": [kind.schema() for kind in NODE_TYPES]},
            },
            ("Nodes", "The stations of the flow. Their order here has no meaning; `next` leads the way."),
            ("节点", "流程的各个节点。排列顺序没有意义，走向由 `next` 决定。"),
        ),
        "states": described(
            {
                "type": "object",
                "properties": {
                    "field": described(
                        {"type": "string", "maxLength": 40},
                        ("Field", "The field of the form that shows where the record stands."),
                        ("字段", "显示审批状态的表单字段。"),
                    ),
                    **{
                        state: described({"type": ["string", "number", "boolean"]}, *_STATE_WORDS[state])
                        for state in STATES
                    },
                },
                "required": ["field"],
                "additionalProperties": False,
            },
            ("States", "Which value a field of the record gets when the flow moves on."),
            ("状态字段", "流程推进时写入记录字段的值。"),
        ),
        "event": described(
            {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", "maxLength": 80},
            ("Event", "The name of the event that is sent when a record is approved, as `quote.approved`."),
            ("事件", "审批通过时发出的事件名称，例如 `quote.approved`。"),
        ),
        "own_approval": _choice(
            ("ask", "skip"),
            ("Submitter among the approvers", "`ask`: asked like others. `skip`: counts as approved."),
            ("审批人为提交人本人", "`ask` 照常审批；`skip` 自动通过。"),
        ),
        "repeated_approval": _choice(
            ("ask", "skip"),
            ("Approver who has approved before", "`ask`: asked again. `skip`: counts as approved in the same round."),
            ("重复的审批人", "`ask` 每次审批；`skip` 本轮已同意过的自动通过。"),
        ),
        "withdraw": _choice(
            ("anytime", "unanswered", "never"),
            (
                "Withdrawal",
                "When the submitter may take the record back: `anytime` while it runs, while it is `unanswered`, or "
                "`never`.",
            ),
            ("撤回", "提交人何时可以撤回：`anytime` 审批中随时；`unanswered` 尚无人处理时；`never` 不可撤回。"),
        ),
    }

    def references(self, document: Document) -> Iterable[Reference]:
        """The form, its fields that the flow names, and the roles that it asks."""
        form = document["form"]
        yield Reference("form", form, at="form")
        for at, field in _fields(document):
            if not field.startswith("_"):
                yield Reference("form", form, f"fields.{field}", at)
        if "moment" in document.get("start", {}):
            yield Reference("moment", document["start"]["moment"], at="start.moment")
        for node in document["nodes"]:
            for index, one in enumerate(node.get("people", ())):
                if one["kind"] == "role":
                    yield Reference("role", one["role"], at=f"nodes.{node['key']}.people[{index}].role")
            for branch in node.get("branches", ()):
                yield from _spoken_of(form, branch["when"], f"nodes.{node['key']}.branches.{branch['key']}.when")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """Graph, fields, roles, state values, and that every condition is one over the form."""
        yield from check_graph(read_flow(document).nodes)
        form = effective.find("form", document["form"])
        if form is None:
            known = [key for kind, key in effective.documents if kind == "form"]
            message = f'There is no form "{document["form"]}"{suggest(document["form"], known)}'
            yield Problem("flow.no_form", "form", message, {"form": document["form"]})
            return
        yield from _unknown_fields(document, form)
        yield from _unknown_roles(document, effective)
        yield from _unknown_calendars(document, effective)
        yield from _other_moment(document, effective)
        yield from _unknown_values(document, form, effective)
        yield from _conditions(document, effective)


def check_document(document: Any) -> list[Problem]:
    """Schema and graph of a flow, for those who have no other documents at hand."""
    problems = validate(FlowKind(), document)
    return problems or check_graph(read_flow(document).nodes)


def _fields(document: Document) -> Iterator[tuple[str, str]]:
    """Every field that a flow names outside expressions: where, and which."""
    if "states" in document:
        yield "states.field", document["states"]["field"]
    for node in document["nodes"]:
        for field in node.get("fields", ()):
            yield f"nodes.{node['key']}.fields.{field}", field.split(".")[0]
        for index, name, field in named_fields(node.get("people", ())):
            yield f"nodes.{node['key']}.people[{index}].{name}", field


def _spoken_of(form: str, text: str, at: str) -> Iterator[Reference]:
    """The fields and settings in a condition. They are optional: the compiler has the better message."""
    try:
        names = dict.fromkeys(parts[0] for parts in names_in(parse(text)))
    except ProblemError:
        return
    for name in names:
        yield Reference("form", form, f"fields.{name}", at, optional=True)
    yield from OwnFields(form, {}).settings(text, at)


def _unknown_calendars(document: Document, effective: Effective) -> Iterator[Problem]:
    known = sorted({CHINA, *(key for kind, key in effective.documents if kind == "calendar")})
    for node in document["nodes"]:
        key = node.get("limit", {}).get("calendar")
        if key is not None and key not in known:
            message = f'There is no calendar "{key}"{suggest(key, known)}'
            yield Problem("calendar.unknown", f"nodes.{node['key']}.limit.calendar", message, {"key": key})


def _other_moment(document: Document, effective: Effective) -> Iterator[Problem]:
    """A moment of another form; one that is not there at all is a reference that leads nowhere."""
    key = document.get("start", {}).get("moment", "")
    moment = effective.find("moment", key)
    if moment is not None and moment["form"] != document["form"]:
        message = f'The moment "{key}" is one of another form: "{moment["form"]}"'
        yield Problem("flow.other_moment", "start.moment", message, {"key": key, "form": moment["form"]})


def _unknown_fields(document: Document, form: Document) -> Iterator[Problem]:
    fields = {field["key"]: field for field in form.get("fields", ())}
    people = {"member", "members"}
    for at, name in _fields(document):
        if name not in fields and not (name == "*" and ".fields." in at):
            message = f'"{form["key"]}" has no field "{name}"{suggest(name, fields)}'
            yield Problem("flow.no_field", at, message, {"field": name, "form": form["key"]})
        elif ".people[" in at:
            allowed = people if at.endswith(".field") else people | {"department", "departments"}
            if fields[name]["type"] not in allowed:
                message = f'"{name}" holds no people'
                yield Problem("flow.no_people_field", at, message, {"field": fields[name].get("label") or name})


def _unknown_roles(document: Document, effective: Effective) -> Iterator[Problem]:
    known = [key for kind, key in effective.documents if kind == "role"]
    for node in document["nodes"]:
        for index, one in enumerate(node.get("people", ())):
            if one["kind"] == "role" and one["role"] not in known:
                message = f'There is no role "{one["role"]}"{suggest(one["role"], known)}'
                yield Problem(
                    "flow.no_role", f"nodes.{node['key']}.people[{index}].role", message, {"role": one["role"]}
                )


def _conditions(document: Document, effective: Effective) -> Iterator[Problem]:
    """Conditions that do not compile over the form, with their position and the nearest names."""
    form = compiled(effective).forms.by_key.get(document["form"])
    if form is None:
        return
    for node in document["nodes"]:
        for branch in node.get("branches", ()):
            try:
                compile_expression(branch["when"], form.scope, expects=Type.BOOLEAN, place=Place.FILTER)
            except ProblemError as error:
                at = f"nodes.{node['key']}.branches.{branch['key']}.when"
                yield from (problem.under(at) for problem in error.problems)


def _unknown_values(document: Document, form: Document, effective: Effective) -> Iterator[Problem]:
    """State values that a choice field does not offer."""
    states = document.get("states", {})
    field = next((one for one in form.get("fields", ()) if one["key"] == states.get("field")), None)
    if field is None or field.get("type") != "choice":
        return
    options = field.get("options", {})
    source = effective.find("option_set", options["set"]) or {} if "set" in options else options
    known = [choice["key"] for choice in source.get("choices", ())]
    for state in STATES:
        if state in states and states[state] not in known:
            hint = suggest(str(states[state]), known)
            message = f'"{field["key"]}" has no choice "{states[state]}"{hint}'
            yield Problem("flow.no_choice", f"states.{state}", message, {"value": states[state], "known": known})
