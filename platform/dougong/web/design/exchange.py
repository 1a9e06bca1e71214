"""JSON between the designer's scripts and the server: what they send, and how they are told of problems."""

from typing import Any

from flask import Response, jsonify, request

from dougong.web.errors import failure, problem_document
from engines.kernel.problems import Problem, ProblemError, Rejected

Answer = Response | tuple[Response, int]


def told(error: ProblemError) -> Answer:
    """The answer for a script; the error handler of its blueprints."""
    return jsonify(problem_document(failure(error.status, error.problems))), error.status


def sent() -> dict[str, Any]:
    """What a script sent. Raises `Rejected` for what is no JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Rejected(Problem("request.not_json", "", "Send a JSON object"))
    return body
