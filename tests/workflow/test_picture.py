"""The picture of a flow: nothing lies on anything else, every way is drawn."""

from flows import flow
from hypothesis import given, settings
from test_laws import journeys

from engines.workflow.facts import Facts
from engines.workflow.flow import Flow
from engines.workflow.graph import ways
from engines.workflow.picture import picture


@settings(max_examples=30, deadline=None)
@given(journeys())
def test_boxes_do_not_overlap_and_every_way_is_drawn(journey: tuple[Flow, Facts]) -> None:
    drawn, _ = journey
    seen = picture(drawn)
    assert {box.key for box in seen.boxes} == set(drawn.nodes)
    for box in seen.boxes:
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= seen.width and box.y + box.height <= seen.height
        for other in seen.boxes:
            apart_x = box.x + box.width <= other.x or other.x + other.width <= box.x
            apart_y = box.y + box.height <= other.y or other.y + other.height <= box.y
            assert box is other or apart_x or apart_y
    assert sorted((line.begin, line.end) for line in seen.lines) == sorted(
        (begin, way.target) for begin, way in ways(drawn.nodes)
    )
    assert all(0 <= x <= seen.width and 0 <= y <= seen.height for line in seen.lines for x, y in line.points)


def test_an_empty_flow_is_a_start_and_an_end() -> None:
    seen = picture(flow())
    assert [box.kind for box in seen.boxes] == ["start", "end"]
    assert seen.lines[0].path == "M96 56L96 96"
