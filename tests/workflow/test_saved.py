"""Flows saved by past releases still walk the same way (files are added to, never edited)."""

import json
from pathlib import Path

import pytest

from engines.workflow.definition import check_document
from engines.workflow.facts import Facts
from engines.workflow.flow import read_flow
from engines.workflow.state import Event, State
from engines.workflow.step import step

SAVED = sorted((Path(__file__).parent / "saved").glob("*/*.json"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_saved_flow_walks_as_it_did(path: Path) -> None:
    saved = json.loads(path.read_text())
    assert check_document(saved["document"]) == []
    flow = read_flow(saved["document"])
    state = State.from_dict(saved["begin"])
    for line in saved["lines"]:
        state = step(flow, state, Event.from_dict(line["event"]), Facts.from_dict(line["facts"])).state
        assert state == State.from_dict(line["state"])


def test_something_is_saved() -> None:
    assert SAVED
