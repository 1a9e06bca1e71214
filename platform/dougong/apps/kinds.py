"""Every kind of document that an app may hold, in plain sight: each engine gives its own."""

from typing import Final

from dougong.connectors.kind import ConnectorKind
from dougong.public.kinds import PUBLIC_KINDS
from engines.form.calendars import CalendarKind
from engines.form.definition import FORM_KINDS
from engines.form.moments.kind import MomentKind
from engines.form.rates.kind import CurrencyKind
from engines.kernel.documents import DocumentKind
from engines.kernel.registry import Registry
from engines.report.kinds import REPORT_KINDS
from engines.workflow.definition import FlowKind

DOCUMENT_KINDS: Final[Registry[DocumentKind]] = Registry(
    "kind of document",
    [
        *FORM_KINDS,
        CalendarKind(),
        CurrencyKind(),
        FlowKind(),
        *REPORT_KINDS,
        MomentKind(),
        ConnectorKind(),
        *PUBLIC_KINDS,
    ],
)
