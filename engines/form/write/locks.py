"""A record that is in approval stands still: what people are asked to judge does not change under their eyes."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from engines.form.form import Form
from engines.form.names import FLOW_STATE
from engines.form.policy import Grant
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Problem

IN_APPROVAL: Final = "running"
WRITERS: Final = frozenset({"flow", "system", "undo", "pack"})
"""Origins that are not people: the flow itself above all."""


def require_unlocked(tx: Transaction, form: Form, stored: Mapping[str, Any], grants: Collection[Grant]) -> None:
    """Raise `Conflict` for a record in approval, except for administrators and for the fields that a task lets edit."""
    actor = tx.actor
    if stored.get(FLOW_STATE) != IN_APPROVAL or grants or actor.is_admin or actor.is_system or tx.origin in WRITERS:
        return
    message = f"This {form.label} is in approval; withdraw it or wait for the answer before changing it"
    raise Conflict(Problem("record.in_approval", "", message, {"form": str(form.label)}))
