"""The plan of a publish, shown before anything happens: what changes, what it does to the tables and their data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dougong.apps import drafts, store, trash
from dougong.apps.finish import Left
from dougong.apps.kinds import DOCUMENT_KINDS
from dougong.apps.options import OptionGone, removed_options
from dougong.apps.schema import Conversion, count_conversions, duplicates, lock_ms, step_dict
from dougong.apps.target import Conflicts, Target, of_draft, problems_of
from engines.form.compile import compile_forms
from engines.form.ddl import DdlStep, plan_tables
from engines.form.protect.flow import check_types
from engines.form.transaction import Transaction
from engines.kernel.keyed import canonical, get, locate, same
from engines.kernel.layers import Effective, Layer, Own
from engines.kernel.merge import Change, diff
from engines.kernel.problems import NotFound, Problem, Rejected
from engines.kernel.whereused import Use, graph


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What happens to one document."""

    kind: str
    key: str
    action: Literal["add", "change", "remove"]
    changes: tuple[Change, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows."""
        head = {"kind": self.kind, "key": self.key, "action": self.action}
        return head | {"changes": [change.as_dict() for change in self.changes]}


@dataclass(frozen=True)
class Plan:
    """What a publish would do to the revision that it was made for. `problems` must be mended first.

    `uses` says of everything that is removed who still speaks of it; `options` which options of choices go though
    records hold them; `back` which values return when a field gets the
    type again that it had before; `lock_ms` is about how long writers wait.
    """

    app: str
    revision: int
    documents: tuple[DocumentChange, ...]
    steps: tuple[DdlStep, ...] = ()
    problems: tuple[Problem, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    removed: tuple[trash.Removed, ...] = ()
    uses: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    back: Mapping[tuple[str, str], Left] = field(default_factory=dict)
    lock_ms: int = 0
    layers_changed: bool = False
    options: tuple[OptionGone, ...] = ()
    target: Target | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to publish."""
        return not self.documents and not self.layers_changed

    def left(self) -> list[Left]:
        """What has to follow the switch."""
        steps = [
            Left("refresh", {"about": step.about, "form": step.params["form"], "field": step.params["field"]})
            if step.refresh and not step.code.startswith("ddl.seal")
            else Left("seal", {"about": step.about, "form": step.params["form"], "fields": [step.params["field"]]})
            if step.refresh
            else Left("fill", {"about": step.about, "form": step.params["form"], "field": step.fill})
            if step.fill
            else Left("search", {"about": step.about, "form": step.params["form"]})
            if step.code == "ddl.search"
            else Left("sql", {"about": step.about, "sql": step.sql})
            for step in self.steps
            if step.phase == "finish"
        ]
        return [*self.back.values(), *steps]

    def as_dict(self) -> dict[str, Any]:
        """The shape that the API shows."""
        return {
            "app": self.app,
            "revision": self.revision,
            "documents": [one.as_dict() for one in self.documents],
            "steps": [step_dict(step) for step in self.steps],
            "problems": [problem.as_dict() for problem in self.problems],
            "conversions": [one.as_dict() for one in self.conversions],
            "removed": [
                one.as_dict() | {"used_by": [use.as_dict() for use in self.uses.get(one.place, ())]}
                for one in self.removed
            ],
            "options": [one.as_dict() for one in self.options],
            "lock_ms": self.lock_ms,
        }


def make_plan(tx: Transaction, draft: drafts.Draft) -> Plan:
    """The plan of publishing a draft now. Never raises for what is wrong with the draft: `problems` say it."""
    drafts.may_design(tx)
    return plan_target(tx, of_draft(tx, draft))


def plan_target(tx: Transaction, target: Target, revision: int | None = None) -> Plan:
    """The plan of any publish, with values counted as this transaction sees them.

    `revision` is the number that the publish will have; it is part of the names of what goes to the trash.
    """
    app, current = target.app, store.load(tx, target.app)
    old = store.forms(tx, app)
    removed = trash.count_values(tx, old, trash.removed_parts(current, target.effective))
    plan = Plan(
        app,
        tx.revision,
        document_changes(current, target.effective),
        removed=removed,
        uses=_uses(current, target.effective, removed),
        layers_changed=_layers_differ(tx, target),
        target=target,
    )
    problems = problems_of(target, current)
    if problems:
        return replace(plan, problems=tuple(problems))
    try:
        new = compile_forms(app, target.effective.documents, revision=revision or tx.revision + 1)
    except Rejected as rejected:
        return replace(plan, problems=rejected.problems)
    lying = trash.for_planner(tx, app)
    steps = tuple(plan_tables(old, new, trash=lying))
    return replace(
        plan,
        steps=steps,
        back=trash.values_back(steps, lying),
        problems=(*duplicates(tx, steps, new), *check_types(old, new)),
        conversions=count_conversions(tx, steps),
        lock_ms=lock_ms(tx, steps),
        options=removed_options(tx, old, new),
    )


def values_lost(tx: Transaction, plan: Plan, form: str, field: str) -> Iterator[tuple[int, str]]:
    """The values that a plan cannot convert: the record's number and the value as text, for a file of them.

    Raises `NotFound` where the plan converts no such field.
    """
    for step in plan.steps:
        if step.code == "ddl.convert" and (step.params["form"], step.params["field"]) == (form, field):
            break
    else:
        message = f'The plan does not convert "{form}.{field}"'
        raise NotFound(Problem("plan.no_conversion", "field", message, {"field": f"{form}.{field}"}))
    if step.values_query:
        rows = tx.connection.exec_driver_sql(step.values_query, execution_options={"no_parameters": True})
        yield from ((row.record, str(row.value)) for row in rows)


def document_changes(before: Effective, after: Effective) -> tuple[DocumentChange, ...]:
    """What happens to each document, by address."""
    found = []
    for kind, key in sorted({*before.documents, *after.documents}):
        old, new = before.find(kind, key), after.find(kind, key)
        if old is None:
            found.append(DocumentChange(kind, key, "add"))
        elif new is None:
            found.append(DocumentChange(kind, key, "remove"))
        elif not same(old, new):
            found.append(DocumentChange(kind, key, "change", tuple(diff(old, new))))
    return tuple(found)


def _uses(before: Effective, after: Effective, removed: tuple[trash.Removed, ...]) -> dict[str, tuple[Use, ...]]:
    """Who speaks of what is removed, as far as the documents that speak stay."""
    used = graph(before, DOCUMENT_KINDS)
    return {
        one.place: tuple(
            use
            for use in used.users(trash.FORM, one.form, one.path, outside=not one.field)
            if still_says(before, after, use)
        )
        for one in removed
    }


def still_says(before: Effective, after: Effective, use: Use) -> bool:
    """Whether the place that speaks of something stays as it is; one that goes or is written anew speaks no more."""
    old, new = before.find(use.kind, use.key), after.find(use.kind, use.key)
    path = None if old is None else locate(old, use.at)
    return new is not None and (path is None or same(get(old, path), get(new, path)))


def _layers_differ(tx: Transaction, target: Target) -> bool:
    """Whether packs, their versions or the customer's own layer differ from those in force."""
    before = store.load_layers(tx, target.app)

    def shape(packs: tuple[Layer, ...], own: Own, conflicts: Conflicts) -> bytes:
        known = [(one.key, one.version, store.layer_body(one)) for one in sorted(packs, key=lambda one: one.key)]
        return canonical([known, own.as_dict(), store.stored_conflicts(conflicts)])

    now = shape(before.packs, before.own, before.conflicts)
    return now != shape(target.packs, target.own, target.conflicts)
