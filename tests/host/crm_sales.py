"""A small export with the same kinds of dirt as real ones, made by a script: the same every time.

Dates month first in several shapes, a product written differently, deals without account, dates or value, a misspelt
industry, parents that come later in the file, sellers with managers in offices of two managers.
"""

import csv
import io
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

PRODUCTS = (("GTX Basic", 550), ("GTX Pro", 4821), ("MG Special", 55))
TEAMS = {
    "Central": {"Dora Brink": ("Anna Snell", "Cecil Lamp"), "Mel Marx": ("Marty Freud", "Gladys Cole")},
    "East": {"Cara Losk": ("Violet Mac", "Wilburn Far")},
}
INDUSTRIES = ("technolgy", "medical", "retail")


@dataclass
class Made:
    """The files and what must come out of them."""

    files: dict[str, bytes] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)
    won: Decimal = Decimal(0)
    without_account: int = 0
    parents: dict[str, str] = field(default_factory=dict)
    sellers: dict[str, str] = field(default_factory=dict)


def make(deals: int = 60, accounts: int = 9, seed: int = 7) -> Made:
    """Write the four tables."""
    dice = random.Random(seed)
    made = Made()
    names = [f"Company {chr(65 + number)}" for number in range(accounts)]
    rows = []
    for place, name in enumerate(names):
        parent = names[place + 1] if place % 4 == 1 else names[0] if place % 4 == 3 else ""
        if parent:
            made.parents[name] = parent
        rows.append([name, dice.choice(INDUSTRIES), 1990 + place, f"{dice.random() * 2000:.2f}", "Kenya", parent])
    head = ["account", "sector", "year_established", "revenue", "office_location", "subsidiary_of"]
    made.files["accounts.csv"] = text(head, rows)
    made.files["products.csv"] = text(
        ["product", "series", "sales_price"], [[one, one[:3], price] for one, price in PRODUCTS]
    )
    people = [
        [seller, manager, office]
        for office, teams in TEAMS.items()
        for manager, sellers in teams.items()
        for seller in sellers
    ]
    made.sellers = {seller: manager for seller, manager, _ in people}
    made.files["sales_teams.csv"] = text(["sales_agent", "manager", "regional_office"], people)
    made.files["sales_pipeline.csv"] = text(
        [
            "opportunity_id",
            "sales_agent",
            "product",
            "account",
            "deal_stage",
            "engage_date",
            "close_date",
            "close_value",
        ],
        [_deal(dice, made, number, names) for number in range(deals)],
    )
    return made


def _deal(dice: random.Random, made: Made, number: int, names: list[str]) -> list[object]:
    stage = dice.choice(("Won", "Won", "Lost", "Engaging", "Prospecting"))
    product, price = dice.choice(PRODUCTS)
    engaged = date(2016, 10, 20) + timedelta(days=dice.randrange(300))
    closed = engaged + timedelta(days=dice.randrange(10, 100))
    account = dice.choice(names) if stage in ("Won", "Lost") or dice.random() > 0.6 else ""
    value = {"Won": round(price * dice.uniform(0.8, 1.1)), "Lost": 0}.get(stage)
    made.stages[stage] = made.stages.get(stage, 0) + 1
    made.won += value if stage == "Won" and value else 0
    made.without_account += not account
    return [
        f"{number:04d}X{dice.randrange(1000, 9999)}",
        dice.choice(sorted(made.sellers)),
        "GTXPro" if product == "GTX Pro" else product,
        account,
        stage,
        f"{engaged.month}/{engaged.day}/{engaged.year}" if stage != "Prospecting" else "",
        shape(dice, closed) if value is not None else "",
        value if value is not None else "",
    ]


def shape(dice: random.Random, day: date) -> str:
    """A day in one of the shapes of a real export."""
    shapes = (f"{day:%m-%d-%y}", f"{day.month}-{day.day}-{day:%y}", f"{day:%m/%d/%Y}")
    return dice.choice(shapes)


def text(head: list[str], rows: list[list[object]]) -> bytes:
    """A CSV file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
