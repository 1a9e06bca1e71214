# ruff: noqa: ARG002
"""An address in China: province, city, district and the rest. The value is one text, the parts between blanks.

`广东省 深圳市 南山区 科苑路15号`: a text column that any tool can read, sort and search, that expressions take as it
stands, and whose beginning says the region: "in Shenzhen" is a comparison of beginnings, which an index serves. A
municipality stands in it once (`北京市 东城区 ...`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Text, and_, false, or_
from sqlalchemy.types import TypeEngine

from engines.form.fields.base import Context, Field, FieldType, reject
from engines.form.fields.operators import BLANK
from engines.form.fields.options import one_of, properties, words
from engines.form.fields.text import without_controls
from engines.form.regions import Region, is_municipality, regions
from engines.formula.types import Type
from engines.kernel.problems import Problem, suggest

LEVELS: Final = ("province", "city", "district", "detail")
MOST_DETAIL: Final = 300


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address. `code` is that of the last region that is known."""

    province: str = ""
    city: str = ""
    district: str = ""
    detail: str = ""
    code: str = ""

    @classmethod
    def of(cls, chain: Sequence[Region], detail: str = "") -> "Address":
        """The address in a region."""
        names = [one.name for one in chain]
        if len(chain) == 1 and is_municipality(chain[0]):
            names.append(chain[0].name)
        province, city, district = (*names, "", "", "")[:3]
        return cls(province, city, district, detail, chain[-1].code if chain else "")

    @classmethod
    def split(cls, text: str) -> "Address":
        """The parts of a stored value."""
        chain = regions().walk(text.split(" ")[:3])
        known = cls.of(chain)
        head = known.stored()
        return cls.of(chain, text[len(head) :].strip())

    def stored(self) -> str:
        """The value as it is stored."""
        city = "" if self.city == self.province else self.city
        return " ".join(part for part in (self.province, city, self.district, self.detail) if part)

    def written(self) -> str:
        """The address as people write it on a letter."""
        city = "" if self.city == self.province else self.city
        return f"{self.province}{city}{self.district}{self.detail}"

    def depth(self) -> int:
        """How many of the four levels are reached."""
        return max((place for place, name in enumerate(LEVELS, 1) if getattr(self, name)), default=0)


class AddressField(FieldType):
    """Where a customer is, where goods go."""

    key = "address"
    icon = "map-pin"
    group = "text"
    title = words("Address", "地址")
    description = words("Province, city, district and the rest.", "省、市、区县和详细地址。")
    formula = Type.TEXT
    indexed = True
    searchable = True
    operator_names: ClassVar[tuple[str, ...]] = (
        "under", "nunder", "contains", "ncontains", "eq", "ne", "empty", "filled",
    )  # fmt: skip
    option_properties = properties(
        level=one_of(
            LEVELS,
            "detail",
            ("Down to", "How exact an address may be: a province, a city, a district, or with street and number."),
            ("精确到", "地址最细填到哪一级：省、市、区县或详细地址。"),
        ),
        needs=one_of(
            ("any", *LEVELS),
            "any",
            ("At least", "How exact an address has to be when one is entered."),
            ("至少填到", "填写地址时至少要到哪一级。"),
        ),
    )

    def column_type(self, field: Field) -> TypeEngine[Any]:
        return Text(collation="C")

    def parts(self, value: Any) -> Address:
        """The parts of a value, or of what a page sent, for the input."""
        if isinstance(value, str) and value.startswith("{"):
            given = _json(value)
            return Address(*(str(given.get(name) or "") for name in (*LEVELS, "code")))
        return Address.split(value) if isinstance(value, str) else Address()

    def parse(self, raw: Any, field: Field, context: Context | None = None) -> str | None:
        """A written address, or an object of its parts by name (or a `code` with a `detail`)."""
        if raw is None or raw == "" or raw == {}:
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("{"):
            raw = _json(raw)
        if isinstance(raw, Mapping):
            return self._given(raw)
        if not isinstance(raw, str):
            raise reject("address.not_text", "Must be an address", value=str(raw)[:50])
        text = _clean(raw)
        chain, rest = regions().read(text)
        return Address.of(chain, rest).stored() or None

    def _given(self, raw: Mapping[str, Any]) -> str | None:
        given = {name: _clean(str(raw.get(name) or "")) for name in (*LEVELS, "code")}
        names = [given[name] for name in LEVELS[:3] if given[name]]
        if not names and not given["code"]:
            return Address.of(*regions().read(given["detail"])).stored() or None
        chain = regions().walk(names) if names else regions().chain(given["code"])
        known = {one.name for one in chain}
        unknown = next((name for name in names if name not in known), given["code"] if not names and not chain else "")
        if unknown:
            nearest = suggest(unknown, (one.name for one in regions().by_code.values()))
            message = f'There is no region "{unknown[:40]}" there{nearest}'
            raise reject("address.unknown_region", message, value=unknown[:40])
        return Address.of(chain, given["detail"]).stored() or None

    def check(self, value: Any, field: Field, context: Context | None = None) -> Iterable[Problem]:
        address = Address.split(value)
        if len(address.detail) > MOST_DETAIL:
            message = f"At most {MOST_DETAIL} characters"
            yield Problem("address.too_long", "", message, {"max": MOST_DETAIL})
        level, needs = field.options.get("level", "detail"), field.options.get("needs", "any")
        locale = context.locale if context else "zh-CN"
        if address.depth() > LEVELS.index(level) + 1:
            name = _LEVEL_WORDS[level][locale]
            yield Problem("address.too_exact", "", f"Only down to the {name}", {"level": name})
        if needs != "any" and not self._reaches(address, needs):
            name = _LEVEL_WORDS[needs][locale]
            yield Problem("address.incomplete", "", f"Needs the {name}", {"level": name})

    def _reaches(self, address: Address, needs: str) -> bool:
        """Whether all levels are filled; where a region has nothing below it, nothing below is asked for."""
        here = regions().by_code.get(address.code)
        bottom = here is not None and not here.children
        asked = LEVELS[: LEVELS.index(needs) + 1]
        return all(getattr(address, name) or (bottom and name in ("city", "district")) for name in asked)

    def display(self, value: Any, field: Field, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> str:
        return "" if value is None else Address.split(value).written()

    def to_json(self, value: Any, field: Field) -> Any:
        if value is None:
            return None
        one = Address.split(value)
        return {"province": one.province, "city": one.city, "district": one.district, "detail": one.detail,
                "code": one.code, "text": one.written()}  # fmt: skip

    def parse_operand(self, op: str, raw: Any, field: Field, context: Context) -> Any:
        if op in ("contains", "ncontains") and isinstance(raw, str):
            return _clean(raw)
        if op in ("under", "nunder") and isinstance(raw, list | tuple):
            return tuple(self.parse(one, field, context) for one in raw)
        return super().parse_operand(op, raw, field, context)

    def filter_sql(
        self, field: Field, column: ColumnElement[Any], op: str, value: Any, context: Context
    ) -> ColumnElement[bool]:
        """`under`: in one of the regions (or at the address), `nunder`: elsewhere, or nowhere said."""
        if op in BLANK or op not in ("under", "nunder"):
            if op in ("contains", "ncontains") and value:
                value = str(value)
            return super().filter_sql(field, column, op, value, context)
        regions_ = [one for one in (value if isinstance(value, tuple) else (value,)) if one]
        inside = [or_(column == one, column.startswith(f"{one} ", autoescape=True)) for one in regions_]
        found = and_(column.is_not(None), or_(*inside)) if inside else false()
        return found if op == "under" else or_(column.is_(None), ~found)

    def samples(self) -> Sequence[tuple[dict[str, Any], Any]]:
        return [
            ({}, "广东省 深圳市 南山区 科苑路15号 A座"),
            ({"level": "district", "needs": "district"}, "北京市 东城区"),
            ({"level": "city"}, "湖北省 仙桃市"),
            ({}, "Room 5, 10 Downing Street"),
        ]


_LEVEL_WORDS: Final = {
    "province": words("province", "省份"),
    "city": words("city", "城市"),
    "district": words("district", "区县"),
    "detail": words("street and number", "详细地址"),
}


def _clean(text: str) -> str:
    return " ".join(without_controls(text).split())


def _json(text: str) -> Mapping[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, Mapping):
        raise reject("address.not_text", "Must be an address", value=text[:50])
    return given
