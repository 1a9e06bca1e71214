"""Every part of the site, in plain sight. Add yours at the end of the list: one import, one line."""

from flask import Blueprint

from dougong.web.api.bulk import bulk_api
from dougong.web.api.choices import choices_api
from dougong.web.api.choices import describe as describe_choices
from dougong.web.api.describing import describe as describe_records
from dougong.web.api.describing import openapi_api
from dougong.web.api.drafts import drafts_api
from dougong.web.api.exports import describe as describe_exports
from dougong.web.api.exports import exports_api
from dougong.web.api.files import describe as describe_files
from dougong.web.api.files import files_api
from dougong.web.api.forms import forms_api
from dougong.web.api.imports import describe as describe_imports
from dougong.web.api.imports import imports_api
from dougong.web.api.jobs import jobs_api
from dougong.web.api.metadata import metadata_api
from dougong.web.api.openapi import Section
from dougong.web.api.people import describe as describe_people
from dougong.web.api.people import people_api
from dougong.web.api.public_links import describe as describe_public_links
from dougong.web.api.public_links import public_links_api
from dougong.web.api.records import records_api
from dougong.web.api.reports import describe as describe_reports
from dougong.web.api.reports import reports_api
from dougong.web.api.showing import describe as describe_showing
from dougong.web.api.showing import showing_api
from dougong.web.api.sources import describe as describe_sources
from dougong.web.api.sources import sources_api
from dougong.web.api.stages import describe as describe_stages
from dougong.web.api.stages import stages_api
from dougong.web.api.tasks import describe as describe_tasks
from dougong.web.api.tasks import tasks_api
from dougong.web.api.why import describe as describe_why
from dougong.web.api.why import why_api
from dougong.web.health import health_pages
from dougong.web.pages.account import account_pages
from dougong.web.pages.admin_calendars import admin_calendar_pages
from dougong.web.pages.admin_invite import admin_invite_pages
from dougong.web.pages.admin_keys import admin_key_pages
from dougong.web.pages.admin_parameters import admin_parameter_pages
from dougong.web.pages.admin_people import admin_people_pages
from dougong.web.pages.admin_secrets import admin_secret_pages
from dougong.web.pages.choosing import choosing_pages
from dougong.web.pages.connector_calls import connector_call_pages
from dougong.web.pages.dashboards import dashboard_pages
from dougong.web.pages.design_formula import design_formula
from dougong.web.pages.design_new import design_new
from dougong.web.pages.design_plan import design_plan_pages
from dougong.web.pages.design_revisions import design_revision_pages
from dougong.web.pages.design_where_used import design_where_used_pages
from dougong.web.pages.designer import designer_pages
from dougong.web.pages.designer_data import designer_data
from dougong.web.pages.detail import detail_pages
from dougong.web.pages.exports import export_pages
from dougong.web.pages.field_data import field_data_pages
from dougong.web.pages.files import file_pages
from dougong.web.pages.flows import flow_pages
from dougong.web.pages.home import home_pages
from dougong.web.pages.imports import import_pages
from dougong.web.pages.jobs import job_pages
from dougong.web.pages.kit import kit_pages
from dougong.web.pages.lists import list_pages
from dougong.web.pages.my_jobs import my_job_pages
from dougong.web.pages.options import option_pages
from dougong.web.pages.palette import palette_pages
from dougong.web.pages.picking import picking_pages
from dougong.web.pages.preview import preview_pages
from dougong.web.pages.public_query import public_pages
from dougong.web.pages.public_share import public_share_pages
from dougong.web.pages.recent import recent_pages
from dougong.web.pages.record_form import record_form_pages
from dougong.web.pages.regions import region_pages
from dougong.web.pages.rows import row_pages
from dougong.web.pages.scanning import scanning_pages
from dougong.web.pages.showing import showing_pages
from dougong.web.pages.sign_in import sign_in_pages
from dougong.web.pages.stages import stage_pages
from dougong.web.pages.tags import tag_pages
from dougong.web.pages.templates import template_pages
from dougong.web.pages.todo import todo_pages
from dougong.web.pages.why import why_pages

# What describes the API's parts in its OpenAPI document.
API_SECTIONS: tuple[Section, ...] = (
    describe_people,
    describe_tasks,
    describe_reports,
    describe_records,
    describe_why,
    describe_files,
    describe_stages,
    describe_sources,
    describe_choices,
    describe_imports,
    describe_public_links,
    describe_showing,
    describe_exports,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    health_pages,
    sign_in_pages,
    home_pages,
    palette_pages,
    account_pages,
    admin_people_pages,
    admin_invite_pages,
    admin_parameter_pages,
    admin_key_pages,
    kit_pages,
    todo_pages,
    flow_pages,
    list_pages,
    my_job_pages,
    people_api,
    tasks_api,
    dashboard_pages,
    reports_api,
    record_form_pages,
    connector_call_pages,
    row_pages,
    picking_pages,
    choosing_pages,
    choices_api,
    sources_api,
    detail_pages,
    file_pages,
    job_pages,
    import_pages,
    template_pages,
    records_api,
    bulk_api,
    forms_api,
    metadata_api,
    drafts_api,
    jobs_api,
    openapi_api,
    preview_pages,
    why_pages,
    imports_api,
    recent_pages,
    admin_secret_pages,
    admin_calendar_pages,
    designer_pages,
    designer_data,
    region_pages,
    field_data_pages,
    tag_pages,
    why_api,
    files_api,
    public_pages,
    public_share_pages,
    public_links_api,
    design_formula,
    design_new,
    design_plan_pages,
    design_revision_pages,
    design_where_used_pages,
    stage_pages,
    stages_api,
    option_pages,
    showing_pages,
    showing_api,
    scanning_pages,
    export_pages,
    exports_api,
)
