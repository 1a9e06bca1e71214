"""What hangs on the present stage of a record, as a field that lists, filters, reports and expressions can use.

`since` is kept: every write that changes the stage sets it. All else follows from the stage's definition and the clock
when it is read, so a changed definition needs no recomputing and "overdue" is right at every moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from engines.form.fields.base import Field, FieldType
from engines.form.fields.boolean import BooleanField
from engines.form.fields.choice import ChoiceField
from engines.form.fields.datetime import DatetimeField
from engines.form.fields.delegated import Delegated
from engines.form.fields.number import NumberField
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.percent import PercentField
from engines.kernel.documents import key_schema
from engines.kernel.problems import Problem

_SHOWN: Final[Mapping[str, FieldType]] = {
    "kind": ChoiceField(),
    "rate": PercentField(),
    "stay": NumberField(),
    "since": DatetimeField(),
    "due": DatetimeField(),
    "overdue": BooleanField(),
}
_KINDS: Final = (
    {"key": "open", "label": {"en": "Open", "zh-CN": "进行中"}, "color": "blue"},
    {"key": "won", "label": {"en": "Won", "zh-CN": "赢单"}, "color": "green"},
    {"key": "lost", "label": {"en": "Lost", "zh-CN": "输单"}, "color": "red"},
    {"key": "void", "label": {"en": "Void", "zh-CN": "无效"}, "color": "gray"},
)


class StageInfoField(Delegated):
    """Won or lost, how likely, since when, overdue."""

    key = "stage_info"
    icon = "progress"
    group = "choice"
    title = words("Stage information", "阶段信息")
    description = words(
        "What hangs on the present stage: its kind, rate, since when, until when, whether overdue.",
        "当前阶段的性质、赢率、进入时间、应离开时间、是否超时。",
    )
    sample_text = words("50%", "50%")
    writable = False
    has_choices = True
    in_subform = False
    by_engine = True
    required_options: ClassVar[tuple[str, ...]] = ("of", "show")
    option_properties = properties(
        of=key_schema(40, ("Stage field", "The stage field of this form."), ("阶段字段", "本表单的阶段字段。")),
        show=one_of(
            tuple(_SHOWN),
            "kind",
            (
                "Shows",
                "The kind of the stage, its rate, its longest stay (days, or working hours where it is given in them),"
                " since when the record is there, until when it may be, or whether it is overdue.",
            ),
            ("显示", "阶段性质、赢率、最长停留（天或工作小时）、进入时间、应离开时间，或是否超时。"),
        ),
    )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """With the defaults of the type that the value looks like."""
        filled = super().fill(options)
        return {
            **_SHOWN[filled["show"]].fill({}),
            **({"precision": "minute"} if filled["show"] in ("since", "due") else {}),
            **filled,
        }

    def kind(self, field: Field) -> FieldType:
        """The type that the value looks like."""
        return _SHOWN[field.options["show"]]

    def expression_of(self, options: Mapping[str, Any]) -> str | None:
        """Only a name of it: the text is written from the stages (`expression_among`)."""
        return None if options.get("show") == "since" else f"{options.get('show')}({options.get('of')})"

    def expression_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> str | None:
        """The expression, from the stages of the field that this one is about."""
        of, show = options["of"], options["show"]
        stage = fields.get(of)
        if stage is None or stage.type.key != "stage" or show == "since":
            return None
        specs = stage.options["stages"]
        if show == "kind":
            return _switch(of, [(one["key"], f'"{one.get("kind", "open")}"') for one in specs])
        if show == "rate":
            rates = [(one["key"], str(Decimal(str(one["rate"])).scaleb(-2))) for one in specs if "rate" in one]
            return _switch(of, rates) if rates else None
        if show == "stay":
            stays = [(one["key"], one.get("stay_days", one.get("stay_hours"))) for one in specs]
            found = [(key, str(Decimal(str(stay)))) for key, stay in stays if stay is not None]
            return _switch(of, found) if found else None
        if show == "due":
            since = since_key(of, fields)
            ends = [(one["key"], end) for one in specs if (end := _end(one, since)) is not None]
            return _switch(of, ends) if ends and since else None
        due = next((key for key, one in fields.items() if is_about(one, of, "due")), None)
        return None if due is None else f"AND(NOT(ISBLANK({due})), NOW() > {due})"

    def check_among(self, options: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterable[Problem]:
        """What has to be beside it: the stage field, and what its own value is computed from."""
        of, show = options["of"], options["show"]
        stage = fields.get(of)
        if stage is None or stage.type.key != "stage":
            yield Problem("stage_info.no_stage", "of", f'"{of}" is no stage field of this form', {"field": of})
            return
        needed = {"due": "since", "overdue": "due"}.get(show)
        if needed and not any(is_about(one, of, needed) for one in fields.values()):
            message = f'Needs a field of the same type beside it that shows "{needed}"'
            yield Problem("stage_info.needs", "show", message, {"show": needed})
        elif self.expression_among(options, fields) is None and show != "since":
            yield Problem("stage_info.nothing", "show", "No stage says anything about this", {"show": show})

    def keeps(self, field: Field) -> bool | None:
        return field.options["show"] == "since"

    def choice_specs(self, options: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return _KINDS if options.get("show") == "kind" else ()

    def look(self, field: Field) -> str:
        return self.kind(field).key

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({"of": "a_stage", "show": "since"}, datetime(2026, 10, 8, 1, 30, tzinfo=UTC))]


def is_about(one: Field, stage: str, show: str) -> bool:
    """Whether a field shows this of a stage field."""
    return one.type.key == "stage_info" and one.options.get("of") == stage and one.options.get("show") == show


def since_key(stage: str, fields: Mapping[str, Field]) -> str | None:
    """The field that keeps since when a record is in its stage; None where there is none."""
    return next((key for key, one in fields.items() if is_about(one, stage, "since")), None)


def _switch(name: str, cases: Sequence[tuple[str, str]]) -> str:
    return f"SWITCH({name}, " + ", ".join(f'"{key}", {value}' for key, value in cases) + ")"


def _end(stage: Mapping[str, Any], since: str | None) -> str | None:
    if "stay_days" in stage:
        hours = Decimal(str(stage["stay_days"])) * 24
        return f'DATEADD({since}, {hours.normalize():f}, "hour")'
    if "stay_hours" not in stage:
        return None
    along = f', "{stage["calendar"]}"' if stage.get("calendar") else ""
    return f"ADDWORKHOURS({since}, {Decimal(str(stage['stay_hours']))}{along})"
