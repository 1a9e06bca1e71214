"""Checks of a flow as a graph: every node is reached, can finish, and nothing turns in circles without a person."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from engines.kernel.problems import Problem, suggest
from engines.workflow.nodes.base import Exit, Node

Nodes = Mapping[str, Node]


def check_graph(nodes: Nodes) -> list[Problem]:
    """What is wrong with the way through the nodes. Paths start in the flow's document (`nodes.manager.next`)."""
    problems = list(_missing_targets(nodes))
    starts = [node for node in nodes.values() if node.type.key == "start"]
    ends = [node for node in nodes.values() if node.type.key == "end"]
    if len(starts) != 1:
        message = f"A flow has exactly one start; this one has {len(starts)}"
        problems.append(Problem("flow.one_start", "nodes", message, {"count": len(starts)}))
    if not ends:
        problems.append(Problem("flow.no_end", "nodes", "A flow needs an end", {}))
    if problems:
        return problems
    problems += _into_start(nodes, starts[0])
    reached = _closure([starts[0].key], lambda key: (way.target for way in nodes[key].exits()))
    for node in nodes.values():
        if node.key not in reached:
            message = f'No way leads to "{node.key}"'
            problems.append(Problem("flow.unreached", f"nodes.{node.key}", message, {"node": node.label}))
    finishing = _closure([node.key for node in ends], lambda key: _before(nodes, key))
    for node in nodes.values():
        if node.key in reached and node.key not in finishing:
            message = f'From "{node.key}" no way leads to an end'
            problems.append(Problem("flow.dead_end", f"nodes.{node.key}", message, {"node": node.label}))
    return problems + list(_circles(nodes))


def _missing_targets(nodes: Nodes) -> Iterator[Problem]:
    for node in nodes.values():
        for way in node.exits():
            if way.target not in nodes:
                message = f'There is no node "{way.target}"{suggest(way.target, nodes)}'
                params = {"node": node.label, "target": way.target, "known": list(nodes)}
                yield Problem("flow.no_target", f"nodes.{node.key}.{way.path}", message, params)


def _into_start(nodes: Nodes, start: Node) -> Iterator[Problem]:
    for node in nodes.values():
        for way in node.exits():
            if way.target == start.key:
                message = "A flow does not go on to its start; an approval may return the record to it"
                yield Problem("flow.into_start", f"nodes.{node.key}.{way.path}", message, {"node": node.label})


def _closure(first: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(first)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += following(key)
    return found


def _before(nodes: Nodes, key: str) -> Iterator[str]:
    return (node.key for node in nodes.values() if any(way.target == key for way in node.exits()))


def _circles(nodes: Nodes) -> Iterator[Problem]:
    """Nodes without people that lead back to themselves without meeting any."""
    automatic = {key: node for key, node in nodes.items() if not node.type.waits}

    def onward(key: str) -> Iterator[str]:
        return (way.target for way in automatic[key].exits() if way.target in automatic)

    for key, node in automatic.items():
        if key in _closure(onward(key), onward):
            message = f'The way from "{key}" comes back to it without asking anybody'
            yield Problem("flow.circle", f"nodes.{key}", message, {"node": node.label})


def depth_of(nodes: Nodes) -> dict[str, int]:
    """How many nodes lie before each node on the longest way that goes forward; for drawing. The start is 0."""
    start = next(node.key for node in nodes.values() if node.type.key == "start")
    depth: dict[str, int] = {}

    def visit(key: str, level: int, above: tuple[str, ...]) -> None:
        if key in above or depth.get(key, -1) >= level:
            return
        depth[key] = level
        for way in nodes[key].exits():
            visit(way.target, level + 1, (*above, key))

    visit(start, 0, ())
    return depth


def ways(nodes: Nodes) -> Iterator[tuple[str, Exit]]:
    """Every way between nodes: where it begins, and the exit."""
    for node in nodes.values():
        for way in node.exits():
            yield node.key, way
