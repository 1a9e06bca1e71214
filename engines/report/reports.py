"""The reports of one revision of an app: datasets, questions and dashboards by key, resolved when first asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from engines.form.form import Forms
from engines.kernel.documents import Document
from engines.kernel.problems import NotFound, Problem, ProblemError, suggest
from engines.report.definition import Dashboard, Dataset, Question
from engines.report.filtering import filter_problems
from engines.report.resolve import Asked, Source, resolve_dataset, resolve_question


@dataclass(eq=False)
class Reports:
    """Looks things up by key; a broken one fails alone. Compiled forms do not change, so answers are kept."""

    forms: Forms
    _sources: dict[str, Source] = field(default_factory=dict)
    _asked: dict[str, Asked] = field(default_factory=dict)

    def source(self, key: str, path: str = "") -> Source:
        """The dataset with this key over its form. Raises `NotFound` with a suggestion, or `Rejected`."""
        if key not in self._sources:
            self._sources[key] = resolve_dataset(self.forms, Dataset.read(self._document("dataset", key, path)))
        return self._sources[key]

    def question(self, key: str, path: str = "") -> Asked:
        """The question with this key over its dataset. Raises `NotFound` with a suggestion, or `Rejected`."""
        if key not in self._asked:
            asked = self.ask(Question.read(self._document("question", key, path)))
            self._asked[key] = replace(asked, kept=True)
        return self._asked[key]

    def ask(self, question: Question) -> Asked:
        """A question that is not published, over its dataset. Raises as `question` does."""
        return resolve_question(self.source(question.dataset, "dataset"), question)

    def dashboard(self, key: str, path: str = "") -> Dashboard:
        """The dashboard with this key. Raises `NotFound` with a suggestion."""
        return Dashboard.read(self._document("dashboard", key, path))

    def _document(self, kind: str, key: str, path: str) -> Document:
        document = self.forms.documents.get((kind, key))
        if document is None:
            known = [other for its_kind, other in self.forms.documents if its_kind == kind]
            message = f'There is no {kind} "{key}"{suggest(key, known)}'
            raise NotFound(Problem(f"{kind}.unknown", path, message, {"key": key}))
        return document


@lru_cache(maxsize=32)
def reports_of(forms: Forms) -> Reports:
    """The reports of compiled forms (compared by identity: once per revision and process)."""
    return Reports(forms)


def check_reports(forms: Forms) -> Iterator[Problem]:
    """Everything in which the app's datasets, questions and dashboards do not fit its forms.

    Paths begin with kind and key of the document (`question.won.dimensions.month.field`). What a broken dataset makes
    of its questions is not repeated.
    """
    reports = Reports(forms)
    broken: set[str] = set()
    for key in forms.of_kind("dataset"):
        try:
            source = reports.source(key)
        except ProblemError as error:
            broken.add(key)
            yield from (problem.under(f"dataset.{key}") for problem in error.problems)
        else:
            yield from (problem.under(f"dataset.{key}") for problem in filter_problems(source, source.dataset.filter))
    for key, document in forms.of_kind("question").items():
        if document.get("dataset") in broken:
            continue
        try:
            asked = reports.question(key)
            found = filter_problems(asked.source, asked.question.filter)
        except ProblemError as error:
            found = list(error.problems)
        yield from (problem.under(f"question.{key}") for problem in found)
