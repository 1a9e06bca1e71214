"""Checking packs without installing them: every document by its schema and beside those that it will stand with."""

from collections.abc import Iterable

from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.packs.library import Library, Pack
from engines.kernel.documents import validate
from engines.kernel.layers import Effective, merge_layers
from engines.kernel.problems import Problem, ProblemError
from engines.kernel.whereused import check_all


def lint(library: Library, key: str) -> list[Problem]:
    """Everything that is wrong with a pack, alone with its dependencies and together with what it likes to have."""
    try:
        alone = library.closure([key])
    except ProblemError as error:
        return list(error.problems)
    pack = alone[-1]
    present = library.keys()
    liked = [other for other in pack.manifest.optional if other in present]
    company = library.closure([key, *liked])
    problems = [*_documents(pack), *_data(pack, effective(company))]
    for packs in [alone, company] if liked else [alone]:
        for problem in together(packs):
            if problem not in problems:
                problems.append(problem)
    return problems


def together(packs: Iterable[Pack]) -> list[Problem]:
    """What is wrong with packs as one app: documents that clash, references that lead nowhere, broken expressions."""
    whole = effective(packs)
    problems = list(whole.problems)
    return problems or list(check_all(whole, DOCUMENT_KINDS))


def effective(packs: Iterable[Pack]) -> Effective:
    """The documents that the packs amount to."""
    return merge_layers(pack.layer for pack in packs)


def _documents(pack: Pack) -> Iterable[Problem]:
    """The schema of each document as it stands in the file, `when` taken out."""
    for (kind, key), document in pack.layer.documents.items():
        name = f"{pack.key}/{kind}/{key}"
        if kind not in DOCUMENT_KINDS:
            try:
                DOCUMENT_KINDS.get(kind, name)
            except ProblemError as error:
                yield from error.problems
            continue
        living = merge_layers([pack.layer], installed=_everything(document)).find(kind, key)
        for problem in validate(DOCUMENT_KINDS.get(kind), living):
            yield problem.under(name)


def _everything(value: object) -> frozenset[str]:
    """Every pack that some `when` in a document asks for: with all of them the whole document is alive."""
    if isinstance(value, dict):
        own = value["when"].get("installed", ()) if isinstance(value.get("when"), dict) else ()
        return frozenset(own).union(*(_everything(inner) for inner in value.values()))
    if isinstance(value, list):
        return frozenset().union(*(_everything(inner) for inner in value))
    return frozenset()


def _data(pack: Pack, whole: Effective) -> Iterable[Problem]:
    """Sample data for forms and columns that exist."""
    for name, rows in pack.data.items():
        key, _, inner = name.partition(".")
        form = whole.find("form", key)
        place = f"{pack.key}/data/{name}.csv"
        if form is None:
            yield Problem("pack.data_form", place, f'There is no form "{key}"', {"form": key})
            continue
        fields = form.get("fields", [])
        for step in inner.split(".") if inner else ():
            fields = next((one.get("fields", []) for one in fields if one["key"] == step), [])
        known = {one["key"] for one in fields} | {"@key", "@parent", "_owner", "_created_at"}
        for column in rows[0] if rows else ():
            if column not in known:
                message = f'The form "{key}" has no field "{column}"'
                yield Problem("pack.data_column", place, message, {"form": key, "column": column})
