# ruff: noqa: F811
"""The examples of the integrator's guide run, in their order, and both languages show the same ones."""

import json
import re
from pathlib import Path

from api_world import caller, people, site  # noqa: F401 - fixtures of one world

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SCOPES = ("records:read", "records:write", "reports:read", "metadata:read", "metadata:write")


def examples(name: str) -> list[str]:
    return re.findall(r"```http\n(.*?)```", (GUIDES / name).read_text(), re.DOTALL)


def test_every_example_gives_the_status_it_says(caller):
    admin, last, wrong = caller("admin", *SCOPES), "", []
    for example in examples("integrator.md"):
        head, _, body = example.partition("\n\n")
        first, *lines = head.strip().splitlines()
        method, path, _, status = first.split()
        headers = dict(line.split(": ", 1) for line in lines)
        sent = json.loads(body) if body.strip() else ({} if method == "POST" else None)
        told = admin.call(method, path.replace("{id}", last), sent, **headers)
        if told.status_code != int(status):
            wrong.append((first, told.status_code, told.json))
        if told.status_code == 201:
            last = str(told.json["id"])
    assert wrong == []


def test_the_chinese_guide_has_the_same_examples():
    assert examples("integrator.zh-CN.md") == examples("integrator.md")
