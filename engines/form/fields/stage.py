# ruff: noqa: ARG002
"""The stage of a process: a choice whose options know where they lead, and what has to be done before they are left.

For lists, filters, colours, imports and reports a stage is a choice. What is special is checked with every write
(`engines.form.write.stage_checks`), and the ways through the process are kept (`engines.form.stages`). What hangs on
the present stage (its kind, its rate, since when, until when) is read through fields of the type `stage_info`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, case

from engines.form.fields.base import Field, FieldType, Words
from engines.form.fields.choice import COLORS, ChoiceField
from engines.form.fields.options import properties, words
from engines.kernel.documents import described, key_schema, label_schema
from engines.kernel.problems import Problem

KINDS: Final = ("open", "won", "lost", "void")
_COLORS: Final[Mapping[str, str]] = {"won": "green", "lost": "red", "void": "gray"}
_CONDITION: Final = {"type": "string", "minLength": 1, "maxLength": 10_000}
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": r'^[^"\\]+$'}

PROCESSES: Final = {
    "type": "array",
    "maxItems": 20,
    "items": {
        "type": "object",
        "properties": {
            "key": key_schema(40, ("Key", "Its name; it never changes."), ("标识", "名称，不再改变。")),
            "title": label_schema(("Title", "What people see."), ("标题", "人看到的文字。")),
            "when": described(
                _CONDITION,
                ("When", "Records of this process; without it, all that no process before it takes."),
                ("适用条件", "哪些记录走此流程；不填则为前面流程都不适用的记录。"),
            ),
        },
        "required": ["key", "title"],
        "additionalProperties": False,
    },
}

TASKS: Final = {
    "type": "array",
    "maxItems": 50,
    "items": {
        "type": "object",
        "properties": {
            "key": key_schema(40, ("Key", "Its name; it never changes."), ("标识", "名称，不再改变。")),
            "title": label_schema(("Title", "What is to be done."), ("任务", "要做的事情。")),
            "optional": described(
                {"type": "boolean", "default": False},
                ("Optional", "The stage may be left without it."),
                ("选做", "不完成也可以离开此阶段。"),
            ),
        },
        "required": ["key", "title"],
        "additionalProperties": False,
    },
}

STAGES: Final = {
    "type": "array",
    "minItems": 1,
    "maxItems": 100,
    "items": {
        "type": "object",
        "properties": {
            "key": described(
                _KEY,
                ("Key", "What is stored and what expressions compare with; it never changes."),
                ("值", "存储和表达式比较所用的值，不再改变。"),
            ),
            "label": label_schema(
                ("Label", "What people see; the key where there is none."),
                ("名称", "人看到的文字；没有则用值。"),
            ),
            "color": described(
                {"enum": list(COLORS)},
                ("Colour", "The colour of the badge; green, red and gray for won, lost and void ones."),
                ("颜色", "标签的颜色；赢单、输单、无效默认为绿、红、灰。"),
            ),
            "disabled": described(
                {"type": "boolean", "default": False},
                ("Disabled", "Stays readable in old records and cannot be chosen any more."),
                ("停用", "旧记录仍可显示，但不能再选。"),
            ),
            "kind": described(
                {"enum": list(KINDS), "default": "open"},
                ("Kind", "Whether the matter is going on, or ended well, badly, or did not count."),
                ("性质", "进行中、赢单、输单或无效。"),
            ),
            "rate": described(
                {"type": "number", "minimum": 0, "maximum": 100},
                ("Rate", "How likely a good end is here, in percent."),
                ("赢率", "处于此阶段时成功的可能性，百分数。"),
            ),
            "enter": described(
                _CONDITION,
                ("Entry condition", "What must hold in the record that enters this stage."),
                ("进入条件", "记录进入此阶段时必须满足的条件。"),
            ),
            "enter_message": label_schema(
                ("Message", "What is said when the entry condition does not hold."),
                ("提示", "不满足进入条件时的提示。"),
            ),
            "needs": described(
                {
                    "type": "array",
                    "maxItems": 50,
                    "uniqueItems": True,
                    "items": {"type": "string", "minLength": 1, "maxLength": 40},
                },
                ("To be filled", "Fields that have to be filled before the record goes on from here."),
                ("离开前必填", "从此阶段继续前进之前必须填写的字段。"),
            ),
            "tasks": described(
                TASKS,
                ("Tasks", "What is to be done here; those that are not optional before the record goes on."),
                ("任务", "此阶段要做的事；非选做的须在前进之前完成。"),
            ),
            "stay_days": described(
                {"type": "number", "exclusiveMinimum": 0, "maximum": 3660},
                ("Longest stay in days", "Calendar days after which the record is overdue here."),
                ("最长停留（天）", "超过多少个自然日算停留超时。"),
            ),
            "stay_hours": described(
                {"type": "number", "exclusiveMinimum": 0, "maximum": 10_000},
                ("Longest stay in working hours", "Hours along the business calendar, instead of days."),
                ("最长停留（工作小时）", "按工作日历计算的小时数，代替天数。"),
            ),
            "calendar": described(
                {"type": "string", "minLength": 1, "maxLength": 40},
                (
                    "Calendar",
                    "The business calendar that these hours count along; without one that of the record or its"
                    " department.",
                ),
                ("日历", "这些小时按哪个工作日历计算；不填则用记录或其部门的日历。"),
            ),
            "to": described(
                {
                    "anyOf": [
                        {"type": "array", "maxItems": 100, "uniqueItems": True, "items": _KEY},
                        {"type": "null"},
                    ],
                },
                ("Leads to", "The later stages that may follow; without it all of them, an empty list for none."),
                ("可进入", "之后可以进入哪些阶段；不填则都可以，空列表表示不能前进。"),
            ),
            "back": described(
                {"type": "boolean", "default": True},
                ("May return", "Whether a record may go from here to an earlier stage."),
                ("允许退回", "是否可以从此阶段退回到之前的阶段。"),
            ),
            "process": key_schema(
                40,
                ("Process", "The process that the stage belongs to; without it, to all."),
                ("所属流程", "此阶段属于哪个流程；不填则属于全部。"),
            ),
        },
        "required": ["key"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done in a stage."""

    key: str
    title: Words
    optional: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as its document says. `to` is None where every later stage may follow."""

    key: str
    place: int
    kind: str
    label: Words
    rate: float | None
    message: Words
    needs: tuple[str, ...]
    tasks: tuple[Task, ...]
    days: float | None
    hours: float | None
    to: frozenset[str] | None
    back: bool
    process: str | None
    calendar: str | None = None

    @property
    def closed(self) -> bool:
        """Whether the matter has ended here."""
        return self.kind != "open"


class StageField(ChoiceField):
    """Where a deal, a case or a project stands."""

    key = "stage"
    icon = "progress-check"
    group = "choice"
    title = words("Stage", "阶段")
    description = words("The step of a process, with what each asks for.", "流程所处的阶段，以及每个阶段的要求。")
    sample_text = words("Proposal", "方案报价")
    in_subform = False
    by_engine = True
    required_options: ClassVar[tuple[str, ...]] = ("stages",)
    option_properties = properties(
        stages=described(STAGES, ("Stages", "The stages in their order."), ("阶段", "按顺序列出的阶段。")),
        processes=described(
            PROCESSES,
            ("Processes", "Several ways through the stages; the record says which one is its own."),
            ("流程", "同一表单的多个流程，由记录的字段决定走哪一个。"),
        ),
    )

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        """Besides the schema: what stages say of each other, and of processes, is there."""
        found = list(FieldType.check_options(self, options))
        yield from found
        if found:
            return
        stages = {one["key"]: one for one in options["stages"]}
        processes = {one["key"] for one in options.get("processes", ())}
        if all(one.get("kind", "open") != "open" for one in stages.values()):
            yield Problem("stage.none_open", "stages", "At least one stage has to be open", {})
        for one in options["stages"]:
            at = f"stages.{one['key']}"
            for key in one.get("to") or ():
                if key not in stages:
                    yield Problem("stage.unknown", f"{at}.to", f'There is no stage "{key}"', {"key": key})
            process = one.get("process")
            if process is not None and process not in processes:
                yield Problem(
                    "stage.unknown_process", f"{at}.process", f'There is no process "{process}"', {"key": process}
                )
            if "stay_days" in one and "stay_hours" in one:
                message = "The longest stay is given in days or in working hours, not in both"
                yield Problem("stage.two_stays", f"{at}.stay_hours", message, {})

    def choice_specs(self, options: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The stages as the options of a choice; closed ones have the colour of their kind."""
        usual = ((one, _COLORS.get(one.get("kind", "open"))) for one in options.get("stages", ()))
        return [{"color": color, **one} if color else one for one, color in usual]

    def conditions_of(self, options: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """The entry conditions and those of the processes."""
        for one in options.get("processes", ()):
            if one.get("when"):
                yield f"processes.{one['key']}.when", one["when"]
        for one in options["stages"]:
            if one.get("enter"):
                yield f"stages.{one['key']}.enter", one["enter"]

    def look(self, field: Field) -> str:
        return "choice"

    def rank(self, column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
        """Lists are ordered by the way through the process, not by the letters of the keys."""
        return case({one.key: place for place, one in enumerate(field.choices)}, value=column)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        stages = [
            {"key": "初步接洽", "rate": 10, "stay_days": 14},
            {"key": "offer", "label": {"zh-CN": "方案报价", "en": "Offer"}, "rate": 50, "back": False},
            {"key": "won", "label": {"zh-CN": "赢单", "en": "Won"}, "kind": "won", "rate": 100},
        ]
        return [({"stages": stages}, "初步接洽"), ({"stages": stages}, "offer")]


def stages_of(field: Field) -> dict[str, Stage]:
    """The stages of a field by key, in their order."""
    return {
        one["key"]: Stage(
            key=one["key"],
            place=place,
            kind=one.get("kind", "open"),
            label=Words(one.get("label", one["key"])),
            rate=one.get("rate"),
            message=Words(one.get("enter_message")),
            needs=tuple(one.get("needs", ())),
            tasks=tuple(Task(t["key"], Words(t["title"]), bool(t.get("optional"))) for t in one.get("tasks", ())),
            days=one.get("stay_days"),
            hours=one.get("stay_hours"),
            to=None if one.get("to") is None else frozenset(one["to"]),
            back=one.get("back", True),
            process=one.get("process"),
            calendar=one.get("calendar"),
        )
        for place, one in enumerate(field.options.get("stages", ()))
    }
