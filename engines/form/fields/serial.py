# ruff: noqa: ARG002
"""Serial numbers: `KH2026-00012`, made of segments around a counter. The writer draws the number when a record is made.

No number is given twice; gaps are allowed. `scope` names the counter: it starts again with each day, week, month or
year and for every value of the fields that stand in the number, as far as the counter says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Text
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, reject
from engines.form.fields.options import flag, properties, words
from engines.form.fields.text import Textual
from engines.kernel.documents import described, key_schema
from engines.kernel.problems import Problem

TOKENS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d"}
WEEKS = {"yyyy": "%G", "WW": "%V"}
"""With a week stands the year that it belongs to: the first days of January may lie in the last week of a year."""
FORMATS = (
    "yyyy",
    "yy",
    "yyyyMM",
    "yyMM",
    "yyyyMMdd",
    "yyMMdd",
    "MM",
    "MMdd",
    "yyyy-MM",
    "yyyy-MM-dd",
    "yyyyWW",
    "yyyy-WW",
)
RESETS = ("never", "day", "week", "month", "year")
SHOWN: Mapping[str, tuple[set[str], ...]] = {
    "never": (set(),),
    "year": ({"yy"},),
    "month": ({"yy", "MM"},),
    "week": ({"WW"}, {"yy", "MM", "dd"}),
    "day": ({"yy", "MM", "dd"},),
}
"""What a number has to show for a counter that begins anew, so that no number comes twice."""


def _segment(kind: str, required: tuple[str, ...], **own: Mapping[str, Any]) -> dict[str, Any]:
    key = key_schema(20, ("Key", "The name of this segment."), ("标识", "此段的标识。"))
    return {
        "type": "object",
        "properties": {"key": key, "kind": {"const": kind}, **own},
        "required": ["key", "kind", *required],
        "additionalProperties": False,
    }


SEGMENTS = {
    "type": "array",
    "minItems": 1,
    "maxItems": 10,
    "items": {
        "anyOf": [
            _segment(
                "text",
                ("text",),
                text=described(
                    {"type": "string", "minLength": 1, "maxLength": 20},
                    ("Text", "Fixed letters, such as KH or a dash."),
                    ("文字", "固定的字符，例如 KH 或连字符。"),
                ),
            ),
            _segment(
                "date",
                ("format",),
                format=described(
                    {"enum": list(FORMATS)},
                    ("Format", "How the day of creation is written, in the workspace's zone."),
                    ("格式", "创建日期的写法，按工作区时区。"),
                ),
            ),
            _segment(
                "counter",
                ("digits",),
                digits=described(
                    {"type": "integer", "minimum": 1, "maximum": 12},
                    ("Digits", "Filled up with zeros; a larger number simply grows longer."),
                    ("位数", "不足补零；超过位数则自动变长。"),
                ),
                reset=described(
                    {"enum": list(RESETS), "default": "never"},
                    ("Starts again", "When the counter begins anew."),
                    ("重新计数", "计数何时重新开始。"),
                ),
                start=described(
                    {"type": "integer", "minimum": 0, "maximum": 10**12, "default": 1},
                    ("First number", "Where the counter begins."),
                    ("起始值", "从几开始计数。"),
                ),
            ),
            _segment(
                "field",
                ("field",),
                field=key_schema(
                    40,
                    ("Field", "A field of the same record whose value stands in the number; it counts for itself."),
                    ("字段", "取同一记录中某字段的值，并按该值分别计数。"),
                ),
            ),
        ]
    },
}


class SerialField(Textual):
    """The number of a customer, a quote, an order."""

    key = "serial"
    icon = "hash"
    group = "advanced"
    title = words("Serial number", "流水号")
    description = words("Given by the system when a record is made.", "创建记录时由系统生成。")
    folds = False
    indexed = True
    writable = False
    in_subform = False
    may_be_unique = True
    always_unique = True
    may_be_encrypted = False
    required_options = ("segments",)
    option_properties = properties(
        segments=described(
            SEGMENTS,
            ("Segments", "What the number is made of, in order; exactly one counter."),
            ("组成", "编号由哪些段按顺序组成，计数段有且只有一个。"),
        ),
        imported=flag(
            True,
            ("Keep numbers of a file", "An import may bring numbers of its own."),
            ("导入时保留编号", "导入的数据可以自带编号。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        problems = list(super().check_options(options))
        yield from problems
        counters = [
            one for one in options.get("segments", ()) if isinstance(one, dict) and one.get("kind") == "counter"
        ]
        if not problems and len(counters) != 1:
            yield Problem("serial.one_counter", "segments", "Needs exactly one counter", {"counters": len(counters)})

    def repeats(self, field: Field) -> bool:
        """Whether numbers would come twice: the counter begins anew with a period that the number does not show."""
        formats = [one["format"] for one in field.options["segments"] if one["kind"] == "date"]
        shown = {"WW" for one in formats if "WW" in one}
        shown |= {token for one in formats if "WW" not in one for token in ("yy", "MM", "dd") if token in one}
        return not any(needed <= shown for needed in SHOWN[self.counter(field).get("reset", "never")])

    def counter(self, field: Field) -> Mapping[str, Any]:
        """The counter among the segments."""
        return next(one for one in field.options["segments"] if one["kind"] == "counter")

    def start(self, field: Field) -> int:
        """The first number of every scope."""
        return int(self.counter(field).get("start", 1))

    def scope(self, field: Field, day: date, values: Mapping[str, Any], app: str) -> str:
        """The name of the counter for a record made on this day with these values: `crm.quote.no:2026-06`."""
        year, week, _ = day.isocalendar()
        reset = self.counter(field).get("reset", "never")
        period = {
            "never": "",
            "day": f"{day:%Y-%m-%d}",
            "week": f"{year}-W{week:02}",
            "month": f"{day:%Y-%m}",
            "year": f"{day:%Y}",
        }[reset]
        own = [_short(values.get(one["field"])) for one in field.options["segments"] if one["kind"] == "field"]
        return ":".join([f"{app}.{field.form_key}.{field.key}", period, *own]).rstrip(":")

    def number(self, field: Field, count: int, day: date, values: Mapping[str, Any]) -> str:
        """The text of one number."""
        parts = []
        for one in field.options["segments"]:
            if one["kind"] == "text":
                parts.append(one["text"])
            elif one["kind"] == "date":
                parts.append(_date(day, one["format"]))
            elif one["kind"] == "counter":
                parts.append(f"{count:0{one['digits']}d}")
            else:
                parts.append(_short(values.get(one["field"])))
        return "".join(parts)

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        text = super().parse(raw, field, context)
        if text and len(text) > 200:
            raise reject("text.too_long", "Must have at most 200 characters", max=200, length=len(text))
        return text

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        segments = [
            {"key": "p", "kind": "text", "text": "BJ"},
            {"key": "d", "kind": "date", "format": "yyyyMM"},
            {"key": "n", "kind": "counter", "digits": 4, "reset": "month"},
        ]
        return [({"segments": segments}, "BJ2026060001"), ({"segments": segments[2:]}, "10000")]


def _date(day: date, pattern: str) -> str:
    for token, code in (WEEKS if "WW" in pattern else TOKENS).items():
        pattern = pattern.replace(token, code)
    return day.strftime(pattern)


def _short(value: Any) -> str:
    """The value of a field as it stands in a number: texts and choice keys as they are, links by id."""
    return "" if value is None else str(getattr(value, "id", value))[:40]
