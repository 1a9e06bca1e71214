"""The regions of China for the selects of address fields: the cities and districts of one province at a time."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from dougong.web.login import public
from engines.form.regions import Region, regions
from engines.kernel.problems import NotFound, Problem

region_pages = Blueprint("regions", __name__)
DAY = 86_400


@region_pages.get("/regions/<code>")
@public
def below(code: str) -> ResponseReturnValue:
    """What lies in a province: `[[code, city, [[code, district], ...]], ...]`. Everybody may know it."""
    province = regions().by_code.get(code)
    if province is None or province.level != 1:
        raise NotFound(Problem("address.unknown_region", "", "There is no such province", {"value": code[:20]}))
    answer = jsonify([[city.code, city.name, _pairs(city)] for city in province.children.values()])
    answer.headers["Cache-Control"] = f"public, max-age={DAY}"
    return answer


@region_pages.app_template_global()
def provinces() -> list[Region]:
    """All provinces, for the first select."""
    return list(regions().provinces.values())


@region_pages.app_template_global()
def region_children(province: str, city: str = "") -> list[Region]:
    """The cities of a province, or the districts of one of them, by name."""
    chain = regions().walk([province, city] if city else [province])
    return list(chain[-1].children.values()) if len(chain) == (2 if city else 1) else []


def _pairs(region: Region) -> list[tuple[str, str]]:
    return [(one.code, one.name) for one in region.children.values()]
