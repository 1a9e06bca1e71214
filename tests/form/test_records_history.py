"""History as people read it, and records as JSON."""

import orjson
import pytest

from engines.form.form import Forms
from engines.form.history import changes
from engines.form.query import Query, get_record, list_records
from engines.form.records import create_record, delete_record, update_record
from engines.form.serialize import page_json, to_json
from engines.kernel.problems import NotFound
from tests.conftest import Begin
from tests.form.company import ADMINISTRATOR, LIN, LIN_YUE, compiled, group


def test_history_tells_who_changed_what_from_what_to_what(clean: Begin, forms: Forms):
    form = forms.get("quote")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "甲"})
        create_record(tx, forms.get("customer"), {"name": "乙"})
        lines = [{"qty": 1, "price": 10}, {"qty": 2, "price": 10}]
        quote = create_record(tx, form, {"customer": 1, "lines": lines}).id
        rows = get_record(tx, form, quote).values["lines"]
        update_record(tx, form, quote, {"customer": 2, "state": "已发", "lines": [{"id": rows[1]["id"], "qty": 5}]})
        update_record(tx, form, quote, {"state": "草稿", "discount": "10%"})
        delete_record(tx, form, quote)
        found = changes(tx, form, quote)
    assert [(one.version, one.kind) for one in found] == [
        (4, "deleted"),
        (3, "updated"),
        (2, "updated"),
        (1, "created"),
    ]
    assert found[0].actor is not None and found[0].actor.title == "Admin"
    told = {one.path: (one.old, one.new) for one in found[1].fields}
    assert told["state"] == ("Sent", "Draft") and told["discount"][0] == "" and "10" in told["discount"][1]
    assert told["net"] == ("50.00", "45.00") or told["net"][0].endswith("50.00")
    second = [(one.path, one.old, one.new, one.kind) for one in found[2].fields]
    assert ("customer", "甲", "乙", "changed") in second and ("lines.qty", "2", "5", "changed") in second
    assert any(kind == "removed" for *_, kind in second) and found[3].fields == ()


def test_history_keeps_hidden_fields_hidden(clean: Begin, forms: Forms):
    rights = {"*": "read", "discount": "hidden", "lines.price": "hidden", "lines.amount": "hidden"}
    seller = compiled(group("s", "quote", [{"scope": "own"}], operations=["read"], fields=rights))
    form = forms.get("quote")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "甲"})
        lines = [{"qty": 1, "price": 4711}, {"qty": 2, "price": 4712}]
        quote = create_record(tx, form, {"customer": 1, "lines": lines, "_owner": LIN}).id
        update_record(tx, form, quote, {"discount": "42%", "lines": [{"qty": 9, "price": 4713}]})
        update_record(tx, form, quote, {"discount": "43%", "lines": []})
        other = create_record(tx, form, {"customer": 1}).id
    with clean(LIN_YUE) as tx:
        found = changes(tx, seller.get("quote"), quote)
        with pytest.raises(NotFound):
            changes(tx, seller.get("quote"), other)
    told = str(found)
    assert "removed" in told and "added" in told
    secrets = ("=42", "'42", "'43", "4711", "4712", "4713", "4,711", "4,712", "4,713", "discount", "甲")
    assert [secret for secret in secrets if secret in told] == []


def test_json_holds_exact_values_that_can_be_sent_back(clean: Begin, forms: Forms):
    form = forms.get("quote")
    with clean(ADMINISTRATOR) as tx:
        create_record(tx, forms.get("customer"), {"name": "甲", "tags": ["新"]})
        made = create_record(tx, form, {"customer": 1, "discount": "0.125", "lines": [{"qty": 3, "price": "0.10"}]})
        document = orjson.loads(orjson.dumps(to_json(form, get_record(tx, form, made.id), "en")))
        assert document["values"]["customer"] == {"id": 1, "title": "甲"}
        assert document["values"]["lines"][0]["amount"] == "0.3" and document["labels"]["state"] == "Draft"
        assert document["meta"]["created_at"].endswith("Z") and "update" in document["may"]
        assert update_record(tx, form, made.id, document["values"]).changed is False
        page = orjson.loads(orjson.dumps(page_json(form, list_records(tx, form, Query(totals=("total",))))))
        assert (page["total"], page["totals"], page["next"]) == (1, {"total": "0.3"}, None)
        assert (document["currencies"]["total"], page["total_currencies"]) == ("CNY", {"total": "CNY"})
