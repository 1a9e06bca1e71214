"""Every page of the product with the views of it that `test_look.py` examines.

A new page is added here: `PAGES["designer.form"] = (View("/design/{app}/form/quote"),)`. Words in braces are values of
the world that `test_look.world` makes (`{app}` holds the sales suite with sample data). What answers a GET and is no
page stands in `NOT_PAGES` with the reason. A rule that stands in neither makes `test_every_page_is_looked_at` fail.
"""

from dataclasses import dataclass
from typing import Literal

Who = Literal["admin", "manager", "seller"] | None


@dataclass(frozen=True, slots=True)
class View:
    """One sight of a page.

    `who` looks (None: somebody who has not signed in). `press` are selectors to click, one after another, or keys
    ("key:Control+k"); `wait` is what must be visible before it is examined; `only` holds for one of the two windows.
    """

    path: str
    who: Who = "admin"
    press: tuple[str, ...] = ()
    wait: str = ""
    only: Literal["", "desk", "phone"] = ""
    status: int = 200


MODAL = "#dg-modal[open] form"
RECORD = "/a/{app}/quote/{quote}"

PAGES: dict[str, tuple[View, ...]] = {
    "home.page": (
        View("/"),
        View("/", "seller"),
        View("/", "manager"),
        View("/", press=("key:Control+k",), wait="#dg-palette-hits [role=option]"),
        View("/", "manager", press=("#dg-bell > summary",), wait="#dg-bell-body a"),
        View("/", press=(".dg-bottom [data-side-open]",), wait="#dg-side .dg-nav", only="phone"),
        View("/", press=(".dg-nav-more > summary",), wait=".dg-nav-more .dg-nav", only="desk"),
        View("/", press=(".dg-top > details:last-of-type > summary",), wait=".dg-menu-body a[href='/account']"),
        View("/nothing-here", status=404),
        View("/admin/members", "seller", status=403),
    ),
    "lists.page": (
        View("/a/{app}/customer"),
        View("/a/{app}/opportunity"),
        View("/a/{app}/quote", "seller"),
        View("/a/{app}/customer", press=("[data-filter-open]",), wait="dialog[open] .dg-filter-row"),
        View("/a/{app}/customer?search=zzzz"),
        View("/a/{app}/lead", press=("tbody [data-tick]",), wait="[data-tick-action]", only="desk"),
    ),
    "exports.dialog": (View("/a/{app}/customer", press=("[hx-get*='/export']",), wait=MODAL),),
    "exports.history": (View("/export"),),
    "showing.log": (View("/admin/shown"),),
    "exports.show": (View("/export/{export}"),),
    "lists.columns": (View("/a/{app}/customer", press=("[hx-get*='/columns']",), wait=MODAL, only="desk"),),
    "record_form.new": (
        View("/a/{app}/quote/new", "seller"),
        View("/a/{app}/lead/new", "seller", press=("main form button.btn-primary",), wait="[data-error-summary]"),
        View("/a/{app}/customer/new"),
    ),
    "record_form.edit": (View(RECORD + "/edit"), View("/a/{app}/customer/{long}/edit")),
    "detail.page": (
        View(RECORD),
        View("/a/{app}/quote/{returned}", "seller", press=("#dg-flow summary",), wait="#dg-flow svg[role=img]"),
        View(RECORD + "?task={task}", "manager"),
        View("/a/{app}/customer/{customer}"),
        View("/a/{app}/customer/{long}"),
        View("/a/{app}/opportunity/{opportunity}"),
    ),
    "tags.page": (View("/a/looktags/machine/tags/labels/all"), View("/a/looktags/machine/tags/labels/all?q=zzz")),
    "detail.trash": (View("/a/{app}/customer/trash"), View("/a/{app}/contact/trash")),
    "dashboards.page": (
        View("/a/{app}/d/funnel", wait="dg-chart[data-drawn]"),
        View("/a/{app}/d/funnel?period=last_year", "seller"),
        View("/a/{app}/d/quote_overview"),
        View("/a/{app}/d/customer_overview"),
        View("/a/{app}/d/lead_analysis"),
        View("/a/{app}/d/funnel", press=(".dg-period-own > summary",), wait=".dg-period-form", only="phone"),
    ),
    "dashboards.records": (View("/a/{app}/d/funnel", press=("#tile-won a",), wait="tbody tr"),),
    "todo.page": (
        View("/todo", "manager"),
        View("/todo?box=started", "seller"),
        View("/todo?box=done", "manager"),
        View("/todo?box=cc"),
    ),
    "flows.panel": (View("/flow/{app}/quote/{quote}", "manager"),),
    "flows.ask_submit": (
        View("/a/{app}/quote/{draft}", "seller", press=("#dg-flow [hx-get$='/submit']",), wait=MODAL),
    ),
    "flows.ask_withdraw": (View(RECORD, "seller", press=("#dg-flow [hx-get$='/withdraw']",), wait=MODAL),),
    "flows.ask_answer": (
        View(RECORD, "manager", press=("#dg-flow [hx-get$='/return']",), wait=MODAL),
        View(RECORD, "manager", press=("#dg-flow [hx-get$='/reject']",), wait=MODAL),
    ),
    "imports.history": (View("/import"),),
    "imports.start": (View("/import/{app}/customer"),),
    "imports.people_start": (View("/import/people"),),
    "imports.people_show": (View("/import/people/{import_people}"),),
    "imports.show": (
        View("/import/{app}/customer/{import_columns}"),
        View("/import/{app}/customer/{import_checked}"),
        View("/import/{app}/customer/{import_done}"),
        View(
            "/import/{app}/customer/{import_done}", press=("main details.dg-menu summary",), wait="main .dg-menu-body"
        ),
        View("/import/{app}/customer/{import_waiting}"),
    ),
    "templates.page": (View("/templates"),),
    "templates.ask": (View("/templates", press=("[hx-get$='suite.sales_start/install']",), wait=MODAL),),
    "templates.progress": (View("/templates/jobs/{job}"),),
    "account.page": (View("/account"),),
    "admin_people.page": (View("/admin/members"),),
    "admin_people.member": (View("/admin/members/2"),),
    "admin_people.department": (
        View("/admin/members", press=(".card-header [hx-get*='/departments/new']",), wait=MODAL),
    ),
    "admin_people.roles": (View("/admin/roles"),),
    "admin_invite.page": (View("/admin/invite"),),
    "admin_keys.page": (View("/admin/keys"),),
    "admin_parameters.page": (View("/admin/parameters"),),
    "admin_secrets.page": (View("/admin/secrets"),),
    "recent.page": (View("/account/recent"),),
    "my_jobs.page": (View("/account/jobs"), View("/account/jobs", "manager")),
    "designer.apps": (View("/design"),),
    "designer.overview": (View("/design/{app}"),),
    "designer.design": (View("/design/{app}/form/customer"),),
    "design_plan.page": (View("/design/{app}/plan"),),
    "design_plan.published": (View("/design/{app}/plan/done"),),
    "design_revisions.page": (View("/design/{app}/revisions"),),
    "design_revisions.compare": (View("/design/{app}/revisions/compare"),),
    "design_revisions.bin_": (View("/design/{app}/trash"),),
    "design_where_used.page": (
        View("/design/{app}/where-used"),
        View("/design/{app}/where-used?kind=form&key=quote"),
    ),
    "designer.try_out": (View("/design/{app}/form/customer/try"),),
    "kit.page": (View("/dev/kit"),),
    "public.page": (
        View("/p/{public_form}", None),
        View("/p/{public_form}", None, press=("[data-save]",), wait="[data-error-summary]"),
        View("/p/{public_locked}", None),
        View("/p/no-such-link", None, status=404),
    ),
    "public.thanks": (View("/p/{public_form}/thanks", None),),
    "public.query": (View("/p/{public_query}/q", None),),
    "public_share.overview": (View("/design/{app}/public"),),
    "public_share.share": (View("/design/{app}/public/lead"), View("/design/{app}/public/customer")),
    "admin_calendars.page": (View("/admin/calendars"),),
    "admin_calendars.show": (View("/admin/calendars/{app}/cn?year=2026&day=2026-05-04"),),
    "design_new.ways": (View("/design/{app}/new"),),
    "sign_in.page": (View("/sign-in", None), View("/nothing-here", None, status=404)),
    "sign_in.forgot": (View("/forgot", None),),
    "sign_in.joining": (View("/join/{invite}", None), View("/join/no-such-link", None, status=404)),
    "sign_in.resetting": (View("/reset/{password}", None), View("/reset/no-such-link", None, status=404)),
}

NOT_PAGES: dict[str, str] = {
    "static": "files of the front end",
    "admin_people.index": "leads to admin_people.page",
    "design_formula.functions": "JSON for the formula editor",
    "design_formula.samples": "JSON for the formula editor",
    "design_new.columns": "a step behind an upload, driven by test_formula_editor.py",
    "options.pick_options": "JSON for the picker",
    "picking.compared": "part of detail.page",
    "picking.copied": "JSON for the form",
    "picking.found": "part of detail.page",
    "rows.inputs": "rows of a long sub-form, looked at by test_rows.py",
    "rows.page": "rows of a long sub-form, looked at by test_rows.py",
    "why.explain": "a dialog of detail.page",
    "stages.step": "a dialog of forms with stages, looked at by test_stages.py",
    "files.download": "sends a file",
    "public.captcha_picture": "sends a picture",
    "public.pick": "JSON for an input",
    "files.signature": "sends a picture",
    "field_data.nodes": "JSON for an input",
    "field_data.tags": "JSON for an input",
    "regions.below": "JSON for an input",
    "files.own_download": "sends a file",
    "imports.errors": "sends a CSV file",
    "imports.people_errors": "sends a CSV file",
    "exports.download": "sends a file",
    "scanning.scanned": "JSON for an input that reads codes, looked at by test_camera.py",
    "health.health": "for machines",
    "health.metrics": "for machines",
    "my_jobs.line": "part of my_jobs.page",
    "jobs.page": "JSON, or the bar that stands in imports.show and templates.progress",
    "designer_data.plan": "JSON for the designer",
    "design_plan.values": "a file",
    "design_where_used.data": "JSON for the designer",
    "designer_data.load": "JSON for the designer",
    "palette.hits": "part of the palette, which home.page opens",
    "todo.notices": "part of the bell, which home.page opens",
    "todo.follow": "goes on to a record",
    "flows.open_task": "goes on to a record",
    "record_form.pick_records": "JSON for the picker",
    "record_form.related": "JSON for the form",
    "detail.history": "older lines for detail.page",
    "dashboards.tile_part": "part of dashboards.page",
}
