"""Versions of flows: found in the documents of a transaction, kept for what runs, known by their digest."""

from functools import lru_cache
from threading import Lock

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from engines.form.form import Form
from engines.form.transaction import Transaction
from engines.kernel.problems import NotFound, Problem, Rejected, suggest
from engines.workflow.flow import Flow, read_flow
from engines.workflow.state import State
from engines.workflow.tables import INSTANCE, VERSION

_KEPT = 512
_versions: dict[str, Flow] = {}
_lock = Lock()


@lru_cache(maxsize=1024)
def flows_of(form: Form) -> tuple[Flow, ...]:
    """The flows of a form in the revision of this transaction, in the order of their keys."""
    documents = form.forms.of_kind("flow")
    return tuple(read_flow(document) for _, document in sorted(documents.items()) if document["form"] == form.key)


def submit_flow(form: Form, key: str | None = None) -> Flow:
    """The flow that a person starts on a record of this form.

    Raises `NotFound` when there is none (of this key), `Rejected` when there are several and no key was given.
    """
    flows = [flow for flow in flows_of(form) if flow.starts_on == "submit"]
    if key is not None:
        found = next((flow for flow in flows if flow.key == key), None)
        if found is None:
            message = f'There is no flow "{key}"{suggest(key, [flow.key for flow in flows])}'
            raise NotFound(Problem("flow.unknown", "flow", message, {"key": key}))
        return found
    if not flows:
        message = f"Records of {form.label} are not submitted: the form has no flow"
        raise NotFound(Problem("flow.none", form.key, message, {"form": form.label.value}))
    if len(flows) > 1:
        known = [flow.key for flow in flows]
        message = f"Say which flow: {', '.join(known)}"
        raise Rejected(Problem("flow.several", "flow", message, {"known": known}))
    return flows[0]


def keep_version(tx: Transaction, app: str, flow: Flow) -> None:
    """Store the version that an instance starts with; harmless when it is stored already."""
    row = {
        "digest": flow.digest,
        "app": app,
        "flow": flow.key,
        "revision": tx.revision,
        "at": tx.now,
        "document": flow.document,
    }
    tx.connection.execute(insert(VERSION).values(row).on_conflict_do_nothing())


def flow_of_version(tx: Transaction, digest: str) -> Flow:
    """The version of a flow with this digest. The same digest is the same document, in every workspace."""
    known = _versions.get(digest)
    if known is None:
        document = tx.connection.execute(select(VERSION.c.document).where(VERSION.c.digest == digest)).scalar_one()
        known = read_flow(document)
        with _lock:
            while len(_versions) >= _KEPT:
                del _versions[next(iter(_versions))]
            _versions[digest] = known
    return known


def flow_of_instance(tx: Transaction, instance_id: int) -> Flow:
    """The version that an instance runs on."""
    digest = tx.connection.execute(select(INSTANCE.c.digest).where(INSTANCE.c.id == instance_id)).scalar_one()
    return flow_of_version(tx, digest)


def state_of(tx: Transaction, instance_id: int) -> State:
    """The state of an instance, to look at; whoever acts locks it first."""
    stored = tx.connection.execute(select(INSTANCE.c.state).where(INSTANCE.c.id == instance_id)).scalar_one()
    return State.from_dict(stored)
