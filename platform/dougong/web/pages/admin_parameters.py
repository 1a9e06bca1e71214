"""The settings of the workspace's apps on one page."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.web.i18n import current_locale, gettext
from dougong.web.parameters import parameter_sets, save_parameters
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, require_admin
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, Rejected

admin_parameter_pages = Blueprint("admin_parameters", __name__, url_prefix="/admin/parameters")
admin_parameter_pages.before_request(require_admin)


@admin_parameter_pages.get("")
def page() -> ResponseReturnValue:
    """Every parameter with its value."""
    with begin_tx(read_only=True) as tx:
        return _page(tx)


@admin_parameter_pages.post("/<app>/<key>")
def save(app: str, key: str) -> ResponseReturnValue:
    """Save the values of one group; they hold from the next request on."""
    try:
        with begin_tx() as tx:
            save_parameters(tx, app, key, request.form)
    except Rejected as error:
        with begin_tx(read_only=True) as tx:
            return _page(tx, translate(error.problems, current_locale()), request.form), 422
    return done(gettext("Saved"), url_for("admin_parameters.page"))


def _page(tx: Transaction, problems: Sequence[Problem] = (), typed: Mapping[str, str] | None = None) -> str:
    return render_template("admin/parameters.html", sets=parameter_sets(tx), problems=problems, typed=typed or {})
