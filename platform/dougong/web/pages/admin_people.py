"""Members, departments and roles, for administrators."""

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dougong.calendars import calendar_titles
from dougong.identity import departments as tree
from dougong.identity import members as people
from dougong.identity import recovery
from dougong.identity.roles import list_roles
from dougong.web.i18n import current_locale, gettext
from dougong.web.problems import translate
from dougong.web.render import done
from dougong.web.request import begin_tx, current_place, engine, external, require_admin
from engines.form.transaction import Transaction
from engines.kernel.problems import Problem, ProblemError, Rejected

admin_people_pages = Blueprint("admin_people", __name__, url_prefix="/admin")
admin_people_pages.before_request(require_admin)
PAGE = 50


@admin_people_pages.get("")
def index() -> ResponseReturnValue:
    """The administration begins with its first tab."""
    return redirect(url_for("admin_people.page"))


@admin_people_pages.get("/members")
def page() -> ResponseReturnValue:
    """The department tree and the members of the chosen one."""
    asked = request.args
    number, department = max(1, asked.get("page", 1, type=int)), asked.get("department", type=int)
    gone, search, role = asked.get("state") == "gone", asked.get("q", ""), asked.get("role") or None
    with begin_tx(read_only=True) as tx:
        found, total = people.list_members(
            tx,
            search=search,
            department_id=department,
            role=role,
            active=not gone,
            limit=PAGE,
            offset=(number - 1) * PAGE,
        )
        departments = tree.list_departments(tx)
        everybody = people.list_members(tx, limit=0)[1]
        return render_template(
            "admin/members.html",
            members=found,
            total=total,
            everybody=everybody,
            departments=departments,
            names={item.id: item.name for item in departments},
            roles={item.key: item.title for item in list_roles(tx)},
            chosen=next((item for item in departments if item.id == department), None),
            page=number,
            last=max(1, -(-total // PAGE)),
            search=search,
            role=role,
            gone=gone,
        )


@admin_people_pages.get("/members/<int:member_id>")
def member(member_id: int) -> ResponseReturnValue:
    """One member."""
    with begin_tx(read_only=True) as tx:
        return _member_page(tx, member_id)


@admin_people_pages.post("/members/<int:member_id>")
def save_member(member_id: int) -> ResponseReturnValue:
    """Save what is known of a member."""
    form = request.form
    chosen = form.getlist("departments", type=int)
    main = form.get("main", type=int)
    ordered = [main, *chosen] if main in chosen else chosen
    try:
        with begin_tx() as tx:
            people.change_member(
                tx,
                member_id,
                name=form.get("name", ""),
                phone=form.get("phone"),
                title=form.get("title"),
                departments=[each for each in ordered if each is not None],
                roles=form.getlist("roles"),
                manager_id=form.get("manager", type=int),
            )
    except Rejected as error:
        with begin_tx(read_only=True) as tx:
            return _member_page(tx, member_id, translate(error.problems, current_locale())), 422
    return done(gettext("Saved"), url_for("admin_people.member", member_id=member_id))


@admin_people_pages.post("/members/<int:member_id>/password-link")
def password_link(member_id: int) -> ResponseReturnValue:
    """A link with which the member chooses a new password; shown once."""
    with begin_tx(read_only=True) as tx:
        found = people.get_member(tx, member_id)
        actor = tx.actor.id
    if found.account_id is None:
        raise Rejected(Problem("member.no_account", "", "This member cannot sign in yet; invite them first"))
    with engine().begin() as connection:
        token = recovery.password_link(connection, found.account_id, current_place().workspace.id, created_by=actor)
    link = external(url_for("sign_in.resetting", token=token))
    return render_template(
        "admin/link.html", title=gettext("A link for a new password"), link=link, member=found, hours=24
    )


@admin_people_pages.post("/members/<int:member_id>/admin")
def make_admin(member_id: int) -> ResponseReturnValue:
    """Make somebody an administrator, or no longer."""
    on = request.form.get("on") == "1"
    with begin_tx() as tx:
        people.set_admin(tx, engine(), current_place().workspace.id, member_id, on)
    words = gettext("Now an administrator") if on else gettext("No longer an administrator")
    return done(words, url_for("admin_people.member", member_id=member_id))


@admin_people_pages.post("/members/<int:member_id>/active")
def set_active(member_id: int) -> ResponseReturnValue:
    """Shut somebody out, or let them in again."""
    on = request.form.get("on") == "1"
    with begin_tx() as tx:
        people.set_active(tx, engine(), current_place().workspace.id, member_id, on)
    words = gettext("May sign in again") if on else gettext("Shut out; nothing they wrote is lost")
    return done(words, url_for("admin_people.member", member_id=member_id))


@admin_people_pages.get("/departments/new")
@admin_people_pages.get("/departments/<int:department_id>")
def department(department_id: int | None = None) -> ResponseReturnValue:
    """The dialog of a department."""
    with begin_tx(read_only=True) as tx:
        return _department_dialog(tx, department_id)


@admin_people_pages.post("/departments/new")
@admin_people_pages.post("/departments/<int:department_id>")
def save_department(department_id: int | None = None) -> ResponseReturnValue:
    """Add or change a department."""
    form = request.form
    name, parent, head = form.get("name", ""), form.get("parent", type=int), form.get("head", type=int)
    try:
        with begin_tx() as tx:
            if department_id is None:
                department_id = tree.create_department(tx, name, parent_id=parent, head_id=head)
            else:
                tree.change_department(tx, department_id, name=name, parent_id=parent, head_id=head)
            if "calendar" in form:
                tree.choose_calendar(tx, department_id, form["calendar"] or None, calendar_titles(tx))
    except Rejected as error:
        told = translate(error.problems, current_locale())
        with begin_tx(read_only=True) as tx:
            return _in_dialog(_department_dialog(tx, department_id, told))
    return done(gettext("Saved"), url_for("admin_people.page", department=department_id))


@admin_people_pages.post("/departments/<int:department_id>/remove")
def remove_department(department_id: int) -> ResponseReturnValue:
    """Close a department that nobody is in."""
    try:
        with begin_tx() as tx:
            tree.remove_department(tx, department_id)
    except ProblemError as error:
        told = translate(error.problems, current_locale())
        with begin_tx(read_only=True) as tx:
            return _in_dialog(_department_dialog(tx, department_id, told))
    return done(gettext("The department is closed"), url_for("admin_people.page"))


@admin_people_pages.get("/roles")
def roles() -> ResponseReturnValue:
    """The roles with the people who have them."""
    with begin_tx(read_only=True) as tx:
        found = list_roles(tx)
        who = {role.key: people.list_members(tx, role=role.key, limit=6)[0] for role in found if role.members}
        return render_template("admin/roles.html", roles=found, who=who)


def _member_page(tx: Transaction, member_id: int, problems: Sequence[Problem] = ()) -> str:
    return render_template(
        "admin/member.html",
        member=people.get_member(tx, member_id),
        problems=problems,
        departments=tree.list_departments(tx),
        roles=list_roles(tx),
        stays=people.stays(tx, member_id),
        others=[each for each in people.list_members(tx, limit=1000)[0] if each.id != member_id],
        myself=tx.actor.id == member_id,
    )


def _department_dialog(tx: Transaction, department_id: int | None, problems: Sequence[Problem] = ()) -> str:
    departments = tree.list_departments(tx)
    found = next((item for item in departments if item.id == department_id), None)
    return render_template(
        "admin/department.html",
        department=found,
        problems=problems,
        parents=[item for item in departments if department_id is None or department_id not in item.path],
        parent_id=found.parent_id if found is not None else request.values.get("parent", type=int),
        people=people.list_members(tx, limit=1000)[0],
        calendars=list(calendar_titles(tx).items()),
        values=request.form,
    )


def _in_dialog(content: str) -> Response:
    response = make_response(content, 422)
    response.headers["HX-Retarget"] = "#dg-modal-body"
    return response
