"""Who speaks of what: one graph over the references of all documents.

It answers "where is this used" before something is removed, "what dangles" before something is published, and on
which documents a document depends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engines.kernel.documents import DocumentKind, Reference, validate
from engines.kernel.keyed import MISSING, Address, Document, child, get, list_keys, locate
from engines.kernel.layers import Effective
from engines.kernel.problems import Problem, suggest
from engines.kernel.registry import Registry


@dataclass(frozen=True, slots=True)
class Use:
    """One document (`kind`, `key`) speaking at its place `at` of the target of `reference`."""

    kind: str
    key: str
    reference: Reference

    @property
    def at(self) -> str:
        """The dotted place where the reference stands."""
        return self.reference.at

    def as_dict(self) -> dict[str, str]:
        """The shape that the API shows."""
        target = self.reference
        return {
            "kind": self.kind,
            "key": self.key,
            "at": self.at,
            "target_kind": target.kind,
            "target_key": target.key,
            "target_path": target.path,
        }


@dataclass(frozen=True)
class WhereUsed:
    """All references of a set of documents, by target."""

    documents: Mapping[Address, Document]
    uses: Mapping[Address, tuple[Use, ...]]

    def users(self, kind: str, key: str, path: str = "", *, outside: bool = False) -> tuple[Use, ...]:
        """Who refers to a document, or to the place `path` in it or anything below that place.

        `outside` leaves out what the document says of itself.
        """
        found = self.uses.get((kind, key), ())
        return tuple(
            use
            for use in found
            if _at_or_below(use.reference.path, path) and not (outside and (use.kind, use.key) == (kind, key))
        )

    def depends_on(self, kind: str, key: str) -> tuple[Address, ...]:
        """The documents that one document speaks of, itself left out."""
        targets = {target for target, uses in self.uses.items() for use in uses if (use.kind, use.key) == (kind, key)}
        return tuple(sorted(targets - {(kind, key)}))

    def dangling(self) -> list[Problem]:
        """A problem for every reference to a document or a place that is not there, with the nearest key."""
        return [
            problem
            for uses in self.uses.values()
            for use in uses
            if not use.reference.optional and (problem := self._missing(use)) is not None
        ]

    def _missing(self, use: Use) -> Problem | None:
        target = use.reference
        where = ".".join(part for part in (use.kind, use.key, use.at) if part)
        document = self.documents.get((target.kind, target.key))
        if document is None:
            known = [key for kind, key in self.documents if kind == target.kind]
            message = f'There is no {target.kind} "{target.key}"{suggest(target.key, known)}'
            return Problem("reference.unknown", where, message, {"kind": target.kind, "key": target.key})
        if locate(document, target.path) is not None:
            return None
        name, known = _nearest(document, target.path)
        message = f'The {target.kind} "{target.key}" has no "{target.path}"{suggest(name, known)}'
        params = {"kind": target.kind, "key": target.key, "path": target.path}
        return Problem("reference.unknown_place", where, message, params)


def _at_or_below(path: str, above: str) -> bool:
    return not above or path == above or path.startswith(f"{above}.")


def _nearest(document: Document, path: str) -> tuple[str, list[str]]:
    """The first step of a path that leads nowhere, and the names that could have stood there."""
    value: object = document
    for name in path.split("."):
        if child(value, name) is MISSING:
            keys = list_keys(value)
            return name, list(keys if keys is not None else value if isinstance(value, dict) else ())
        value = get(value, (name,))
    return path, []


def graph(effective: Effective, kinds: Registry[DocumentKind]) -> WhereUsed:
    """The references of every document whose kind is known. Ask only for documents that fit their schema."""
    uses: dict[Address, list[Use]] = {}
    for (kind, key), document in effective.documents.items():
        if kind in kinds:
            for reference in kinds.get(kind).references(document):
                uses.setdefault((reference.kind, reference.key), []).append(Use(kind, key, reference))
    return WhereUsed(effective.documents, {target: tuple(found) for target, found in uses.items()})


def check_all(
    effective: Effective, kinds: Registry[DocumentKind], only: Iterable[Address] | None = None
) -> list[Problem]:
    """Everything wrong with the documents in force: between layers, schemas, dangling references, kinds' own checks.

    Later checks run only when the earlier ones found nothing, because they rely on them. `only` limits the schema
    check to some documents (the others were checked when they were published). Paths begin with kind and key.
    """
    problems = list(effective.problems)
    for kind, key in sorted(effective.documents if only is None else only):
        document = effective.find(kind, key)
        if document is None:
            continue
        if kind not in kinds:
            message = f'There is no kind of document "{kind}"{suggest(kind, kinds.keys())}'
            problems.append(Problem("document.unknown_kind", f"{kind}.{key}", message, {"kind": kind}))
            continue
        problems += [problem.under(f"{kind}.{key}") for problem in validate(kinds.get(kind), document)]
    if problems:
        return problems
    problems = graph(effective, kinds).dangling()
    if problems:
        return problems
    return [
        problem.under(f"{kind}.{key}")
        for (kind, key), document in sorted(effective.documents.items(), key=lambda item: item[0])
        if kind in kinds
        for problem in kinds.get(kind).check(document, effective)
    ]
