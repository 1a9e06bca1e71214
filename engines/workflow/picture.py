"""A flow as a picture: boxes in layers from top to bottom and the lines between them. Whoever draws it adds the words.

Simple on purpose (the designer has its own canvas): a node's layer is its longest way from the start, nodes of a layer
stand side by side in the order of the document, lines that skip layers pass beside the boxes.
"""

from dataclasses import dataclass
from typing import Final

from engines.kernel.documents import Label
from engines.workflow.flow import Flow
from engines.workflow.graph import depth_of, ways

WIDTH: Final = 168
HEIGHT: Final = 44
GAP_X: Final = 24
GAP_Y: Final = 40
MARGIN: Final = 12
LANE: Final = 14
ROOM: Final = 112
"""For the words of lines that pass beside the boxes."""


@dataclass(frozen=True, slots=True)
class Box:
    """One node: its place and what is known of it."""

    key: str
    kind: str
    icon: str
    label: Label
    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """One way: the points that it passes, its words and where these stand."""

    begin: str
    end: str
    points: tuple[tuple[int, int], ...]
    label: Label | None
    label_x: int
    label_y: int

    @property
    def path(self) -> str:
        """The line as the `d` of an SVG path."""
        first, *rest = self.points
        return f"M{first[0]} {first[1]}" + "".join(f"L{x} {y}" for x, y in rest)


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, lines and the size of it all."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def picture(flow: Flow) -> Picture:
    """The picture of a flow that passed its checks."""
    layers: dict[int, list[str]] = {}
    depth = depth_of(flow.nodes)
    last = max(depth.values())
    for node in flow.nodes.values():  # ends stand at the bottom, whatever leads there
        if node.key in depth:
            layers.setdefault(last if node.type.key == "end" else depth[node.key], []).append(node.key)
    widest = max(len(keys) for keys in layers.values())
    inner = widest * WIDTH + (widest - 1) * GAP_X
    boxes: dict[str, Box] = {}
    for row, level in enumerate(sorted(layers)):
        keys = layers[level]
        left = MARGIN + (inner - len(keys) * WIDTH - (len(keys) - 1) * GAP_X) // 2
        for place, key in enumerate(keys):
            node = flow.nodes[key]
            x, y = left + place * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y)
            boxes[key] = Box(key, node.type.key, node.type.icon, node.label or key, x, y)
    rows = {key: box.y for key, box in boxes.items()}
    lines: list[Line] = []
    beside = [way for begin, way in ways(flow.nodes) if begin in boxes and not _is_next(rows[begin], rows[way.target])]
    room = ROOM if any(way.label for way in beside) else LANE // 2
    lanes = 0
    for begin, way in ways(flow.nodes):
        if begin not in boxes:
            continue
        start, end = boxes[begin], boxes[way.target]
        if _is_next(rows[begin], rows[way.target]):
            lines.append(_straight(start, end, way.label))
        else:
            lanes += 1
            lines.append(_around(start, end, MARGIN + inner + room + lanes * LANE, way.label))
    bottom = max(box.y + box.height for box in boxes.values())
    width = inner + 2 * MARGIN + (room + lanes * LANE if lanes else 0)
    return Picture(tuple(boxes.values()), tuple(lines), width, bottom + MARGIN)


def _is_next(above: int, below: int) -> bool:
    """Whether a row lies directly below another."""
    return below - above == HEIGHT + GAP_Y


def _straight(start: Box, end: Box, label: Label | None) -> Line:
    """From the foot of a box to the head of one in the layer below."""
    x1, y1 = start.x + start.width // 2, start.y + start.height
    x2, y2 = end.x + end.width // 2, end.y
    middle = (y1 + y2) // 2
    points = ((x1, y1), (x2, y2)) if x1 == x2 else ((x1, y1), (x1, middle), (x2, middle), (x2, y2))
    return Line(start.key, end.key, points, label, x2 + 6, middle + 4 if x1 == x2 else middle - 4)


def _around(start: Box, end: Box, lane: int, label: Label | None) -> Line:
    """Out at the right side, down (or up) a lane of its own, in at the right side."""
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x + end.width, end.y + end.height // 2
    return Line(start.key, end.key, ((x1, y1), (lane, y1), (lane, y2), (x2, y2)), label, x1 + 6, y1 - 5)
