"""Which stage fields a form has, and which process a record follows."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engines.form.fields.base import Field
from engines.form.fields.stage import Stage, StageField, stages_of
from engines.form.fields.stage_info import since_key
from engines.form.form import Form
from engines.formula import Facts
from engines.kernel.problems import NotFound, Problem


@lru_cache(maxsize=1024)
def staged(form: Form) -> tuple[Field, ...]:
    """The stage fields of a form."""
    return tuple(one for one in form.fields.values() if isinstance(one.type, StageField))


def stage_field(form: Form, key: str) -> Field:
    """The stage field with this key. Raises `NotFound` for another one."""
    found = next((one for one in staged(form) if one.key == key), None)
    if found is None:
        raise NotFound(Problem("stage_info.no_stage", key, f'"{key}" is no stage field of this form', {"field": key}))
    return found


@lru_cache(maxsize=4096)
def stages_by_key(field: Field) -> Mapping[str, Stage]:
    """The stages of a field by key, in their order."""
    return stages_of(field)


@lru_cache(maxsize=4096)
def since_of(form: Form, key: str) -> str | None:
    """The field that keeps since when a record is in the stage of a field; None where the form has none."""
    return since_key(key, form.fields)


def process_of(field: Field, view: Mapping[str, Any], facts: Facts) -> str | None:
    """The first process whose condition holds for a record; None where none does, or there are none."""
    for one in field.options.get("processes", ()):
        condition = field.conditions.get(f"processes.{one['key']}.when")
        if not one.get("when") or (condition is not None and condition.evaluate(view, facts)):
            return str(one["key"])
    return None


def belongs(stage: Stage, process: str | None) -> bool:
    """Whether a stage is part of a process; one that names none is part of all."""
    return stage.process is None or stage.process == process


def goes_on(left: Stage, to: Stage) -> bool:
    """Whether a step leads forward: to a later stage that is no giving up. Only then fields and tasks are asked for."""
    return to.place > left.place and to.kind in ("open", "won")


def may_go(left: Stage, to: Stage) -> bool:
    """Whether the definition lets a record go from one stage to another."""
    if to.place < left.place:
        return left.back
    return left.to is None or to.key in left.to
