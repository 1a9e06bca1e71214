"""The frame around a page: what stands in the side bar, the top bar and the bar of phones.

Areas add to it here, in plain sight: `MENUS` gives entries of the side bar, `COUNTS` the red numbers on the bell and
the to-do list, `SEARCHES` finds records for the palette. Each takes the page's transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import Flask, request

from dougong.identity.access import Access
from dougong.web.access import current_access
from dougong.web.i18n import lazy_gettext
from dougong.web.preferences import read_preference, read_preferences, write_preference
from dougong.web.preview import place_of
from dougong.web.request import page_tx
from engines.form.transaction import Transaction

AT_FIRST_SIGHT = 7
RECENT_LIMIT = 8
FAVOURITES = "favourites"
RECENT = "recent"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. `section` groups entries under a heading (the app's title)."""

    key: str
    title: str
    url: str
    icon: str = "file"
    section: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that the palette found."""

    title: str
    about: str
    url: str
    icon: str = "file-text"


Menu = Callable[[Transaction], Iterable[Entry]]
Count = Callable[[Transaction], int]
Search = Callable[[Transaction, str], Iterable[Hit]]

# Append-only registries: one line for each area.
MENUS: list[Menu] = []
COUNTS: dict[str, Count] = {}  # "todo", "bell"
SEARCHES: list[Search] = []

HOME = Entry("home", lazy_gettext("Home"), "/", "home")
TODO = Entry("todo", lazy_gettext("To do"), "/todo", "checklist")
ADMIN = (
    Entry("members", lazy_gettext("Members and departments"), "/admin/members", "users", "admin"),
    Entry("roles", lazy_gettext("Roles"), "/admin/roles", "id-badge", "admin"),
    Entry("invite", lazy_gettext("Invite people"), "/admin/invite", "user-plus", "admin"),
    Entry("design", lazy_gettext("Design"), "/design", "tools", "admin"),
    Entry("parameters", lazy_gettext("Parameters"), "/admin/parameters", "adjustments", "admin"),
    Entry("keys", lazy_gettext("API keys"), "/admin/keys", "key", "admin"),
    Entry("calendars", lazy_gettext("Business calendars"), "/admin/calendars", "calendar", "admin"),
    Entry("secrets", lazy_gettext("Secrets"), "/admin/secrets", "lock", "admin"),
    Entry("shown", lazy_gettext("Shown values"), "/admin/shown", "eye", "admin"),
    Entry("templates", lazy_gettext("Template centre"), "/templates", "apps", "admin"),
    Entry("imports", lazy_gettext("Imports"), "/import", "file-import", "admin"),
)


class Shell:
    """What the frame shows in one request; everything is found when a template asks for it."""

    @property
    def who(self) -> Access | None:
        """Whose page this is."""
        return current_access()

    @cached_property
    def entries(self) -> list[Entry]:
        """Home, to-do, then what the areas give."""
        if self.who is None or self.who.place is None:
            return []
        with page_tx() as tx:
            rest = [entry for menu in MENUS for entry in menu(tx)]
        return [HOME, replace(TODO, count=self.todo), *rest]

    @cached_property
    def counts(self) -> dict[str, int]:
        """The red numbers."""
        if self.who is None or self.who.place is None:
            return {}
        with page_tx() as tx:
            return {key: count(tx) for key, count in COUNTS.items()}

    @cached_property
    def first(self) -> list[Entry]:
        """The entries at first sight. The one that is open is always among them."""
        first = self.entries[:AT_FIRST_SIGHT]
        here = next((entry for entry in self.entries[AT_FIRST_SIGHT:] if self.is_here(entry)), None)
        return first if here is None else [*first[:-1], here]

    @cached_property
    def more(self) -> list[Entry]:
        """The entries behind "more"."""
        return [entry for entry in self.entries if entry not in self.first]

    @property
    def admin(self) -> tuple[Entry, ...]:
        """The pages for administrators, for them only."""
        place = self.who.place if self.who is not None else None
        if self.who is None or place is None:
            return ()
        return ADMIN if place_of(self.who, place).is_admin else ()

    @property
    def bell(self) -> int:
        """How many notices are unread."""
        return self.counts.get("bell", 0)

    @property
    def todo(self) -> int:
        """How many tasks wait."""
        return self.counts.get("todo", 0)

    @property
    def favourites(self) -> list[Entry]:
        """What the person has starred."""
        return self._kept.get(FAVOURITES, [])

    @property
    def recent(self) -> list[Entry]:
        """The records that the person opened last."""
        return self._kept.get(RECENT, [])

    @cached_property
    def _kept(self) -> dict[str, list[Entry]]:
        if self.who is None or self.who.place is None:
            return {}
        with page_tx() as tx:
            found = read_preferences(tx, (FAVOURITES, RECENT))
        return {
            key: [Entry(each["url"], each["title"], each["url"], each["icon"]) for each in kept or ()]
            for key, kept in found.items()
        }

    @property
    def in_administration(self) -> bool:
        """Whether the page that is open is one of the administration's."""
        return any(self.is_here(entry) for entry in self.admin)

    def is_here(self, entry: Entry) -> bool:
        """Whether an entry is the page that is open, or above it."""
        if entry.url == "/":
            return request.path == "/"
        path = entry.url.partition("?")[0]
        if not (request.path == path or request.path.startswith(path.rstrip("/") + "/")):
            return False
        deeper = (each.url.partition("?")[0] for each in [*self.entries, *self.admin] if each.url != entry.url)
        return not any(len(each) > len(path) and request.path.startswith(each) for each in deeper)

    def is_favourite(self, url: str) -> bool:
        """Whether the person has starred this page."""
        return any(entry.url == url for entry in self.favourites)


def remember_recent(tx: Transaction, title: str, url: str, icon: str = "file-text") -> None:
    """Put a page at the top of the person's recent ones."""
    known = [each for each in _read(tx, RECENT) if each["url"] != url]
    write_preference(tx, RECENT, [{"title": title, "url": url, "icon": icon}, *known][:RECENT_LIMIT])


def toggle_favourite(tx: Transaction, title: str, url: str, icon: str = "file-text") -> bool:
    """Star a page, or take the star away. Tells whether it is starred now."""
    known = _read(tx, FAVOURITES)
    others = [each for each in known if each["url"] != url]
    is_new = len(others) == len(known)
    write_preference(tx, FAVOURITES, [*others, {"title": title, "url": url, "icon": icon}] if is_new else others)
    return is_new


def _read(tx: Transaction, key: str) -> list[dict[str, Any]]:
    return list(read_preference(tx, key) or ())


def install(app: Flask) -> None:
    """Give every full page its frame as `shell`."""

    @app.context_processor
    def frame() -> dict[str, Shell]:
        return {"shell": Shell()}
