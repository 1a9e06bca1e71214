"""The lists below a record: the first records of other forms that point at it or at one of its rows."""

from dataclasses import dataclass
from typing import Final

from dougong.web.i18n import current_locale
from dougong.web.records.listing import filter_text
from dougong.web.records.locate import list_url
from engines.form.form import Form
from engines.form.listed import Listed, lists_of
from engines.form.policy import policy_for
from engines.form.query import Page, Query, list_records
from engines.form.transaction import Transaction
from engines.kernel.labels import label

RELATED_ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class Related:
    """A related list of a record. `new` is the address that adds a record to it, None where the person may not."""

    title: str
    form: Form
    columns: tuple[str, ...]
    page: Page
    all: str
    new: str | None


def related_lists(tx: Transaction, form: Form, record_id: int) -> list[Related]:
    """The related lists that the person may read, each with its first rows."""
    found = (_related(tx, form, record_id, one) for one in lists_of(form))
    return [one for one in found if one is not None]


def _related(tx: Transaction, form: Form, record_id: int, one: Listed) -> Related | None:
    other, spec = one.form, one.spec
    policy = policy_for(tx, other)
    if not policy.may("read") or (one.field.subform and policy.sees(one.field.path) is False):
        return None
    condition = one.condition(record_id)
    columns = tuple(key for key in spec.get("columns", ()) if key in other.every and policy.sees(key) is not False)
    if not columns and other.title_field is not None and policy.sees(other.title_field) is not False:
        columns = (other.title_field,)
    rows = list_records(tx, other, Query(columns=columns, filter=condition, limit=RELATED_ROWS))
    url = list_url(form.app, other.key, filter=filter_text({"and": [condition]}))
    title = label(spec.get("title"), current_locale()) or other.label(current_locale())
    return Related(title, other, columns, rows, url, _new(form, record_id, one) if policy.may("create") else None)


def _new(form: Form, record_id: int, one: Listed) -> str | None:
    """The address of a new record that points here; None where a row would have to be made first."""
    if not one.direct:
        return None
    other, field = one.form, one.field
    given = f"{form.key}:{record_id}" if field.key in other.parts else record_id
    return f"/a/{form.app}/{other.key}/new?{one.spec.get('field', field.key)}={given}"
