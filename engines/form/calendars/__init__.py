"""Business calendars: working hours by weekday, holidays and make-up days; China's are delivered."""

from engines.form.calendars.compile import CHINA, calendars_of, compile_calendar
from engines.form.calendars.kind import CalendarKind

__all__ = ["CHINA", "CalendarKind", "calendars_of", "compile_calendar"]
