# ruff: noqa: ARG002
"""A rating in whole stars, and a number that is set by sliding: both are numbers with a look of their own."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from engines.form.fields.base import Context, Field
from engines.form.fields.number import EXACT, Numeral, plain, rounded, with_unit
from engines.form.fields.options import flag, one_of, properties, words
from engines.kernel.documents import described, label, label_schema
from engines.kernel.problems import Problem

ICONS: Final = ("star", "heart", "thumb-up", "flag", "bolt")
_STARS: Final = "★☆"


class RatingField(Numeral):
    """How satisfied, how urgent, how promising."""

    key = "rating"
    icon = "star"
    group = "number"
    title = words("Rating", "评分")
    description = words("One to ten stars.", "一到十颗星。")
    totals = False
    option_properties = properties(
        max=described(
            {"type": "integer", "minimum": 2, "maximum": 10, "default": 5},
            ("Out of", "How many stars there are."),
            ("满分", "一共有几颗星。"),
        ),
        icon=one_of(
            ICONS,
            "star",
            ("Picture", "What is drawn for each point."),
            ("图案", "每一分画成什么。"),
        ),
    )

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> Decimal | None:
        """A number, or the stars themselves: `★★★☆☆` is three."""
        if isinstance(raw, str) and raw.strip() and not raw.strip().strip(_STARS):
            return Decimal(raw.count("★")) or None
        return super().parse(raw, field, context)

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        most = field.options.get("max", 5)
        if not 1 <= value <= most or value != value.to_integral_value():
            yield Problem("rating.out_of_range", "", f"Must be a whole number from 1 to {most}", {"max": most})

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, Decimal(4)), ({"max": 10, "icon": "heart"}, Decimal(10))]


class SliderField(Numeral):
    """Progress, confidence, a level between two ends."""

    key = "slider"
    icon = "adjustments-horizontal"
    group = "number"
    title = words("Slider", "滑块")
    description = words("A number between two ends, drawn as a bar.", "两端之间的数字，以进度条显示。")
    option_properties = properties(
        min=described(
            {"type": "number", "default": 0},
            ("From", "The left end."),
            ("起点", "滑块最左端的值。"),
        ),
        max=described(
            {"type": "number", "default": 100},
            ("To", "The right end."),
            ("终点", "滑块最右端的值。"),
        ),
        step=described(
            {"type": "number", "exclusiveMinimum": 0, "default": 1},
            ("Step", "The distance between two values, counted from the left end."),
            ("步长", "相邻两个值的间距，从最左端算起。"),
        ),
        unit=label_schema(
            ("Unit", "Shown behind the number."),
            ("单位", "显示在数字后面。"),
        ),
        bar=flag(
            True,
            ("As a bar", "Shows a bar beside the number."),
            ("进度条", "在数字旁显示进度条。"),
        ),
    )

    def fill(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The decimals are those of the ends and the step."""
        filled = super().fill(options)
        sizes = [Decimal(str(filled[name])).normalize().as_tuple().exponent for name in ("min", "max", "step")]
        return {**filled, "decimals": max(0, *(-one for one in sizes if isinstance(one, int)))}

    def check_options(self, options: Mapping[str, Any]) -> Iterable[Problem]:
        found = list(super().check_options(options))
        yield from found
        if not found and options.get("min", 0) >= options.get("max", 100):
            yield Problem("slider.ends", "max", "The right end must be larger than the left one", {})

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        yield from super().check(value, field, context)
        low, step = Decimal(str(field.options.get("min", 0))), Decimal(str(field.options.get("step", 1)))
        if EXACT.remainder(EXACT.subtract(value, low), step):
            message = f"Must be {plain(low)} and any number of steps of {plain(step)}"
            yield Problem("slider.off_step", "", message, {"min": plain(low), "step": plain(step)})

    def clean(self, text: str, field: Field) -> str:
        """Without the unit that people see behind the number."""
        unit = field.options.get("unit")
        for word in [unit] if isinstance(unit, str) else (unit or {}).values():
            text = text.strip().removesuffix(word)
        return text.strip()

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        text, unit = super().display(value, field, locale, zone), label(field.options.get("unit"), locale)
        return with_unit(text, unit) if text else text

    def share(self, value: Any, field: Field) -> int:
        """How much of the way from the left to the right end it is, in whole percent."""
        low, high = (Decimal(str(field.options[name])) for name in ("min", "max"))
        return int(rounded(EXACT.divide(min(max(value, low), high) - low, high - low) * 100, 0))

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, Decimal(40)),
            ({"min": -1, "max": 1, "step": 0.25}, Decimal("-0.75")),
            ({"unit": {"zh-CN": "分", "en": "points"}, "bar": False}, Decimal(0)),
        ]
