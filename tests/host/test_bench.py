"""The bench says what it promises: a list of figures beside their floors, from a run of a few records."""

import json
from concurrent.futures import ThreadPoolExecutor

from bench import __main__ as bench
from bench import browser, derived, saving
from bench.world import FORM


def test_a_short_run_writes_every_figure_beside_its_floor(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "OUT", tmp_path / "out" / "latest.json")
    monkeypatch.setattr(bench, "CLIENTS", (2,))
    monkeypatch.setattr(bench, "BULK_ROWS", 200)
    arguments = ["bench", "--records", "300", "--rounds", "1", "--seconds", "0.2", "--workers", "1", "--no-engine"]
    monkeypatch.setattr("sys.argv", arguments)
    bench.main()
    rows = json.loads((tmp_path / "out" / "latest.json").read_text())
    assert {tuple(row) for row in rows} == {("name", "clients", "value", "unit", "floor", "ratio")}
    named = {row["name"] for row in rows}
    for name in ("create one", "read one", "update one", "bulk load", "grouped report by state"):
        assert name in named
    assert {f"{case.name}: p95" for case in bench.CASES} <= named
    assert all(row["value"] > 0 and row["floor"] > 0 for row in rows)
    assert "requests/s" in capsys.readouterr().out


def test_the_measured_form_has_eleven_fields_two_of_them_indexed():
    assert len(FORM["fields"]) == 11
    assert [one["key"] for one in FORM["fields"] if one["type"] in ("choice", "date")] == ["state", "due"]


def test_saving_a_large_form_is_measured_beside_its_floor(monkeypatch):
    monkeypatch.setattr(saving, "TIMES", 8)
    found = saving.rows((3, 30))
    assert [row["name"].split(", ", 1)[1] if "save" in row["name"] else row["name"] for row in found] == [
        "10 formulas, 5 rules, 3 lines: p50",
        "10 formulas, 5 rules, 3 lines: p95",
        "change one field of it: p50, 3 lines",
        "10 formulas, 5 rules, 30 lines: p50",
        "10 formulas, 5 rules, 30 lines: p95",
        "change one field of it: p50, 30 lines",
    ]
    assert all(row["value"] > 0 and row["floor"] > 0 and row["unit"] == "ms" for row in found)
    form = saving.DOCUMENT
    kinds = [one["type"] for one in form["fields"]]
    assert (len(kinds), kinds.count("formula"), len(form["rules"])) == (50, 10, 5)


def test_recomputing_is_measured_beside_its_floor(monkeypatch):
    monkeypatch.setattr(derived, "ROUNDS", 1)
    found = derived.rows((300,))
    assert [row["name"] for row in found] == [
        "recompute of one formula over 300 records",
        "follow a change in 300 records, with history",
        "add a row to a roll-up over 300 rows",
    ]
    assert {tuple(row) for row in found} == {("name", "clients", "value", "unit", "floor", "ratio")}
    assert all(row["value"] > 0 and row["floor"] > 0 and row["unit"] == "ms" for row in found)
    assert (derived.FEW, derived.MANY) == (100_000, 1_000_000)


def test_keystrokes_and_weight_of_a_form_are_measured_in_a_browser(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "OUT", tmp_path / "latest.json")
    monkeypatch.setattr(browser, "STROKES", 6)
    short = ["--records", "10", "--rounds", "1", "--seconds", "0.1", "--workers", "1", "--only", "browser"]
    monkeypatch.setattr("sys.argv", ["bench", *short])
    with ThreadPoolExecutor(1) as apart:  # other browser tests of this process may have a loop of their own
        apart.submit(bench.main).result()
    found = {row["name"]: row for row in json.loads((tmp_path / "latest.json").read_text())}
    assert list(found) == [
        "scripts and styles of a form's page",
        "keystroke in a form with 100 fields: p50",
        "keystroke in a form with 100 fields: p95",
    ]
    assert found["scripts and styles of a form's page"]["value"] <= 100
    assert found["keystroke in a form with 100 fields: p50"]["value"] < 16
    assert len(browser.WIDE["fields"]) == 100
