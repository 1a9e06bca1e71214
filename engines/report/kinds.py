"""The three kinds of documents of this engine, with what they refer to and what one document alone gets wrong.

Whether the names inside fit the form (types, relations, measures over measures) is known only when forms are compiled:
see `resolve.check_reports`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from engines.form.filters import FILTER_DEFINITION
from engines.kernel.documents import Document, DocumentKind, Label, Reference
from engines.kernel.layers import Effective
from engines.kernel.problems import NotFound, Problem, suggest
from engines.report import schemas
from engines.report.visuals import VISUALS


class DatasetKind(DocumentKind):
    """What may be asked: a form, related records, computed columns, named measures."""

    key = "dataset"
    title: ClassVar[Label] = {"en": "Dataset", "zh-CN": "数据集"}
    description: ClassVar[Label] = {
        "en": "Records of one form with related fields, computed columns and measures, for charts to ask.",
        "zh-CN": "一个表单的记录，连同关联字段、计算列和指标，供图表使用。",
    }
    properties: ClassVar[Mapping[str, Any]] = schemas.DATASET
    required = ("title", "form")
    definitions: ClassVar[Mapping[str, Any]] = {"filter": FILTER_DEFINITION}

    def references(self, document: Document) -> Iterable[Reference]:
        """The form and its fields; what lies behind a join belongs to another form and is found when compiled."""
        form = document["form"]
        yield Reference("form", form, at="form")
        for join in document.get("joins", ()):
            yield from _field(form, join["field"], f"joins.{join['key']}.field")
        computed = {column["key"] for column in document.get("columns", ())}
        for measure in document.get("measures", ()):
            if measure.get("field") not in computed:
                yield from _field(form, measure.get("field"), f"measures.{measure['key']}.field")
        yield from _filter_fields(form, document.get("filter"), "filter")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:  # noqa: ARG002
        """Names of joins, columns and measures stand side by side and must differ."""
        seen: dict[str, str] = {}
        for part in ("joins", "columns", "measures"):
            for element in document.get(part, ()):
                key, path = element["key"], f"{part}.{element['key']}"
                if key in seen and seen[key] != part:
                    message = f'"{key}" already names something in {seen[key]}'
                    yield Problem("dataset.name_taken", path, message, {"key": key, "part": seen[key]})
                seen.setdefault(key, part)


class QuestionKind(DocumentKind):
    """One chart: what is asked of a dataset and how the answer is drawn."""

    key = "question"
    title: ClassVar[Label] = {"en": "Chart", "zh-CN": "图表"}
    description: ClassVar[Label] = {
        "en": "One question to a dataset and how its answer is drawn.",
        "zh-CN": "向数据集提出的一个问题，以及结果的展示方式。",
    }
    properties: ClassVar[Mapping[str, Any]] = schemas.QUESTION
    required = ("title", "dataset", "visual", "measures")
    definitions: ClassVar[Mapping[str, Any]] = {"filter": FILTER_DEFINITION}

    def references(self, document: Document) -> Iterable[Reference]:
        """The dataset and its measures."""
        dataset = document["dataset"]
        yield Reference("dataset", dataset, at="dataset")
        for index, measure in enumerate(document["measures"]):
            if isinstance(measure, str):
                yield Reference("dataset", dataset, f"measures.{measure}", f"measures[{index}]")

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """The visual exists and can draw so many dimensions and measures; names in sort and measures exist."""
        try:
            visual = VISUALS.get(document["visual"], "visual")
        except NotFound as problem:
            yield from problem.problems
        else:
            yield from visual.check(document)
        dimensions = [dimension["key"] for dimension in document.get("dimensions", ())]
        own = {measure["key"] for measure in document["measures"] if isinstance(measure, dict)}
        dataset = effective.documents.get(("dataset", document["dataset"])) or {}
        known = {measure["key"] for measure in dataset.get("measures", ())}
        for index, measure in enumerate(document["measures"]):
            if isinstance(measure, str) and dataset and measure not in known:
                message = f'The dataset has no measure "{measure}"{suggest(measure, known)}'
                yield Problem("question.measure_unknown", f"measures[{index}]", message, {"key": measure})
        asked = {*dimensions, *own, *(one for one in document["measures"] if isinstance(one, str))}
        for sort in document.get("sort", ()):
            if sort["key"] not in asked:
                message = f'This question has no dimension or measure "{sort["key"]}"{suggest(sort["key"], asked)}'
                yield Problem("question.sort_unknown", f"sort.{sort['key']}", message, {"key": sort["key"]})
        if document.get("limit") and not dimensions:
            yield Problem("question.limit_alone", "limit", "A limit needs a dimension whose values it keeps", {})


class DashboardKind(DocumentKind):
    """Charts on a grid under common filters."""

    key = "dashboard"
    title: ClassVar[Label] = {"en": "Dashboard", "zh-CN": "仪表盘"}
    description: ClassVar[Label] = {
        "en": "Charts on a grid of twelve columns under common filters.",
        "zh-CN": "在 12 列网格上排列的图表，共用筛选条件。",
    }
    properties: ClassVar[Mapping[str, Any]] = schemas.DASHBOARD
    required = ("title", "tiles")

    def references(self, document: Document) -> Iterable[Reference]:
        """The questions of the tiles and the datasets that filters name."""
        for tile in document.get("tiles", ()):
            yield Reference("question", tile["question"], at=f"tiles.{tile['key']}.question")
        for one in document.get("filters", ()):
            for dataset in one.get("fields", {}):
                yield Reference("dataset", dataset, at=f"filters.{one['key']}.fields.{dataset}", optional=True)

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """Questions exist, tiles stay inside the grid and do not lie on each other."""
        known = {key for kind, key in effective.documents if kind == "question"}
        placed: dict[tuple[int, int], str] = {}
        for tile in document.get("tiles", ()):
            path = f"tiles.{tile['key']}"
            if tile["question"] not in known:
                message = f'There is no question "{tile["question"]}"{suggest(tile["question"], known)}'
                yield Problem("dashboard.question_unknown", f"{path}.question", message, {"key": tile["question"]})
            if tile["x"] + tile["w"] > 12:
                message = "The tile leaves the grid of twelve columns"
                yield Problem("dashboard.tile_outside", path, message, {"x": tile["x"], "w": tile["w"]})
            cells = [
                (x, y) for x in range(tile["x"], tile["x"] + tile["w"]) for y in range(tile["y"], tile["y"] + tile["h"])
            ]
            below = next((placed[cell] for cell in cells if cell in placed), None)
            if below is not None:
                message = f'The tile lies on the tile "{below}"'
                yield Problem("dashboard.tiles_overlap", path, message, {"other": below})
            placed.update(dict.fromkeys(cells, tile["key"]))


REPORT_KINDS: Final[tuple[DocumentKind, ...]] = (DatasetKind(), QuestionKind(), DashboardKind())


def _field(form: str, path: str | None, at: str) -> Iterator[Reference]:
    """The reference to a field of the form itself; system columns (`_created_at`) are always there."""
    if path and "." not in path and not path.startswith("_"):
        yield Reference("form", form, f"fields.{path}", at)


def _filter_fields(form: str, value: Any, at: str) -> Iterator[Reference]:
    if isinstance(value, Mapping):
        if isinstance(value.get("field"), str):
            yield from _field(form, value["field"].split(".")[0], at)
        for word in ("and", "or"):
            for below in value.get(word, ()):
                yield from _filter_fields(form, below, at)
