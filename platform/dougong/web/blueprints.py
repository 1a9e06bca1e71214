"""Every part of the site, in plain sight. Add yours at the end of the list: one import, one line."""

from flask import Blueprint

from dougong.web.health import health_pages
from dougong.web.pages.account import account_pages
from dougong.web.pages.home import home_pages
from dougong.web.pages.kit import kit_pages
from dougong.web.pages.palette import palette_pages
from dougong.web.pages.sign_in import sign_in_pages

BLUEPRINTS: tuple[Blueprint, ...] = (
    health_pages,
    sign_in_pages,
    home_pages,
    palette_pages,
    account_pages,
    kit_pages,
)
