"""`/api/v1`: many records in one call. Up to 10,000 rows are one transaction: all of them or none."""

from typing import Any, Final

from flask import Blueprint, Response

from dougong.apps import store
from dougong.web.api.base import BadRequest, read_body, scope
from dougong.web.api.records import RECORDS, WRITE
from dougong.web.api.writing import change, only, typed
from engines.form.bulk import bulk_write
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem

bulk_api = Blueprint("bulk_api", __name__, url_prefix="/api/v1")
MODES: Final = ("create", "upsert", "update")
MOST_TOLD: Final = 1000


@bulk_api.post(f"{RECORDS}/bulk")
@scope(WRITE)
def bulk(app: str, form: str) -> Response:
    """Create records from `{"rows": [{...}, ...]}`, or with `key` (a field) update those with the same value of it.

    `mode` is `create` (without `key`), `upsert` (with `key`: update or create) or `update` (others are refused).
    """
    body = read_body()
    only(body, "rows", "key", "mode")
    rows = typed(body, "rows", list, "array", required=True)
    wrong = [number for number, row in enumerate(rows) if not isinstance(row, dict)]
    if wrong:
        raise BadRequest(
            Problem("document.type", f"rows[{number}]", "Must be an object", {"expected": ["object"]})
            for number in wrong[:MOST_TOLD]
        )
    key = typed(body, "key", str, "string")
    mode = body.get("mode", "create" if key is None else "upsert")
    allowed = MODES[:1] if key is None else MODES[1:]
    if mode not in allowed:
        message = f"Must be one of: {', '.join(allowed)}"
        raise BadRequest(Problem("document.choice", "mode", message, {"known": list(allowed), "value": str(mode)}))

    def work(tx: Transaction) -> tuple[Any, int]:
        done = bulk_write(tx, store.forms(tx, app).get(form), rows, key=key, update=mode == "update")
        counts = {"created": len(done.created), "updated": done.updated, "unchanged": done.unchanged}
        return {"ledger": done.ledger_id, **counts, "ids": list(done.created)}, 200

    return change(work)
