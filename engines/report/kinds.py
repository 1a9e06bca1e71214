"""The three kinds of documents of this engine, with what they refer to and what one document alone gets wrong.

Whether the names inside fit the forms (types, relations, measures over measures) is found by resolving the document
over the forms compiled from all documents in force.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from engines.form.checks import compiled
from engines.form.filters import FILTER_DEFINITION
from engines.kernel.documents import Document, DocumentKind, Label, Reference
from engines.kernel.layers import Effective
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest
from engines.report import schemas
from engines.report.definition import Dashboard, Dataset, Question
from engines.report.filtering import Period, filter_problems
from engines.report.resolve import Source, resolve_dataset, resolve_question
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

    def check(self, document: Document, effective: Effective) -> Iterable[Problem]:
        """Names of joins, columns and measures stand side by side and must differ; all must fit the form."""
        seen: dict[str, str] = {}
        for part in ("joins", "columns", "measures"):
            for element in document.get(part, ()):
                key, path = element["key"], f"{part}.{element['key']}"
                if key in seen and seen[key] != part:
                    message = f'"{key}" already names something in {seen[key]}'
                    yield Problem("dataset.name_taken", path, message, {"key": key, "part": seen[key]})
                seen.setdefault(key, part)
        dataset = Dataset.read(document)
        try:
            source = resolve_dataset(compiled(effective).forms, dataset)
        except ProblemError as error:
            yield from error.problems
        else:
            yield from filter_problems(source, dataset.filter)


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
        """The visual exists and can draw so many dimensions and measures; all names fit the dataset.

        What is wrong with the dataset itself is told there.
        """
        try:
            visual = VISUALS.get(document["visual"], "visual")
        except NotFound as problem:
            yield from problem.problems
        else:
            yield from visual.check(document)
        if document.get("limit") and not document.get("dimensions"):
            yield Problem("question.limit_alone", "limit", "A limit needs a dimension whose values it keeps", {})
        dataset = effective.find("dataset", document["dataset"])
        if dataset is None:
            known = {key for kind, key in effective.documents if kind == "dataset"}
            message = f'There is no dataset "{document["dataset"]}"{suggest(document["dataset"], known)}'
            yield Problem("dataset.unknown", "dataset", message, {"key": document["dataset"]})
            return
        try:
            source = resolve_dataset(compiled(effective).forms, Dataset.read(dataset))
        except ProblemError:
            return
        question = Question.read(document)
        try:
            resolve_question(source, question)
        except ProblemError as error:
            yield from error.problems
        yield from filter_problems(source, question.filter)


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
        """Questions exist, tiles stay inside the grid and do not lie on each other, filters mean something."""
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
        yield from _useless(Dashboard.read(document), effective)


REPORT_KINDS: Final[tuple[DocumentKind, ...]] = (DatasetKind(), QuestionKind(), DashboardKind())


def _useless(dashboard: Dashboard, effective: Effective) -> Iterator[Problem]:
    """Filters that no tile can follow: none of their forms has the date. Tiles that are broken are told elsewhere."""
    forms = compiled(effective).forms
    sources: dict[str, Source] = {}
    for tile in dashboard.tiles:
        question = effective.find("question", tile.question) or {}
        dataset = effective.find("dataset", str(question.get("dataset")))
        if dataset is not None and dataset["form"] in forms:
            plain = Dataset(dataset["key"], dataset["title"], dataset["form"])
            sources[tile.key] = resolve_dataset(forms, plain)
    for one in dashboard.filters:
        fields = [(one.field_of(key, source.dataset.key), source) for key, source in sources.items()]
        if sources and not any(field and Period(field, None, None).fits(source) for field, source in fields):
            known = {key for source in sources.values() for key in source.form.every}
            message = f'No tile has the date "{one.field}"{suggest(one.field, known)}'
            yield Problem("dashboard.filter_useless", f"filters.{one.key}.field", message, {"field": one.field})


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
