"""Codes read with a camera: whose record they are, for whom, and what the options may say."""

from typing import Any

import pytest

from dougong.workspace.transactions import Workspaces
from dougong.workspace.workspaces import WorkspaceInfo
from engines.form.compile import collect, compile_forms
from engines.form.fields.image import ImageField
from engines.form.form import Forms
from engines.form.records import create_record
from engines.form.references import form_references
from engines.form.scanning import by_code, check_scans, code_field, writings
from tests.conftest import Begin
from tests.form import company
from tests.form.build import field, form
from tests.form.company import ADMINISTRATOR, LIN_YUE, WEI_YI, group

EAN = "6901234567892"
SMALL = field(
    "small", "relation", {"form": "product", "scan": "code", "where": [{"field": "size", "op": "lt", "value": "10"}]}
)


def documents(scan: Any = None, relation: Any = None) -> list[Any]:
    lines = {
        "key": "lines",
        "type": "subform",
        "label": "Lines",
        "options": {"scan": scan or {"field": "product", "by": "code", "quantity": "qty"}},
        "fields": [
            field("product", "relation", {"form": "product", **(relation or {})}),
            field("qty", "number"),
            field("tag", "text"),
        ],
    }
    return [
        form("product", field("name", "text"), field("code", "text"), field("size", "number"), title_field="name"),
        form(
            "count", field("name", "text"), field("main", "relation", {"form": "product", "scan": "code"}), SMALL, lines
        ),
        group("g_own", "product", [{"scope": "own"}]),
        group("g_all", "count", [{"scope": "all"}]),
    ]


@pytest.fixture(scope="module")
def forms(workspaces: Workspaces, workspace: WorkspaceInfo) -> Forms:
    return company.installed(workspaces, workspace, compile_forms("scanned", documents()))


def test_a_code_finds_its_records_for_those_who_see_them(begin: Begin, forms: Forms):
    count = forms.get("count")
    with begin(ADMINISTRATOR, keep=False) as tx:
        product = forms.get("product")
        bolt = create_record(tx, product, {"name": "Bolt", "code": EAN}).id
        create_record(tx, product, {"name": "American", "code": "012345678905"})
        for name in ("one", "two"):
            create_record(tx, product, {"name": name, "code": "twice"})
        for path in ("main", "lines.product"):
            assert [(one.id, one.title) for one in by_code(tx, count, count.at(path), f" {EAN} ")] == [(bolt, "Bolt")]
        assert [one.title for one in by_code(tx, count, count.at("main"), "12345678905")] == []
        assert [one.title for one in by_code(tx, count, count.at("main"), "0012345678905")] == ["American"]
        assert len(by_code(tx, count, count.at("main"), "twice")) == 2
        for size in (3, 30):
            create_record(tx, product, {"name": f"of {size}", "code": f"S{size}", "size": size})
        found = [by_code(tx, count, count.at("small"), code) for code in ("S3", "S30")]
        assert [[one.title for one in each] for each in found] == [["of 3"], []]  # as the relation offers them
        for nothing in ("", "  ", "%", "x" * 2000):
            assert by_code(tx, count, count.at("main"), nothing) == ()
        assert by_code(tx, count, count.at("name"), EAN) == ()


def test_the_record_of_somebody_else_has_no_code(begin: Begin, forms: Forms):
    count, product = forms.get("count"), forms.get("product")
    with begin(ADMINISTRATOR) as tx:
        create_record(tx, product, {"name": "theirs", "code": "T1", "_owner": WEI_YI.id})
        create_record(tx, product, {"name": "mine", "code": "T2", "_owner": LIN_YUE.id})
    with begin(LIN_YUE) as tx:
        assert by_code(tx, count, count.at("main"), "T1") == ()
        assert [one.title for one in by_code(tx, count, count.at("main"), "T2")] == ["mine"]


def test_a_code_of_twelve_digits_is_one_of_thirteen():
    assert writings("012345678905") == ("012345678905", "0012345678905")
    assert writings("0123456789012") == ("0123456789012", "123456789012")
    assert writings(EAN) == (EAN,)
    assert writings("AB-12") == ("AB-12",)


@pytest.mark.parametrize(
    ("scan", "relation", "codes"),
    [
        ({"field": "product", "by": "code", "quantity": "qty"}, {}, []),
        ({"field": "product"}, {"scan": "code"}, []),
        ({"field": "tag"}, {}, []),
        ({"field": "product"}, {}, ["scan.no_code"]),
        ({"field": "product", "by": "cod"}, {}, ["field.unknown"]),
        ({"field": "product", "by": "size"}, {}, ["scan.no_text"]),
        ({"field": "product", "by": "code"}, {"scan": "size"}, ["scan.no_text"]),
        ({"field": "products"}, {}, ["field.unknown"]),
        ({"field": "qty"}, {}, ["scan.no_target"]),
        ({"field": "tag", "quantity": "amount"}, {}, ["field.unknown"]),
        ({"field": "tag", "quantity": "product"}, {}, ["scan.no_number"]),
    ],
)
def test_what_a_scan_names_must_be_there_and_hold_codes(scan: Any, relation: Any, codes: list[str]):
    count = collect("app", documents(scan, relation)).forms.get("count")
    assert [problem.code for problem in check_scans(count)] == codes
    if not codes and scan["field"] == "product":
        assert code_field(count, count.at("lines.product")) == "code"


def test_where_used_knows_the_columns_that_rows_are_called_by_added_up_and_scanned_into():
    described = documents()[1]
    lines = described["fields"][-1]
    lines["options"] |= {"title": ["tag"], "totals": ["qty"]}
    lines["fields"].append(field("why", "explanation", {"of": "qty"}))
    found = {(one.at.removeprefix("fields.lines."), one.key, one.path) for one in form_references(described)}
    assert found >= {
        ("options.title", "count", "fields.lines.fields.tag"),
        ("options.totals", "count", "fields.lines.fields.qty"),
        ("options.scan.field", "count", "fields.lines.fields.product"),
        ("options.scan.by", "product", "fields.code"),
        ("fields.why.options.of", "count", "fields.lines.fields.qty"),
        ("fields.main.options.scan", "product", "fields.code"),
    }


def test_pictures_say_where_they_come_from_and_watermarks_name_what_is_there():
    photo = collect("app", [form("f", field("photo", "image"), field("name", "text"))]).forms.get("f").get("photo")
    sent = [{"id": "1", "source": "camera"}, {"id": "2", "source": "elsewhere"}, "3"]
    assert [one.get("source") for one in photo.type.parse(sent, photo) or ()] == ["camera", None, None]
    wrong = ImageField().check_among({"watermark_text": "{form} {nam} {name} {user}"}, {"name": photo})
    assert [(one.code, one.params["key"]) for one in wrong] == [("field.unknown", "nam")]
