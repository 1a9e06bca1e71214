"""The parts of pages, all on one page, for those who build pages. Only in debug."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, current_app, flash, render_template, request
from flask.typing import ResponseReturnValue

from engines.kernel.problems import Problem

kit_pages = Blueprint("kit", __name__, url_prefix="/dev")


@kit_pages.get("/kit")
def page() -> ResponseReturnValue:
    """Every part with its states."""
    if not (current_app.debug or current_app.testing):
        abort(404)
    if "flash" in request.args:
        flash("已保存", "success")
    now = datetime.now(UTC)
    times = [now - delta for delta in (timedelta(), timedelta(minutes=5), timedelta(hours=3), timedelta(days=1))]
    problems = [Problem("x", "name", "请填写姓名"), Problem("x", "amount", "金额不能小于 0")]
    return render_template("pages/kit.html", times=times, problems=problems)
