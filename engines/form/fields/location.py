# ruff: noqa: ARG002
"""A point on the earth with a description: where somebody was, where a machine stands.

The value is one text, `113.941230,22.534120 深圳湾公园`: longitude and latitude as WGS 84 degrees, then the words.
Where people are is personal data: the page asks the browser only when somebody presses the button.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Double, Text, and_, case, cast, false, func, literal
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK
from engines.form.fields.options import flag, properties, words
from engines.form.fields.text import without_controls
from engines.formula.types import Type
from engines.kernel.problems import Problem

EARTH: Final = 6_371_008.8
"""The mean radius of the earth in metres."""

MOST_WORDS: Final = 300
_NUMBER: Final = r"[+-]?\d{1,3}(?:\.\d{1,15})?"
_POINT: Final = re.compile(rf"\s*[(\[]?\s*({_NUMBER})\s*[,，]\s*({_NUMBER})\s*[)\]]?\s*(.*)", re.DOTALL)


def point(text: Any) -> tuple[float, float] | None:
    """Longitude and latitude of a stored value."""
    match = _POINT.match(text) if isinstance(text, str) else None
    return (float(match[1]), float(match[2])) if match else None


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two points given as longitude and latitude, as the crow flies."""
    lng1, lat1, lng2, lat2 = (radians(part) for part in (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


class LocationField(FieldType):
    """Where a visit took place."""

    key = "location"
    icon = "current-location"
    group = "advanced"
    title = words("Location", "定位")
    description = words("A point with a description, taken from the phone.", "一个地点及其描述，可由手机定位。")
    formula = Type.TEXT
    searchable = True
    sortable = False
    operator_names: ClassVar[tuple[str, ...]] = ("within", "contains", "ncontains", "empty", "filled")
    option_properties = properties(
        locked=flag(
            False,
            ("From the device only", "The point is taken from the device and cannot be typed."),
            ("仅限定位", "只能通过设备定位，不能手工填写坐标。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def parts(self, value: Any) -> dict[str, str]:
        """Longitude, latitude and words of a value, or of what a page sent, as texts for the input."""
        if isinstance(value, str) and value.startswith("{"):
            given = _json(value)
            return {name: str(given.get(name) or "") for name in ("lng", "lat", "address")}
        match = _POINT.match(value) if isinstance(value, str) else None
        if match is None:
            return {"lng": "", "lat": "", "address": ""}
        return {"lng": match[1], "lat": match[2], "address": match[3].strip()}

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """`113.94,22.53 words`, or an object with `lng`, `lat` and `address`."""
        if raw is None or raw in ("", {}):
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("{"):
            raw = _json(raw)
        if isinstance(raw, Mapping):
            lng, lat = str(raw.get("lng") or "").strip(), str(raw.get("lat") or "").strip()
            if not lng and not lat and not raw.get("address"):
                return None
            raw = f"{lng},{lat} {raw.get('address') or ''}"
        match = _POINT.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            raise reject("location.no_point", "Must be longitude and latitude", value=str(raw)[:50])
        east, north = (Decimal(part).quantize(Decimal("0.000001")) for part in match.group(1, 2))
        if abs(east) > 180 or abs(north) > 90:
            raise reject("location.not_on_earth", "Longitude is -180 to 180, latitude -90 to 90", value=str(raw)[:50])
        said = " ".join(without_controls(match[3]).split())
        return f"{east + 0:.6f},{north + 0:.6f} {said}".strip()

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        if len(self.parts(value)["address"]) > MOST_WORDS:
            yield Problem("location.too_long", "", f"At most {MOST_WORDS} characters", {"max": MOST_WORDS})

    def to_json(self, value: Any, field: Field) -> Any:
        if value is None:
            return None
        parts = self.parts(value)
        return {"lng": parts["lng"], "lat": parts["lat"], "address": parts["address"]}

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        """`within`: `[lng, lat, metres]`, or a text `lng,lat,metres`."""
        if op in BLANK:
            return None
        if op != "within":
            return without_controls(str(raw)).strip() if isinstance(raw, str) else self.parse(raw, field, context)
        given = re.split(r"[,，\s]+", raw.strip()) if isinstance(raw, str) else raw
        if isinstance(given, Mapping):
            given = [given.get("lng"), given.get("lat"), given.get("metres", 1000)]
        try:
            lng, lat, metres = (float(str(one)) for one in given)
        except (TypeError, ValueError):
            raise reject("location.no_circle", "Must be longitude, latitude and metres") from None
        if not (abs(lng) <= 180 and abs(lat) <= 90 and 0 <= metres <= 2.1e7):
            raise reject("location.no_circle", "Must be longitude, latitude and metres")
        return lng, lat, metres

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """`within` compares the distance as the crow flies with the metres; a blank is nowhere."""
        if op != "within":
            return super().filter_sql(field, column, op, value, context)
        if value is None:
            return false()
        lng, lat, metres = value
        place = func.split_part(column, " ", 1)
        well_formed = column.regexp_match(r"^-?[0-9.]+,-?[0-9.]+( |$)")
        x = func.radians(cast(case((well_formed, func.split_part(place, ",", 1))), Double))
        y = func.radians(cast(case((well_formed, func.split_part(place, ",", 2))), Double))
        x0, y0 = literal(radians(lng)), literal(radians(lat))
        half = func.power(func.sin((y - y0) / 2), 2) + func.cos(y) * func.cos(y0) * func.power(
            func.sin((x - x0) / 2), 2
        )
        near = 2 * EARTH * func.asin(func.least(1.0, func.sqrt(half))) <= metres
        return and_(column.is_not(None), func.coalesce(near, false()))

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [({}, "113.941230,22.534120 深圳湾公园"), ({"locked": True}, "-0.127600,51.507200")]


def _json(text: str) -> Mapping[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, Mapping):
        raise reject("location.no_point", "Must be longitude and latitude", value=text[:50])
    return given
