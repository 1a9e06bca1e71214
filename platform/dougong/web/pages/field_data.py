"""What inputs ask for while one fills in a form: tags that are in use, nodes of a tree. And tags put in order."""

from dataclasses import asdict

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from dougong.web.records.locate import open_form
from dougong.web.request import begin_tx
from engines.form.tags import merge_tags, tags_of
from engines.form.trees import branches, way_to
from engines.kernel.problems import Problem, Rejected

field_data_pages = Blueprint("field_data", __name__)


@field_data_pages.get("/a/<app>/<form>/tags/<key>")
def tags(app: str, form: str, key: str) -> ResponseReturnValue:
    """Tags of a field by a few letters: declared ones first, then by how often records carry them."""
    with begin_tx(read_only=True) as tx:
        found = tags_of(tx, open_form(tx, app, form), key, request.args.get("q", "")[:60])
        return jsonify({"items": [asdict(one) for one in found]})


@field_data_pages.post("/a/<app>/<form>/tags/<key>")
def merge(app: str, form: str, key: str) -> ResponseReturnValue:
    """Call tags otherwise on every record: `{"old": ["老客"], "new": "老客户"}`; gives how many records changed."""
    sent = request.get_json(silent=True)
    old = sent.get("old") if isinstance(sent, dict) else None
    if not isinstance(sent, dict) or not isinstance(old, list) or not all(isinstance(one, str) for one in old):
        raise Rejected(Problem("tags.no_list", "old", "Say which tags are replaced"))
    with begin_tx() as tx:
        changed = merge_tags(tx, open_form(tx, app, form), key, old, str(sent.get("new") or ""))
    return jsonify({"changed": changed})


@field_data_pages.get("/a/<app>/<form>/branches/<path>")
def nodes(app: str, form: str, path: str) -> ResponseReturnValue:
    """The nodes below `of` (or at the top), or with `to` every level on the way down to a node with what is chosen."""
    with begin_tx(read_only=True) as tx:
        opened = open_form(tx, app, form)
        to = request.args.get("to", type=int)
        way = [one for one, _ in way_to(tx, opened, path, to)] if to else []
        starts = [request.args.get("of", type=int)] if not to else [None, *way]
        levels = []
        for place, start in enumerate(starts):
            below = branches(tx, opened, path, start)
            if below or place == 0:
                chosen = way[place] if place < len(way) else None
                levels.append({"nodes": [asdict(one) for one in below], "chosen": chosen})
        return jsonify({"levels": levels})
