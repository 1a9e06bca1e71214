"""`pack.json`: what a pack is called, its version, what it needs and what it likes to have beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dougong.packs.versions import Version, satisfies
from engines.kernel.checking import check
from engines.kernel.labels import described, label_schema
from engines.kernel.problems import Problem, ProblemError, Rejected

KEY_PATTERN: Final = r"^[a-z](_?[a-z0-9])*\.[a-z](_?[a-z0-9])*$"

_KEY: Final = {"type": "string", "pattern": KEY_PATTERN, "maxLength": 60}
_WORD: Final = {"type": "string", "maxLength": 40}
_RANGE: Final = described(
    {"type": "string", "maxLength": 60}, ("Range", "The versions that will do."), ("版本范围", "可用的版本。")
)

SCHEMA: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:dougong:pack",
    **described(
        {"type": "object"},
        ("Pack", "A folder of documents that is installed as one layer."),
        ("模板包", "作为一层安装的一组文档。"),
    ),
    "properties": {
        "key": described(
            _KEY, ("Key", "family.block, as the folders are called."), ("标识", "家族.模块，与文件夹同名。")
        ),
        "version": described(
            {"type": "string", "maxLength": 20},
            ("Version", "Three numbers, like 1.4.0."),
            ("版本", "三段数字，如 1.4.0。"),
        ),
        "title": label_schema(("Title", "What the gallery shows."), ("名称", "模板中心显示的名称。")),
        "summary": label_schema(("Summary", "One or two sentences."), ("简介", "一两句话。")),
        "icon": described(
            {"type": "string", "maxLength": 40}, ("Icon", "The name of an icon."), ("图标", "图标名称。")
        ),
        "family": described(
            {"type": "string", "maxLength": 40}, ("Family", "The shelf it stands on."), ("分类", "所属分类。")
        ),
        "depends": described(
            {"type": "object", "additionalProperties": _RANGE, "propertyNames": _KEY},
            ("Depends on", "Packs that must be there, with the versions that will do."),
            ("依赖", "必须同时安装的模板包及版本。"),
        ),
        "optional": described(
            {"type": "array", "items": _KEY, "uniqueItems": True},
            ("Comes alive with", "Packs for which parts of this one wait (`when`)."),
            ("可选搭配", "装上后本包更多内容会生效的模板包。"),
        ),
    },
    "required": ["key", "version", "title", "summary"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The head of a pack."""

    key: str
    version: str
    title: Any
    summary: Any
    icon: str = "package"
    family: str = ""
    depends: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    @property
    def is_suite(self) -> bool:
        """Whether the pack only combines others."""
        return self.family == "suite"


def read_manifest(document: Any, folder: str) -> Manifest:
    """The manifest of a decoded `pack.json`. Raises `Rejected` with all that is wrong, by folder."""
    problems = check(SCHEMA, document)
    if not problems:
        problems = _beyond_the_schema(document)
    if problems:
        raise Rejected([problem.under(f"{folder}/pack.json") for problem in problems])
    return Manifest(
        key=document["key"],
        version=document["version"],
        title=document["title"],
        summary=document["summary"],
        icon=document.get("icon", "package"),
        family=document.get("family", document["key"].split(".")[0]),
        depends=document.get("depends", {}),
        optional=tuple(document.get("optional", ())),
    )


def _beyond_the_schema(document: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    try:
        Version(document["version"])
    except ProblemError as error:
        problems.extend(error.problems)
    for key, wanted in document.get("depends", {}).items():
        try:
            satisfies("0", wanted)
        except ProblemError as error:
            problems.extend(problem.under(key) for problem in error.problems)
    return problems
